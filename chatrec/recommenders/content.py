"""Content-based: items that are written about like those a user liked, and share facets with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, load_npz, save_npz

from chatrec.recommenders import Columns, Progress, TrainingData
from chatrec.types import Query

RAREST = 2
"""A value of a facet that fewer items hold tells nothing of other items."""

SEARCH = {"facet_weight": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), "recency": (1.0, 0.98, 0.9, 0.7)}

ABLATIONS = {"without facets": {"facet_weight": 0.0}, "without vectors": {"facet_weight": 1.0}}


class Recommender:
    """A profile in the space of the texts' frozen embeddings, and one in the space of facets (Pazzani and Billsus,
    2007); the cosines to both are added, that of the facets with `facet_weight` (0 to 1).

    The profile is the mean of the liked items (Rocchio's, without negatives), each earlier one counting `recency`
    times as much as the next. Embeddings are taken from their mean over all items, as all of them point one way;
    values of facets count by inverse document frequency. Interactions are not learned from at all.
    """

    scores_cold: ClassVar[bool] = True
    personal: ClassVar[bool] = True

    def __init__(self, *, facet_weight: float = 0.4, recency: float = 0.98) -> None:
        self.facet_weight, self.recency = facet_weight, recency

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        count = len(data.item_ids)
        self._columns = Columns(data.item_ids)
        vectors = np.zeros((count, 1), dtype=np.float32) if data.vectors is None else data.vectors
        written = np.any(vectors != 0, axis=1)
        self._vectors = np.zeros_like(vectors, dtype=np.float32)
        if written.any():
            centred = vectors[written] - vectors[written].mean(axis=0)
            self._vectors[written] = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        self._facets = _weighed(data.facets, count)
        self._known = written | (np.diff(self._facets.indptr) > 0)

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        liked = [column for column in self._columns.known(query.liked) if self._known[column]]
        if not liked:
            return np.full(len(item_ids), np.nan)
        shares = (self.recency ** np.arange(len(liked))[::-1]).astype(np.float32)
        by_text = self._vectors @ _unit(shares @ self._vectors[liked])
        by_facet = self._facets @ _unit(np.asarray(self._facets[liked].T @ shares).ravel())
        scores = (1.0 - self.facet_weight) * by_text + self.facet_weight * by_facet
        return self._columns.pick(np.where(self._known, scores, np.nan).astype(np.float64), item_ids)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "vectors.npy", self._vectors)
        np.save(folder / "known.npy", self._known)
        save_npz(folder / "facets.npz", self._facets)
        about = {"facet_weight": self.facet_weight, "recency": self.recency, "item_ids": self._columns.item_ids}
        (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Recommender:
        about: dict[str, Any] = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        loaded = cls(facet_weight=about["facet_weight"], recency=about["recency"])
        loaded._columns = Columns(about["item_ids"])
        loaded._vectors = np.load(folder / "vectors.npy", allow_pickle=False)
        loaded._known = np.load(folder / "known.npy", allow_pickle=False)
        loaded._facets = load_npz(folder / "facets.npz").tocsr()
        return loaded


def _weighed(facets: Sequence[Mapping[str, tuple[str, ...]]], count: int) -> csr_matrix:
    """Items by values of facets, each row of unit length, rarer values counting more; no values: no columns but one."""
    held = [[(name, value) for name, values in item.items() for value in values] for item in facets]
    counts = Counter(value for values in held for value in set(values))
    place = {value: number for number, value in enumerate(sorted(v for v, n in counts.items() if n >= RAREST))}
    kept = [sorted({place[value] for value in values if value in place}) for values in held] or [[]] * count
    columns = np.asarray([column for some in kept for column in some], dtype=np.int64)
    starts = np.cumsum([0, *map(len, kept)])
    table = csr_matrix((np.ones(len(columns)), columns, starts), shape=(count, max(len(place), 1)))
    rarity = np.log1p(count / np.asarray([*(counts[value] for value in place), *([count] * (not place))]))
    table = csr_matrix(table @ diags(rarity))
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    return csr_matrix(diags(1.0 / np.maximum(lengths, 1e-9)) @ table, dtype=np.float32)


def _unit(vector: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)
