"""What is read out of ordinary language, over three kinds of catalogues, whatever their columns are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from catalogues import FILMS, LAMPS, RESTAURANTS, items_of, parser_of, reader_of, setting_of

from chatrec.dialogue.reading import Setting
from chatrec.types import Constraint, Order

RENAMED: Mapping[str, Mapping[str, str]] = {
    "films": {"year": "released", "runtime": "lengthMin", "genres": "kind", "cast": "starring", "languages": "spoken_languages", "countries": "origin", "content_rating": "certificate", "price": "cost_usd", "rating": "score", "services": "platforms"},
    "restaurants": {"cuisine": "food_type", "city": "town", "price_range": "PriceLevel", "OutdoorSeating": "has_outdoor_terrace", "GoodForKids": "kids_welcome", "NoiseLevel": "noise", "rating": "stars"},
    "lamps": {"colour": "finish", "material": "made_of", "price_eur": "preis_eur", "weight_kg": "gewicht_kg", "brand": "maker", "dimmable": "is_dimmable", "rating": "user_rating"},
}  # fmt: skip
ROWS = {"films": FILMS, "restaurants": RESTAURANTS, "lamps": LAMPS}

READ: list[tuple[str, str, list[tuple[Any, ...]]]] = [
    ("films", "under two hours", [("runtime", "below", 120)]),
    ("films", "no more than 95 minutes please", [("runtime", "max", 95)]),
    ("films", "an hour and three quarters at most", [("runtime", "max", 105)]),
    ("films", "it shouldn't run longer than 2h10", [("runtime", "max", 130)]),
    ("films", "between 90 and 120 minutes", [("runtime", "within", 90, 120)]),
    ("films", "from the nineties", [("year", "within", 1990, 1999)]),
    ("films", "80s or early 90s", [("year", "within", 1980, 1993)]),
    ("films", "made before 1980", [("year", "below", 1980)]),
    ("films", "nothing before 1990", [("year", "min", 1990)]),
    ("films", "not from the eighties", [("year", "outside", 1980, 1989)]),
    ("films", "PG-13 or milder", [("content_rating", "any", "G", "PG", "PG-13")]),
    ("films", "nothing above PG", [("content_rating", "any", "G", "PG")]),
    ("films", "on Netflix or Hulu", [("services", "any", "Netflix", "Hulu")]),
    ("films", "rated at least 7.5", [("rating", "min", 7.5)]),
    ("films", "8 out of 10 or better", [("rating", "min", 8)]),
    ("films", "below 4 dollars", [("price", "below", 4)]),
    ("films", "not animated", [("genres", "none", "Animation")]),
    ("films", "nothing with Nicolas Cage", [("cast", "none", "Nicolas Cage")]),
    ("films", "with Nicholas Cage", [("cast", "any", "Nicolas Cage")]),
    ("films", "in French", [("languages", "any", "French")]),
    ("films", "a French one", [("countries", "any", "France")]),
    ("films", "a romantic comedy", [("genres", "any", "Romance"), ("genres", "any", "Comedy")]),
    ("films", "no horror, war films or comedies", [("genres", "none", "Horror", "War", "Comedy")]),
    ("films", "ideally a comedy, but it must be under 100 minutes", [("runtime", "below", 100), ("genres", "any", "Comedy", "soft")]),
    ("films", "a crime film, preferably in Japanese", [("genres", "any", "Crime"), ("languages", "any", "Japanese", "soft")]),
    ("restaurants", "pizza in Bergen", [("cuisine", "any", "Pizza"), ("city", "any", "Bergen")]),
    ("restaurants", "somewhere with outdoor seating, good for kids", [("OutdoorSeating", "any", "true"), ("GoodForKids", "any", "true")]),
    ("restaurants", "rated over 4 stars", [("rating", "above", 4)]),
    ("restaurants", "price range 2 or less", [("price_range", "any", "1", "2")]),
    ("restaurants", "a quiet place", [("NoiseLevel", "any", "quiet")]),
    ("restaurants", "not in Lyon", [("city", "none", "Lyon")]),
    ("restaurants", "tapas or seafood, four stars and up", [("rating", "min", 4), ("cuisine", "any", "Tapas", "Seafood")]),
    ("lamps", "below 40 euros", [("price_eur", "below", 40)]),
    ("lamps", "a red one for €50 at most", [("price_eur", "max", 50), ("colour", "any", "red")]),
    ("lamps", "anything but glass", [("material", "none", "glass")]),
    ("lamps", "white or black, by Kappa", [("colour", "any", "white", "black"), ("brand", "any", "Kappa")]),
    ("lamps", "dimmable and lighter than 3 kg", [("weight_kg", "below", 3), ("dimmable", "any", "true")]),
]  # fmt: skip


def expected(rows: list[tuple[Any, ...]], names: Mapping[str, str]) -> set[tuple[Any, ...]]:
    found = set()
    for facet, op, *values in rows:
        strength = "soft" if values[-1] == "soft" else "hard"
        kept = tuple(value for value in values if value != "soft")
        found.add((names.get(facet, facet), op, frozenset(kept) if op in ("any", "none") else kept, strength))
    return found


def said(constraints: list[Constraint]) -> set[tuple[Any, ...]]:
    return {
        (one.facet, one.op, frozenset(one.values) if one.op in ("any", "none") else one.values, one.strength)
        for one in constraints
    }


@pytest.mark.parametrize("columns", ["as they are", "renamed"])
@pytest.mark.parametrize(("domain", "message", "conditions"), READ, ids=[f"{row[0]}-{row[1]}" for row in READ])
def test_conditions_are_read_whatever_the_columns_are_called(
    domain: str, message: str, conditions: list[tuple[Any, ...]], columns: str
) -> None:
    names = RENAMED[domain] if columns == "renamed" else {}
    draft = parser_of(items_of(ROWS[domain], renamed=names)).read(message, Setting())
    assert said(draft.constraints) == expected(conditions, names)


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        ("lamps", "on Netflix or Hulu"),
        ("lamps", "from the nineties, in French, by Nicolas Cage"),
        ("restaurants", "under 20 dollars"),
        ("restaurants", "PG-13 or milder"),
        ("restaurants", "under two hours"),
        ("films", "dimmable, in red, below 3 kg"),
        ("films", "with outdoor seating"),
        ("films", "a film about two old people and a dog named Rex"),
        ("films", "number one"),
    ],
)
def test_no_facet_and_no_value_is_invented(domain: str, message: str) -> None:
    draft = parser_of(items_of(ROWS[domain])).read(message, Setting())
    assert [one for one in draft.constraints if one.strength == "hard"] == []


def test_what_is_not_understood_stays_in_the_words_to_search_with() -> None:
    reader = reader_of(items_of(FILMS))
    assert "black and white" in reader.read("something sad in black and white under two hours", Setting()).rest
    assert "two hours" not in reader.read("something sad in black and white under two hours", Setting()).rest
    assert reader.read("under two hours please", Setting()).rest == ""


def test_a_short_one_is_a_preference_for_the_shorter_third() -> None:
    parser = parser_of(items_of(FILMS))
    (read,) = parser.read("a short one", Setting()).constraints
    assert (read.facet, read.op, read.strength) == ("runtime", "max", "soft")
    assert read.values == (parser.schema["runtime"].thirds[0],)


@pytest.mark.parametrize(
    ("message", "order"),
    [
        ("the cheapest", Order("price", "least")),
        ("the longest one you have", Order("runtime", "most")),
        ("which is the newest comedy?", Order("year", "most")),
    ],
)
def test_the_least_and_the_most_order_the_items(message: str, order: Order) -> None:
    assert parser_of(items_of(FILMS)).read(message, Setting()).order == order


@pytest.mark.parametrize(
    ("message", "condition"),
    [
        ("newer than that", ("year", "above", (1995,))),
        ("older than the second one", ("year", "below", (1979,))),
        ("shorter than Heat", ("runtime", "below", (170,))),
        ("cheaper than Alien please", ("price", "below", (2.49,))),
        ("milder than the first", ("content_rating", "any", ("G", "PG", "PG-13"))),
        ("something better rated than the first", ("rating", "above", (8.3,))),
        ("too long", ("runtime", "below", (117,))),
    ],
)
def test_comparisons_are_with_the_item_that_is_meant(message: str, condition: tuple[str, str, tuple[Any, ...]]) -> None:
    films = items_of(FILMS)
    shown = ("heat", "alien")
    about = ("heat",) if "that" in message else ()
    reading = reader_of(films).read(message, setting_of(films, *shown, about=about))
    assert [(one.facet, one.op, one.values) for one in reading.constraints] == [condition]


@pytest.mark.parametrize(
    ("message", "turned"),
    [
        ("not Up, that's animated", ("genres", "none", ("Animation",))),
        ("no, it's in English and I want to learn nothing tonight", ("languages", "none", ("English",))),
        ("that's not from the eighties", ("year", "within", (1980, 1989))),
    ],
)
def test_what_is_true_of_items_that_are_turned_down_should_not_be_so(message: str, turned: tuple[Any, ...]) -> None:
    films = items_of(FILMS)
    reading = reader_of(films).read(message, setting_of(films, "up"))
    assert turned in [(one.facet, one.op, one.values) for one in reading.constraints]


def test_reading_is_quick_on_long_messages() -> None:
    """No pattern may blow up; a wide margin, as nothing here is a benchmark."""
    import time

    reader = reader_of(items_of(FILMS))
    begun = time.perf_counter()
    reader.read("no, not the one with the very long and, or, nor, but also " * 130, Setting())
    assert time.perf_counter() - begun < 20
