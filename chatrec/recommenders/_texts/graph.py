"""A graph of items and the values of their facets: who is near whom by which relation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags


@dataclass(frozen=True)
class Graph:
    """`relations` are names of facets; for each, `held` is items by values: 1 where the item has the value."""

    relations: tuple[str, ...]
    held: tuple[csr_matrix, ...]

    def spread(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """`vectors` of items, then by every relation the mean over the values of an item of the mean over the items of
        a value: shape (items, 1 + relations, dimension); zeros where a relation joins an item to none."""
        near = [_mean(_mean(vectors, held.T), held) for held in self.held]
        return np.stack([vectors, *near], axis=1)

    def walks(self, generator: np.random.Generator, count: int) -> NDArray[np.int64]:
        """`count` steps and further steps, fewer where they end: rows of item, relation, neighbour, neighbour's
        neighbour (by any relation)."""
        found = []
        for relation, held in enumerate(self.held):
            able = np.flatnonzero(np.diff(held.indptr))
            if len(able):
                starts = generator.choice(able, max(count // len(self.held), 1))
                found.append(
                    np.stack([starts, np.full(len(starts), relation), self._step(relation, starts, generator)])
                )
        if not found:
            return np.zeros((0, 4), dtype=np.int64)
        walks = np.concatenate(found, axis=1)
        further = np.empty(walks.shape[1], dtype=np.int64)
        onward = generator.integers(len(self.held), size=len(further))
        for relation in range(len(self.held)):
            own = onward == relation
            further[own] = self._step(relation, walks[2, own], generator)
        walks = np.concatenate([walks, further[None]]).T
        return np.asarray(walks[walks[:, 0] != walks[:, 2]])

    def _step(self, relation: int, items: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
        """From each of `items` to one that shares a value with it, itself where there is none."""
        held, holders = self.held[relation], self._holders[relation]
        values = _drawn(held, items, generator)
        to = _drawn(holders, np.maximum(values, 0), generator)
        return np.where(values < 0, items, to)

    @cached_property
    def _holders(self) -> tuple[csr_matrix, ...]:
        return tuple(csr_matrix(held.T) for held in self.held)


def graph_of(facets: Sequence[Mapping[str, tuple[str, ...]]], items: int, *, relations: int) -> Graph:
    """The graph of the `relations` facets that most items have, of values that two items or more have."""
    counts: dict[str, int] = {}
    for own in facets:
        for name, values in own.items():
            counts[name] = counts.get(name, 0) + bool(values)
    names = sorted(counts, key=lambda name: (-counts[name], name))[:relations]
    found = [(name, _held([own.get(name, ()) for own in facets], items)) for name in names]
    kept = [(name, held) for name, held in found if held.nnz]
    return Graph(tuple(name for name, _ in kept), tuple(held for _, held in kept))


def _held(values: Sequence[Sequence[str]], items: int) -> csr_matrix:
    numbers: dict[str, int] = {}
    pairs = sorted({(row, numbers.setdefault(value, len(numbers))) for row, own in enumerate(values) for value in own})
    where = np.asarray(pairs, dtype=np.int64).reshape(-1, 2).T
    held = csr_matrix((np.ones(where.shape[1]), (where[0], where[1])), shape=(items, len(numbers)))
    return csr_matrix(held[:, np.asarray(held.sum(axis=0)).ravel() > 1])


def _mean(vectors: NDArray[np.float64], weights: csr_matrix) -> NDArray[np.float64]:
    counts = np.maximum(np.asarray(weights.sum(axis=1)).ravel(), 1.0)
    return np.asarray(diags(1.0 / counts) @ weights @ vectors)


def _drawn(table: csr_matrix, rows: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """One column with an entry for each of `rows`, evenly drawn; -1 where a row has none."""
    sizes = np.diff(table.indptr)[rows]
    picked = table.indptr[rows] + (generator.random(len(rows)) * sizes).astype(np.int64)
    columns = table.indices[np.minimum(picked, max(table.nnz - 1, 0))] if table.nnz else np.zeros(len(rows), np.int64)
    return np.where(sizes > 0, columns, -1).astype(np.int64)
