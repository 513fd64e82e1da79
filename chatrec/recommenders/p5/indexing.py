"""Which tokens an item is named by: the indexing methods of Hua et al. (SIGIR-AP'23), and random ids."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import eigsh

from chatrec.recommenders._histories import Histories, matrix_of

Indexing = Literal["hybrid", "collaborative", "semantic", "sequential", "random"]

Path = tuple[str, ...]
"""An item's tokens in their order; of two items' neither begins with the other."""

LEVELS = 2
"""Of how many facets a semantic index is made at most."""

MOST_IN_ONE = 0.75
"""The share of a cluster that may stay together when it is cut."""


def index_of(
    indexing: Indexing,
    histories: Histories,
    items: int,
    *,
    facets: Sequence[Mapping[str, tuple[str, ...]]] = (),
    branches: int = 16,
    seed: int = 0,
) -> list[Path]:
    """Each item's tokens. `histories` must hold nothing that is to be predicted later, or the index tells of it.

    Sequential: items are numbered as they are met, user after user, so that items used together share the first of
    two pieces of a number (T5 cuts the paper's four digits in two). Collaborative: the graph of items used together
    is cut into `branches` clusters (spectral clustering), these again, into no more than it takes, until none has
    more than `branches` items; a token a level and one for the place in the last cluster. Semantic: a token for the
    value of each of two facets, then the place among those alike; all one group where no facets are known. Hybrid:
    the clusters, then a token that is the item's own. Random: the pieces of drawn numbers.
    """
    if indexing == "sequential":
        return _pieces(_met(histories, items))
    if indexing == "random":
        return _pieces(np.random.default_rng(seed).permutation(items))
    groups = _alike(facets, items) if indexing == "semantic" else _clusters(histories, items, branches, seed)
    if indexing == "hybrid":
        return [(*group, f"<item {item}>") for item, group in enumerate(groups)]
    counts: dict[Path, int] = {}
    paths = []
    for group in groups:
        counts[group] = counts.get(group, -1) + 1
        paths.append((*group, f"<{counts[group]}>"))
    return paths


def _met(histories: Histories, items: int) -> NDArray[np.int64]:
    """The number of each item: when it is first met; those that no history has come last."""
    order = np.concatenate((*histories, np.arange(items)))
    _, first = np.unique(order, return_index=True)
    return np.argsort(np.argsort(first))


def _pieces(numbers: NDArray[np.int64]) -> list[Path]:
    base = max(2, int(np.ceil(np.sqrt(len(numbers)))))
    return [(f"<{number // base}>", f"<{number % base}>") for number in numbers.tolist()]


def _alike(facets: Sequence[Mapping[str, tuple[str, ...]]], items: int) -> list[Path]:
    """Each item's first values of the facets that have the fewest, but two, and that half of the items have."""
    values = {
        name: [next(iter(own.get(name, ())), "") for own in facets]
        for name in sorted({name for own in facets for name in own})
    }
    kinds = {name: len({*own} - {""}) for name, own in values.items() if sum(map(bool, own)) * 2 >= items}
    chosen = sorted((count, name) for name, count in kinds.items() if 2 <= count <= max(items // 2, 2))[:LEVELS]
    return [tuple(f"<{name} {values[name][item]}>" for _, name in chosen) for item in range(items)]


def _clusters(histories: Histories, items: int, branches: int, seed: int) -> list[Path]:
    used = matrix_of(histories, items)
    together = csr_matrix(used.T @ used, dtype=np.float64)
    groups: list[Path] = [()] * items
    open_ = [np.arange(items)]
    while open_:
        some = open_.pop()
        if len(some) <= branches:
            continue
        for number, part in enumerate(_cut(together[some][:, some], branches, seed)):
            for item in some[part]:
                groups[item] += (f"<cluster {number}>",)
            open_.append(some[part])
    return groups


def _cut(together: csr_matrix, branches: int, seed: int) -> list[NDArray[np.int64]]:
    """The places of a graph, of more than `branches`, in up to so many clusters, two at least, by the normalised
    spectral clustering of Ng et al. (NIPS'01). Where it leaves nearly all in one, as of items that were not used
    together, they are cut evenly along the direction that parts them best, or names would grow as long as there are
    such items."""
    n = together.shape[0]
    degree = np.maximum(np.asarray(together.sum(axis=1)).ravel(), 1e-9)
    scaled = diags(degree**-0.5) @ together @ diags(degree**-0.5)
    size = max(2, min(branches, -(-n // branches)))  # no more than it takes, or names are long and clusters of two
    if n <= 500:
        axes = np.linalg.eigh(scaled.toarray())[1][:, -size:]
    else:
        start = np.random.default_rng(seed).random(n)
        axes = eigsh(scaled, k=size, v0=start, tol=1e-4, maxiter=100 * n)[1]
    rows = axes / np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-12)
    with warnings.catch_warnings(action="ignore"):  # of clusters that stay empty
        labels = kmeans2(rows, size, minit="++", rng=np.random.default_rng(seed))[1]
    parts = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    if max(map(len, parts)) <= MOST_IN_ONE * n:
        return parts
    return list(np.array_split(np.argsort(rows[:, size - 2], kind="stable"), size))
