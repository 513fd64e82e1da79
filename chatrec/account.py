"""An account of what a conversation has come to, in the catalogue's own words, and how many items fit it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chatrec.dialogue.editing import Change, changes, in_words
from chatrec.dialogue.state import query_of, unwelcome
from chatrec.rooms import Rooms
from chatrec.rules import required
from chatrec.steering.lessons import lessons_of
from chatrec.types import Constraint, DialogueState, Held, Hit, UserProfile

JUDGED = ("liked", "disliked", "rejected", "accepted")
"""What lessons are learned from."""


def account_of(rooms: Rooms, state: DialogueState) -> tuple[Change, ...]:
    """Everything that is held, on or off, the oldest first; items by their titles."""
    return changes(state, title=lambda item_id: title_of(rooms, item_id), schema=rooms.retriever.snapshot.schema)


def worded(rooms: Rooms, value: Held) -> str:
    """One such thing in words."""
    return in_words(value, lambda item_id: title_of(rooms, item_id), rooms.retriever.snapshot.schema)


def amendment(rooms: Rooms, change: Change, value: Held) -> str:
    """What becomes of what: "runtime: under 120 min, now runtime: under 100 min"."""
    now = worded(rooms, value)
    if isinstance(value, Constraint) and now == worded(rooms, change.value):
        now = "a must" if value.strength == "hard" else "a preference"
    return f"{change.text}, now {now}"


def title_of(rooms: Rooms, item_id: str) -> str:
    """An item's title; its id where it has left the catalogue."""
    item = rooms.item(item_id)
    return item.title if item else item_id


def taught(rooms: Rooms, before: DialogueState, after: DialogueState) -> DialogueState:
    """The state after an edit with its lessons learned anew, where the edit was of what these come from."""
    if all(getattr(before, field) == getattr(after, field) for field in JUDGED):
        return after
    return replace(after, lessons=lessons_of(rooms.retriever.snapshot, after))


def fitting(rooms: Rooms, state: DialogueState, profile: UserProfile | None = None) -> NDArray[np.bool_]:
    """Which rows meet every hard condition and the house rules, and are not unwelcome; shown before or not."""
    snapshot = rooms.retriever.snapshot
    rules = required(rooms.policy, profile, snapshot.schema)
    mask = snapshot.mask((*query_of(state).constraints, *rules), unwelcome(state, profile))
    return np.ones(snapshot.count, dtype=bool) if mask is None else mask


@dataclass(frozen=True, slots=True)
class Scored:
    """An item with what every route that found it made of it; `score` fused, None where no route found it."""

    item_id: str
    title: str
    score: float | None
    hits: Mapping[str, Hit]


def scores_of(rooms: Rooms, state: DialogueState, profile: UserProfile | None = None) -> tuple[Scored, ...]:
    """The items of the last list with their hits, in its order: the search of that turn made again, for the state as it
    is now."""
    query = query_of(state, profile)
    rules = required(rooms.policy, profile, rooms.retriever.snapshot.schema)
    listed = frozenset(state.listed) - unwelcome(state, profile)
    found = rooms.retriever.find(
        replace(query, constraints=(*query.constraints, *rules), excluded=query.excluded - listed)
    )
    fused = dict(found.ranking)
    hits = {name: {hit.item_id: hit for hit in of_route} for name, of_route in found.hits.items()}
    return tuple(
        Scored(
            item_id,
            title_of(rooms, item_id),
            fused.get(item_id),
            {name: by_item[item_id] for name, by_item in hits.items() if item_id in by_item},
        )
        for item_id in state.listed
    )
