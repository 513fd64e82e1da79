"""A dialogue state's contents as a list of changes, each of which can be taken out; and going back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from chatrec.dialogue.reading import Attitude
from chatrec.dialogue.state import feel, remembered, undone
from chatrec.errors import ConversationError
from chatrec.types import Constraint, DialogueState, Mention, Order, Wish
from chatrec.wording import name_of, wish_in_words

Kind: TypeAlias = Literal[
    "wish", "constraint", "preference", "order", "liked", "disliked", "rejected", "accepted", "seen"
]

MENTIONS: tuple[Kind, ...] = ("liked", "disliked", "rejected", "accepted", "seen")

__all__ = ["Change", "Kind", "changes", "constrained", "felt", "undone", "without"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing a conversation has come to: what it is, in words, since which turn."""

    turn: int
    kind: Kind
    text: str
    value: Wish | Constraint | Order | Mention


def changes(state: DialogueState) -> tuple[Change, ...]:
    """All of them, the oldest first."""
    found = [Change(wish.turn, "wish", wish.text, wish) for wish in state.wishes]
    found += [
        Change(known.turn, "constraint" if known.strength == "hard" else "preference", _told(known), known)
        for known in state.constraints
    ]
    if state.order:
        found.append(Change(state.order.turn, "order", f"the {state.order.direction} {state.order.facet}", state.order))
    for kind in MENTIONS:
        found += [Change(mention.turn, kind, mention.item_id, mention) for mention in getattr(state, kind)]
    return tuple(sorted(found, key=lambda change: change.turn))


def _told(constraint: Constraint) -> str:
    return f"{name_of(constraint.facet)}: {wish_in_words(constraint)}"


def without(state: DialogueState, change: Change) -> DialogueState:
    """The state without that one thing. Raises ConversationError where it does not hold it."""
    if change not in changes(state):
        raise ConversationError(
            f"There is no {change.kind} “{change.text}” in this conversation.",
            mend="See session.changes() for what there is.",
        )
    turn = state.turn + 1
    after = replace(state, turn=turn, since=turn, before=remembered(state))
    if change.kind == "order":
        return replace(after, order=None)
    field = {"wish": "wishes", "constraint": "constraints", "preference": "constraints"}.get(change.kind, change.kind)
    kept = tuple(entry for entry in getattr(state, field) if entry != change.value)
    return replace(after, **{field: kept})  # type: ignore[arg-type]


def felt(state: DialogueState, item_id: str, attitude: Attitude) -> DialogueState:
    """The state with what is felt about one item."""
    turn = state.turn + 1
    return feel(replace(state, turn=turn, before=remembered(state)), item_id, attitude, turn)


def constrained(state: DialogueState, constraints: Sequence[Constraint], *, facets: Sequence[str]) -> DialogueState:
    """The state with these conditions in the place of all on `facets`."""
    turn = state.turn + 1
    kept = [known for known in state.constraints if known.facet not in facets]
    new = [replace(constraint, turn=turn) for constraint in constraints]
    return replace(state, turn=turn, since=turn, constraints=(*kept, *new), before=remembered(state))
