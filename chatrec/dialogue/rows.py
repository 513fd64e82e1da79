"""What a dialogue state holds of one sort as one row, what is on and what is off in the order it was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatrec.types import DialogueState, Held, Off

FIELDS = ("wishes", "constraints", "order", "liked", "disliked", "rejected", "accepted", "seen")
"""The fields whose contents can be switched off."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is held, on or off."""

    value: Held
    on: bool = True


def row_of(state: DialogueState, field: str) -> list[Entry]:
    """Everything in its order; what is off stands where it stood."""
    row = [Entry(value) for value in _on(state, field)]
    for off in sorted((off for off in state.off if off.field == field), key=lambda off: off.place):
        row.insert(off.place, Entry(off.value, on=False))
    return row


def with_row(state: DialogueState, field: str, row: Sequence[Entry]) -> DialogueState:
    """The state that holds exactly that of this sort; of `order` at most one may be on."""
    on = tuple(entry.value for entry in row if entry.on)
    off = tuple(Off(field, entry.value, place) for place, entry in enumerate(row) if not entry.on)
    held = (on[0] if on else None) if field == "order" else on
    others = tuple(each for each in state.off if each.field != field)
    # One order for all of them: a thing switched off and on again leaves no trace.
    kept = sorted((*others, *off), key=lambda each: (FIELDS.index(each.field), each.place))
    return replace(state, **{field: held, "off": tuple(kept)})  # type: ignore[arg-type]


def _on(state: DialogueState, field: str) -> Sequence[Held]:
    if field == "order":
        return (state.order,) if state.order else ()
    held: Sequence[Held] = getattr(state, field)
    return held
