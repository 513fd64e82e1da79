"""Dialogue states, turns and profiles as plain JSON and back: the only place that knows how they are written.

Each document carries `"schema"`. A field added with a default keeps the number: keys that are missing take their
default and keys that are not known are passed over. Any other change raises `SCHEMA` and adds to `UPGRADES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from chatrec.errors import ConversationError
from chatrec.types import (
    Asked,
    Claim,
    Constraint,
    DialogueState,
    Held,
    Lesson,
    Mention,
    Note,
    Off,
    Order,
    Question,
    Shown,
    Suggestion,
    Turn,
    Usage,
    UserProfile,
    Wish,
)

SCHEMA = 1

UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Schema number -> what turns a document of it into one of the next schema."""

LISTS: dict[str, type[Any]] = {
    "wishes": Wish,
    "liked": Mention,
    "disliked": Mention,
    "rejected": Mention,
    "accepted": Mention,
    "seen": Mention,
    "shown": Mention,
    "lessons": Lesson,
    "questions": Asked,
}
PROFILE = ("owns", "seen", "access", "confirmed", "saved")
NON_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}

T = TypeVar("T")


def state_to_json(state: DialogueState) -> dict[str, Any]:
    return {"schema": SCHEMA, **_state_to_json(state)}


def _state_to_json(state: DialogueState, after: dict[str, Any] | None = None) -> dict[str, Any]:
    """A state; of the states before it only what differs from the one that came `after`, as most stays the same."""
    document: dict[str, Any] = {
        entry.name: _plain(getattr(state, entry.name)) for entry in fields(state) if entry.name != "before"
    }
    short = {name: value for name, value in document.items() if after is None or after.get(name) != value}
    short["before"] = _state_to_json(state.before, document) if state.before else None
    return short


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
    return _number_to_json(value)


def state_from_json(document: Any) -> DialogueState:
    """Raises ConversationError where the document is of a newer schema or not a dialogue state."""
    return _read(DialogueState, document, _state_from_json)


def _state_from_json(document: dict[str, Any]) -> DialogueState:
    known = dict(document)
    before = known.pop("before", None)
    for name, kind in LISTS.items():
        known[name] = _all(kind, known.get(name, ()))
    known["constraints"] = _constraints(known.get("constraints", ()))
    known["off"] = tuple(
        Off(entry["field"], _held(entry["field"], entry["value"]), entry["place"]) for entry in known.get("off", ())
    )
    for name in ("about", "listed"):
        known[name] = tuple(known.get(name, ()))
    if known.get("order"):
        known["order"] = Order(**_known(Order, known["order"]))
    earlier = _state_from_json(_known(DialogueState, {**document, **before})) if before else None
    return DialogueState(**known, before=earlier)


def _constraint(entry: Mapping[str, Any]) -> Constraint:
    known = _known(Constraint, entry)
    return Constraint(**{**known, "values": tuple(map(_number_from_json, known["values"]))})


def _held(field: str, entry: Mapping[str, Any]) -> Held:
    """One of what that field of a dialogue state holds."""
    if field == "constraints":
        return _constraint(entry)
    kind = Order if field == "order" else LISTS[field]
    value: Held = kind(**_known(kind, entry))
    return value


def turn_to_json(turn: Turn) -> dict[str, Any]:
    return {"schema": SCHEMA, **_plain(turn)}


def turn_from_json(document: Any) -> Turn:
    """Raises ConversationError where the document is of a newer schema or not a turn."""

    def build(known: dict[str, Any]) -> Turn:
        known["item_ids"] = tuple(known.get("item_ids", ()))
        known["notes"] = _all(Note, known.get("notes", ()))
        known["shown"] = tuple(map(_shown, known.get("shown", ())))
        known["claims"] = _claims(known.get("claims", ()))
        known["suggestions"] = _all(Suggestion, known.get("suggestions", ()))
        known["timings"] = {name: float(_number_from_json(ms)) for name, ms in known.get("timings", {}).items()}
        if asked := known.get("question"):
            known["question"] = Question(**{**_known(Question, asked), "options": tuple(asked.get("options", ()))})
        if blocking := known.get("blocking"):
            (known["blocking"],) = _constraints([blocking])
        if used := known.get("usage"):
            known["usage"] = Usage(**{**_known(Usage, used), "models": tuple(used.get("models", ()))})
        return Turn(**{name: value for name, value in known.items() if value is not None})

    return _read(Turn, document, build)


def profile_to_json(profile: UserProfile) -> dict[str, Any]:
    return {"schema": SCHEMA, **{name: sorted(getattr(profile, name)) for name in PROFILE}}


def profile_from_json(user_id: str, document: Any) -> UserProfile:
    """Raises ConversationError where the document is of a newer schema or not a profile."""

    def build(known: dict[str, Any]) -> UserProfile:
        return UserProfile(user_id, **{name: frozenset(known.get(name, ())) for name in PROFILE})

    return _read(UserProfile, document, build)


def _read(kind: type[T], document: Any, build: Callable[[dict[str, Any]], T]) -> T:
    """What `build` makes of the document, brought up to this schema."""
    try:
        schema = int(document["schema"])
        if schema > SCHEMA:
            raise ConversationError(
                f"A stored {kind.__name__} has schema {schema}; this chatrec knows up to {SCHEMA}.",
                mend="Upgrade chatrec: pip install --upgrade chatrec",
            )
        for older in range(schema, SCHEMA):
            document = UPGRADES[older](dict(document))
        return build(_known(kind, document))
    except (TypeError, KeyError, ValueError, AttributeError) as exc:
        raise ConversationError(
            f"A stored {kind.__name__} cannot be read.", mend="Forget this session and start a new one."
        ) from exc


def _all(kind: type[T], entries: Any) -> tuple[T, ...]:
    return tuple(kind(**_known(kind, entry)) for entry in entries)


def _known(kind: type[Any], mapping: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in mapping.items() if name in names}


def _constraints(entries: Any) -> tuple[Constraint, ...]:
    return tuple(map(_constraint, entries))


def _claims(entries: Any) -> tuple[Claim, ...]:
    return tuple(Claim(**{**_known(Claim, entry), "refs": tuple(entry["refs"])}) for entry in entries)


def _shown(entry: Any) -> Shown:
    known = {**_known(Shown, entry), "refs": tuple(entry.get("refs", ()))}
    known["claims"] = _claims(entry.get("claims", ()))
    known["breaks"] = _constraints(entry.get("breaks", ()))
    return Shown(**known)


def _number_to_json(value: str | float | bool) -> Any:
    """JSON has no infinity and no NaN: those become `{"number": "inf"}`."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    return value


def _number_from_json(value: Any) -> Any:
    return NON_FINITE[value["number"]] if isinstance(value, dict) else value
