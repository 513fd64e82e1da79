"""Optimised product quantisation: a rotation, and for each slice of the rotated vector a codebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Quantiser:
    """`rotation` is dimension by dimension, orthonormal; `books` is slices by codes by dimension / slices."""

    rotation: Matrix
    books: Matrix

    def codes(self, vectors: NDArray[np.floating]) -> NDArray[np.int64]:
        """The number of the nearest code in every slice: shape (len(vectors), slices)."""
        slices = _sliced(np.asarray(vectors, dtype=np.float64) @ self.rotation, len(self.books))
        return np.stack([_nearest(own, book) for own, book in zip(slices, self.books, strict=True)], axis=1)

    def vectors(self, codes: NDArray[np.int64]) -> Matrix:
        """What `codes` stand for: shape (len(codes), dimension)."""
        parts = [book[own] for own, book in zip(codes.T, self.books, strict=True)]
        return np.asarray(np.concatenate(parts, axis=1) @ self.rotation.T)


def learned(
    vectors: NDArray[np.floating],
    slices: int,
    *,
    codes: int,
    coding: Literal["opq", "pq"] = "opq",
    rounds: int = 20,
    seed: int = 0,
) -> Quantiser:
    """The quantiser that comes near to `vectors` (Ge et al., CVPR'13, the non-parametric one).

    Starts from the principal axes, dealt out so that every slice has about the same variance; then each round moves
    the codes by one step of k-means and turns the rotation to meet them (orthogonal Procrustes). `coding` "pq" turns
    nothing. `slices` must divide the dimension; there are no more codes than distinct vectors.
    """
    rows = np.unique(np.asarray(vectors, dtype=np.float64), axis=0)
    generator = np.random.default_rng(seed)
    rotation = _dealt(rows, slices) if coding == "opq" else np.eye(rows.shape[1])
    chosen = generator.choice(len(rows), min(codes, len(rows)), replace=False)
    books = np.stack([own[chosen] for own in _sliced(rows @ rotation, slices)])
    for _ in range(rounds):
        parts = _sliced(rows @ rotation, slices)
        nearest = [_nearest(own, book) for own, book in zip(parts, books, strict=True)]
        books = np.stack([_moved(*some) for some in zip(parts, books, nearest, strict=True)])
        if coding == "opq":
            near = np.concatenate([book[own] for own, book in zip(nearest, books, strict=True)], axis=1)
            left, _, right = np.linalg.svd(rows.T @ near)
            rotation = left @ right
    return Quantiser(rotation, books)


def _dealt(rows: Matrix, slices: int) -> Matrix:
    """The principal axes of `rows` as columns, the strongest dealt to the slice that has the least so far."""
    strengths, axes = np.linalg.eigh(np.cov(rows, rowvar=False) if len(rows) > 1 else np.eye(rows.shape[1]))
    width = rows.shape[1] // slices
    own: list[list[int]] = [[] for _ in range(slices)]
    logs = np.zeros(slices)
    for axis in np.argsort(-strengths, kind="stable"):
        free = [number for number in range(slices) if len(own[number]) < width]
        least = min(free, key=lambda number: (logs[number], number))
        own[least].append(int(axis))
        logs[least] += np.log1p(max(float(strengths[axis]), 0.0) / max(float(strengths.max()), 1e-12) * 1e6)
    return np.asarray(axes[:, [axis for some in own for axis in some]])


def _sliced(rotated: Matrix, slices: int) -> list[Matrix]:
    return np.split(rotated, slices, axis=1)


def _nearest(own: Matrix, book: Matrix) -> NDArray[np.int64]:
    return np.asarray(np.argmin((book**2).sum(axis=1) - 2.0 * own @ book.T, axis=1), dtype=np.int64)


def _moved(own: Matrix, book: Matrix, nearest: NDArray[np.int64]) -> Matrix:
    """The codes of a slice as the means of what is nearest to each; one that nobody is nearest to stays."""
    where = (nearest, np.arange(len(own)))
    chosen = csr_matrix((np.ones(len(own)), where), shape=(len(book), len(own)))
    counts = np.bincount(nearest, minlength=len(book))
    return np.where(counts[:, None] > 0, chosen @ own / np.maximum(counts, 1)[:, None], book)
