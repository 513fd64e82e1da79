"""One turn: a message goes down through the rooms as plain functions, and events come back up."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from chatrec import replies
from chatrec.dialogue.reading import Act, Attitude, Reading
from chatrec.dialogue.state import applied, checked, query_of, setting_of
from chatrec.drafts import Draft
from chatrec.errors import MessageError
from chatrec.llm import fallback_note
from chatrec.rooms import Rooms
from chatrec.rules import required
from chatrec.steering.lessons import lessons_of
from chatrec.turn.answering import answer
from chatrec.turn.finding import find
from chatrec.turn.following import propose
from chatrec.turn.telling import explanation_of, noted, say
from chatrec.turn.wanted import Wanted
from chatrec.types import Constraint, DialogueState, DoneEvent, Event, NoteEvent, StageEvent, StateEvent, UserProfile
from chatrec.understanding import understood

__all__ = ["explanation_of", "run_turn"]

FINDS = frozenset({"recommend", "refine", "reject", "surprise", "undo"})
"""The acts that are answered with items."""


def run_turn(
    rooms: Rooms,
    state: DialogueState,
    message: str | None,
    *,
    profile: UserProfile | None = None,
    constraints: Sequence[Constraint] = (),
    n: int | None = None,
    draft: Draft | None = None,
    felt: tuple[Attitude, str] | None = None,
) -> Generator[Event, None, None]:
    """Every event of one turn, `DoneEvent` last; nothing is stored, and `state` is not changed.

    `message` None: nothing is said, the state and the constraints speak for themselves. `felt` is what the message
    says, of one item by its id, where that need not be read.

    Raises MessageError for a message that cannot be answered, and what the operator must mend.
    """
    draft = draft or Draft(state)
    yield StageEvent("understanding")
    with draft.timed("understanding"):
        if felt:
            draft.state = _learned(rooms, state, applied(state, _of_item(rooms, *felt), rooms.reader))
        else:
            draft.state = _understood(rooms, state, message, draft)
        wanted = _wanted(rooms, draft.state, profile, constraints, n)
    yield StateEvent(draft.state)
    yield from map(NoteEvent, draft.notes.values())
    intent = draft.state.intent
    if intent in FINDS:
        yield from find(rooms, wanted, draft)
        propose(rooms, wanted, draft)
    elif intent in ("ask", "compare", "why"):
        yield from answer(rooms, wanted.query, message or "", draft)
    else:
        yield from say(rooms, draft, replies.fixed(intent, _accepted(rooms, draft.state)))
    if stood_in := fallback_note(rooms.listener or rooms.ranker.model or rooms.writer, draft.usage):
        yield from noted([stood_in], draft)
    yield DoneEvent(draft.reply())


def _understood(rooms: Rooms, state: DialogueState, message: str | None, draft: Draft) -> DialogueState:
    if message is None:
        return replace(state, turn=state.turn + 1, intent="recommend")
    message, setting = checked(message), setting_of(state, rooms.item)
    reading = rooms.reader.read(message, setting)
    reading, notes, used = understood(reading, message, setting, rooms.reader, model=rooms.listener, limit=rooms.limit)
    noted(notes, draft)
    draft.usage += used
    return _learned(rooms, state, applied(state, reading, rooms.reader))


def _of_item(rooms: Rooms, attitude: Attitude, item_id: str) -> Reading:
    """What a message says that is about one item and need not be read."""
    if rooms.item(item_id) is None:
        raise MessageError(f"The catalogue has no item {item_id!r} (any more).", mend="Name one of its items.")
    act: Act = "reject" if attitude in ("rejected", "disliked") else "refine"
    return Reading(act, felt=((attitude, item_id),), items=(item_id,))


def _learned(rooms: Rooms, state: DialogueState, new: DialogueState) -> DialogueState:
    """The new state with what turning items down has taught by now."""
    if new.intent != "undo" and (new.rejected, new.disliked, new.liked, new.accepted) != (
        state.rejected,
        state.disliked,
        state.liked,
        state.accepted,
    ):
        lessons = lessons_of(rooms.retriever.snapshot, new)
        new = replace(new, lessons=lessons)
    return new


def _wanted(
    rooms: Rooms, state: DialogueState, profile: UserProfile | None, constraints: Sequence[Constraint], n: int | None
) -> Wanted:
    query = query_of(state, profile, constraints=constraints)
    rules = required(rooms.policy, profile, rooms.retriever.snapshot.schema)
    query = replace(query, constraints=(*query.constraints, *rules))
    return Wanted(query, rules, profile, 1 if rooms.policy.one_at_a_time else n or rooms.n)


def _accepted(rooms: Rooms, state: DialogueState) -> str:
    item = rooms.item(state.about[0]) if state.intent == "accept" and state.about else None
    return item.title if item else ""
