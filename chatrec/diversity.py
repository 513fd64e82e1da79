"""Which candidates are shown: good ones that are not all alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chatrec.types import Candidate


def diversify(
    candidates: Sequence[Candidate], vectors: Mapping[str, NDArray[np.float32]], *, n: int, strength: float
) -> list[Candidate]:
    """The same candidates, the first `n` chosen by maximal marginal relevance (Carbonell and Goldstein, SIGIR'98).

    Each in turn is the one with the most of (1 - strength) * relevance - strength * similarity to the nearest of
    those chosen before. Relevance is the fused score, scaled to 0..1 within the candidates; similarity the cosine of
    two descriptions' `vectors` by item id, 0 where one has none. The rest follow as they were, and ties stay in the
    order of the fusion, which breaks them by item id.
    """
    if not strength or len(candidates) < 3:  # the best one stays first whatever the others are
        return list(candidates)
    scores = np.array([candidate.score for candidate in candidates], dtype=np.float64)
    relevance = (scores - scores.min()) / (np.ptp(scores) or 1.0)
    units = _units([vectors.get(candidate.item.id) for candidate in candidates])
    nearest = np.full(len(candidates), -np.inf)
    chosen = [int(np.argmax(relevance))]
    left = np.ones(len(candidates), dtype=bool)
    while len(chosen) < min(n, len(candidates)):
        left[chosen[-1]] = False
        nearest = np.maximum(nearest, units @ units[chosen[-1]])
        worth = (1.0 - strength) * relevance - strength * nearest
        chosen.append(int(np.argmax(np.where(left, worth, -np.inf))))
    left[chosen] = False
    return [candidates[place] for place in (*chosen, *np.flatnonzero(left))]


def _units(vectors: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float64]:
    """A row of unit length each; zeros where there is none, whose cosine to anything is 0."""
    units = np.zeros((len(vectors), max((len(v) for v in vectors if v is not None), default=1)))
    for row, vector in enumerate(vectors):
        if vector is not None:
            units[row] = vector / (np.linalg.norm(vector) or 1.0)
    return units
