"""A conversation as its users know it: turns are kept whole or not at all, and what was shown does not come back."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import chatrec.turn
from chatrec import ChatRec
from chatrec.dialogue.editing import Change
from chatrec.errors import ChatRecError, ConversationError, LanguageModelError, MessageError
from chatrec.fake_llm import FakeChatModel
from chatrec.retriever import Retriever
from chatrec.session import Session
from chatrec.turn import finding, run_turn, telling
from chatrec.types import (
    CardsEvent,
    DialogueState,
    DoneEvent,
    ErrorEvent,
    Mention,
    NoteEvent,
    ReorderEvent,
    Reply,
    TextEvent,
)

FIRST = "I loved Spirited Away. Something as strange, but for grown-ups?"


def ids(reply: Reply) -> list[str]:
    return [shown.item.id for shown in reply.recommendations]


@pytest.fixture
def session(rec: ChatRec) -> Session:
    return rec.session()


def test_a_reply_has_items_reasons_and_quotes_that_can_be_checked(rec: ChatRec, session: Session) -> None:
    reply = session.send(FIRST)
    known = {item.id: item for item in rec.rooms().retriever.snapshot.items.get(ids(reply))}
    assert len(known) == len(reply.recommendations) == rec.settings.n
    assert "spirited-away-2001" not in known
    for shown in reply.recommendations:
        texts = {f"{shown.item.id}#review:{review.id}": review.text for review in known[shown.item.id].reviews}
        texts[f"{shown.item.id}#description"] = known[shown.item.id].description
        assert shown.evidence
        assert all(evidence.quote in texts[evidence.ref] for evidence in shown.evidence)
        assert shown.explanation.claims
        assert all(claim.refs for claim in shown.explanation.claims)
        assert shown.item.title in reply.text
    assert set(reply.timings) == {"understanding", "finding", "ranking", "writing"}
    assert [mention.item_id for mention in reply.state.liked] == ["spirited-away-2001"]


def test_events_come_in_order_and_send_gives_what_stream_ends_with(rec: ChatRec) -> None:
    events = list(rec.session().stream(FIRST))
    kinds = [event.kind for event in events]
    assert kinds[:5] == ["stage", "state", "stage", "stage", "cards"]
    assert kinds[-1] == "done"
    assert isinstance(events[-1], DoneEvent)
    texts = [event for event in events if isinstance(event, TextEvent)]
    assert "".join(sorted(event.text for event in texts if event.item_id)) == "".join(
        sorted(claim.text for shown in events[-1].reply.recommendations for claim in shown.explanation.claims)
    )
    assert ids(rec.session().send(FIRST)) == ids(events[-1].reply)


def test_what_was_shown_rejected_or_seen_never_comes_back(rec: ChatRec, session: Session) -> None:
    rec.user("ann").add(seen=["goodfellas-1990"], owns=["fargo-1996"])
    mine = rec.session(user="ann")
    shown: list[str] = []
    for message in [
        "a crime film with a heist, like Goodfellas",
        "something else",
        "no more Fargo, but more crime",
        "others",
    ]:
        reply = mine.send(message)
        assert reply.recommendations
        assert not {"goodfellas-1990", "fargo-1996"} & set(ids(reply))
        assert not set(shown) & set(ids(reply))
        shown += ids(reply)
    assert len(shown) == len(set(shown))


def test_start_over_forgets_and_a_greeting_recommends_nothing(session: Session) -> None:
    session.send(FIRST)
    greeting = session.send("hello")
    assert (greeting.recommendations, session.state.liked != ()) == ((), True)
    session.send("start over")
    assert session.state == DialogueState(turn=3, intent="restart")


def test_a_known_id_resumes_also_from_another_process_of_the_same_home(rec: ChatRec, session: Session) -> None:
    first = session.send(FIRST)
    other = ChatRec(rec.settings)
    resumed = other.session(session.id)
    assert resumed.state == first.state
    assert [turn.message for turn in resumed.turns] == [FIRST]
    assert not set(ids(resumed.send("more"))) & set(ids(first))
    other.close()


def newest_first(messages: list[Any]) -> str:
    """Orders what it is shown backwards."""
    labels = re.findall(r"^(c\d+): <<<", str(messages[-1].content), re.MULTILINE)
    return json.dumps({"order": sorted(labels, key=lambda label: -int(label[1:]))})


@pytest.fixture
def ranked(rec: ChatRec) -> Iterator[Session]:
    """A conversation in which a language model orders the cards at its whim."""
    talker = ChatRec(rec.settings.model_copy(update={"llm": "chatrec.fake_llm:FakeChatModel"}))
    talker.model = FakeChatModel(answers=[newest_first])
    yield talker.session()
    talker.close()


def test_cards_stand_at_once_and_a_later_order_leaves_those_that_were_touched(ranked: Session) -> None:
    touched: set[str] = set()
    cards: list[list[str]] = []
    for event in ranked.stream(FIRST, touched=touched):
        if isinstance(event, CardsEvent | ReorderEvent):
            cards.append([card.item.id for card in event.recommendations])
        if isinstance(event, CardsEvent):
            touched.add(cards[0][1])
    first, later = cards
    assert first != later
    assert first[1] == later[1]
    assert isinstance(event, DoneEvent)
    assert ids(event.reply) == later
    assert list(event.reply.state.listed) == later
    assert {mention.item_id for mention in event.reply.state.shown} == set(later)


def test_the_cards_without_a_language_model_come_first_with_one(rec: ChatRec, ranked: Session) -> None:
    plain = next(event for event in rec.session().stream(FIRST) if isinstance(event, CardsEvent))
    found = next(event for event in ranked.stream(FIRST) if isinstance(event, CardsEvent))
    assert [card.item.id for card in found.recommendations] == [card.item.id for card in plain.recommendations]


def test_an_item_that_was_shown_is_explained_on_demand(session: Session) -> None:
    reply = session.send(FIRST)
    before = session.state
    why = session.explain(ids(reply)[-1])
    assert why.claims
    assert all(ref.startswith(ids(reply)[-1]) for claim in why.claims for ref in claim.refs)
    assert session.state == before
    with pytest.raises(ConversationError, match="has not shown"):
        session.explain("no-such-item")


def test_new_ids_are_long_and_random_and_sessions_are_apart(rec: ChatRec) -> None:
    one, two = rec.session(), rec.session()
    assert one.id != two.id
    assert len(one.id) >= 22
    one.send(FIRST)
    assert two.state == DialogueState()


BROKEN_ROOMS: dict[str, tuple[object, str]] = {
    "dialogue": (chatrec.turn, "understood"),
    "query": (chatrec.turn, "query_of"),
    "retriever": (Retriever, "retrieve"),
    "ranker": (finding, "enforce"),
    "explainer": (telling, "explain"),
    "conversations": (Session, "_commit"),
}


@pytest.mark.parametrize("error", [RuntimeError("a bug"), ConversationError("The disk is gone.")], ids=["bug", "known"])
@pytest.mark.parametrize("room", BROKEN_ROOMS)
def test_a_turn_that_fails_in_any_room_leaves_the_state_unchanged(
    session: Session, room: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.send(FIRST)
    before = (session.state, session.turns)

    def broken(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(*BROKEN_ROOMS[room], broken)
        with pytest.raises(type(error), match=str(error)):
            session.send("something shorter and funnier")
    assert (session.state, session.turns) == before
    assert session.send("something shorter and funnier").state.turn == 2


def test_a_known_failure_is_an_event_with_a_sentence(session: Session) -> None:
    events = list(session.stream("  \n"))
    assert isinstance(events[-1], ErrorEvent)
    assert "empty" in str(events[-1].error)
    assert session.turns == ()


@pytest.mark.parametrize("message", ["", " \t ", "\x00\x07", "word " * 20_000])
def test_messages_that_cannot_be_answered_are_refused_with_a_next_step(session: Session, message: str) -> None:
    with pytest.raises(MessageError) as refused:
        session.send(message)
    assert refused.value.mend


def test_stopped_before_its_cards_a_turn_leaves_nothing(session: Session) -> None:
    events = session.stream(FIRST)
    while next(events).kind != "state":
        pass
    events.close()
    assert (session.turns, session.state) == ((), DialogueState())


def test_stopped_after_its_cards_a_turn_is_kept_and_marked(session: Session) -> None:
    events = session.stream(FIRST)
    cards = next(event for event in events if isinstance(event, CardsEvent))
    events.close()
    (turn,) = session.turns
    assert turn.stopped
    assert list(turn.item_ids) == [shown.item.id for shown in cards.recommendations]
    assert session.state.turn == 1


def test_closing_after_the_end_keeps_one_turn(session: Session) -> None:
    events = session.stream(FIRST)
    for event in events:
        if event.kind == "done":
            break
    events.close()
    assert [turn.stopped for turn in session.turns] == [False]


def test_of_two_turns_at_once_in_one_session_one_is_refused_whole(rec: ChatRec, session: Session) -> None:
    first = session.stream(FIRST)
    next(first)
    rec.session(session.id).send("a western")
    *_, last = first
    assert isinstance(last, ErrorEvent)
    assert "elsewhere" in str(last.error)
    assert [turn.message for turn in session.turns] == ["a western"]


def test_many_sessions_talk_at_once(rec: ChatRec) -> None:
    outcomes: list[object] = []

    def talk() -> None:
        try:
            mine = rec.session()
            outcomes.append([ids(mine.send(FIRST)), ids(mine.send("something else"))])
        except ChatRecError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=talk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(outcome == outcomes[0] and isinstance(outcome, list) for outcome in outcomes), outcomes


def test_another_users_session_is_refused(rec: ChatRec) -> None:
    mine = rec.session(user="ann-2")
    mine.send(FIRST)
    with pytest.raises(ConversationError, match="another user"):
        rec.session(mine.id, user="bob").send("more")


def test_forget_deletes_every_trace_from_the_files(rec: ChatRec) -> None:
    secret = "xyzzyplugh"
    mine = rec.session(user="carl")
    mine.send(f"a western with {secret}")
    rec.user("carl").add(seen=["goodfellas-1990"])
    other = rec.session()
    other.send(f"a musical with {secret}")
    assert rec.forget(user="carl", session=other.id) > 0
    assert (mine.turns, other.turns, rec.user("carl").profile.seen) == ((), (), frozenset())
    rec.conversations.close()
    assert not [path for path in home_files(rec) if secret.encode() in path.read_bytes()]
    with pytest.raises(ConversationError, match="Nothing to forget"):
        rec.forget()


def home_files(rec: ChatRec) -> list[Path]:
    return [path for path in Path(rec.settings.home).glob("conversations*") if path.is_file()]


# One answer without a conversation


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({"year": {"min": 1990, "max": 1999}}, lambda film: 1990 <= film["year"] <= 1999),
        ({"genres": ["Horror", "Western"]}, lambda film: {"Horror", "Western"} & set(film["genres"])),
        ({"genres": {"none": ["Drama"]}}, lambda film: "Drama" not in film["genres"]),
        ({"languages": "japanese"}, lambda film: "Japanese" in film["languages"]),
    ],
)
def test_filters_hold(rec: ChatRec, filters: dict, fits: Callable[[dict], bool]) -> None:
    reply = rec.recommend("a quiet film about family", n=8, filters=filters)
    assert len(reply.recommendations) == 8
    assert all(fits(dict(shown.item.attributes)) for shown in reply.recommendations)


def test_liked_items_alone_are_enough(rec: ChatRec) -> None:
    reply = rec.recommend("", liked=["alien-1979"])
    assert len(reply.recommendations) == 5
    assert "alien-1979" not in ids(reply)


def test_nothing_fits_is_said(rec: ChatRec) -> None:
    reply = rec.recommend("anything", filters={"year": {"min": 3000}})
    assert reply.blocking is not None
    assert (reply.blocking.facet, "year: at least 3000" in reply.text) == ("year", True)
    assert [shown.breaks for shown in reply.recommendations] == [(reply.blocking,)] * 3  # the nearest, as what they are


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"text": ""}, "empty"),
        ({"text": "x", "n": 0}, "at least 1"),
        ({"text": "x", "liked": ["no-such"]}, "no-such"),
        ({"text": "x", "filters": {"colour": "red"}}, "It has: .*genres.*year"),
        ({"text": "x", "filters": {"year": {"near": 3}}}, "any, none, min, max"),
        ({"text": "x", "filters": {"genres": {"min": 3}}}, "numbers"),
    ],
)
def test_loose_arguments_are_refused_with_what_there_is(rec: ChatRec, arguments: dict, says: str) -> None:
    with pytest.raises(MessageError, match=says):
        rec.recommend(**arguments)


def test_more_than_there_is_gives_all_there_is(rec: ChatRec) -> None:
    reply = rec.recommend("japan", n=400, filters={"languages": "Japanese"})
    assert 5 < len(reply.recommendations) < 256
    assert ids(reply) == ids(rec.recommend("japan", n=400, filters={"languages": "Japanese"}))


def test_what_fails_all_through_a_turn_is_noted_once_and_counted(rec: ChatRec) -> None:
    failing = FakeChatModel(answers=[LanguageModelError("The language model cannot be reached.")])
    talker = ChatRec(rec.settings.model_copy(update={"llm": "chatrec.fake_llm:FakeChatModel"}))
    talker.model = failing
    for together in (3, 1):  # all items asked about at once, and one at a time as of a small model
        before = len(failing.asked)
        rooms = replace(talker.rooms(), together=together)
        events = list(run_turn(rooms, DialogueState(), "something for a rainy evening by the fire"))
        asked = len(failing.asked) - before
        assert asked == (3 if together == 3 else 5)
        done = events[-1]
        assert isinstance(done, DoneEvent)
        assert [(note.kind, note.count) for note in done.reply.notes] == [("language_model_failed", asked)]
        assert [event.note.kind for event in events if isinstance(event, NoteEvent)] == ["language_model_failed"]
    talker.close()


# What is remembered, read and changed


TOLD = [
    "a comedy under two hours, ideally in French",
    "the cheapest",
    "I loved Spirited Away, hated Psycho and have seen Alien",
    "not the first one",
    "I'll take the second one",
]


@pytest.fixture
def told(session: Session) -> Session:
    for message in TOLD:
        session.send(message)
    return session


def test_everything_remembered_is_listed_with_its_turn_and_can_be_taken_out(rec: ChatRec, told: Session) -> None:
    listed = told.changes()
    assert [change.turn for change in listed] == sorted(change.turn for change in listed)
    assert {change.kind for change in listed} == {
        *("wish", "constraint", "preference", "order"),
        *("liked", "disliked", "rejected", "accepted", "seen"),
    }
    assert {change.text for change in listed if change.turn == 3} >= {"Spirited Away", "Psycho", "Alien"}
    for number, change in enumerate(listed, len(TOLD) + 1):
        before = told.changes()
        state = told.remove(change)
        assert (state, state.turn) == (rec.session(told.id).state, number)
        assert [*told.changes()] == [known for known in before if known != change]
    assert told.changes() == ()
    assert [turn.number for turn in told.turns] == list(range(1, len(TOLD) + len(listed) + 1))


def test_each_edit_is_a_turn_that_other_processes_see_and_undo_takes_back(rec: ChatRec, told: Session) -> None:
    before = told.state
    told.constrain({"year": {"min": 1950, "max": 1969}, "genres": ["Drama", "Comedy"]})
    (order,) = (change for change in told.changes() if change.kind == "order")
    told.remove(order)
    other = ChatRec(rec.settings)
    assert other.session(told.id).state.order is None
    assert other.session(told.id).undo().order == order.value
    other.close()
    after = told.undo()
    assert replace(after, turn=before.turn, intent=before.intent) == before
    assert [(turn.message, turn.reply, turn.item_ids) for turn in told.turns[len(TOLD) :]] == [
        ("", "Set: year: at least 1950; year: at most 1969; genres: Drama or Comedy.", ()),
        ("", f"Taken out: {order.text}.", ()),
        ("", "Undone.", ()),
        ("", "Undone.", ()),
    ]


def test_conditions_that_are_set_hold_from_then_on_beside_those_that_were_said(session: Session) -> None:
    session.send("a comedy from the nineties")
    state = session.constrain({"year": {"max": 1969}})
    assert {(known.facet, known.op, known.turn) for known in state.constraints} == {
        ("genres", "any", 1),
        ("year", "max", 2),
    }
    reply = session.send("something else")
    assert reply.recommendations
    for shown in reply.recommendations:
        assert shown.item.attributes["year"] <= 1969
        assert "Comedy" in shown.item.attributes["genres"]
    assert session.constrain({}).constraints  # nothing set leaves what was said


def test_where_nothing_was_said_there_is_nothing_to_list_or_take_back(session: Session) -> None:
    assert session.changes() == ()
    assert session.undo() == DialogueState(turn=1, intent="undo")


def unknown_change() -> Change:
    return Change(1, "liked", "heat-1995", Mention("heat-1995", 1))


@pytest.mark.parametrize(
    ("edit", "error", "says"),
    [
        (lambda session: session.remove(unknown_change()), ConversationError, "no liked “heat-1995”"),
        (lambda session: session.constrain({"colour": "red"}), MessageError, "It has: .*genres.*year"),
        (lambda session: session.constrain({"year": {"near": 3}}), MessageError, "any, none, min, max"),
        (lambda session: session.constrain({"genres": {"min": 3}}), MessageError, "numbers"),
        (lambda session: session.constrain({"year": {"max": "old"}}), MessageError, "needs a number"),
        (lambda session: session.constrain({"genres": None}), MessageError, "a text or a number"),
        (lambda session: session.constrain({"genres": []}), MessageError, "a text or a number"),
        (lambda session: session.constrain({"genres": "Comedy", "colour": "red"}), MessageError, "colour"),
    ],
)
def test_an_edit_that_cannot_be_made_changes_nothing(
    session: Session, edit: Callable[[Session], object], error: type[ChatRecError], says: str
) -> None:
    session.send("a comedy")
    before = (session.state, session.turns)
    with pytest.raises(error, match=says):
        edit(session)
    assert (session.state, session.turns) == before


def test_what_was_taken_out_already_is_told(told: Session) -> None:
    change = told.changes()[0]
    told.remove(change)
    with pytest.raises(ConversationError, match=r"changes\(\)"):
        told.remove(change)


def test_another_users_session_is_not_edited(rec: ChatRec) -> None:
    mine = rec.session(user="ann-3")
    mine.send("a comedy")
    his = rec.session(mine.id, user="bob")
    for edit in (
        his.undo,
        his.changes,
        lambda: his.constrain({"genres": "Drama"}),
        lambda: his.remove(unknown_change()),
    ):
        with pytest.raises(ConversationError, match="another user"):
            edit()
    assert len(mine.turns) == 1


def test_a_turn_under_way_does_not_overwrite_an_edit(rec: ChatRec, session: Session) -> None:
    session.send("a comedy")
    under_way = session.stream("in French")
    next(under_way)
    rec.session(session.id).undo()
    *_, last = under_way
    assert isinstance(last, ErrorEvent)
    assert "elsewhere" in str(last.error)
    assert session.state.constraints == ()
