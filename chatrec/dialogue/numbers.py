"""From a bound to a condition on a facet of numbers or dates, in the facet's own unit."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from datetime import date

from chatrec.catalog.schema import Facet
from chatrec.dialogue.bounds import Bound
from chatrec.types import Constraint

FACTORS = {("min", "h"): 1 / 60, ("min", "s"): 60.0, ("g", "kg"): 1 / 1000, ("kg", "g"): 1000.0}
"""(said in, kept in) -> what to multiply by."""


def is_graded(facet: Facet) -> bool:
    """Whether the facet's values are grades written as numbers."""
    return bool(facet.scale) and all(value.isdecimal() for value in facet.scale)


def grades(facet: Facet, bound: Bound) -> Constraint:
    """The grades that a bound lets through."""
    low, high = bound.values[0], bound.values[-1]
    fits = {"min": operator.ge, "max": operator.le, "above": operator.gt, "below": operator.lt}.get(bound.op)
    kept = tuple(value for value in facet.scale if (fits(int(value), low) if fits else low <= int(value) <= high))
    return Constraint(facet.name, "any", kept or (f"{low:.0f}",))


def converted(bound: Bound, facet: Facet) -> tuple[float, ...]:
    """The bound's numbers in the facet's unit."""
    factor = FACTORS.get((bound.unit, facet.unit), 1.0)
    if bound.unit.startswith("of ") or bound.unit == "%":
        whole = 100.0 if bound.unit == "%" else float(bound.unit.removeprefix("of "))
        factor = _full_marks(facet) / whole
    elif bound.unit == "stars" and _full_marks(facet) == 10 and max(bound.values) <= 5:
        factor = 2.0
    return tuple(value * factor for value in bound.values)


def _full_marks(facet: Facet) -> float:
    """The best a facet of scores can be: 5, 10 or 100."""
    return next((marks for marks in (5.0, 10.0) if (facet.high or 0) <= marks), 100.0)


def condition(facet: Facet, bound: Bound, values: Sequence[float]) -> Constraint:
    """As a constraint; a number that nothing bounds is a point of which a score is the least, a price the most."""
    op = bound.op
    if bound.plain and facet.measure == "score":
        op = "min"
    elif bound.plain and facet.measure == "price":
        op = "max"
    elif bound.plain and facet.measure == "duration":
        slack = 0.1 * values[0]
        return Constraint(facet.name, "within", (round(values[0] - slack), round(values[1] + slack)))
    if facet.kind == "date":
        return Constraint(facet.name, op, tuple(_dates(op, values)))
    kept = values if op == "within" else values[:1]
    return Constraint(facet.name, op, tuple(_plain(value) for value in kept))


def _dates(op: str, values: Sequence[float]) -> list[str]:
    """Years as the days they begin or end with."""
    if op == "within":
        pairs = zip(values[::2], values[1::2], strict=True)
        return [text for low, high in pairs for text in (f"{low:04.0f}-01-01", f"{high:04.0f}-12-31")]
    return [f"{values[0]:04.0f}-{'12-31' if op in ('max', 'above') else '01-01'}"]


def written(facet: Facet, number: float) -> str | float:
    """A bound of the facet's profile as its items write it; dates are profiled as days."""
    return date.fromordinal(int(number)).isoformat() if facet.kind == "date" else _plain(number)


def _plain(value: float) -> float | int:
    return int(value) if float(value).is_integer() else round(value, 4)
