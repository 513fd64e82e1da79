"""Reads numbers with their units, years, decades and ranges out of ordinary language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chatrec.dialogue.spelled import ONES, TOKEN, Quantity, Word, at, number, quantity
from chatrec.dialogue.years import decade, lately, year_in_words

HOURS = frozenset("h hr hrs hour hours hourish std".split())
MINUTES = frozenset("m min mins minute minutes mns".split())
CURRENCIES = {
    "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "￥": "JPY", "euro": "EUR", "euros": "EUR", "eur": "EUR",
    "dollar": "USD", "dollars": "USD", "usd": "USD", "bucks": "USD", "buck": "USD", "pound": "GBP", "pounds": "GBP",
    "quid": "GBP", "gbp": "GBP", "chf": "CHF", "francs": "CHF", "yen": "JPY",
}  # fmt: skip
OTHERS = {
    "page": "pages", "pages": "pages", "pp": "pages", "star": "stars", "stars": "stars", "kg": "kg", "kilo": "kg",
    "kilos": "kg", "gram": "g", "grams": "g", "gramme": "g", "grammes": "g", "km": "km",
    "points": "points", "percent": "%", "%": "%",
}  # fmt: skip
PART_HOURS = {
    ("a", "half"): 30,
    ("a", "quarter"): 15,
    ("three", "quarters"): 45,
    ("three", "quarter"): 45,
    ("half",): 30,
}
UNCOUNTED = frozenset(
    "times time people persons friends kids children of us adults guests years year day days week weeks month months "
    "o'clock am pm girls boys guys men women colleagues".split()
)
"""What follows a number that says nothing of an item."""

ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "lowest": 1}
GRADED = frozenset("price level tier range band category".split())
BOUNDING = frozenset("range level than under over least most of below above tier".split())


def quantities(text: str) -> list[Quantity]:
    """All of them, in order; durations are in minutes ("min"), years and decades have the unit "year"."""
    words = [Word(found.group().lower().replace("’", "'"), *found.span()) for found in TOKEN.finditer(text)]
    return list(_quantities(words))


def _quantities(words: Sequence[Word]) -> Iterator[Quantity]:
    place = 0
    while place < len(words):
        for read in (decade, lately, _duration, _money, _counted):
            found = read(words, place)
            if found:
                told, place = found
                yield told
                break
        else:
            place += 1


def _duration(words: Sequence[Word], place: int) -> tuple[Quantity, int] | None:
    """ "two hours", "1h45", "an hour and a half", "two and a half hours", "half an hour", "ninety minutes"."""
    texts = [at(words, place + step) for step in range(4)]
    if texts[0] == "half" and texts[1] in ("an", "a") and texts[2] in HOURS:
        return quantity(words, place, place + 3, 30.0, "min")
    if texts[0] in ("a", "an") and texts[1] in HOURS | MINUTES:
        value, after = 1.0, place + 1
    else:
        found = number(words, place)
        if found is None:
            return None
        value, after = found
        if [at(words, after + step) for step in range(3)] == ["and", "a", "half"]:
            value, after = value + 0.5, after + 3
    after += at(words, after) == "-"
    unit = at(words, after)
    if unit in MINUTES and not (unit == "m" and words[after].start != words[after - 1].end):
        return quantity(words, place, after + 1, value, "min")
    if unit not in HOURS:
        return None
    total, after = 60 * value, after + 1
    rest = after + (at(words, after) == "and")
    for said, minutes in PART_HOURS.items():
        if tuple(at(words, rest + step) for step in range(len(said))) == said:
            return quantity(words, place, rest + len(said), total + minutes, "min")
    more = number(words, rest)
    if more and more[0] < 60 and at(words, more[1]) not in HOURS | set(CURRENCIES) | set(OTHERS):
        close = words[rest].start - words[rest - 1].end <= 1
        if at(words, more[1]) in MINUTES or close:
            end = more[1] + (at(words, more[1]) in MINUTES)
            return quantity(words, place, end, total + more[0], "min")
    return quantity(words, place, after, total, "min")


def _money(words: Sequence[Word], place: int) -> tuple[Quantity, int] | None:
    """ "€40", "40 euros", "3 euros 50"."""
    sign = CURRENCIES.get(at(words, place), "")
    found = number(words, place + 1 if sign else place)
    if found is None:
        return None
    value, after = found
    if sign:
        return quantity(words, place, after, value, sign)
    unit = CURRENCIES.get(at(words, after), "")
    if not unit:
        return None
    cents = number(words, after + 1)
    if cents and cents[0].is_integer() and 10 <= cents[0] < 100 and at(words, cents[1]) not in HOURS | MINUTES:
        return quantity(words, place, cents[1], value + cents[0] / 100, unit)
    return quantity(words, place, after + 1, value, unit)


def _counted(words: Sequence[Word], place: int) -> tuple[Quantity, int] | None:
    """A year, a number with another unit, or one with none; "7.5/10" and "8 out of 10" are of ten."""
    if at(words, place) in ORDINALS and at(words, place + 1) in GRADED:
        return quantity(words, place, place + 1, float(ORDINALS[at(words, place)]), "")
    found = year_in_words(words, place) or number(words, place)
    if found is None:
        return None
    value, after = found
    if [at(words, after + step) for step in range(3)] == ["and", "a", "half"]:
        value, after = value + 0.5, after + 3
    if at(words, after) == "point" and at(words, after + 1) in ONES and ONES[at(words, after + 1)] < 10:
        value, after = value + ONES[at(words, after + 1)] / 10, after + 2
    if at(words, place - 1) in ("'", "’") and re.fullmatch(r"\d\d", at(words, place)):
        return quantity(words, place, after, (1900 if value > 26 else 2000) + value, "year")
    if (
        value.is_integer()
        and 1800 <= value <= 2100
        and re.fullmatch(r"\d{4}|[a-z]+", at(words, place))
        and at(words, after) not in OTHERS
    ):
        return quantity(words, place, after, value, "year")
    if at(words, after) == "/" or (at(words, after), at(words, after + 1)) == ("out", "of"):
        whole = number(words, after + (1 if at(words, after) == "/" else 2))
        if whole and whole[0] in (5, 10, 100):
            return quantity(words, place, whole[1], value, f"of {whole[0]:.0f}")
    unit = after + (at(words, after) in ("-", "+"))
    if at(words, unit) in OTHERS:
        return quantity(words, place, unit + 1, value, OTHERS[at(words, unit)])
    if at(words, after) in UNCOUNTED:
        return None
    if not at(words, place)[:1].isdecimal() and value < 3 and at(words, place - 1) not in BOUNDING:
        return None  # "one" and "two" are pronouns more often than numbers
    return quantity(words, place, after, value, "")
