"""What is read out of ordinary language, over three kinds of catalogues, whatever their columns are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from catalogues import FILMS, LAMPS, RESTAURANTS, items_of, parser_of, reader_of, setting_of

from chatrec.dialogue.reading import Setting
from chatrec.holding import meets
from chatrec.types import Constraint, Order

RENAMED: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "as they are": {"films": {}, "restaurants": {}, "lamps": {}},
    "renamed": {
        "films": {"year": "released", "runtime": "lengthMin", "genres": "kind", "cast": "starring", "languages": "spoken_languages", "countries": "origin", "content_rating": "certificate", "price": "cost_usd", "rating": "score", "services": "platforms"},
        "restaurants": {"cuisine": "food_type", "city": "town", "price_range": "PriceLevel", "OutdoorSeating": "has_outdoor_terrace", "GoodForKids": "kids_welcome", "NoiseLevel": "noise", "rating": "stars"},
        "lamps": {"colour": "finish", "material": "made_of", "price_eur": "preis_eur", "weight_kg": "gewicht_kg", "brand": "maker", "dimmable": "is_dimmable", "rating": "user_rating"},
    },
    "renamed again": {
        "films": {"year": "published", "runtime": "laufzeit", "genres": "category", "cast": "actors", "languages": "sprache", "countries": "land", "content_rating": "age_rating", "price": "fee_usd", "rating": "bewertung", "services": "available_on"},
        "restaurants": {"cuisine": "style", "city": "stadt", "price_range": "price_level", "OutdoorSeating": "has_terrace_outdoor", "GoodForKids": "suitableForChildren", "NoiseLevel": "noise_level", "rating": "avg_rating"},
        "lamps": {"colour": "color", "material": "materials", "price_eur": "cost_eur", "weight_kg": "weightKg", "brand": "manufacturer", "dimmable": "Dimmable", "rating": "score"},
    },
    "as others export them": {
        "films": {"year": "release_date", "runtime": "running time", "genres": "Genre(s)", "cast": "credits.cast", "languages": "original_language", "countries": "production_countries", "content_rating": "mpaa", "price": "cost.usd", "rating": "vote_average", "services": "streaming"},
        "restaurants": {"cuisine": "categories", "city": "location.city", "price_range": "attributes.RestaurantsPriceRange2", "OutdoorSeating": "has_terrace", "GoodForKids": "child_friendly", "NoiseLevel": "ambient_noise", "rating": "review_score"},
        "lamps": {"colour": "farbe", "material": "Material", "price_eur": "cost.eur", "weight_kg": "net weight (kg)", "brand": "marke", "dimmable": "features.dimmable", "rating": "average_rating"},
    },
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
    ("films", "I'd rather have a comedy", [("genres", "any", "Comedy", "soft")]),
    ("films", "I'd rather not see a horror film", [("genres", "none", "Horror", "soft")]),
    ("films", "it must be in French, no crime", [("languages", "any", "French"), ("genres", "none", "Crime")]),
    ("films", "rated at least 7.5, on Netflix or Hulu, PG-13 or milder", [("rating", "min", 7.5), ("services", "any", "Netflix", "Hulu"), ("content_rating", "any", "G", "PG", "PG-13")]),
    ("films", "80s or early 90s, not animated, in French", [("year", "within", 1980, 1993), ("genres", "none", "Animation"), ("languages", "any", "French")]),
    ("films", "from the last 30 years", [("year", "within", date.today().year - 30, date.today().year)]),
    ("films", "with Pacino and De Niro", [("cast", "any", "Al Pacino"), ("cast", "any", "Robert De Niro")]),
    ("films", "a comedy that's not romantic", [("genres", "any", "Comedy"), ("genres", "none", "Romance")]),
    ("films", "a film that isn't in English", [("languages", "none", "English")]),
    ("films", "one that's not animated", [("genres", "none", "Animation")]),
    ("restaurants", "pizza in Bergen", [("cuisine", "any", "Pizza"), ("city", "any", "Bergen")]),
    ("restaurants", "somewhere with outdoor seating, good for kids", [("OutdoorSeating", "any", "true"), ("GoodForKids", "any", "true")]),
    ("restaurants", "rated over 4 stars", [("rating", "above", 4)]),
    ("restaurants", "price range 2 or less", [("price_range", "any", "1", "2")]),
    ("restaurants", "a quiet place", [("NoiseLevel", "any", "quiet")]),
    ("restaurants", "not in Lyon", [("city", "none", "Lyon")]),
    ("restaurants", "tapas or seafood, four stars and up", [("rating", "min", 4), ("cuisine", "any", "Tapas", "Seafood")]),
    ("restaurants", "no pizza", [("cuisine", "none", "Pizza")]),
    ("restaurants", "must be in Graz, I'd rather have Thai", [("city", "any", "Graz"), ("cuisine", "any", "Thai", "soft")]),
    ("restaurants", "a place that isn't loud", [("NoiseLevel", "none", "loud")]),
    ("restaurants", "at most average noise", [("NoiseLevel", "any", "quiet", "average")]),
    ("restaurants", "average or quieter", [("NoiseLevel", "any", "quiet", "average")]),
    ("restaurants", "no outdoor seating", [("OutdoorSeating", "none", "true")]),
    ("restaurants", "not more than price level 2", [("price_range", "any", "1", "2")]),
    ("restaurants", "price range 3 or more", [("price_range", "any", "3", "4")]),
    ("restaurants", "between 3.5 and 4.5 stars", [("rating", "within", 3.5, 4.5)]),
    ("lamps", "below 40 euros", [("price_eur", "below", 40)]),
    ("lamps", "a red one for €50 at most", [("price_eur", "max", 50), ("colour", "any", "red")]),
    ("lamps", "anything but glass", [("material", "none", "glass")]),
    ("lamps", "white or black, by Kappa", [("colour", "any", "white", "black"), ("brand", "any", "Kappa")]),
    ("lamps", "dimmable and lighter than 3 kg", [("weight_kg", "below", 3), ("dimmable", "any", "true")]),
    ("lamps", "under 500 grams", [("weight_kg", "below", 0.5)]),
    ("lamps", "no more than €35, ideally red or white", [("price_eur", "max", 35), ("colour", "any", "red", "white", "soft")]),
    ("lamps", "between 20 and 50 euros, not steel", [("price_eur", "within", 20, 50), ("material", "none", "steel")]),
    ("lamps", "neither glass nor paper", [("material", "none", "glass", "paper")]),
    ("lamps", "it must not be dimmable", [("dimmable", "none", "true")]),
    ("lamps", "rated 4 or higher", [("rating", "min", 4)]),
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


@pytest.mark.parametrize("columns", RENAMED)
@pytest.mark.parametrize(("domain", "message", "conditions"), READ, ids=[f"{row[0]}-{row[1]}" for row in READ])
def test_conditions_are_read_whatever_the_columns_are_called(
    domain: str, message: str, conditions: list[tuple[Any, ...]], columns: str
) -> None:
    names = RENAMED[columns][domain]
    draft = parser_of(items_of(ROWS[domain], renamed=names)).read(message, Setting())
    assert said(draft.constraints) == expected(conditions, names)


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        ("lamps", "on Netflix or Hulu"),
        ("lamps", "from the nineties, in French, by Nicolas Cage"),
        ("lamps", "PG-13 or milder, rated at least 7.5"),
        ("lamps", "made before 1980, under two hours, wooden"),
        ("restaurants", "under 20 dollars, or below 40 euros"),
        ("restaurants", "PG-13 or milder"),
        ("restaurants", "under two hours, a short one"),
        ("restaurants", "newer than that"),
        ("restaurants", "the longest sushi in Paris"),
        ("films", "dimmable, in red, below 3 kg"),
        ("films", "a steel one by Nordlys, with outdoor seating"),
        ("films", "on Mubi or Disney+, with Tom Hanks, in Klingon, rated NC-17"),
        ("films", "a tale of two people and a dog"),
        ("films", "a present for a 10 year old"),
        ("films", "what is 2 plus 2?"),
    ],
)
def test_no_facet_and_no_value_is_invented(domain: str, message: str) -> None:
    """What the catalogue lacks sets no condition, not even a soft one, and no order; the words are still searched."""
    items = items_of(ROWS[domain])
    reading = reader_of(items).read(message, setting_of(items, items[0].id))
    assert (list(reading.constraints), reading.order) == ([], None)
    assert reading.rest


WITHOUT = [
    ("services", "on Netflix or Hulu"),
    ("price", "below 4 dollars"),
    ("price", "the cheapest"),
    ("runtime", "under two hours"),
    ("runtime", "a short one"),
    ("year", "from the nineties"),
    ("year", "newer than that"),
    ("content_rating", "PG-13 or milder"),
    ("genres", "not animated"),
    ("cast", "nothing with Nicolas Cage"),
]


@pytest.mark.parametrize(("column", "message"), WITHOUT)
def test_the_same_words_set_nothing_once_the_column_is_gone(column: str, message: str) -> None:
    whole = items_of(FILMS)
    bare = items_of([(title, {name: row[name] for name in row if name != column}) for title, row in FILMS])
    full, less = (reader_of(items).read(message, setting_of(items, "heat", about=("heat",))) for items in (whole, bare))
    assert [one.facet for one in full.constraints] == [column] or full.order
    assert (list(less.constraints), less.order) == ([], None)


@pytest.mark.parametrize("columns", RENAMED)
@pytest.mark.parametrize("domain", ROWS)
def test_whatever_is_said_only_facets_and_values_that_exist_are_read(domain: str, columns: str) -> None:
    """Every message of every domain, read against each of the others."""
    items = items_of(ROWS[domain], renamed=RENAMED[columns][domain])
    parser = parser_of(items)
    for _, message, _ in READ:
        for read in parser.read(message, Setting()).constraints:
            facet = parser.schema[read.facet]
            assert facet.kind in ("number", "date") or set(read.values) <= set(facet.values), (message, read)


@pytest.mark.parametrize("columns", RENAMED)
@pytest.mark.parametrize(
    ("message", "facet", "read"),
    [
        ("a short one", "runtime", ("max", (96,), "soft")),
        ("newer than that", "year", ("above", (1995,), "hard")),
        ("shorter than Heat", "runtime", ("below", (170,), "hard")),
        ("milder than the second", "content_rating", ("any", ("G", "PG", "PG-13"), "hard")),
        ("the cheapest", "price", "least"),
        ("the newest comedy", "year", "most"),
        ("best rated", "rating", "most"),
    ],
)
def test_words_of_little_and_much_find_their_column_by_any_name(
    message: str, facet: str, read: object, columns: str
) -> None:
    names = RENAMED[columns]["films"]
    items = items_of(FILMS, renamed=names)
    reading = reader_of(items).read(message, setting_of(items, "heat", "alien", about=("heat",)))
    if reading.order:
        assert (reading.order.facet, reading.order.direction) == (names.get(facet, facet), read)
    else:
        (one,) = reading.constraints
        assert (one.facet, (one.op, one.values, one.strength)) == (names.get(facet, facet), read)


@pytest.mark.parametrize(
    ("domain", "message", "left"),
    [
        ("films", "it doesn't have to be a comedy", []),
        ("films", "not necessarily a comedy, but under 100 minutes", ["runtime"]),
        ("films", "in French, but it doesn't need to be on Netflix", ["languages"]),
        ("lamps", "it needn't be dimmable, just red", ["colour"]),
        ("lamps", "no need for glass", []),
    ],
)
def test_what_need_not_be_is_no_condition(domain: str, message: str, left: list[str]) -> None:
    reading = reader_of(items_of(ROWS[domain])).read(message, Setting())
    assert [one.facet for one in reading.constraints] == left


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("from the nineties", {"Heat", "Babe"}),
        ("80s or early 90s", {"Raising Arizona", "Ran"}),
        ("made before 1980", {"Alien"}),
        ("nothing before 1990", {"Heat", "Up", "Amelie", "Babe"}),
        ("not from the eighties", {"Heat", "Alien", "Up", "Amelie", "Babe"}),
        ("after 1995", {"Up", "Amelie"}),
        ("newer than that", {"Up", "Amelie"}),
        ("older than Ran", {"Alien"}),
        ("a recent one", {"Heat", "Up", "Amelie", "Babe"}),
        ("an old one", {"Alien", "Ran", "Raising Arizona"}),
    ],
)
def test_whole_dates_are_spoken_of_as_years(message: str, titles: set[str]) -> None:
    dated = [(title, {**row, "year": f"{row['year']}-06-15"}) for title, row in FILMS]
    items = items_of(dated, renamed={"year": "published"})
    (read,) = reader_of(items).read(message, setting_of(items, "heat", about=("heat",))).constraints
    assert read.facet == "published"
    assert {item.title for item in items if meets(item, read)} == titles


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


@pytest.mark.parametrize(("domain", "message", "conditions"), READ, ids=[f"{row[0]}-{row[1]}" for row in READ])
def test_what_is_said_in_full_is_read_alike_once_items_were_shown(
    domain: str, message: str, conditions: list[tuple[Any, ...]]
) -> None:
    items = items_of(ROWS[domain])
    for about in ((), (items[2].id,)):
        setting = setting_of(items, *(item.id for item in items[:3]), about=about)
        assert said(list(reader_of(items).read(message, setting).constraints)) == expected(conditions, {})


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


@pytest.mark.timeout(60)
def test_no_pattern_blows_up_on_long_messages() -> None:
    reading = reader_of(items_of(FILMS)).read(
        "no, not the one with the very long and, or, nor, but also " * 130, Setting()
    )
    assert [constraint.facet for constraint in reading.constraints] == ["runtime"]
