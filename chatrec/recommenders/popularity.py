"""The most used items, for everybody alike: what any other recommender model must beat."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders import Columns, Progress, TrainingData
from chatrec.recommenders._neighbours import binary
from chatrec.types import Query


class Recommender:
    """An item scores how many users used it; of an item that nobody used it says nothing."""

    scores_cold: ClassVar[bool] = False
    personal: ClassVar[bool] = False

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        self._columns = Columns(data.item_ids)
        used = np.asarray(binary(data.interactions).sum(axis=0), dtype=np.float64).ravel()
        self._users = np.where(used > 0, used, np.nan)

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        return self._columns.pick(self._users, item_ids)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "users.npy", self._users)
        (folder / "items.json").write_text(json.dumps(self._columns.item_ids), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Recommender:
        loaded = cls()
        loaded._users = np.load(folder / "users.npy", allow_pickle=False)
        loaded._columns = Columns(json.loads((folder / "items.json").read_text(encoding="utf-8")))
        return loaded
