"""What is learned from and what is asked afterwards: four protocols, none of which lets a test leak into training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from chatrec.errors import EvaluationError
from chatrec.evaluation.recommenders.dataset import DataSet, Ints

Protocol: TypeAlias = Literal["random-75-25", "leave-one-out", "cold-items", "cold-users"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)

TRAINED = 0.75
"""Share of each user's interactions that random-75-25 learns from."""

COLD = 0.2
"""Share of the items, or of the users, that training does not see."""

KNOWN = 0.8
"""Share of a cold user's interactions, the earliest, that are their history; the others are looked for."""


@dataclass(frozen=True)
class Case:
    """What is known of a user, in order of time, and the items that are to be found; all by number."""

    user: int
    history: Ints
    targets: Ints


@dataclass(frozen=True)
class Split:
    """`training` is the part to learn from. `candidates` says which items are ranked (None: all); a case's own history
    is never ranked."""

    training: DataSet
    cases: tuple[Case, ...]
    candidates: NDArray[np.bool_] | None = None


def split(data: DataSet, protocol: Protocol, *, seed: int = 0) -> Split:
    """Splits by `protocol`:

    - random-75-25: of each user a random 75 % are learned from (rounded), the others looked for;
    - leave-one-out: each user's latest interaction is looked for;
    - cold-items: a random 20 % of the items are taken out of training; each user's interactions with them are looked
      for among those items alone; here and above what is looked for lies before and after what is known, so that no
      order of time is told;
    - cold-users: a random 20 % of the users are taken out of training; the earliest 80 % of their interactions are
      their history, the others are looked for.

    `seed` draws. Raises EvaluationError where nothing is left to look for.
    """
    if protocol not in _PROTOCOLS:
        raise EvaluationError(f"There is no protocol {protocol!r}.", mend=f"There are: {', '.join(PROTOCOLS)}.")
    made = _PROTOCOLS[protocol](data, np.random.default_rng(seed))
    if not made.cases:
        raise EvaluationError(
            f"Nothing can be looked for in {data.name} by {protocol}: its users have too few interactions.",
            mend="Give more interactions, or take another protocol.",
        )
    return made


def _cases(known: DataSet, sought: DataSet) -> Iterator[Case]:
    """One for each user who has a history and something to be found."""
    for user, (history, targets) in enumerate(zip(known.histories(), sought.histories(), strict=True)):
        if len(history) and len(targets):
            yield Case(user, history, targets)


def _random(data: DataSet, generator: np.random.Generator) -> Split:
    data = _shuffled(data, generator)
    learned = np.zeros(len(data.users), dtype=bool)
    for own in _places(data):
        learned[own[: round(TRAINED * len(own))]] = True
    training = data.only(learned)
    return Split(training, tuple(_cases(training, data.only(~learned))))


def _leave_one_out(data: DataSet, generator: np.random.Generator) -> Split:
    learned = np.ones(len(data.users), dtype=bool)
    learned[[own[-1] for own in _places(data) if len(own) > 1]] = False
    training = data.only(learned)
    return Split(training, tuple(_cases(training, data.only(~learned))))


def _cold_items(data: DataSet, generator: np.random.Generator) -> Split:
    used = np.unique(data.items)
    cold = np.zeros(len(data.item_ids), dtype=bool)
    cold[generator.choice(used, round(COLD * len(used)), replace=False)] = True
    data = _shuffled(data, generator)
    sought = cold[data.items]
    training = data.only(~sought)
    return Split(training, tuple(_cases(training, data.only(sought))), candidates=cold)


def _cold_users(data: DataSet, generator: np.random.Generator) -> Split:
    there = np.unique(data.users)
    cold = np.isin(data.users, generator.choice(there, round(COLD * len(there)), replace=False))
    later = np.zeros(len(data.users), dtype=bool)
    for own in _places(data):
        later[own[round(KNOWN * len(own)) :]] = True
    return Split(data.only(~cold), tuple(_cases(data.only(cold & ~later), data.only(cold & later))))


_PROTOCOLS: Mapping[str, Callable[[DataSet, np.random.Generator], Split]] = {
    "random-75-25": _random,
    "leave-one-out": _leave_one_out,
    "cold-items": _cold_items,
    "cold-users": _cold_users,
}


def _shuffled(data: DataSet, generator: np.random.Generator) -> DataSet:
    """Each user's interactions in a drawn order, which is no order of time."""
    order = np.concatenate([generator.permutation(own) for own in _places(data)])
    return replace(data.only(order), timed=False)


def _places(data: DataSet) -> list[Ints]:
    """Where each user's interactions stand."""
    counts = np.bincount(data.users, minlength=data.count)
    return np.split(np.arange(len(data.users)), np.cumsum(counts)[:-1])
