"""What text-based recommender models learn from: vectors of texts, and histories by domain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders import TrainingData
from chatrec.recommenders._histories import Histories, histories_of, ordered

TARGET = ""
"""How the rows of `TrainingData` are labelled that are learned to recommend for, where others are of other domains."""


@dataclass(frozen=True)
class Known:
    """`vectors` is items by dimension; `written` says which rows are not all zero.

    `columns` are the items that anybody used, and the histories hold places in it, not columns: `histories` those of
    the users to recommend for, `domains` those of others, to pre-train on, by domain. Items nobody used take no part
    in training at all. `ordered` says whether histories are in an order of time.
    """

    data: TrainingData
    vectors: NDArray[np.float32]
    written: NDArray[np.bool_]
    columns: NDArray[np.int64]
    histories: Histories
    domains: dict[str, Histories]
    ordered: bool

    @property
    def elsewhere(self) -> Histories:
        """The histories of all `domains`, one after another."""
        return [history for histories in self.domains.values() for history in histories]


def known(data: TrainingData, *, seed: int) -> Known | None:
    """None where there are no vectors, or nobody used an item that has one.

    Where no row of a labelled data set is labelled `TARGET`, all rows are recommended for.
    """
    if data.vectors is None:
        return None
    vectors = np.asarray(data.vectors, dtype=np.float32)
    written = np.any(vectors != 0, axis=1)
    histories = [history[written[history]] for history in histories_of(data, seed=seed)]
    labels = list(data.domains) or [TARGET] * len(histories)
    everything = np.concatenate([np.zeros(0, dtype=np.int64), *histories])
    if not len(everything):
        return None
    columns = np.unique(everything)
    domains: dict[str, Histories] = {}
    for label, history in zip(labels, histories, strict=True):
        if len(history):
            domains.setdefault(label, []).append(np.searchsorted(columns, history))
    own = domains.pop(TARGET, None)
    own = own or [history for some in domains.values() for history in some]
    return Known(data, vectors, written, columns, own, domains, ordered(data))
