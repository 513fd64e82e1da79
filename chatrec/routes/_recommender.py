"""Any recommender model as a route: its name stands in `CHATREC_ROUTES` like a route's own."""

from __future__ import annotations

import numpy as np

from chatrec.learned import Learned
from chatrec.routes import best
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query


class RecommenderRoute:
    """Items a recommender model scores best for the items named with approval."""

    def __init__(self, name: str, snapshot: Snapshot, learned: Learned) -> None:
        self._name, self._snapshot, self._learned = name, snapshot, learned

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        if not query.liked or self._learned.is_empty:
            return []
        scores = self._learned.recommender(self._name).score(query, self._snapshot.items.ids)
        if (lowest := np.nanmin(scores, initial=0.0)) < 0:  # a scale without a zero: all that it can score are ranked
            scores = scores - lowest
        return best(self._name, scores, self._snapshot, query, k)
