"""Item neighbours by behaviour: cosine between items' columns of the user-item matrix."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, load_npz, save_npz

from chatrec.recommenders import Columns, Progress, TrainingData
from chatrec.types import Query


class Recommender:
    """Item-based collaborative filtering (Sarwar et al., WWW'01) on binary interactions, without a neighbour limit.

    An item scores the sum of its cosines to the liked items. Nothing is tabled: the neighbours of a few liked items
    cost one sparse product, so that fitting is normalising columns and a new user is served at once.
    """

    scores_cold: ClassVar[bool] = False
    personal: ClassVar[bool] = True

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        self._columns = Columns(data.item_ids)
        used = csr_matrix(data.interactions, dtype=np.float64)
        used.data = (used.data > 0).astype(np.float64)
        used.eliminate_zeros()
        lengths = np.sqrt(np.asarray(used.sum(axis=0)).ravel())
        self._unit = (used @ diags(np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0))).tocsr()
        self._seen = lengths > 0

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        liked = [column for column in self._columns.known(query.liked) if self._seen[column]]
        if not liked:
            return np.full(len(item_ids), np.nan)
        profile = np.asarray(self._unit[:, liked].sum(axis=1)).ravel()
        return self._columns.pick(np.where(self._seen, profile @ self._unit, np.nan), item_ids)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        save_npz(folder / "unit.npz", self._unit)
        (folder / "items.json").write_text(json.dumps(self._columns.item_ids), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Recommender:
        loaded = cls()
        loaded._unit = load_npz(folder / "unit.npz").tocsr()
        loaded._columns = Columns(json.loads((folder / "items.json").read_text(encoding="utf-8")))
        loaded._seen = np.diff(loaded._unit.tocsc().indptr) > 0
        return loaded
