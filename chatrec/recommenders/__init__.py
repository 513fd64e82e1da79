"""Recommender models, one file or folder each: they learn from interactions and score items for who liked something.

A file defines a class `Recommender`, whose hyperparameters are keyword arguments with defaults; `chatrec.plugins` finds
it by name, and `CHATREC_ROUTES` may name it as a route. It may also declare, as constants of the file:

- `SEARCH: Mapping[str, Sequence[Any]]`: the values worth trying for hyperparameters, which tuning draws from;
- `ABLATIONS: Mapping[str, Mapping[str, Any]]`: what it would be without its parts ("without whitening"), as
  hyperparameters;
- `TINY: Mapping[str, Any]`: the hyperparameters with which tests fit it to a few dozen users in a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatrec.types import Query

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how much of a fit is done and how much there is: epochs, most often."""


@dataclass(frozen=True)
class TrainingData:
    """Who used what, and what is known of the items.

    `interactions` is users by items, a positive number where there was one; columns as `item_ids`. `sequences` are
    each user's columns in order of time, the latest last, one for each row of `interactions`; not given: the order in
    which the row holds them. The rest is by item, in the order of `item_ids`, and may be missing altogether (empty,
    None): `texts` (title, facets and description in one string, empty where there is none), `vectors` (items by
    dimensions, the frozen embedding of that text, unit length; zeros where an item has none), `facets` (the values of
    each facet of texts, by its name). `domains` labels the rows of `interactions`: "" those of users to recommend for,
    another label those of another domain, to pre-train on; empty: all are to be recommended for.
    """

    item_ids: Sequence[str]
    interactions: csr_matrix
    sequences: Sequence[NDArray[np.int64]] = ()
    texts: Sequence[str] = ()
    vectors: NDArray[np.float32] | None = None
    facets: Sequence[Mapping[str, tuple[str, ...]]] = ()
    domains: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not len(self.sequences):
            object.__setattr__(self, "sequences", sequences_of(self.interactions))


class Recommender(Protocol):
    """What every file here defines as a class named `Recommender`, made without arguments."""

    scores_cold: ClassVar[bool]
    """Whether it scores an item that nobody used, wherever something is written about it (a text, a vector, facets),
    and lets such an item stand in a history."""

    personal: ClassVar[bool]
    """Whether what it says depends on who asks; one that is not says the same without a history."""

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None: ...

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        """One score an item, higher is better, from the history in `query.liked` (in order of time, the latest last;
        of a user who need not have been known in training); NaN where the model cannot say."""
        ...

    def save(self, folder: Path) -> None:
        """Writes the fitted model into `folder`, made if need be, as numpy and JSON (or ONNX) files, never pickled.

        Whatever was learned with, `load` and `score` need no torch: `CHATREC_ROUTES` serves them.
        """
        ...

    @classmethod
    def load(cls, folder: Path) -> Any:
        """The model that `save` wrote into `folder`; it scores the same."""
        ...


def sequences_of(interactions: csr_matrix) -> list[NDArray[np.int64]]:
    """The columns of each row's positive numbers, in the order in which the row holds them."""
    used = interactions.tocsr()
    kept = used.data > 0
    before = np.concatenate(([0], np.cumsum(kept)))
    return np.split(used.indices[kept].astype(np.int64), before[used.indptr[1:-1]]) if used.shape[0] else []


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
