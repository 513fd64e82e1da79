"""Items that are named or used together, normalised by how often each is: the simplest collaborative filtering."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, diags

from chatrec.recommenders import Progress, TrainingData
from chatrec.recommenders._neighbours import NeighbourModel, Neighbours, best, binary

LENGTH_DAMPING = 0.75
"""A user with n items counts n^-.75 an item: a talk about five items says more of each pair than 500 ratings do."""

POPULARITY_DAMPING = 5.0
"""How many users every item is given on top of its own, so that pairs of rare items do not come first by chance."""

SEARCH = {"length_damping": (0.0, 0.25, 0.5, 0.75), "popularity_damping": (1.0, 5.0, 20.0)}


class Recommender(NeighbourModel):
    """Co-occurrence over the square roots of both items' (damped) counts, the cosine of Sarwar et al. (WWW'01).

    A query scores the sum over its liked items. Only the best neighbours of an item are kept.
    """

    def __init__(
        self, *, length_damping: float = LENGTH_DAMPING, popularity_damping: float = POPULARITY_DAMPING
    ) -> None:
        self.length_damping, self.popularity_damping = length_damping, popularity_damping

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        used = binary(data.interactions)
        lengths = np.maximum(np.asarray(used.sum(axis=1)).ravel(), 1.0)
        weighed = csr_matrix(diags(lengths**-self.length_damping) @ used)
        together = csr_matrix(weighed.T @ weighed)
        scale = diags(1.0 / np.sqrt(together.diagonal() + self.popularity_damping))
        together.setdiag(0.0)
        seen = np.asarray(used.sum(axis=0)).ravel() > 0
        self._neighbours = Neighbours(data.item_ids, best(scale @ together @ scale), seen)
