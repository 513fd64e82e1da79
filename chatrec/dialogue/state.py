"""How a message moves the dialogue state on, and the query that a state comes to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from chatrec.catalog import Item
from chatrec.dialogue.conditions import merged, remaining
from chatrec.dialogue.read import Reader
from chatrec.dialogue.reading import Attitude, Reading, Setting
from chatrec.dialogue.wishes import without_words_of
from chatrec.errors import MessageError
from chatrec.types import (
    Asked,
    Constraint,
    DialogueState,
    Mention,
    Off,
    Order,
    Query,
    Recommendation,
    UserProfile,
    Wish,
)

LONGEST_MESSAGE = 8_000
"""Characters; a longer message is refused, not cut, so that nothing said is silently lost."""

REMEMBERED_WISHES = 3
"""How many wishes the query is made of, the latest first."""

STEPS = 20
"""How many changes of mind can be gone back."""

IN_PASSING = frozenset({"greet", "thanks", "out of scope", "ask", "compare", "why"})
"""Acts that change nothing that is wanted."""


def checked(message: str) -> str:
    """The message without control characters and surplus space; raises MessageError for one that says nothing."""
    text = "".join(char if char.isprintable() or char == "\n" else " " for char in message).strip()
    if len(text) > LONGEST_MESSAGE:
        raise MessageError(
            f"The message has {len(text):,} characters; at most {LONGEST_MESSAGE:,} are read.",
            mend="Please send a shorter one.",
        )
    if not text:
        raise MessageError("The message is empty.", mend="Say what you are looking for.")
    return re.sub(r"[ \t]+", " ", text)


def setting_of(state: DialogueState, item: Callable[[str], Item | None]) -> Setting:
    """What the next message is read against."""
    open_question = state.questions and state.questions[-1].turn == state.turn
    return Setting(
        state.listed, state.about, state.questions[-1].facet if open_question else "", state.constraints, item
    )


def applied(state: DialogueState, reading: Reading, reader: Reader) -> DialogueState:
    """The state after a message that was read so. Items named join `liked`, `disliked`, `rejected` or `seen`;
    conditions join or replace those of before; "undo" goes back to the state before the last change."""
    turn = state.turn + 1
    if reading.act in IN_PASSING:
        return replace(state, turn=turn, intent=reading.act, about=reading.items or state.about)
    if reading.act == "undo" and not reading.dropped:
        return undone(state)
    before = remembered(state)
    if reading.act == "restart":
        state = DialogueState(turn=state.turn)
        if not (reading.constraints or reading.order or reading.felt or reading.rest):
            return replace(state, turn=turn, intent="restart", before=before)
        reading = replace(reading, act="recommend")
    if reading.act == "accept":
        off = tuple(each for each in state.off if not (each.field == "accepted" and _item(each) in reading.items))
        accepted = _with(state.accepted, reading.items, turn)
        return replace(
            state, turn=turn, intent="accept", accepted=accepted, about=reading.items, off=off, before=before
        )
    constraints = merged(state.constraints, reading, reader.parser.schema, turn=turn)
    order = replace(reading.order, turn=turn) if reading.order else state.order
    if order and order.facet in reading.dropped:
        order = None
    changed = constraints != state.constraints or order != state.order
    new = replace(
        state,
        turn=turn,
        intent="recommend" if reading.act == "undo" else reading.act,
        constraints=constraints,
        order=order,
        since=turn if changed else state.since,
        wishes=(*_lifted(state, reading), *((Wish(reading.rest, turn),) if reading.rest else ())),
        about=reading.items,
        questions=(*(Asked(facet, 0) for facet in reading.declined), *state.questions),
        before=before,
    )
    for attitude, item_id in reading.felt:
        new = feel(new, item_id, attitude, turn)
    return _still_off(state, reading, new, reader) if state.off else new


def _lifted(state: DialogueState, reading: Reading) -> tuple[Wish, ...]:
    """The wishes without the words of conditions that no longer hold."""
    known = [*state.constraints, *(each.value for each in state.off if isinstance(each.value, Constraint))]
    return without_words_of((each for each in known if each.facet in reading.dropped), state.wishes)


def _still_off(state: DialogueState, reading: Reading, new: DialogueState, reader: Reader) -> DialogueState:
    """`new`, the state after a message, without what was off and has been said anew, replaced or lifted by it."""
    off = [each.value for each in state.off if isinstance(each.value, Constraint)]
    left = {each for each in remaining(off, reading, reader.parser.schema) if each.facet not in reading.declined}
    kept = [
        each
        for each in new.off
        if (not isinstance(each.value, Constraint) or each.value in left)
        and (not isinstance(each.value, Order) or not (reading.order or each.value.facet in reading.dropped))
    ]
    return replace(new, off=tuple(kept))


def _item(off: Off) -> str:
    """The item that was switched off; empty where it is none."""
    return off.value.item_id if isinstance(off.value, Mention) else ""


def undone(state: DialogueState) -> DialogueState:
    """The state before the last change, but for the count of turns; the same state where there is none."""
    if state.before is None:
        return replace(state, turn=state.turn + 1, intent="undo")
    return replace(state.before, turn=state.turn + 1, intent="undo")


def remembered(state: DialogueState) -> DialogueState:
    """The state as the next one goes back to it."""
    return _shortened(state, STEPS)


def _shortened(state: DialogueState, steps: int) -> DialogueState:
    """The state with at most `steps` states before it."""
    if state.before is None:
        return state
    if not steps:
        return replace(state, before=None)
    shorter = _shortened(state.before, steps - 1)
    return state if shorter is state.before else replace(state, before=shorter)


def feel(state: DialogueState, item_id: str, attitude: Attitude, turn: int) -> DialogueState:
    """`item_id` moves to where the latest attitude puts it; having been seen does not undo being liked.
    What was off about it goes."""
    state = replace(state, off=tuple(each for each in state.off if _item(each) != item_id))
    if attitude == "seen":
        return replace(state, seen=_with(state.seen, [item_id], turn))
    if attitude == "liked":
        return replace(
            state,
            liked=_with(state.liked, [item_id], turn),
            disliked=_without(state.disliked, item_id),
            rejected=_without(state.rejected, item_id),
        )
    state = replace(state, liked=_without(state.liked, item_id))
    if attitude == "disliked":
        return replace(state, disliked=_with(state.disliked, [item_id], turn))
    return replace(state, rejected=_with(state.rejected, [item_id], turn))


def show(state: DialogueState, recommendations: Sequence[Recommendation]) -> DialogueState:
    """The state once these were shown."""
    ids = tuple(shown.item.id for shown in recommendations)
    shown = (
        *(mention for mention in state.shown if mention.item_id not in ids),
        *(Mention(item_id, state.turn) for item_id in ids),
    )
    return replace(state, shown=shown, listed=ids)


def unwelcome(state: DialogueState, profile: UserProfile | None) -> frozenset[str]:
    """The items that the user named, knows, has, or does not want."""
    named = (*state.liked, *state.disliked, *state.rejected, *state.seen)
    known = profile.owns | profile.seen if profile else frozenset()
    return known | {mention.item_id for mention in named}


def query_of(
    state: DialogueState, profile: UserProfile | None = None, *, constraints: Iterable[Constraint] = ()
) -> Query:
    """What to retrieve for a state. Items named, seen, owned and rejected never come back, and those shown only once
    the conditions have changed since. What is off has no say, nor have the words it was read from."""
    off = [each.value for each in state.off if isinstance(each.value, Constraint)]
    wishes = [wish.text for wish in without_words_of(off, state.wishes)[::-1][:REMEMBERED_WISHES]]
    excluded = unwelcome(state, profile) | {mention.item_id for mention in state.shown if mention.turn >= state.since}
    last_liked = max((mention.turn for mention in state.liked), default=0)
    return Query(
        text=wishes[0] if wishes else "",
        history=tuple(wishes[1:]),
        liked=tuple(mention.item_id for mention in state.liked),
        since_liked=sum(wish.turn > last_liked for wish in state.wishes) if state.liked else 0,
        constraints=(*(known for known in state.constraints if known.strength == "hard"), *constraints),
        preferences=tuple(known for known in state.constraints if known.strength == "soft"),
        order=state.order,
        lessons=state.lessons,
        excluded=excluded,
    )


def _with(mentions: tuple[Mention, ...], item_ids: Iterable[str], turn: int) -> tuple[Mention, ...]:
    known = {mention.item_id for mention in mentions}
    return (*mentions, *(Mention(item_id, turn) for item_id in dict.fromkeys(item_ids) if item_id not in known))


def _without(mentions: tuple[Mention, ...], item_id: str) -> tuple[Mention, ...]:
    return tuple(mention for mention in mentions if mention.item_id != item_id)
