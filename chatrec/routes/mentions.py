"""Neighbours of the items the user named with approval: by behaviour where there is any, by text for the rest."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chatrec.routes import ranked
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query

BEHAVIOUR_SHARE = 0.7
"""How much behaviour counts beside text for an item that has both."""


class Route:
    """Item neighbours folded in at query time, so that a new user is served at once.

    By text: cosine to the mean of the liked items' description vectors. By behaviour: cosine between the columns of
    the user-item matrix (Sarwar et al., WWW'01), summed over the liked items; both scaled to at most 1 and mixed.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        liked = [item_id for item_id in query.liked if self._snapshot.items.row(item_id) is not None]
        if not liked:
            return []
        scores = self._by_text(liked, query, k)
        for item_id, score in self._by_behaviour(liked, query, k).items():
            scores[item_id] = BEHAVIOUR_SHARE * score + (1 - BEHAVIOUR_SHARE) * scores.get(item_id, 0.0)
        return ranked("mentions", ((i, score, ()) for i, score in scores.items() if i not in liked), k)

    def _by_text(self, liked: list[str], query: Query, k: int) -> dict[str, float]:
        _, vectors = self._snapshot.vectors.of_items(liked)
        if not len(vectors):
            return {}
        centre = vectors.mean(axis=0)
        centre = (centre / (np.linalg.norm(centre) or 1.0)).astype(np.float32)
        found = self._snapshot.vectors.search(centre, k + len(liked), kind="description", mask=query.mask)
        return {passage.item_id: passage.score for passage in found}

    def _by_behaviour(self, liked: list[str], query: Query, k: int) -> dict[str, float]:
        matrix = self._snapshot.interactions
        if not matrix.nnz:
            return {}
        rows = [row for item_id in liked if (row := self._snapshot.items.row(item_id)) is not None]
        together = np.asarray((matrix[:, rows] / self._norms[rows]).sum(axis=1)).ravel() @ matrix
        scores = together / self._norms
        if query.mask is not None:
            scores = np.where(query.mask, scores, 0.0)
        scores[rows] = 0.0
        top = np.argsort(-scores, kind="stable")[:k]
        highest = scores[top[0]] if len(top) else 0.0
        return {self._snapshot.items.ids[row]: scores[row] / highest for row in top if scores[row] > 0}

    @cached_property
    def _norms(self) -> NDArray[np.float64]:
        """Length of each item's column; 1 for items without interactions."""
        squares = self._snapshot.interactions.power(2).sum(axis=0)
        lengths = np.sqrt(np.asarray(squares, dtype=np.float64)).ravel()
        return np.where(lengths > 0, lengths, 1.0)
