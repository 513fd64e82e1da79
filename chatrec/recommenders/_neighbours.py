"""A table of every item's best neighbours, which is what several recommender models come to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, load_npz, save_npz

from chatrec.recommenders import Columns
from chatrec.types import Query

KEPT = 200
"""How many neighbours of an item are kept."""


class Neighbours:
    """`weights` is items by items, sparse; `seen` says which items the model knows anything about."""

    def __init__(self, item_ids: Sequence[str], weights: csr_matrix, seen: NDArray[np.bool_]) -> None:
        self._columns = Columns(item_ids)
        self._weights = weights
        self._seen = seen

    def score(self, liked: Sequence[str], item_ids: Sequence[str]) -> NDArray[np.float64]:
        """The sum of the liked items' weights to each item; NaN for items not seen, and where no liked one was."""
        rows = [column for column in self._columns.known(liked) if self._seen[column]]
        if not rows:
            return np.full(len(item_ids), np.nan)
        scores = np.asarray(self._weights[rows].sum(axis=0), dtype=np.float64).ravel()
        return self._columns.pick(np.where(self._seen, scores, np.nan), item_ids)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        save_npz(folder / "weights.npz", self._weights)
        np.save(folder / "seen.npy", self._seen)
        (folder / "items.json").write_text(json.dumps(self._columns.item_ids), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Neighbours:
        return cls(
            json.loads((folder / "items.json").read_text(encoding="utf-8")),
            load_npz(folder / "weights.npz").tocsr(),
            np.load(folder / "seen.npy", allow_pickle=False),
        )


class NeighbourModel:
    """What recommender models share that are a table of neighbours once fitted."""

    scores_cold: ClassVar[bool] = False
    personal: ClassVar[bool] = True

    _neighbours: Neighbours

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        return self._neighbours.score(query.liked, item_ids)

    def save(self, folder: Path) -> None:
        self._neighbours.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        loaded = cls()
        loaded._neighbours = Neighbours.load(folder)
        return loaded


def binary(interactions: Any) -> csr_matrix:
    """1 where there is a positive number."""
    used = csr_matrix(interactions, dtype=np.float32, copy=True)
    used.data = (used.data > 0).astype(np.float32)
    used.eliminate_zeros()
    return used


def best(weights: csr_matrix) -> csr_matrix:
    """The `KEPT` largest positive weights of each row; of equal ones the first."""
    weights = csr_matrix(weights)
    kept = np.zeros(weights.nnz, dtype=bool)
    for start, end in zip(weights.indptr[:-1], weights.indptr[1:], strict=True):
        own = weights.data[start:end]
        chosen = np.argsort(-own, kind="stable")[:KEPT] if end - start > KEPT else np.arange(end - start)
        kept[start + chosen[own[chosen] > 0]] = True
    starts = np.concatenate(([0], np.cumsum(kept)))[weights.indptr]
    return csr_matrix((weights.data[kept], weights.indices[kept], starts), shape=weights.shape, dtype=np.float32)
