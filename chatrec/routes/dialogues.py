"""Items that were named in the past dialogues most like this one."""

from __future__ import annotations

import numpy as np

from chatrec.learned import Learned
from chatrec.routes import best, scaled
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query

BY_WORDS = 100
BY_MEANING = 60
"""How many of the nearest past dialogues vote."""

SHARPNESS = 15.0
"""How much more the nearest by embedding count: a vote is e^(15 * difference in cosine)."""


class Route:
    """Nearest neighbours among past dialogues, each up to one of its moments, by words (BM25) and by embedding.

    Each votes for the items it had named, so the route knows what people who talk like this came to.
    """

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._snapshot = snapshot

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        past = self._snapshot.past
        if query.vector is None or not past.ids:
            return []
        scores = np.zeros(self._snapshot.count)
        found = past.search(query.talk, BY_WORDS)
        if found:
            nearness = np.asarray([score for _, score in found])
            scores += scaled(np.square(nearness / nearness[0]) @ past.votes[[memory for memory, _ in found]])
        near = self._snapshot.vectors.search(query.vector, BY_MEANING, kind="dialogue", mask=past.mask)
        if near:
            votes = np.exp(SHARPNESS * (np.asarray([passage.score for passage in near]) - near[0].score))
            scores += scaled(votes @ past.votes[[past.number[passage.owner_id] for passage in near]])
        return best("dialogues", scores, self._snapshot, query, k)
