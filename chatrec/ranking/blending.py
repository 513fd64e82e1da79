"""Two opinions of the same candidates made one: each on a common scale, then weighed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def standardised(scores: Sequence[float | None]) -> NDArray[np.float64]:
    """The z-scores of scores; what is None or not finite stands at their mean, 0, and so does all where they agree."""
    found = np.asarray([np.nan if score is None else score for score in scores], dtype=np.float64)
    known = np.isfinite(found)
    spread = found[known].std() if known.any() else 0.0
    if not spread > 0:
        return np.zeros(len(found))
    return np.where(known, (found - found[known].mean()) / spread, 0.0)


def blended(found: Sequence[float | None], judged: Sequence[float | None], *, weight: float) -> NDArray[np.float64]:
    """`weight` (0 to 1) of what a language model judged and the rest of how the candidates were found."""
    return (1 - weight) * standardised(found) + weight * standardised(judged)
