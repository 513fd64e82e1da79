"""EASE: a linear autoencoder over items in closed form; a new user is served by adding up the rows of their items."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, vstack

from chatrec.errors import TrainingError
from chatrec.recommenders import Progress, TrainingData
from chatrec.recommenders._neighbours import NeighbourModel, Neighbours, best, binary

LARGEST = 12_000
"""Rows of the largest matrix that is inverted: 550 MiB in single precision."""

BLOCK = 512
"""Items whose weights are computed at once."""

SEARCH = {"reg": (1.0, 6.0, 20.0, 100.0, 300.0), "length_damping": (0.0, 0.25, 0.5)}


class Recommender(NeighbourModel):
    """Embarrassingly shallow autoencoder (Steck, WWW'19), over the items that have interactions.

    The paper inverts the items' Gram matrix; where there are fewer users than items the users' is inverted instead,
    which by Woodbury's identity gives the same weights. The best neighbours of an item are kept. A user with n items
    counts n^-`length_damping` an item (the paper: 0, with a `reg` of hundreds), so that short dialogues and long
    histories can be learned from together.
    """

    def __init__(self, *, reg: float = 6.0, length_damping: float = 0.5) -> None:
        self.reg, self.length_damping = reg, length_damping

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        """Raises TrainingError where both users and items are more than `LARGEST`."""
        used = binary(data.interactions)
        seen = np.asarray(used.sum(axis=0)).ravel() > 0
        lengths = np.asarray(used.sum(axis=1)).ravel()
        known = csr_matrix(diags(np.maximum(lengths, 1.0) ** -self.length_damping) @ used)[lengths > 0][:, seen]
        if min(known.shape) > LARGEST:
            raise TrainingError(
                f"EASE would invert a matrix of {min(known.shape):,} rows; at most {LARGEST:,} fit.",
                mend="Use cooccurrence, which has no such limit.",
            )
        blocks = [best(csr_matrix(block)) for block in self._weights(csr_matrix(known, dtype=np.float32))]
        columns, n = np.flatnonzero(seen), len(data.item_ids)
        lengths = np.zeros(n, dtype=np.int64)
        weights = csr_matrix((n, n), dtype=np.float32)
        if blocks:
            table = csr_matrix(vstack(blocks))
            lengths[columns] = np.diff(table.indptr)
            starts = np.concatenate(([0], np.cumsum(lengths)))
            weights = csr_matrix((table.data, columns[table.indices], starts), shape=(n, n))
        self._neighbours = Neighbours(data.item_ids, weights, seen)

    def _weights(self, used: csr_matrix) -> Iterator[NDArray[np.float32]]:
        """The weights from a block of items to all items, block after block; the diagonal is 0."""
        users, items = used.shape
        starts = range(0, items, BLOCK)
        if users < items:
            half = np.asarray(used.T @ _inverse((used @ used.T).toarray(), self.reg))  # items by users
            agreed = np.asarray(used.T.multiply(half).sum(axis=1)).ravel()
            scale = (1.0 / (1.0 - agreed)).astype(np.float32)
            blocks = (np.asarray(half[at : at + BLOCK] @ used) * scale for at in starts)
        else:
            inverse = _inverse((used.T @ used).toarray(), self.reg)
            diagonal = np.diag(inverse).copy()
            blocks = (-inverse[at : at + BLOCK] / diagonal for at in starts)
        for at, block in zip(starts, blocks, strict=True):
            own = np.arange(len(block))
            block[own, at + own] = 0.0
            yield block


def _inverse(gram: NDArray[np.float32], reg: float) -> NDArray[np.float32]:
    """Of `gram`, symmetric and positive, with `reg` added to its diagonal."""
    from scipy.linalg import cho_factor
    from scipy.linalg.lapack import spotri

    gram[np.diag_indices_from(gram)] += reg
    factor, _ = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    inverse, _ = spotri(factor, lower=True, overwrite_c=True)
    for row in range(len(inverse)):  # the upper half, which LAPACK leaves alone
        inverse[row, row + 1 :] = inverse[row + 1 :, row]
    return np.ascontiguousarray(inverse)
