"""What to offer when nothing meets every condition: which one excludes most, and what misses by least."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog import Item, Value
from chatrec.catalog.schema import Facet, day
from chatrec.catalog.vocabulary import words_of
from chatrec.store.index import Snapshot
from chatrec.types import Constraint

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """`blocking` is the condition without which most items (`left`) would fit; `nearest` are items with the conditions
    each breaks, those that break one first."""

    blocking: Constraint
    left: int
    nearest: tuple[tuple[str, tuple[Constraint, ...]], ...]


def relax(
    snapshot: Snapshot,
    constraints: Sequence[Constraint],
    *,
    rules: Sequence[Constraint] = (),
    excluded: Collection[str] = (),
    n: int = 3,
) -> Relaxation | None:
    """The nearest `n` items to conditions that none meets; `rules` are never relaxed. None where there is no item.

    A condition's weight is the number of items that meet all the others (a minimal relaxation in the sense of
    McSherry, "Incremental relaxation of unsuccessful queries", 2004).
    """
    wanted = tuple(dict.fromkeys(constraints))
    allowed = snapshot.mask(rules, excluded)
    allowed = np.ones(snapshot.count, dtype=bool) if allowed is None else allowed
    if not wanted or not allowed.any():
        return None
    met = np.stack([_met(snapshot, constraint) for constraint in wanted])
    missed = (~met).sum(axis=0)
    alone = [int((allowed & (missed == 1) & ~met[place]).sum()) for place in range(len(wanted))]
    few = [int((allowed & met[place]).sum()) for place in range(len(wanted))]
    blocking = max(range(len(wanted)), key=lambda place: (alone[place], -few[place], -place))
    nearest = _nearest(snapshot, wanted, met, allowed, missed, n)
    return Relaxation(
        wanted[blocking],
        alone[blocking],
        tuple(
            (snapshot.items.ids[row], tuple(wanted[place] for place in range(len(wanted)) if not met[place, row]))
            for row in nearest
        ),
    )


def _met(snapshot: Snapshot, constraint: Constraint) -> Mask:
    mask = snapshot.mask([constraint], ())
    return np.ones(snapshot.count, dtype=bool) if mask is None else mask


def _nearest(
    snapshot: Snapshot, wanted: Sequence[Constraint], met: Mask, allowed: Mask, missed: NDArray[np.int64], n: int
) -> list[int]:
    """Rows that break the fewest conditions; of those the ones that miss a number by least, then the most popular,
    taking turns among the conditions that are broken."""
    fewest = int(missed[allowed].min())
    rows = np.flatnonzero(allowed & (missed == fewest))
    gaps = np.array([_gap(snapshot, [c for place, c in enumerate(wanted) if not met[place, row]], row) for row in rows])
    order = sorted(range(len(rows)), key=lambda at: (gaps[at], -snapshot.popularity.known[rows[at]], rows[at]))
    queues: dict[tuple[int, ...], list[int]] = {}
    for at in order:
        queues.setdefault(tuple(np.flatnonzero(~met[:, rows[at]]).tolist()), []).append(int(rows[at]))
    found: list[int] = []
    while queues and len(found) < n:
        for broken in list(queues):
            found.append(queues[broken].pop(0))
            if not queues[broken]:
                del queues[broken]
    return found[:n]


def _gap(snapshot: Snapshot, broken: Sequence[Constraint], row: int) -> float:
    """By how much of their facets' range the numbers miss; 1 for each condition that is not of numbers, or unknown."""
    total = 0.0
    for constraint in broken:
        facet, column = snapshot.schema.get(constraint.facet), snapshot.numbers.get(constraint.facet)
        value = np.nan if column is None else float(column[row])
        if facet is None or np.isnan(value) or not (facet.high or 0) > (facet.low or 0):
            total += 1.0
            continue
        bounds = [bound if isinstance(bound, int | float) else day(str(bound)) for bound in constraint.values]
        total += min(abs(value - bound) for bound in bounds) / ((facet.high or 0) - (facet.low or 0))
    return total


def in_words(constraint: Constraint, facet: Facet | None = None) -> str:
    """A condition as a person would say it: "runtime below 120 min"."""
    unit = f" {facet.unit}" if facet and facet.unit else ""
    values = [_written(value) for value in constraint.values]
    listed = " or ".join(values)
    if constraint.op in ("within", "outside"):
        pairs = zip(values[::2], values[1::2], strict=True)
        listed = " or ".join(low if low == high else f"{low} to {high}" for low, high in pairs) + unit
    said = {
        "any": listed,
        "none": f"not {listed}",
        "min": f"at least {values[0]}{unit}",
        "max": f"at most {values[0]}{unit}",
        "above": f"more than {values[0]}{unit}",
        "below": f"less than {values[0]}{unit}",
        "within": listed,
        "outside": f"not {listed}",
    }[constraint.op]
    return f"{name_of(constraint.facet)}: {said}"


def break_in_words(constraint: Constraint, item: Item, facet: Facet | None = None) -> str:
    """What an item has where a condition asks for something else."""
    value = item.attributes.get(constraint.facet)
    name = name_of(constraint.facet)
    unit = f" {facet.unit}" if facet and facet.unit else ""
    wanted = in_words(constraint, facet).removeprefix(f"{name}: ")
    if value is None or value == ():
        return f"its {name} is not known, you asked for {wanted}"
    return f"{name}: {_value(value)}{unit}, you asked for {wanted}"


def name_of(facet: str) -> str:
    """A facet's name in words."""
    return " ".join(words_of(facet)) or facet


def _value(value: Value) -> str:
    return ", ".join(value[:6]) if isinstance(value, tuple) else _written(value)


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
