"""The same tuned budget for each recommender model: a small random search on a split of the part to learn from."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chatrec import plugins
from chatrec.errors import TrainingError
from chatrec.evaluation.recommenders.cells import Cell, result_of
from chatrec.evaluation.recommenders.split import Protocol, Split, split

SEED = 0

MEASURE = "ndcg@10"

MARGIN = 0.02
"""By which share a draw must beat the defaults to be taken: one split tells no smaller difference from chance."""


@dataclass(frozen=True)
class Tuned:
    """The hyperparameters that did best of `trials`, beside the defaults; empty: the defaults did."""

    hyperparameters: Mapping[str, Any]
    trials: int


def tuned(
    recommender: str,
    training: Split,
    protocol: Protocol,
    *,
    trials: int,
    folder: Path,
    tell: Callable[[str, int, int], None],
) -> Tuned:
    """The best of the defaults and `trials` - 1 draws from what the recommender model's file declares as `SEARCH`.

    What `training` learns from is split once more by the same protocol, with seed 0, so that nothing that is looked
    for afterwards has a say. Of equal ones the first counts, and the defaults stay unless they are beaten by `MARGIN`;
    a draw that cannot be fitted is passed over.
    """
    inner = split(training.training, protocol, seed=SEED)
    digest = training.training.digest
    values: list[float] = []
    drawn = list(itertools.islice(draws(plugins.declared("recommenders", recommender, "SEARCH")), trials))
    for number, hyperparameters in enumerate(drawn):
        tell("tuning", number, len(drawn))
        cell = Cell(recommender, hyperparameters, digest, protocol, SEED)
        try:
            values.append(result_of(cell, lambda: inner, folder, tell).figures[MEASURE])
        except TrainingError:
            values.append(-np.inf)
    best = int(np.argmax(values))
    return Tuned(drawn[best] if values[best] > values[0] * (1 + MARGIN) else {}, len(drawn))


def draws(search: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """The defaults, and then every combination of the values once, in an order drawn with seed 0."""
    yield {}
    if not search:
        return
    names = sorted(search)
    sizes = [len(search[name]) for name in names]
    for place in np.random.default_rng(SEED).permutation(int(np.prod(sizes))).tolist():
        chosen = np.unravel_index(place, sizes)
        yield {name: search[name][int(at)] for name, at in zip(names, chosen, strict=True)}
