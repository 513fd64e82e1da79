"""What the neural recommender models share that know items by who used them: hyperparameters, keeping, reading back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders import Columns
from chatrec.recommenders._training import load, save
from chatrec.types import Query


@dataclass(kw_only=True)
class Network:
    """A recommender model whose fields are its hyperparameters.

    Its `fit` sets `_columns`, of the items that anybody used, and `_arrays`, all that serving needs: empty where
    nothing could be learned, and then it scores nothing.
    """

    scores_cold: ClassVar[bool] = False
    personal: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._begin([])

    def _begin(self, item_ids: list[str]) -> None:
        self._columns = Columns(item_ids)
        self._arrays: dict[str, NDArray[Any]] = {}

    def _known(self, query: Query) -> NDArray[np.int64]:
        """The columns of the history that can be read; none where nothing was learned."""
        return np.asarray(self._columns.known(query.liked) if self._arrays else [], dtype=np.int64)

    def save(self, folder: Path) -> None:
        save(folder, self._arrays, {"item_ids": self._columns.item_ids, "hyperparameters": asdict(self)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        arrays, about = load(folder)
        loaded = cls(**about["hyperparameters"])
        loaded._columns, loaded._arrays = Columns(about["item_ids"]), arrays
        return loaded
