"""What the column of what was understood asks for: its script writes an edit as JSON, read strictly here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from chatrec.catalog.schema import Facet
from chatrec.errors import ConversationError, MessageError
from chatrec.types import Constraint, Order, Strength, Wish

if TYPE_CHECKING:
    from chatrec.session import Session

Deed: TypeAlias = Literal["switch", "remove", "strength", "reverse", "words", "facet", "lift", "undo"]

LONGEST = 10_000
LONGEST_WISH = 500
MOST_VALUES = 200


@dataclass(frozen=True, slots=True)
class Edit:
    """`at` is the place in the list of changes, as the list stood after turn `turn`; `facet` with `low`, `high` (empty:
    no bound), `values` and `match` is how a facet's control stands; `text` are the words of a wish."""

    do: Deed
    turn: int
    at: int = -1
    text: str = ""
    facet: str = ""
    low: str = ""
    high: str = ""
    values: tuple[str, ...] = field(default=())
    match: Literal["any", "all"] = "any"


def edit_of(written: str) -> Edit | None:
    """The edit that a page wrote; None for anything else, which is left unanswered."""
    try:
        found = json.loads(written) if len(written) <= LONGEST else None
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("do") not in get_args(Deed):
        return None
    texts = {name: found.get(name, "") for name in ("text", "facet", "low", "high")}
    numbers = {name: found.get(name, -1) for name in ("turn", "at")}
    values = found.get("values", [])
    if not all(isinstance(text, str) for text in texts.values()) or not all(type(n) is int for n in numbers.values()):
        return None
    if not isinstance(values, list) or len(values) > MOST_VALUES or not all(isinstance(each, str) for each in values):
        return None
    match: Literal["any", "all"] = "all" if found.get("match") == "all" else "any"
    return Edit(found["do"], values=tuple(values), match=match, **numbers, **texts)


def carry_out(edit: Edit, session: Session, schema: Mapping[str, Facet]) -> None:
    """Makes the edit.

    Raises ConversationError where the conversation has gone on since the list was drawn, MessageError for what the
    catalogue cannot have.
    """
    if session.state.turn != edit.turn:
        raise ConversationError("This conversation has gone on meanwhile.", mend="Here is how it stands now.")
    if edit.do == "undo":
        session.undo()
    elif edit.do == "lift":
        session.constrain({}, lift=[edit.facet])
    elif edit.do == "facet":
        _set(edit, session, schema)
    else:
        _change(edit, session)


def _change(edit: Edit, session: Session) -> None:
    listed = session.changes()
    if not 0 <= edit.at < len(listed):
        raise ConversationError("That is not in the list any more.", mend="Here is how it stands now.")
    change = listed[edit.at]
    value = change.value
    if edit.do == "switch":
        session.switch(change)
    elif edit.do == "remove":
        session.remove(change)
    elif edit.do == "strength" and isinstance(value, Constraint):
        session.amend(change, replace(value, strength="soft" if value.strength == "hard" else "hard"))
    elif edit.do == "reverse" and isinstance(value, Order):
        session.amend(change, replace(value, direction="most" if value.direction == "least" else "least"))
    elif edit.do == "words" and isinstance(value, Wish):
        words = " ".join(edit.text.split())[:LONGEST_WISH]
        if words and words != value.text:
            session.amend(change, Wish(words, value.turn))


def _set(edit: Edit, session: Session, schema: Mapping[str, Facet]) -> None:
    """Brings the conditions on a facet to how its control stands; what the control cannot show goes."""
    facet = schema.get(edit.facet)
    if facet is None:
        raise MessageError("The catalogue has no such facet any more.", mend="Here is how it stands now.")
    held = [known for known in session.state.constraints if known.facet == facet.name]
    wanted = _range(edit, facet, held) if facet.kind in ("number", "date") else _values(edit, facet, held)
    soft: Strength = "soft" if held and all(known.strength == "soft" for known in held) else "hard"
    if wanted:
        session.constrain({facet.name: wanted}, strength=soft)
    elif held:
        session.constrain({}, lift=[facet.name])


def _range(edit: Edit, facet: Facet, held: list[Constraint]) -> dict[str, Any]:
    """A bound that was not moved keeps to what was said of it ("under", not "at most")."""
    low, high = (_bound(text, facet) for text in (edit.low, edit.high))
    if low is not None and high is not None and low > high:  # type: ignore[operator]  # both of one kind
        low, high = high, low
    exact = {(known.op, known.values[0]) for known in held if known.op in ("above", "below")}
    bounds = {"above" if ("above", low) in exact else "min": low, "below" if ("below", high) in exact else "max": high}
    return {op: bound for op, bound in bounds.items() if bound is not None}


def _bound(text: str, facet: Facet) -> str | float | None:
    if not text.strip():
        return None
    try:
        if facet.kind == "date":
            return date.fromisoformat(text.strip()).isoformat()
        number = float(text.strip().replace(",", "."))
    except ValueError as exc:
        raise MessageError(f"“{text.strip()[:40]}” cannot be read here.", mend="Give a number or a date.") from exc
    return int(number) if number.is_integer() else number


def _values(edit: Edit, facet: Facet, held: list[Constraint]) -> dict[str, Any]:
    """The values chosen; those that are not wanted stay so, unless they are chosen now."""
    chosen = list(dict.fromkeys(edit.values))
    unwanted = [value for known in held if known.op == "none" for value in known.values if str(value) not in chosen]
    wanted: dict[str, Any] = {edit.match if facet.kind == "list" else "any": chosen} if chosen else {}
    return wanted | ({"none": unwanted} if unwanted else {})
