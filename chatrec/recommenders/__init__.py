"""Recommender models, one file each: they learn from interactions and score items for whoever liked something.

A file defines a class `Recommender`; `chatrec.plugins` finds it by name, and `CHATREC_ROUTES` may name it as a route.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatrec.types import Query


@dataclass(frozen=True)
class TrainingData:
    """Who used what: `interactions` is users by items, a positive number where there was one; columns as `item_ids`."""

    item_ids: Sequence[str]
    interactions: csr_matrix


class Recommender(Protocol):
    """What every file here defines as a class named `Recommender`, made without arguments."""

    def fit(self, data: TrainingData, *, seed: int = 0) -> None: ...

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        """One score an item, higher is better, from the items in `query.liked`; NaN where the model cannot say."""
        ...

    def save(self, folder: Path) -> None:
        """Writes the fitted model into `folder`, made if need be, as numpy and JSON files."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Any:
        """The model that `save` wrote into `folder`; it scores the same."""
        ...


class Columns:
    """Where the items a model was fitted on stand; finds the columns of the ones it is asked for."""

    def __init__(self, item_ids: Sequence[str]) -> None:
        self.item_ids = tuple(item_ids)
        self._of = {item_id: column for column, item_id in enumerate(self.item_ids)}
        self._asked: tuple[Sequence[str], NDArray[np.int64]] | None = None

    def known(self, item_ids: Sequence[str]) -> list[int]:
        """The columns of those of `item_ids` that there are, in their order."""
        return [self._of[item_id] for item_id in item_ids if item_id in self._of]

    def pick(self, scores: NDArray[np.float64], item_ids: Sequence[str]) -> NDArray[np.float64]:
        """`scores` by column as scores by `item_ids`; NaN for items there is no column of."""
        asked = self._asked
        if asked is None or asked[0] is not item_ids:  # most often it is all items of the snapshot, again and again
            columns = np.fromiter((self._of.get(item_id, -1) for item_id in item_ids), np.int64, len(item_ids))
            self._asked = asked = (item_ids, columns)
        return np.append(scores, np.nan)[asked[1]]  # the last one, -1, is that of a stranger
