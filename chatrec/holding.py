"""Whether an item meets a condition, from the item alone."""

from __future__ import annotations

import math

from chatrec.catalog import Item
from chatrec.catalog.schema import comparable, day, texts_of
from chatrec.types import Constraint


def meets(item: Item, constraint: Constraint) -> bool:
    """As `Facets.mask` has it for a row: what an item lacks meets none but op "none" and "outside"."""
    value = item.attributes.get(constraint.facet)
    if constraint.op in ("any", "none") and isinstance(value, int | float) and not isinstance(value, bool):
        return (value in map(_number, constraint.values)) == (constraint.op == "any")
    if constraint.op in ("any", "none"):
        held = set(texts_of(item, constraint.facet)) & set(map(comparable, constraint.values))
        return bool(held) == (constraint.op == "any")
    number = math.nan if value is None or isinstance(value, tuple) else _number(value)
    bounds = [_number(wanted) for wanted in constraint.values]
    if constraint.op in ("within", "outside"):
        inside = any(low <= number <= high for low, high in zip(bounds[::2], bounds[1::2], strict=True))
        return inside == (constraint.op == "within")
    return {
        "min": number >= bounds[0],
        "max": number <= bounds[0],
        "above": number > bounds[0],
        "below": number < bounds[0],
    }[constraint.op]


def _number(value: object) -> float:
    return float(value) if isinstance(value, bool | int | float) else day(str(value))
