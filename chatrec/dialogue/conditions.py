"""How the conditions of a new message join those of before: they add up, tighten, replace or lift them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from chatrec.catalog.schema import Facet
from chatrec.dialogue.reading import Reading
from chatrec.types import Constraint

UPPER = frozenset({"max", "below"})
LOWER = frozenset({"min", "above"})
SINGLE = frozenset({"language", "country", "place", "people", "access"})
"""What a list facet tells where a later wish replaces the earlier one; others add up ("romantic", "a comedy")."""


def merged(
    known: tuple[Constraint, ...], reading: Reading, schema: Mapping[str, Facet], *, turn: int
) -> tuple[Constraint, ...]:
    """The conditions after a message, those of `reading` with their turn, in the order they were said."""
    kept = _kept(known, reading, schema)
    before = {replace(constraint, turn=0) for constraint in kept}
    added = [replace(new, turn=turn) for new in reading.constraints if new not in before]
    return tuple(dict.fromkeys([*kept, *added]))


def remaining(known: Iterable[Constraint], reading: Reading, schema: Mapping[str, Facet]) -> tuple[Constraint, ...]:
    """Those that a message neither lifts nor replaces, in whole or in part, nor says again."""
    said = {replace(new, turn=0) for new in reading.constraints}
    return tuple(
        each for each in known if replace(each, turn=0) not in said and _kept([each], reading, schema) == [each]
    )


def _kept(known: Iterable[Constraint], reading: Reading, schema: Mapping[str, Facet]) -> list[Constraint]:
    kept = [constraint for constraint in known if constraint.facet not in reading.dropped]
    for new in reading.constraints:
        facet = schema[new.facet]
        kept = [left for old in kept for left in _left(old, new, facet, instead=reading.instead)]
    return kept


def _left(old: Constraint, new: Constraint, facet: Facet, *, instead: bool) -> Iterable[Constraint]:
    """What is left of a condition of before once a new one was said."""
    if old.facet != new.facet:
        return [old]
    if replace(old, turn=new.turn) == new:
        return [old]
    if facet.kind in ("number", "date"):
        return [] if _replaces(new, old) else [old]
    if old.op == new.op == "any":
        if facet.kind != "list" or facet.measure in SINGLE or instead or old.strength != new.strength:
            return []
        return [old]
    if {old.op, new.op} == {"any", "none"}:  # what was said last counts
        values = tuple(value for value in old.values if str(value).casefold() not in _folded(new))
        return [replace(old, values=values)] if values else []
    return [old]


def _replaces(new: Constraint, old: Constraint) -> bool:
    """Whether a bound takes the place of another: of the same side, or where both cannot hold."""
    if {new.op, old.op} <= UPPER or {new.op, old.op} <= LOWER or new.op == old.op == "within":
        return True
    if "outside" in (new.op, old.op):
        return new.op == old.op and new.values == old.values
    return not _overlap(_span(new), _span(old))


def _span(constraint: Constraint) -> tuple[object, object]:
    """The least and the greatest that a bound lets through; None: without end."""
    if constraint.op in UPPER:
        return None, constraint.values[0]
    if constraint.op in LOWER:
        return constraint.values[0], None
    return min(constraint.values[::2], key=_key), max(constraint.values[1::2] or constraint.values, key=_key)


def _overlap(one: tuple[object, object], other: tuple[object, object]) -> bool:
    low = max((bound for bound in (one[0], other[0]) if bound is not None), key=_key, default=None)
    high = min((bound for bound in (one[1], other[1]) if bound is not None), key=_key, default=None)
    return low is None or high is None or _key(low) <= _key(high)


def _key(value: object) -> tuple[bool, object]:
    return isinstance(value, str), value


def _folded(constraint: Constraint) -> set[str]:
    return {str(value).casefold() for value in constraint.values}
