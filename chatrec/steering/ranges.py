"""The numbers of some items as two or three ranges that people would name: "under 90 min", "90 to 120 min"."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog.schema import Facet

STEPS = (1.0, 2.0, 5.0)
MINUTES = (1.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0)
YEARS = (1.0, 5.0, 10.0, 20.0, 50.0, 100.0)

DECIMALS = 6
FEW = 4
"""So few different numbers are told one by one."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def ranges_of(facet: Facet, numbers: Floats) -> dict[str, Bools]:
    """Range in words -> which of these numbers (NaN: not known) lie in it, from low to high; none where they do not
    differ. The bounds are round numbers near the ends of the middle third."""
    numbers = _years(numbers) if facet.kind == "date" else np.round(numbers, DECIMALS)
    known = np.sort(numbers[np.isfinite(numbers)])
    different = np.unique(known)
    if len(different) < 2:
        return {}
    unit = f" {facet.unit}" if facet.unit else ""
    if len(different) <= FEW:
        return {f"{_written(number)}{unit}": numbers == number for number in different.tolist()}
    step = _step(facet, float(known[int(0.9 * (len(known) - 1))] - known[int(0.1 * (len(known) - 1))]) / 4)
    thirds = (known[len(known) // 3], known[2 * len(known) // 3])
    low, high = (step * round(float(third) / step) for third in thirds)
    if high <= low:
        high = low + step
    found = _eras(numbers, low, high) if facet.measure == "year" else _amounts(numbers, low, high, unit)
    found = {words: held for words, held in found.items() if held.any()}
    return found if len(found) > 1 else {}


def _amounts(numbers: Floats, low: float, high: float, unit: str) -> dict[str, Bools]:
    return {
        f"under {_written(low)}{unit}": numbers < low,
        f"{_written(low)} to {_written(high)}{unit}": (numbers >= low) & (numbers <= high),
        f"over {_written(high)}{unit}": numbers > high,
    }


def _eras(numbers: Floats, low: float, high: float) -> dict[str, Bools]:
    """Of years the middle range ends with a decade's last."""
    middle = f"{_written(low)} to {_written(high - 1)}" if high - low > 1 else _written(low)
    return {
        f"before {_written(low)}": numbers < low,
        middle: (numbers >= low) & (numbers < high),
        f"after {_written(high - 1)}": numbers >= high,
    }


def _step(facet: Facet, least: float) -> float:
    """The greatest round number up to `least`, or the smallest there is."""
    if facet.measure == "year" or facet.unit == "min":
        fitting = [step for step in (YEARS if facet.measure == "year" else MINUTES) if step <= least]
        return fitting[-1] if fitting else 1.0
    power = 10.0 ** max(math.floor(math.log10(least)), -DECIMALS) if least > 0 else 1.0
    return max(step * power for step in STEPS if step * power <= max(least, power))


def _years(days: Floats) -> Floats:
    """The years of days as the schema counts them (`datetime.date.toordinal`)."""
    known = np.nan_to_num(days, nan=1.0).astype(np.int64) - 719_163  # the days from year 1 to 1970
    years = known.astype("datetime64[D]").astype("datetime64[Y]").astype(np.float64) + 1970.0
    return np.where(np.isfinite(days), years, np.nan)


def _written(number: float) -> str:
    return f"{round(number, DECIMALS):.12g}"
