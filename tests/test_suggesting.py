"""Suggested next messages, over several catalogues: each does what it says when it is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from small import ROWS, small

from chatrec import ChatRec
from chatrec.steering.suggesting import MOST
from chatrec.types import DialogueState, Suggestion

TALKS = {
    "films": (["a comedy"], ["something to watch with the family"], ["a comedy", "under 100 minutes"], ["surprise me"]),
    "restaurants": (["somewhere to eat"], ["a quiet place with outdoor seating"], ["pizza in Lyon, quiet, 4 stars"]),
    "lamps": (["a lamp for my desk"], ["a red lamp"], ["a red lamp", "a dimmable one"], ["a paper lamp over 60 EUR"]),
}


@pytest.fixture(scope="module", params=sorted(ROWS))
def rec(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatRec]:
    made = small(tmp_path_factory.mktemp(request.param), request.param)
    yield made
    made.close()


def test_each_suggestion_does_what_it_says(rec: ChatRec) -> None:
    kinds = set()
    for talk in TALKS[rec.settings.catalog]:
        *_, reply = map(rec.session().send, talk)
        assert len({each.message for each in reply.suggestions}) == len(reply.suggestions) <= MOST
        for suggestion in reply.suggestions:
            session = rec.session()
            for message in talk:
                before = session.send(message)
            after = session.send(suggestion.message)
            assert_kept(suggestion, before.state, after.state)
            assert_promise(suggestion, before.state, after.state, rec)
            assert after.recommendations, suggestion
            kinds.add(suggestion.kind)
    assert {"surprise"} & kinds
    assert {"less", "more"} & kinds


def assert_kept(suggestion: Suggestion, before: DialogueState, after: DialogueState) -> None:
    """No condition on another facet came or went."""
    others = [known for known in before.constraints if known.facet != suggestion.facet]
    assert [known for known in after.constraints if known.facet != suggestion.facet] == others


def assert_promise(suggestion: Suggestion, before: DialogueState, after: DialogueState, rec: ChatRec) -> None:
    fresh = [known for known in after.constraints if known.turn == after.turn and known.facet == suggestion.facet]
    if suggestion.kind == "surprise":
        assert after.intent == "surprise"
    elif suggestion.kind == "relax":
        assert not [known for known in after.constraints if known.facet == suggestion.facet]
    elif suggestion.kind == "option":
        assert fresh
    elif suggestion.kind == "without":
        assert fresh[0].op == "none"
    else:
        shown = {item.id: item for item in rec.rooms().retriever.snapshot.items.get(list(before.listed))}
        had = [item.attributes[suggestion.facet] for item in shown.values() if suggestion.facet in item.attributes]
        items = rec.rooms().retriever.snapshot.items.get(list(after.listed))
        has = [item.attributes[suggestion.facet] for item in items]
        middle = sorted(map(float, had))[len(had) // 2] if fresh[0].op in ("above", "below") else None
        if middle is not None:
            beyond = [float(value) > middle if suggestion.kind == "more" else float(value) < middle for value in has]
            assert all(beyond), (suggestion, middle, has)
        else:
            assert fresh[0].op == "any"
            assert {str(value) for value in has} <= {str(value) for value in fresh[0].values}


def test_what_blocks_can_be_let_go_of(rec: ChatRec) -> None:
    request = {
        "films": "an animation in Japanese under 60 minutes",
        "restaurants": "a pizza place in Lyon that is quiet",
        "lamps": "a red lamp of steel under 20 EUR",
    }[rec.settings.catalog]
    reply = rec.session().send(request)
    assert reply.blocking
    assert reply.suggestions
    assert {each.kind for each in reply.suggestions} == {"relax"}


def test_nothing_is_suggested_where_nobody_answers(rec: ChatRec) -> None:
    assert rec.recommend("something good").suggestions == ()


def test_a_kept_turn_holds_its_suggestions(rec: ChatRec) -> None:
    session = rec.session()
    reply = session.send(TALKS[rec.settings.catalog][0][0])
    assert session.turns[-1].suggestions == reply.suggestions
