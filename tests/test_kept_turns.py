"""What is kept of a turn is all that a page needs to show it again; and what is felt about an item without words."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from small import small

from chatrec import ChatRec
from chatrec.conversations.as_json import turn_from_json, turn_to_json
from chatrec.errors import ConversationError
from chatrec.session import turn_of
from chatrec.types import (
    Claim,
    Constraint,
    DoneEvent,
    ErrorEvent,
    Note,
    Question,
    Reply,
    Shown,
    Suggestion,
    Turn,
    Usage,
)
from chatrec.ui.about import items_of
from chatrec.ui.kept import kept
from chatrec.ui.view import TurnView

WHOLE = Turn(
    3,
    "asked",
    "answered",
    ("a",),
    (Note("kind", "text", 2),),
    True,
    "opening",
    (
        Shown(
            "a",
            (Claim("It is.", ("a#description",), written=True),),
            ("a#description", "a#review:1"),
            (Constraint("price", "within", (float("-inf"), 3.5), "hard", 2, "cheap"),),
            "Sponsored",
        ),
    ),
    (Claim("So.", ("b#fact:x",)),),
    Question("colour", "Which?", ("red", "blue")),
    Constraint("colour", "any", ("red", True), turn=1),
    (Suggestion("Red", "red", "option", "colour"),),
    {"finding": 1.5, "writing": 2.0},
    Usage(3, 4, None, ("one", "two")),
)


@pytest.fixture(scope="module")
def lamps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatRec]:
    rec = small(tmp_path_factory.mktemp("lamps"), "lamps")
    yield rec
    rec.close()


def test_a_turn_comes_back_from_json_whole() -> None:
    document = json.loads(json.dumps(turn_to_json(WHOLE), allow_nan=False))
    assert turn_from_json(document) == WHOLE
    assert repr(turn_from_json(document)) == repr(WHOLE)


def test_a_turn_without_the_newer_fields_opens() -> None:
    document = {"schema": 1, "number": 1, "message": "m", "reply": "r", "item_ids": ["a"], "question": None}
    assert turn_from_json(document) == Turn(1, "m", "r", ("a",))


@pytest.mark.parametrize("broken", [{"shown": 3}, {"claims": [{}]}, {"timings": {"x": "y"}}])
def test_a_spoilt_turn_is_an_error_with_a_next_step(broken: dict[str, object]) -> None:
    document = {"schema": 1, "number": 1, "message": "m", "reply": "r", **broken}
    with pytest.raises(ConversationError, match="cannot be read"):
        turn_from_json(document)


@pytest.mark.parametrize("message", ["a red lamp", "a red lamp of steel under 20 EUR", "hello", "surprise me"])
def test_a_kept_reply_looks_like_the_live_one(lamps: ChatRec, message: str) -> None:
    session = lamps.session()
    live = TurnView(message)
    for event in session.stream(message):
        live.take(event)
    [turn] = session.turns
    again = kept(turn, items_of(lamps, turn.item_ids))
    assert again.html == live.html
    assert live.html.count('class="card"') == len(turn.item_ids)


def test_the_session_keeps_what_the_reply_said(lamps: ChatRec) -> None:
    session = lamps.session()
    reply = session.send("a red lamp of steel under 20 EUR")
    [turn] = session.turns
    assert turn == turn_of("a red lamp of steel under 20 EUR", reply)
    assert turn.blocking == reply.blocking is not None
    assert [shown.breaks for shown in turn.shown] == [each.breaks for each in reply.recommendations]
    assert turn.timings == reply.timings


def done(lamps: ChatRec, message: str, felt: tuple[str, str], session_id: str) -> Reply:
    *_, event = lamps.session(session_id).stream(message, felt=felt)  # type: ignore[arg-type]  # any attitude
    assert isinstance(event, DoneEvent)
    return event.reply


def test_a_message_about_one_item_need_not_be_read(lamps: ChatRec) -> None:
    session = lamps.session()
    first = session.send("a red lamp")
    item_id = first.recommendations[0].item.id
    more = done(lamps, "under 20 EUR, not that it matters", ("liked", item_id), session.id)
    assert [mention.item_id for mention in more.state.liked] == [item_id]
    assert more.state.constraints == first.state.constraints
    assert item_id not in {shown.item.id for shown in more.recommendations}
    gone = more.recommendations[0].item.id
    less = done(lamps, "Not that", ("rejected", gone), session.id)
    assert [mention.item_id for mention in less.state.rejected] == [gone]
    assert gone not in {shown.item.id for shown in less.recommendations}
    undone = session.undo()
    assert (undone.liked, undone.rejected) == (more.state.liked, ())


def test_an_item_that_is_not_there_leaves_no_trace(lamps: ChatRec) -> None:
    session = lamps.session()
    *_, event = session.stream("More", felt=("liked", "nowhere"))
    assert isinstance(event, ErrorEvent)
    assert "nowhere" in str(event.error)
    with pytest.raises(ConversationError, match="nowhere"):
        session.feel("nowhere", "seen")
    assert session.turns == ()


def test_what_is_felt_by_hand_is_a_turn_without_a_message(lamps: ChatRec) -> None:
    session = lamps.session()
    item_id = session.send("a red lamp").recommendations[0].item.id
    state = session.feel(item_id, "seen")
    assert [mention.item_id for mention in state.seen] == [item_id]
    assert session.turns[-1].message == ""
    [change] = [change for change in session.changes() if change.kind == "seen"]
    assert session.remove(change).seen == ()


def test_what_is_saved_is_kept_for_the_user_and_forgotten_with_them(lamps: ChatRec) -> None:
    lamps.user("me").add(saved=["luna", "sol"], seen=["orion"])
    assert lamps.user("me").remove(saved=["sol"], seen=["orion", "stella"]).saved == {"luna"}
    assert lamps.user("me").profile.seen == frozenset()
    lamps.forget(user="me")
    assert lamps.user("me").profile.saved == frozenset()
