"""Small catalogues in memory for the tests of the dialogue, with their columns called this or that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from chatrec.catalog import Item, Value
from chatrec.catalog.schema import profile
from chatrec.dialogue.parse import Parser
from chatrec.dialogue.read import Reader
from chatrec.dialogue.reading import Setting
from chatrec.dialogue.titles import TitleIndex

Row = Mapping[str, Value]

FILMS: Sequence[tuple[str, Row]] = [
    ("Heat", {"year": 1995, "runtime": 170, "genres": ("Crime", "Drama"), "cast": ("Al Pacino", "Robert De Niro"), "languages": ("English",), "countries": ("USA",), "content_rating": "R", "price": 3.99, "rating": 8.3, "services": ("Netflix", "Hulu")}),
    ("Alien", {"year": 1979, "runtime": 117, "genres": ("Horror", "Science Fiction"), "cast": ("Sigourney Weaver", "Tom Skerritt"), "languages": ("English",), "countries": ("UK", "USA"), "content_rating": "R", "price": 2.49, "rating": 8.5, "services": ("Hulu",)}),
    ("Up", {"year": 2009, "runtime": 96, "genres": ("Animation", "Family"), "cast": ("Ed Asner",), "languages": ("English",), "countries": ("USA",), "content_rating": "PG", "price": 4.49, "rating": 8.3, "services": ("Netflix",)}),
    ("Amelie", {"year": 2001, "runtime": 122, "genres": ("Comedy", "Romance"), "cast": ("Audrey Tautou",), "languages": ("French",), "countries": ("France",), "content_rating": "R", "price": 1.99, "rating": 8.3, "services": ("Netflix",)}),
    ("Raising Arizona", {"year": 1987, "runtime": 94, "genres": ("Comedy", "Crime"), "cast": ("Nicolas Cage", "Holly Hunter"), "languages": ("English",), "countries": ("USA",), "content_rating": "PG-13", "price": 2.99, "rating": 7.3, "services": ("Hulu",)}),
    ("Babe", {"year": 1995, "runtime": 92, "genres": ("Family", "Comedy"), "cast": ("James Cromwell",), "languages": ("English",), "countries": ("Australia",), "content_rating": "G", "price": 1.49, "rating": 6.9, "services": ("Netflix",)}),
    ("Ran", {"year": 1985, "runtime": 162, "genres": ("War", "Drama"), "cast": ("Tatsuya Nakadai",), "languages": ("Japanese",), "countries": ("Japan", "France"), "content_rating": "R", "price": 3.49, "rating": 8.2, "services": ("Hulu",)}),
]  # fmt: skip
RESTAURANTS: Sequence[tuple[str, Row]] = [
    ("Casa Lola", {"cuisine": ("Spanish", "Tapas"), "city": "Lyon", "price_range": "2", "OutdoorSeating": True, "GoodForKids": True, "NoiseLevel": "loud", "rating": 4.5}),
    ("Old Mill", {"cuisine": ("Pizza", "Italian"), "city": "Bergen", "price_range": "1", "OutdoorSeating": False, "GoodForKids": True, "NoiseLevel": "average", "rating": 3.5}),
    ("Blue Door", {"cuisine": ("Seafood",), "city": "Lyon", "price_range": "4", "OutdoorSeating": True, "GoodForKids": False, "NoiseLevel": "quiet", "rating": 4.0}),
    ("Noodle Bar", {"cuisine": ("Thai", "Noodles"), "city": "Graz", "price_range": "1", "OutdoorSeating": False, "GoodForKids": False, "NoiseLevel": "average", "rating": 4.0}),
    ("Green Fork", {"cuisine": ("Vegetarian",), "city": "Graz", "price_range": "3", "OutdoorSeating": True, "GoodForKids": True, "NoiseLevel": "quiet", "rating": 5.0}),
]  # fmt: skip
LAMPS: Sequence[tuple[str, Row]] = [
    ("Luna", {"colour": "red", "material": "glass", "price_eur": 45, "weight_kg": 2.5, "brand": "Nordlys", "dimmable": True, "rating": 4.1}),
    ("Sol", {"colour": "white", "material": "steel", "price_eur": 30, "weight_kg": 1.2, "brand": "Kappa", "dimmable": False, "rating": 3.2}),
    ("Stella", {"colour": "red", "material": "paper", "price_eur": 15, "weight_kg": 0.4, "brand": "Nordlys", "dimmable": False, "rating": 4.6}),
    ("Orion", {"colour": "black", "material": "steel", "price_eur": 80, "weight_kg": 4.0, "brand": "Kappa", "dimmable": True, "rating": 4.9}),
]  # fmt: skip


def items_of(rows: Sequence[tuple[str, Row]], *, renamed: Mapping[str, str] | None = None) -> list[Item]:
    """Ids are the titles in lower case with hyphens; `renamed` maps a column to what it is called instead."""
    names = renamed or {}
    return [
        Item(
            title.lower().replace(" ", "-"),
            title,
            attributes={names.get(name, name): value for name, value in row.items()},
        )
        for title, row in rows
    ]


def parser_of(items: Sequence[Item]) -> Parser:
    schema = profile(items)
    texts: dict[str, Counter[str]] = {
        name: Counter() for name, facet in schema.items() if facet.kind not in ("number", "date")
    }
    for item in items:
        for name, counts in texts.items():
            value = item.attributes.get(name, ())
            held = value if isinstance(value, tuple) else (str(value),)
            counts.update({" ".join(text.casefold().split()) for text in held})
    return Parser(schema, {name: sorted(counts.items()) for name, counts in texts.items()})


def reader_of(items: Sequence[Item]) -> Reader:
    titles = TitleIndex(
        (item.id, item.title, year if isinstance(year := item.attributes.get("year"), int) else None) for item in items
    )
    return Reader(parser_of(items), titles)


def setting_of(items: Sequence[Item], *shown: str, **known: object) -> Setting:
    by_id = {item.id: item for item in items}
    return Setting(shown=shown, item=by_id.get, **known)  # type: ignore[arg-type]
