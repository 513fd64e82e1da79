"""What a conversation has come to can be switched off, edited and taken out, and nothing else changes by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from catalogues import FILMS, items_of, reader_of
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrec.catalog import Item
from chatrec.conversations.as_json import state_from_json, state_to_json
from chatrec.dialogue.editing import Change, amended, changes, constrained, switched, undone, without
from chatrec.dialogue.state import applied, checked, query_of, setting_of, show
from chatrec.errors import ConversationError
from chatrec.types import Constraint, DialogueState, Mention, Order, Recommendation, Wish

CATALOG = items_of(FILMS)
BY_ID = {item.id: item for item in CATALOG}
READER = reader_of(CATALOG)
SCHEMA = READER.parser.schema

MESSAGES = (
    "a comedy from the nineties under two hours",
    "something windy and sad, ideally in French",
    "the cheapest",
    "the longest",
    "I loved Heat but hated Alien",
    "I have already seen Up",
    "not the first one",
    "I'll take the second one",
    "the year doesn't matter any more",
    "no horror please, something with Nicolas Cage",
    "start over",
    "undo",
)


def said(state: DialogueState, message: str) -> DialogueState:
    state = applied(state, READER.read(checked(message), setting_of(state, BY_ID.get)), READER)
    return show(state, [Recommendation(BY_ID.get(each, Item(each, "X")), 1.0, {}) for each in ("ran", "babe")])


def talk(*messages: str) -> DialogueState:
    state = DialogueState()
    for message in messages:
        state = said(state, message)
    return state


def other(value: object) -> object:
    """Something else of the same sort."""
    if isinstance(value, Constraint):
        return replace(value, strength="soft" if value.strength == "hard" else "hard")
    if isinstance(value, Wish):
        return Wish("something in blue", 0)
    return replace(value, direction="most") if isinstance(value, Order) else Mention("ran", 0)  # type: ignore[type-var]


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["say", "say", "switch", "remove", "amend", "undo"]), st.integers(0, 40)), max_size=14
)


def taken(state: DialogueState, step: Step) -> DialogueState:
    """One step of a conversation with edits among its messages."""
    sort, number = step
    if sort == "say":
        return said(state, MESSAGES[number % len(MESSAGES)])
    if sort == "undo":
        return undone(state)
    listed = changes(state)
    if not listed:
        return state
    change = listed[number % len(listed)]
    if sort == "amend":
        return amended(state, change, other(change.value))  # type: ignore[arg-type]
    return (switched if sort == "switch" else without)(state, change)


@st.composite
def states(draw: st.DrawFn) -> DialogueState:
    state = DialogueState()
    for step in draw(STEPS):
        state = taken(state, step)
    return state


def same(one: DialogueState, two: DialogueState) -> bool:
    """Alike but for when that was."""
    return replace(one, turn=0, since=0, intent="") == replace(two, turn=0, since=0, intent="")


def flipped(change: Change) -> Change:
    return replace(change, on=not change.on)


def picked(state: DialogueState, data: st.DataObject) -> Change | None:
    listed = changes(state)
    return data.draw(st.sampled_from(listed)) if listed else None


@given(states(), st.data())
@settings(deadline=None)
def test_what_is_switched_off_and_on_again_is_exactly_as_before(state: DialogueState, data: st.DataObject) -> None:
    change = picked(state, data)
    if change is None or (change.kind == "order" and not change.on):  # which takes the place of another
        return
    once = switched(state, change)
    again = switched(once, flipped(change))
    assert not same(once, state)
    assert same(again, state)
    assert query_of(again).wishes == query_of(state).wishes


@given(states(), st.lists(st.integers(0, 40), max_size=6), st.randoms())
@settings(deadline=None)
def test_however_many_are_off_in_whatever_order_they_come_back(
    state: DialogueState, numbers: list[int], random: st.randoms
) -> None:
    listed = [change for change in changes(state) if change.on]
    chosen = list({number % len(listed) for number in numbers}) if listed else []
    after = state
    for number in chosen:
        after = switched(after, listed[number])
    random.shuffle(chosen)
    for number in chosen:
        after = switched(after, flipped(listed[number]))
    assert same(after, state)


@given(states(), st.data())
@settings(deadline=None)
def test_undo_after_any_edit_restores_all(state: DialogueState, data: st.DataObject) -> None:
    change = picked(state, data)
    edits: list[Callable[[DialogueState], DialogueState]] = [
        lambda known: constrained(known, [Constraint("year", "min", (1990,))], facets=["year", "genres"])
    ]
    if change:
        edits += [
            lambda known: switched(known, change),
            lambda known: without(known, change),
            lambda known: amended(known, change, other(change.value)),  # type: ignore[arg-type]
        ]
    for edit in edits:
        after = edit(state)
        assert after.turn == state.turn + 1
        assert same(undone(after), state)
        assert undone(after).before == state.before


@given(states(), st.data())
@settings(deadline=None)
def test_an_edit_touches_nothing_else(state: DialogueState, data: st.DataObject) -> None:
    change = picked(state, data)
    if change is None:
        return
    new = other(change.value)
    for edit in (switched, without, lambda known, old: amended(known, old, new)):  # type: ignore[arg-type]
        after = edit(state, change)  # type: ignore[no-untyped-call]
        edited = [change.value, replace(new, turn=after.turn)]  # type: ignore[type-var]

        def others(known: DialogueState, edited: list[object] = edited) -> list[tuple[str, object, bool]]:
            """But for the wishes, which lose the words of a condition that is gone, and the other orders."""
            kinds = {"wish", "order"} if change.kind in ("constraint", "preference", "order") else set()
            told = [each for each in changes(known) if each.kind not in kinds - {change.kind}]
            return [
                (each.kind, each.value, each.on or each.kind == "order")
                for each in told
                if each.value not in edited or (isinstance(each.value, Mention) and each.kind != change.kind)
            ]

        assert others(after) == others(state)
        assert (after.shown, after.listed, after.about, after.questions) == (
            *(state.shown, state.listed, state.about, state.questions),
        )


@given(states())
@settings(deadline=None)
def test_facets_that_are_set_leave_the_others(state: DialogueState) -> None:
    after = constrained(state, [Constraint("runtime", "max", (100,))], facets=["runtime"])

    def others(known: DialogueState) -> list[Change]:
        return [
            each for each in changes(known) if getattr(each.value, "facet", "") != "runtime" and each.kind != "wish"
        ]

    assert others(after) == others(state)


@given(states())
@settings(deadline=None)
def test_a_state_survives_being_written_and_read(state: DialogueState) -> None:
    read = state_from_json(json.loads(json.dumps(state_to_json(state))))
    assert read == state
    earlier, known = read.before, state.before
    while known is not None:
        assert earlier == known
        earlier, known = earlier.before if earlier else None, known.before


@given(states(), st.data())
@settings(deadline=None)
def test_what_is_off_has_no_say(state: DialogueState, data: st.DataObject) -> None:
    change = picked(state, data)
    if change is None or not change.on:
        return
    query = query_of(switched(state, change))
    assert change.value not in (*query.constraints, *query.preferences, query.order)
    if isinstance(change.value, Mention) and change.kind != "accepted":
        held = [
            each for each in changes(state) if isinstance(each.value, Mention) and each.kind != "accepted" and each.on
        ]
        if [each.value.item_id for each in held].count(change.value.item_id) == 1:  # type: ignore[union-attr]
            assert change.value.item_id not in query.liked


def test_a_conversation_of_before_there_was_off_opens() -> None:
    document = state_to_json(talk("a comedy", "I loved Heat"))
    del document["off"]
    document["before"].pop("off", None)
    assert state_from_json(document) == talk("a comedy", "I loved Heat")


def listed(state: DialogueState, text: str) -> Change:
    return next(change for change in changes(state, schema=SCHEMA) if text in change.text)


def test_the_words_of_a_condition_that_is_off_or_gone_do_not_search_on() -> None:
    state = talk("a windy comedy")
    comedy = listed(state, "genres: Comedy")
    assert query_of(switched(state, comedy)).text == "a windy"
    assert switched(state, comedy).wishes == state.wishes
    assert [wish.text for wish in without(state, comedy).wishes] == ["a windy"]
    state = talk("a comedy")
    assert without(state, listed(state, "genres: Comedy")).wishes == ()


def test_what_is_said_anew_takes_the_place_of_what_is_off() -> None:
    state = talk("a comedy under two hours", "I loved Heat", "the cheapest")
    for text in ("runtime", "Comedy", "heat", "cheapest"):
        state = switched(state, listed(state, text))
    assert len(state.off) == 4
    assert [each.field for each in said(state, "under 100 minutes").off] == ["constraints", "order", "liked"]
    assert [each.field for each in said(state, "a comedy").off] == ["constraints", "order", "liked"]
    assert [each.field for each in said(state, "I hated Heat").off] == ["constraints", "constraints", "order"]
    assert [each.field for each in said(state, "the longest").off] == ["constraints", "constraints", "liked"]
    assert said(state, "any genre is fine").off == tuple(
        each for each in state.off if getattr(each.value, "facet", "") != "genres"
    )
    assert said(state, "start over").off == ()


def test_one_order_at_a_time() -> None:
    state = talk("the cheapest")
    state = switched(state, listed(state, "cheapest"))
    state = said(switched(said(state, "a comedy"), listed(state, "cheapest")), "the longest")
    assert [change.text for change in changes(state, schema=SCHEMA) if change.kind == "order"] == ["the longest first"]
    state = talk("the cheapest")
    assert state.order is not None
    state = replace(switched(state, listed(state, "cheapest")), order=Order("runtime", "most", 2))
    state = switched(state, listed(state, "cheapest"))
    assert [(change.text, change.on) for change in changes(state, schema=SCHEMA) if change.kind == "order"] == [
        ("the cheapest first", True),
        ("the longest first", False),
    ]


def test_an_edit_is_of_its_own_turn_and_forgets_the_words_of_before() -> None:
    state = talk("a comedy under two hours")
    runtime = listed(state, "runtime")
    assert isinstance(runtime.value, Constraint)
    shorter = amended(state, runtime, replace(runtime.value, op="max", values=(100,)))
    assert listed(shorter, "runtime").value == Constraint("runtime", "max", (100,), turn=2)
    assert "two hours" not in shorter.wishes[0].text if shorter.wishes else True
    softer = amended(state, runtime, replace(runtime.value, strength="soft"))
    assert (listed(softer, "runtime").kind, listed(softer, "runtime").turn) == ("preference", 2)
    assert softer.wishes == state.wishes


@pytest.mark.parametrize("value", [Constraint("genres", "any", ("Drama",)), Mention("heat", 1), Wish("sad", 1)])
def test_nothing_becomes_what_it_is_not(value: object) -> None:
    state = talk("under two hours")
    with pytest.raises(ConversationError, match="cannot become that"):
        amended(state, listed(state, "runtime"), value)  # type: ignore[arg-type]


@pytest.mark.parametrize("edit", [switched, without, lambda state, change: amended(state, change, change.value)])
def test_what_is_not_there_is_not_edited(edit: Callable[[DialogueState, Change], DialogueState]) -> None:
    state = talk("under two hours")
    with pytest.raises(ConversationError, match=r"changes\(\)"):
        edit(state, flipped(listed(state, "runtime")))
