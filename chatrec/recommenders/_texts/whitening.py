"""Where a learned whitening starts from: the mean and the principal axes of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOOR = 1e-3
"""Variances below this share of the greatest are scaled up no further: they are noise."""


def whitening(vectors: NDArray[Any], size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The shift and the matrix, dimension by `size`, by which (x - shift) W has about unit length and no axis of it
    weighs more than another (Su et al., 2021); axes that there are not are zero."""
    rows = np.asarray(vectors, dtype=np.float64)
    shift = rows.mean(axis=0)
    strengths, axes = np.linalg.eigh((rows - shift).T @ (rows - shift) / len(rows))
    order = np.argsort(-strengths, kind="stable")[:size]
    scale = 1.0 / np.sqrt(np.maximum(strengths[order], max(FLOOR * strengths.max(), 1e-12)))
    matrix = np.zeros((rows.shape[1], size))
    matrix[:, : len(order)] = axes[:, order] * scale / np.sqrt(size)
    return shift, matrix
