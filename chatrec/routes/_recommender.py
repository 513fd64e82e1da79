"""Any recommender model as a route: its name stands in `CHATREC_ROUTES` like a route's own."""

from __future__ import annotations

import threading

import numpy as np

from chatrec.recommenders import Recommender, TrainingData
from chatrec.routes import ranked
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query


class RecommenderRoute:
    """Items a recommender model scores best for the items named with approval.

    The model is fitted on the snapshot's interactions when it is first asked, with seed 0.
    """

    def __init__(self, name: str, recommender: Recommender, snapshot: Snapshot) -> None:
        self._name = name
        self._recommender = recommender
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._is_fitted = False

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        if not query.liked or not self._snapshot.interactions.nnz:
            return []
        ids = self._snapshot.items.ids
        scores = self._fitted().score(query, ids)
        allowed = np.isfinite(scores) & (scores > 0)
        if query.mask is not None:
            allowed &= query.mask
        rows = np.flatnonzero(allowed)
        top = rows[np.argsort(-scores[rows], kind="stable")[: k + len(query.liked)]]
        liked = set(query.liked)
        return ranked(self._name, ((ids[row], float(scores[row]), ()) for row in top if ids[row] not in liked), k)

    def _fitted(self) -> Recommender:
        with self._lock:
            if not self._is_fitted:
                self._recommender.fit(TrainingData(self._snapshot.items.ids, self._snapshot.interactions), seed=0)
                self._is_fitted = True
            return self._recommender
