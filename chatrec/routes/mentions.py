"""Items that go with those the user named: collaborative filtering that serves a new user at once."""

from __future__ import annotations

import numpy as np

from chatrec.learned import Learned
from chatrec.routes import best, scaled
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query


class Route:
    """Fold-in from the items named with approval: EASE where it was trained, and normalised co-occurrence.

    Both are learned from interactions and past dialogues; each is scaled so that its best item scores 1, and added.
    """

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._snapshot, self._learned = snapshot, learned

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        if not query.liked or self._learned.is_empty:
            return []
        names = [name for name in ("ease", "cooccurrence") if name == "cooccurrence" or self._learned.has(name)]
        ids = self._snapshot.items.ids
        scores = [scaled(self._learned.recommender(name).score(query, ids)) for name in names]
        return best("mentions", np.sum(scores, axis=0), self._snapshot, query, k)
