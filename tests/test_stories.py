"""Long messages tell a story: what is named in them is a hint, what is demanded or denied stays a condition."""

from __future__ import annotations

import pytest
from catalogues import FILMS, LAMPS, RESTAURANTS, items_of, parser_of, setting_of

from chatrec.dialogue.scope import LONG
from chatrec.types import Constraint

STORY = (
    "Hello everybody, my sister and her husband are coming over from Bergen next weekend and I have no idea yet where"
    " to take them. Last year we had pizza in Lyon and loved it, though she was tired afterwards."
)


def read(rows: list, message: str) -> list[Constraint]:  # type: ignore[type-arg]
    items = items_of(rows)
    return parser_of(items).read(message, setting_of(items)).constraints


def test_what_a_story_names_is_a_hint() -> None:
    told = f"{STORY} Something quiet would do, ideas welcome, thanks a lot!"
    assert len(told.split()) > LONG
    found = read(RESTAURANTS, told)
    assert {known.facet for known in found} >= {"city", "cuisine"}
    assert {known.strength for known in found} == {"soft"}


def test_what_a_story_demands_or_denies_is_a_condition() -> None:
    found = read(RESTAURANTS, f"{STORY} It must be Thai this time. No seafood please, we are thankful for all ideas.")
    strong = {(known.facet, known.op, known.values) for known in found if known.strength == "hard"}
    assert strong == {("cuisine", "any", ("Thai",)), ("cuisine", "none", ("Seafood",))}


def test_a_number_in_a_story_is_a_condition() -> None:
    told = (
        "My parents are visiting and we want to watch a film together on Sunday after lunch, they like comedies and"
        " dramas and fell asleep the last time, so please keep it under 100 minutes, and thank you so much for all"
        " the great ideas so far."
    )
    assert len(told.split()) > LONG
    strong = [(known.facet, known.op, known.values) for known in read(FILMS, told) if known.strength == "hard"]
    assert strong == [("runtime", "max", (100,))]


def test_a_superlative_in_a_story_orders_nothing() -> None:
    items = items_of(LAMPS)
    parser, setting = parser_of(items), setting_of(items)
    assert parser.read("the cheapest one", setting).order is not None
    told = f"{STORY} The cheapest lamp of the shop fell off the table in the meantime, so I need another for reading."
    assert parser.read(told, setting).order is None


def test_an_item_is_in_one_city_so_two_are_alternatives() -> None:
    assert read(RESTAURANTS, "somewhere in Lyon. Graz would be in reach too") == [
        Constraint("city", "any", ("Lyon", "Graz"), text="Lyon, Graz")
    ]


@pytest.mark.parametrize("message", ["it's for my sister, it's urgent", "I think it’s time"])
def test_a_code_of_two_letters_is_not_the_word_it(message: str) -> None:
    rows = [(f"Place {n}", {"country": code}) for n, code in enumerate(("IT", "PT", "IT", "DE"))]
    assert read(rows, message) == []


def test_a_heart_is_no_bound_and_a_share_no_score() -> None:
    assert read(RESTAURANTS, "love this town <3 any ideas?") == []
    assert read(RESTAURANTS, "I am not 100% sure") == []
    assert read(RESTAURANTS, "rated <3 stars") == [Constraint("rating", "below", (3,), text="<3 stars")]


@pytest.mark.parametrize("message", ["something quiet about an old friendship", "with two short brothers"])
def test_what_is_old_or_short_in_an_item_is_not_the_item(message: str) -> None:
    assert read(FILMS, message) == []


@pytest.mark.parametrize("message", ["an old film about love", "something old", "in the mood for an old one"])
def test_what_is_said_of_the_item_is_a_preference(message: str) -> None:
    assert [(known.facet, known.op, known.strength) for known in read(FILMS, message)] == [("year", "max", "soft")]
