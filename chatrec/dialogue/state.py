"""How a message moves the dialogue state on, and the query that a state comes to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from chatrec.dialogue import cues
from chatrec.dialogue.titles import TitleIndex
from chatrec.errors import MessageError
from chatrec.types import Constraint, DialogueState, Mention, Query, Recommendation, UserProfile, Wish

LONGEST_MESSAGE = 8_000
"""Characters; a longer message is refused, not cut, so that nothing said is silently lost."""

REMEMBERED_WISHES = 3
"""How many wishes the query is made of, the latest first."""

CLAUSE = re.compile(r"[.!?;\n]|,\s|\b(?:but|and then|however)\b", re.IGNORECASE)


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


def understand(state: DialogueState, message: str, titles: TitleIndex) -> DialogueState:
    """The state after `message` (as `checked` gives it), before anything is recommended in this turn.

    Items named join `liked`, `disliked`, `rejected` or `seen`; "start over" empties the state; "something else"
    rejects what was shown last and keeps the wishes; anything else is a wish.
    """
    turn = state.turn + 1
    if cues.AGAIN.search(message):
        return DialogueState(turn=turn, intent="restart")
    if cues.GREETING.match(message):
        return replace(state, turn=turn, intent="greet")
    state = replace(state, turn=turn, intent="recommend")
    if cues.OTHERS.match(message):
        last = max((mention.turn for mention in state.shown), default=0)
        turned_down = [mention.item_id for mention in state.shown if mention.turn == last]
        return replace(state, rejected=_with(state.rejected, turned_down, turn))
    for named in titles.find(message, cues=cues.ANNOUNCES):
        clause = CLAUSE.split(message[: named.start])[-1]
        state = _feel(state, named.item_id, cues.attitude(clause), turn)
    return replace(state, wishes=(*state.wishes, Wish(message, turn)))


def _feel(state: DialogueState, item_id: str, attitude: cues.Attitude, turn: int) -> DialogueState:
    """`item_id` moves to where the latest attitude puts it; having been seen does not undo being liked."""
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


def show(state: DialogueState, recommendations: Iterable[Recommendation]) -> DialogueState:
    """The state once these were shown."""
    return replace(state, shown=_with(state.shown, [shown.item.id for shown in recommendations], state.turn))


def query_of(
    state: DialogueState, profile: UserProfile | None = None, *, constraints: Iterable[Constraint] = ()
) -> Query:
    """What to retrieve for a state: named, shown, seen, owned and rejected items never come back."""
    wishes = [wish.text for wish in state.wishes[::-1][:REMEMBERED_WISHES]]
    named = (*state.liked, *state.disliked, *state.rejected, *state.seen, *state.shown)
    excluded = {mention.item_id for mention in named}
    if profile:
        excluded |= profile.owns | profile.seen
    last_liked = max((mention.turn for mention in state.liked), default=0)
    hard = [constraint for constraint in state.constraints if constraint.strength == "hard"]
    return Query(
        text=wishes[0] if wishes else "",
        history=tuple(wishes[1:]),
        liked=tuple(mention.item_id for mention in state.liked),
        since_liked=sum(wish.turn > last_liked for wish in state.wishes) if state.liked else 0,
        constraints=(*hard, *constraints),
        excluded=frozenset(excluded),
    )


def _with(mentions: tuple[Mention, ...], item_ids: Iterable[str], turn: int) -> tuple[Mention, ...]:
    known = {mention.item_id for mention in mentions}
    return (*mentions, *(Mention(item_id, turn) for item_id in dict.fromkeys(item_ids) if item_id not in known))


def _without(mentions: tuple[Mention, ...], item_id: str) -> tuple[Mention, ...]:
    return tuple(mention for mention in mentions if mention.item_id != item_id)
