"""Matrix factorisation by alternating least squares, through the `implicit` library; new users are folded in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatrec.errors import MissingPackage
from chatrec.recommenders import Columns, Progress, TrainingData
from chatrec.types import Query

ALPHA = 10.0
"""How much surer an interaction is than its absence: confidence is 1 + alpha."""

SEARCH = {"embedding_size": (16, 32, 64, 128), "epochs": (5, 15, 30), "reg": (0.01, 0.05, 0.5, 5.0)}

TINY = {"embedding_size": 2}


class Recommender:
    """Implicit-feedback ALS (Hu, Koren and Volinsky, ICDM'08); a query's liked items are solved for as a new user."""

    scores_cold: ClassVar[bool] = False
    personal: ClassVar[bool] = True

    def __init__(self, *, embedding_size: int = 32, epochs: int = 15, reg: float = 0.05) -> None:
        self.embedding_size, self.epochs, self.reg = embedding_size, epochs, reg

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        """Raises MissingPackage without `implicit`."""
        try:
            from implicit.cpu.als import AlternatingLeastSquares
        except ImportError as exc:
            raise MissingPackage(
                "The recommender model mf_als needs the package implicit.",
                mend='Install it with: pip install "chatrec[recommenders]"',
            ) from exc
        used = csr_matrix(data.interactions, dtype=np.float32)
        used.data = (used.data > 0).astype(np.float32)
        used.eliminate_zeros()
        self._columns = Columns(data.item_ids)
        self._items = np.zeros((len(data.item_ids), self.embedding_size))
        self._seen = np.asarray(used.sum(axis=0)).ravel() > 0
        if used.nnz:
            model = AlternatingLeastSquares(
                factors=self.embedding_size,
                regularization=self.reg,
                alpha=1.0,
                iterations=self.epochs,
                num_threads=1,
                random_state=seed,
            )
            model.fit(used * (1 + ALPHA), show_progress=False)
            self._items = np.asarray(model.item_factors, dtype=np.float64)

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        liked = [column for column in self._columns.known(query.liked) if self._seen[column]]
        if not liked:
            return np.full(len(item_ids), np.nan)
        return self._columns.pick(np.where(self._seen, self._items @ self._user(liked), np.nan), item_ids)

    def _user(self, liked: list[int]) -> NDArray[np.float64]:
        """The user vector of equation 4 of the paper, for one who used `liked`."""
        chosen = self._items[liked]
        normal = self._items.T @ self._items + ALPHA * chosen.T @ chosen + self.reg * np.eye(self.embedding_size)
        return np.asarray(np.linalg.solve(normal, (1 + ALPHA) * chosen.sum(axis=0)))

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / "items.npz", items=self._items, seen=self._seen)
        about = {"item_ids": self._columns.item_ids, "embedding_size": self.embedding_size, "epochs": self.epochs}
        (folder / "about.json").write_text(json.dumps(about | {"reg": self.reg}), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Recommender:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        loaded = cls(embedding_size=about["embedding_size"], epochs=about["epochs"], reg=about["reg"])
        loaded._columns = Columns(about["item_ids"])
        with np.load(folder / "items.npz", allow_pickle=False) as arrays:
            loaded._items, loaded._seen = arrays["items"], arrays["seen"]
        return loaded
