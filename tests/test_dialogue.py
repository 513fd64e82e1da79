"""How messages move the dialogue state, and what the query then holds."""

import pytest

from chatrec.catalog import Item
from chatrec.dialogue.state import LONGEST_MESSAGE, checked, query_of, show, understand
from chatrec.dialogue.titles import TitleIndex
from chatrec.errors import MessageError
from chatrec.types import DialogueState, Mention, Recommendation, UserProfile

TITLES = TitleIndex([("heat", "Heat", 1995), ("alien", "Alien", 1979), ("up", "Up", 2009)])


def talk(*messages: str, state: DialogueState | None = None) -> DialogueState:
    state = state or DialogueState()
    for message in messages:
        state = understand(state, checked(message), TITLES)
    return state


def ids(mentions: tuple[Mention, ...]) -> list[str]:
    return [mention.item_id for mention in mentions]


def test_likes_dislikes_and_seen_are_kept_with_their_turn() -> None:
    state = talk("I loved Heat", "but I hated Alien. I have already seen Up")
    assert state.liked == (Mention("heat", 1),)
    assert state.disliked == (Mention("alien", 2),)
    assert state.seen == (Mention("up", 2),)


def test_the_latest_attitude_wins() -> None:
    state = talk("I loved Heat", "actually I hated Heat")
    assert ids(state.liked) == []
    assert ids(state.disliked) == ["heat"]


def test_something_else_rejects_what_was_shown_last_and_keeps_the_wish() -> None:
    state = show(talk("a quiet film"), [Recommendation(Item("x", "X"), 1.0, {})])
    state = talk("something else", state=state)
    assert ids(state.rejected) == ["x"]
    assert query_of(state).text == "a quiet film"


def test_named_shown_seen_owned_and_rejected_items_never_come_back() -> None:
    state = show(talk("I loved Heat but not Alien"), [Recommendation(Item("x", "X"), 1.0, {})])
    query = query_of(state, UserProfile("ann", owns=frozenset({"mine"}), seen=frozenset({"old"})))
    assert query.excluded == {"heat", "alien", "x", "mine", "old"}


def test_start_over_forgets_all_but_the_count_of_turns() -> None:
    state = talk("I loved Heat", "start over")
    assert state == DialogueState(turn=2, intent="restart")


def test_earlier_wishes_follow_the_latest() -> None:
    query = query_of(talk("a western", "a short one", "older", "in colour"))
    assert (query.text, query.history) == ("in colour", ("older", "a short one"))


@pytest.mark.parametrize("message", ["", "   \n\t", "\x00\x07"])
def test_a_message_that_says_nothing_is_refused(message: str) -> None:
    with pytest.raises(MessageError, match="empty"):
        checked(message)


def test_a_message_too_long_is_refused_and_told_its_length() -> None:
    with pytest.raises(MessageError, match="100,000"):
        checked("x" * 100_000)
    assert len(checked("x" * LONGEST_MESSAGE)) == LONGEST_MESSAGE
