"""A dialogue state's contents as a list of changes, each of which can be switched off, edited and taken out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from chatrec.catalog.schema import Facet
from chatrec.dialogue.reading import Attitude
from chatrec.dialogue.rows import FIELDS, Entry, row_of, with_row
from chatrec.dialogue.state import feel, remembered, undone
from chatrec.dialogue.wishes import without_words_of
from chatrec.errors import ConversationError
from chatrec.types import Constraint, DialogueState, Held, Order, Wish
from chatrec.wording import name_of, order_in_words, wish_in_words

Kind: TypeAlias = Literal[
    "wish", "constraint", "preference", "order", "liked", "disliked", "rejected", "accepted", "seen"
]

__all__ = ["Change", "Kind", "amended", "changes", "constrained", "felt", "in_words", "switched", "undone", "without"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing a conversation has come to: what it is, in words, since which turn; `on` unless it was switched off."""

    turn: int
    kind: Kind
    text: str = field(compare=False)
    value: Held
    on: bool = True


def changes(
    state: DialogueState,
    *,
    title: Callable[[str], str] = str,
    schema: Mapping[str, Facet] | None = None,
) -> tuple[Change, ...]:
    """All of them, the oldest first. `title` gives an item's title by its id, `schema` how facets are told."""
    found = [
        Change(
            entry.value.turn,
            _kind(sort, entry.value),
            in_words(entry.value, title, schema or {}),
            entry.value,
            entry.on,
        )
        for sort in FIELDS
        for entry in row_of(state, sort)
    ]
    return tuple(sorted(found, key=lambda change: change.turn))


def _kind(sort: str, value: Held) -> Kind:
    if isinstance(value, Constraint):
        return "constraint" if value.strength == "hard" else "preference"
    return "wish" if sort == "wishes" else sort  # type: ignore[return-value]  # the others are called as their field is


def in_words(value: Held, title: Callable[[str], str], schema: Mapping[str, Facet]) -> str:
    """What is held, to read."""
    if isinstance(value, Wish):
        return value.text
    if isinstance(value, Constraint):
        facet = schema.get(value.facet)
        return f"{name_of(value.facet, facet)}: {wish_in_words(value, facet)}"
    return order_in_words(value, schema.get(value.facet)) if isinstance(value, Order) else title(value.item_id)


def without(state: DialogueState, change: Change) -> DialogueState:
    """The state without that one thing. Raises ConversationError where it does not hold it."""
    sort, row, place = _found(state, change)
    after = with_row(_edited(state), sort, [*row[:place], *row[place + 1 :]])
    return _let_go(after, [change.value])


def switched(state: DialogueState, change: Change) -> DialogueState:
    """The state with that one thing off if it was on, and on if it was off; no other changes, but that there is one
    order at a time. Raises ConversationError where it does not hold it."""
    sort, row, place = _found(state, change)
    if sort == "order" and not change.on:
        row = [replace(entry, on=False) for entry in row]
    row[place] = replace(row[place], on=not change.on)
    return with_row(_edited(state), sort, row)


def amended(state: DialogueState, change: Change, value: Held) -> DialogueState:
    """The state with `value` in the place of that one thing, on, and of the turn of the edit.

    Raises ConversationError where the state does not hold it, or `value` is not of the same sort and facet.
    """
    sort, row, place = _found(state, change)
    if type(value) is not type(change.value) or _facet(value) != _facet(change.value):
        raise ConversationError(
            f"“{change.text}” cannot become that.", mend="Take it out, and say or set the other instead."
        )
    after = _edited(state)
    new = replace(value, turn=after.turn)
    same = (
        isinstance(value, Constraint)
        and isinstance(change.value, Constraint)
        and _bounds(value) == _bounds(change.value)
    )
    if isinstance(new, Constraint) and not same:
        new = replace(new, text="")  # those were the words for something else
    if sort == "order":
        row = [replace(entry, on=False) for entry in row]
    row[place] = Entry(new)
    after = with_row(after, sort, row)
    return after if same else _let_go(after, [change.value])


def felt(state: DialogueState, item_id: str, attitude: Attitude) -> DialogueState:
    """The state with what is felt about one item."""
    turn = state.turn + 1
    return feel(replace(state, turn=turn, before=remembered(state)), item_id, attitude, turn)


def constrained(state: DialogueState, constraints: Sequence[Constraint], *, facets: Sequence[str]) -> DialogueState:
    """The state with these conditions in the place of all on `facets`, those that are off included."""
    after = _edited(state)
    new = [replace(known, turn=after.turn) for known in constraints]
    row = row_of(state, "constraints")
    gone = [entry.value for entry in row if _facet(entry.value) in facets]
    kept = [entry for entry in row if _facet(entry.value) not in facets]
    return _let_go(with_row(after, "constraints", [*kept, *map(Entry, new)]), gone)


def _edited(state: DialogueState) -> DialogueState:
    """The same as a turn of its own, that can be gone back from."""
    turn = state.turn + 1
    return replace(state, turn=turn, since=turn, before=remembered(state))


def _found(state: DialogueState, change: Change) -> tuple[str, list[Entry], int]:
    """The field that holds it, all that this holds, and the place there."""
    for sort in FIELDS:
        row = row_of(state, sort)
        for place, entry in enumerate(row):
            if (entry.value, entry.on) == (change.value, change.on) and _kind(sort, entry.value) == change.kind:
                return sort, row, place
    raise ConversationError(
        f"There is no {change.kind} “{change.text}” in this conversation.",
        mend="See session.changes() for what there is.",
    )


def _let_go(state: DialogueState, values: Sequence[Held]) -> DialogueState:
    """Without the words of conditions that are gone among the wishes."""
    gone = [value for value in values if isinstance(value, Constraint)]
    row = row_of(state, "wishes")
    left = [(entry, without_words_of(gone, [entry.value])) for entry in row if isinstance(entry.value, Wish)]
    return with_row(state, "wishes", [replace(entry, value=wish) for entry, kept in left for wish in kept])


def _facet(value: Held) -> str:
    return value.facet if isinstance(value, Constraint | Order) else ""


def _bounds(value: Constraint) -> tuple[str, tuple[object, ...]]:
    return value.op, value.values
