"""How sure a mean is: bootstrap intervals over groups of samples, and paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1_000

LEVEL = 95.0
"""Per cent of the resampled means that an interval holds."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over samples and the ends of its interval; all NaN where there is nothing to take a mean of."""

    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> Literal["better", "worse", "tie"]:
        """Of a difference: a tie unless the whole interval lies on one side of zero."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "tie"


class Bootstrap:
    """Draws whole groups with replacement (the percentile bootstrap; Efron, 1979), the same ones for every measure.

    Samples of one group, such as the targets of one dialogue, hang together: drawing them one by one would make
    intervals too narrow.
    """

    def __init__(self, groups: Sequence[str], *, seed: int = 0) -> None:
        _, self._group = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
        count = int(self._group.max()) + 1 if len(groups) else 0
        draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / max(count, 1)), size=RESAMPLES)
        self._times = draws.astype(np.float32)  # how often each resample holds each group

    def mean(self, values: NDArray[np.float64]) -> Interval:
        """The mean over samples. Samples that are NaN cannot say and are left out."""
        known = np.isfinite(values)
        if not known.any():
            return Interval(np.nan, np.nan, np.nan)
        sums = np.bincount(self._group[known], values[known], minlength=self._times.shape[1])
        sizes = np.bincount(self._group[known], minlength=self._times.shape[1])
        held = self._times @ sizes
        means = (self._times @ sums)[held > 0] / held[held > 0]
        low, high = np.percentile(means, [(100 - LEVEL) / 2, (100 + LEVEL) / 2])
        return Interval(float(values[known].mean()), float(low), float(high))

    def difference(self, first: NDArray[np.float64], second: NDArray[np.float64]) -> Interval:
        """The mean of `first` minus `second`, sample by sample."""
        return self.mean(first - second)
