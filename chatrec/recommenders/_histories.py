"""What neural recommender models learn from: users' histories, held-out parts of them, batches and negatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatrec.recommenders import TrainingData

Histories = list[NDArray[np.int64]]
"""One array of columns a user, the latest last."""

FEWEST_HELD = 50
"""With fewer users to hold out items of, no epoch can be told from another: nothing is held out."""

MOST_HELD = 1_000
"""Of how many users items are held out at most; the rest of the users are learned from in full."""

LOOKED_AT_ONCE = 256


@dataclass(frozen=True)
class Held:
    """What is held out: of each user the history that is left, and the items to be found."""

    histories: Histories
    targets: Histories

    def ndcg(self, score: Callable[[Sequence[NDArray[np.int64]]], NDArray[np.float64]], *, n: int = 10) -> float:
        """Mean nDCG@n over the users, all items ranked but those of the history; equal scores count against."""
        discount = 1 / np.log2(np.arange(n) + 2)
        total = 0.0
        for at in range(0, len(self.histories), LOOKED_AT_ONCE):
            histories = self.histories[at : at + LOOKED_AT_ONCE]
            scores = np.array(score(histories))
            for row, history, targets in zip(scores, histories, self.targets[at : at + LOOKED_AT_ONCE], strict=True):
                row[history] = -np.inf
                own = row[targets]
                row[targets] = -np.inf
                above = (row[None, :] >= own[:, None]).sum(axis=1)  # of items that are not targets
                ranks = np.sort(above + np.argsort(np.argsort(-own, kind="stable"), kind="stable"))
                total += float(discount[ranks[ranks < n]].sum() / discount[: len(targets)].sum())
        return total / len(self.histories)


def histories_of(data: TrainingData, *, seed: int) -> Histories:
    """Each user's columns, the latest last.

    Where they are in no order of time (`ordered`) they are shuffled, so that none is held out or cut off for its place.
    """
    histories = [np.asarray(history, dtype=np.int64) for history in data.sequences]
    if ordered(data):
        return histories
    generator = np.random.default_rng(seed)
    return [generator.permutation(history) for history in histories]


def ordered(data: TrainingData) -> bool:
    """Whether the histories are in an order of time, and not all in that of the columns."""
    return any((np.diff(history) < 0).any() for history in data.sequences)


def used_items(data: TrainingData, *, seed: int) -> tuple[list[str], Histories]:
    """The ids of the items that anybody used, and the histories by places among those: what there is to embed."""
    histories = histories_of(data, seed=seed)
    seen = np.unique(np.concatenate(histories)) if histories else np.zeros(0, dtype=np.int64)
    return [data.item_ids[column] for column in seen], [np.searchsorted(seen, history) for history in histories]


def binary_csr(interactions: Any) -> csr_matrix:
    """1 where there is a positive number, else nothing; columns ascend within a row."""
    used = csr_matrix(interactions, dtype=np.float32, copy=True)
    used.data = (used.data > 0).astype(np.float32)
    used.eliminate_zeros()
    used.sort_indices()
    return used


def matrix_of(histories: Histories, items: int) -> csr_matrix:
    """Users by items, 1 where a history has the item."""
    starts = np.concatenate(([0], np.cumsum([len(history) for history in histories], dtype=np.int64)))
    columns = np.concatenate(histories) if histories else np.zeros(0, dtype=np.int64)
    return binary_csr(csr_matrix((np.ones(len(columns), np.float32), columns, starts), (len(histories), items)))


def hold_last(histories: Histories, *, seed: int) -> tuple[Histories, Held | None]:
    """Takes the last item of up to `MOST_HELD` users with three or more: what is left of all users, what was taken.

    For models of sequences. None, and all histories whole, where fewer than `FEWEST_HELD` users have so many.
    """
    return _hold(histories, seed, lambda history, _: len(history) - 1)


def hold_some(histories: Histories, *, seed: int, share: float = 0.1) -> tuple[Histories, Held | None]:
    """As `hold_last`, but takes a `share` of the items at random, one at least: for models that know no order."""
    return _hold(histories, seed, lambda history, generator: _chosen(len(history), share, generator))


def _chosen(length: int, share: float, generator: np.random.Generator) -> NDArray[np.int64]:
    return generator.choice(length, max(1, round(length * share)), replace=False)


def _hold(
    histories: Histories, seed: int, choose: Callable[[NDArray[np.int64], np.random.Generator], Any]
) -> tuple[Histories, Held | None]:
    generator = np.random.default_rng(seed)
    able = [user for user, history in enumerate(histories) if len(history) >= 3]
    if len(able) < FEWEST_HELD:
        return histories, None
    left, targets = list(histories), []
    users = generator.permutation(able)[:MOST_HELD].tolist()
    for user in users:
        places = np.atleast_1d(choose(histories[user], generator))
        targets.append(histories[user][places])
        left[user] = np.delete(histories[user], places)
    return left, Held([left[user] for user in users], targets)


def batches(
    arrays: Sequence[NDArray[Any]], batch_size: int, generator: np.random.Generator
) -> Iterator[tuple[NDArray[Any], ...]]:
    """The rows of all `arrays` together in a drawn order, `batch_size` at a time."""
    order = generator.permutation(len(arrays[0]))
    for at in range(0, len(order), batch_size):
        rows = order[at : at + batch_size]
        yield tuple(array[rows] for array in arrays)


def negatives(
    used: csr_matrix, users: NDArray[np.int64], generator: np.random.Generator, *, of: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each of `users` one item of `of`, evenly drawn, that the user did not use (`used`: from `binary_csr`).

    A user for whom twenty draws find none, having used nearly all, keeps the last drawn.
    """
    taken = np.repeat(np.arange(used.shape[0], dtype=np.int64), np.diff(used.indptr)) * used.shape[1] + used.indices
    drawn = generator.choice(of, len(users))
    open_ = np.arange(len(users))
    for _ in range(20):
        asked = users[open_] * used.shape[1] + drawn[open_]
        places = np.minimum(np.searchsorted(taken, asked), max(len(taken) - 1, 0))
        open_ = open_[taken[places] == asked] if len(taken) else open_[:0]
        if not len(open_):
            break
        drawn[open_] = generator.choice(of, len(open_))
    return drawn


def padded(histories: Sequence[NDArray[np.int64]], length: int, *, pad: int) -> NDArray[np.int64]:
    """The last `length` columns of each history, at the right end of its row, after as many `pad` as are lacking."""
    rows = np.full((len(histories), length), pad, dtype=np.int64)
    for row, history in zip(rows, histories, strict=True):
        last = history[-length:]
        row[length - len(last) :] = last
    return rows


def parts_of(histories: Histories, length: int, *, ordered: bool) -> Callable[[np.random.Generator], Histories]:
    """What an epoch reads: the `windows` of histories. Where no order is known each history is read in one that is
    drawn anew every epoch, as what stands in an order would be learned as if it meant something."""
    fixed = windows(histories, length)
    if ordered:
        return lambda _: fixed
    return lambda generator: windows([generator.permutation(history) for history in histories], length)


def windows(histories: Sequence[NDArray[np.int64]], length: int) -> Histories:
    """Histories cut into parts of at most `length`, from the end, each part but the first item of a history once.

    A part begins with the item the part before ended with, so that with next items as targets each is a target once.
    """
    parts = []
    for history in histories:
        end = len(history)
        while end > 1:
            start = max(0, end - length)
            parts.append(history[start:end])
            end = start + 1 if start else 0
    return parts
