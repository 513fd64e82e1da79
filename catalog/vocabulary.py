"""What people call facets and values, whatever a catalogue's columns are called: read from `vocabulary.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PIECE = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])|[^\W\d_]+")
"""A word in a column's name: of `RestaurantsTakeOut`, `price_eur`, `release.date`, `HasTV`."""

UNITS: Mapping[str, tuple[str, frozenset[str]]] = {
    "min": ("duration", frozenset({"min", "mins", "minutes", "minute", "minuten"})),
    "h": ("duration", frozenset({"hours", "hour", "hrs", "stunden"})),
    "s": ("duration", frozenset({"seconds", "secs", "sec"})),
    "EUR": ("price", frozenset({"eur", "euro", "euros"})),
    "USD": ("price", frozenset({"usd", "dollar", "dollars"})),
    "GBP": ("price", frozenset({"gbp", "pounds", "sterling"})),
    "CHF": ("price", frozenset({"chf", "franken"})),
    "JPY": ("price", frozenset({"jpy", "yen"})),
    "kg": ("weight", frozenset({"kg", "kilograms", "kilos"})),
    "g": ("weight", frozenset({"grams", "gram"})),
    "km": ("distance", frozenset({"km", "kilometres", "kilometers"})),
    "m": ("distance", frozenset({"metres", "meters"})),
    "cm": ("size", frozenset({"cm", "centimetres", "centimeters"})),
}
"""Unit -> what it measures, and the words of a column's name that give it away."""

YEARS = (1500, 2200)
NUMERIC = frozenset({"duration", "pages", "price", "year", "score", "popularity", "weight", "size", "distance"})
SCALED = frozenset({"price", "maturity", "noise", "difficulty", "size", "score"})
TEXTS = frozenset({"language", "country", "place", "people", "access", "kind"})


@dataclass(frozen=True, slots=True)
class Measure:
    """How people speak of one sort of facet; every tuple holds phrases in lower case."""

    columns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    most: tuple[str, ...] = ()
    least: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    highest: tuple[str, ...] = ()
    lowest: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """A country with its language, each under all names a catalogue may give it, and its adjectives."""

    country: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    adjective: tuple[str, ...] = ()


@cache
def measures() -> Mapping[str, Measure]:
    return {name: Measure(**{key: tuple(said) for key, said in entry.items()}) for name, entry in _read("measures")}


@cache
def things() -> frozenset[str]:
    """Words for items in general."""
    return frozenset(_whole()["things"])


@cache
def idle() -> frozenset[str]:
    """Words that say nothing to search for."""
    return frozenset(_whole()["idle"].split())


@cache
def idioms() -> tuple[str, ...]:
    """Phrases whose words are no values."""
    return tuple(_whole()["idioms"])


@cache
def families() -> Mapping[str, str]:
    """Phrase -> the name of its family."""
    return {phrase: name for name, phrases in _read("families") for phrase in (name, *phrases)}


@cache
def value_words() -> Mapping[str, tuple[str, ...]]:
    """A value in lower case -> what else people say for it."""
    return {value: tuple(phrases) for value, phrases in _read("values")}


@cache
def moods() -> Mapping[str, tuple[str, ...]]:
    """A value in lower case -> the words by which people wish for it without naming it."""
    return {value: tuple(phrases) for value, phrases in _read("moods")}


@cache
def peoples() -> tuple[People, ...]:
    return tuple(People(**{key: tuple(said) for key, said in entry.items()}) for entry in _whole()["peoples"])


def words_of(column: str) -> tuple[str, ...]:
    """The words of a column's name, in lower case; numbers and one-letter pieces are left out."""
    return tuple(piece.lower() for piece in PIECE.findall(column) if len(piece) > 1)


def unit_of(column: str) -> tuple[str, str]:
    """The unit that the column's name tells, and what that unit measures; empty where it tells none."""
    words = set(words_of(column)[1:]) | (set(words_of(column)) & {"minutes", "minuten", "hours"})
    for unit, (measure, spellings) in UNITS.items():
        if words & spellings:
            return unit, measure
    return "", ""


def measure_of(column: str, *, numeric: bool, texts: Collection[str], low: float | None, high: float | None) -> str:
    """What a facet measures or tells, by its name first and by its values where the name says nothing."""
    named = " ".join(words_of(column))
    fitting = NUMERIC if numeric else TEXTS | SCALED
    found = [
        (len(phrase), name)
        for name, measure in measures().items()
        if name in fitting
        for phrase in measure.columns
        if re.search(rf"\b{phrase}\b", named)
    ]
    if numeric:
        unit, measured = unit_of(column)
        if unit:
            return measured
        if found:
            return max(found)[1]
        bounded = low is not None and high is not None and low >= YEARS[0] and high <= YEARS[1]
        return "year" if bounded else ""
    known = {text.casefold() for text in texts}
    for sort in ("language", "country"):
        names = {name.casefold() for people in peoples() for name in getattr(people, sort)}
        if len(known) > 1 and len(known & names) >= 0.6 * len(known):
            return sort
    return max(found)[1] if found else ""


def names_of(column: str, measure: str) -> tuple[str, ...]:
    """What people call a facet: the words of its name, those of what it measures, those of single words of it."""
    words = [word for word in words_of(column) if word not in {said for _, all_ in UNITS.values() for said in all_}]
    own = [" ".join(words)] if words else []
    own += [name for word in words for name in _columns().get(word, ())]
    return tuple(dict.fromkeys([*own, *(measures()[measure].names if measure in measures() else ())]))


@cache
def _columns() -> Mapping[str, tuple[str, ...]]:
    return {column: tuple(names) for column, names in _read("columns")}


def _read(part: str) -> Iterator[tuple[str, Any]]:
    yield from _whole()[part].items()


@cache
def _whole() -> dict[str, Any]:
    with (Path(__file__).parent / "vocabulary.toml").open("rb") as file:
        return tomllib.load(file)
