"""Reads numbers with their units, years, decades and ranges out of ordinary language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

TOKEN = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|[^\W\d_]+(?:['’][^\W\d_]+)?|[^\w\s]")

ONES = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
TENS = {
    word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
} | {"fourty": 40, "nintey": 90}
DECADES = {
    "tens": 10, "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70,
    "eighties": 80, "nineties": 90, "fourties": 40, "ninties": 90, "eightees": 80, "noughties": 0, "aughts": 0,
    "naughties": 0,
}  # fmt: skip
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
PARTS = {"early": (0, 3), "mid": (4, 6), "middle": (4, 6), "late": (6, 9), "later": (6, 9), "end": (7, 9)}


@dataclass(frozen=True, slots=True)
class Quantity:
    """`text[start:end]` tells a number, or for years and decades a range; `unit` is "" where nothing says of what."""

    start: int
    end: int
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


def quantities(text: str) -> list[Quantity]:
    """All of them, in order; durations are in minutes ("min"), years and decades have the unit "year"."""
    words = [_Word(found.group().lower().replace("’", "'"), *found.span()) for found in TOKEN.finditer(text)]
    return list(_quantities(words))


def _quantities(words: Sequence[_Word]) -> Iterator[Quantity]:
    place = 0
    while place < len(words):
        for read in (_decade, _lately, _duration, _money, _counted):
            found = read(words, place)
            if found:
                quantity, place = found
                yield quantity
                break
        else:
            place += 1


def _at(words: Sequence[_Word], place: int) -> str:
    return words[place].text if 0 <= place < len(words) else ""


def _number(words: Sequence[_Word], place: int) -> tuple[float, int] | None:
    """A number in digits or words, and the place after it."""
    word = _at(words, place)
    if word[:1].isdecimal():
        digits = word.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", word) else word.replace(",", ".")
        if _at(words, place + 1) == "k" and words[place + 1].start == words[place].end:
            return 1000 * float(digits), place + 2
        return float(digits), place + 1
    if word in ("a", "one") and _at(words, place + 1) in ("hundred", "thousand", "dozen", "couple"):
        return _big(words, place + 1, 1.0)
    if word in ("hundred", "thousand", "dozen"):
        return _big(words, place, 1.0)
    small = _small(words, place)
    return _big(words, small[1], small[0]) if small else None


def _small(words: Sequence[_Word], place: int) -> tuple[float, int] | None:
    word = _at(words, place)
    if word in ONES:
        return float(ONES[word]), place + 1
    if word not in TENS:
        return None
    after = place + 2 if _at(words, place + 1) == "-" else place + 1
    if 0 < ONES.get(_at(words, after), 0) < 10:
        return float(TENS[word] + ONES[_at(words, after)]), after + 1
    return float(TENS[word]), place + 1


def _big(words: Sequence[_Word], place: int, value: float) -> tuple[float, int]:
    """`value` and the hundreds, thousands and so on that follow it."""
    word = _at(words, place)
    if word == "dozen":
        return 12 * value, place + 1
    if word == "couple":
        return 2 * value, place + (2 if _at(words, place + 1) == "of" else 1)
    if word == "thousand":
        rest = _number(words, place + 1 + (_at(words, place + 1) == "and"))
        return (1000 * value + rest[0], rest[1]) if rest and rest[0] < 1000 else (1000 * value, place + 1)
    if word != "hundred":
        return value, place
    value, place = 100 * value, place + 1
    rest = _small(words, place + 1 if _at(words, place) == "and" else place)
    return (value + rest[0], rest[1]) if rest else (value, place)


def _duration(words: Sequence[_Word], place: int) -> tuple[Quantity, int] | None:
    """ "two hours", "1h45", "an hour and a half", "two and a half hours", "half an hour", "ninety minutes"."""
    texts = [_at(words, place + step) for step in range(4)]
    if texts[0] == "half" and texts[1] in ("an", "a") and texts[2] in HOURS:
        return _quantity(words, place, place + 3, 30.0, "min")
    if texts[0] in ("a", "an") and texts[1] in HOURS | MINUTES:
        value, after = 1.0, place + 1
    else:
        found = _number(words, place)
        if found is None:
            return None
        value, after = found
        if [_at(words, after + step) for step in range(3)] == ["and", "a", "half"]:
            value, after = value + 0.5, after + 3
    after += _at(words, after) == "-"
    unit = _at(words, after)
    if unit in MINUTES and not (unit == "m" and words[after].start != words[after - 1].end):
        return _quantity(words, place, after + 1, value, "min")
    if unit not in HOURS:
        return None
    total, after = 60 * value, after + 1
    rest = after + (_at(words, after) == "and")
    for said, minutes in PART_HOURS.items():
        if tuple(_at(words, rest + step) for step in range(len(said))) == said:
            return _quantity(words, place, rest + len(said), total + minutes, "min")
    more = _number(words, rest)
    if more and more[0] < 60 and _at(words, more[1]) not in HOURS | set(CURRENCIES) | set(OTHERS):
        close = words[rest].start - words[rest - 1].end <= 1
        if _at(words, more[1]) in MINUTES or close:
            end = more[1] + (_at(words, more[1]) in MINUTES)
            return _quantity(words, place, end, total + more[0], "min")
    return _quantity(words, place, after, total, "min")


def _money(words: Sequence[_Word], place: int) -> tuple[Quantity, int] | None:
    """ "€40", "40 euros", "3 euros 50"."""
    sign = CURRENCIES.get(_at(words, place), "")
    found = _number(words, place + 1 if sign else place)
    if found is None:
        return None
    value, after = found
    if sign:
        return _quantity(words, place, after, value, sign)
    unit = CURRENCIES.get(_at(words, after), "")
    if not unit:
        return None
    cents = _number(words, after + 1)
    if cents and cents[0].is_integer() and 10 <= cents[0] < 100 and _at(words, cents[1]) not in HOURS | MINUTES:
        return _quantity(words, place, cents[1], value + cents[0] / 100, unit)
    return _quantity(words, place, after + 1, value, unit)


def _counted(words: Sequence[_Word], place: int) -> tuple[Quantity, int] | None:
    """A year, a number with another unit, or one with none; "7.5/10" and "8 out of 10" are of ten."""
    if _at(words, place) in ORDINALS and _at(words, place + 1) in GRADED:
        return _quantity(words, place, place + 1, float(ORDINALS[_at(words, place)]), "")
    found = _year_in_words(words, place) or _number(words, place)
    if found is None:
        return None
    value, after = found
    if [_at(words, after + step) for step in range(3)] == ["and", "a", "half"]:
        value, after = value + 0.5, after + 3
    if _at(words, after) == "point" and _at(words, after + 1) in ONES and ONES[_at(words, after + 1)] < 10:
        value, after = value + ONES[_at(words, after + 1)] / 10, after + 2
    if _at(words, place - 1) in ("'", "’") and re.fullmatch(r"\d\d", _at(words, place)):
        return _quantity(words, place, after, (1900 if value > 26 else 2000) + value, "year")
    if (
        value.is_integer()
        and 1800 <= value <= 2100
        and re.fullmatch(r"\d{4}|[a-z]+", _at(words, place))
        and _at(words, after) not in OTHERS
    ):
        return _quantity(words, place, after, value, "year")
    if _at(words, after) == "/" or (_at(words, after), _at(words, after + 1)) == ("out", "of"):
        whole = _number(words, after + (1 if _at(words, after) == "/" else 2))
        if whole and whole[0] in (5, 10, 100):
            return _quantity(words, place, whole[1], value, f"of {whole[0]:.0f}")
    unit = after + (_at(words, after) in ("-", "+"))
    if _at(words, unit) in OTHERS:
        return _quantity(words, place, unit + 1, value, OTHERS[_at(words, unit)])
    if _at(words, after) in UNCOUNTED:
        return None
    if not _at(words, place)[:1].isdecimal() and value < 3 and _at(words, place - 1) not in BOUNDING:
        return None  # "one" and "two" are pronouns more often than numbers
    return _quantity(words, place, after, value, "")


def _year_in_words(words: Sequence[_Word], place: int) -> tuple[float, int] | None:
    """ "nineteen ninety-four", "twenty ten"."""
    century = {"eighteen": 18, "nineteen": 19, "twenty": 20}.get(_at(words, place))
    if century is None:
        return None
    rest = _small(words, place + 1 + (_at(words, place + 1) == "-"))
    return (100.0 * century + rest[0], rest[1]) if rest and rest[0] >= 10 else None


def _decade(words: Sequence[_Word], place: int) -> tuple[Quantity, int] | None:
    """ "80s", "the early 1990s", "late sixties", "mid to late 70s", "19th century"."""
    start, low, high = place, 0, 9
    part = PARTS.get(_at(words, place))
    if part:
        low, high = part
        place += 1
        if _at(words, place) in ("to", "-", "or", "and", "/") and _at(words, place + 1) in PARTS:
            low, high = min(low, PARTS[_at(words, place + 1)][0]), max(high, PARTS[_at(words, place + 1)][1])
            place += 2
        place += _at(words, place) == "-"
        place += _at(words, place) == "of"
        place += _at(words, place) == "the"
    place += _at(words, place) in ("'", "’", "‘")
    found = _decade_start(words, place)
    if found is None:
        return _century(words, start)
    begin, after = found
    return Quantity(words[start].start, words[after - 1].end, begin + low, begin + high, "year"), after


def _decade_start(words: Sequence[_Word], place: int) -> tuple[int, int] | None:
    word, after = _at(words, place), place + 1
    if word in DECADES:
        return (2000 if DECADES[word] < 20 else 1900) + DECADES[word], after
    if word in ("nineteen", "twenty") and _at(words, after + (_at(words, after) == "-")) in DECADES:
        after += _at(words, after) == "-"
        return (1900 if word == "nineteen" else 2000) + DECADES[_at(words, after)], after + 1
    after += _at(words, after) in ("'", "’")
    if not re.fullmatch(r"\d0|\d{3}0", word) or _at(words, after) not in ("s", "ies", "es", "'s"):
        return None
    if words[after].start - words[place].end > 1:
        return None
    number = int(word)
    return (number if number > 100 else number + (2000 if number < 20 else 1900)), after + 1


def _century(words: Sequence[_Word], place: int) -> tuple[Quantity, int] | None:
    if _at(words, place) == "this" and _at(words, place + 1) == "century":
        return Quantity(words[place].start, words[place + 1].end, 2000, 2099, "year"), place + 2
    if _at(words, place + 1) in ("th", "st") and _at(words, place + 2) == "century" and _at(words, place).isdecimal():
        first = 100 * (int(_at(words, place)) - 1)
        return Quantity(words[place].start, words[place + 2].end, first, first + 99, "year"), place + 3
    return None


def _lately(words: Sequence[_Word], place: int) -> tuple[Quantity, int] | None:
    """ "the last ten years", "this decade", "last year", "in the past five years"."""
    now, word = date.today().year, _at(words, place)
    if word not in ("last", "past", "this", "previous"):
        return None
    after, count = place + 1, 1.0
    after += _at(words, after) in ("few", "couple")
    few = after > place + 1
    found = _number(words, after)
    if found:
        count, after = found
    unit = _at(words, after)
    if unit in ("year", "years"):
        low = now if word == "this" else now - (4 if few else count)
        high = now - 1 if (unit, word) == ("year", "last") and not found else now
    elif unit in ("decade", "decades"):
        low = now - now % 10 if word == "this" else now - 10 * count
        high = now
    else:
        return None
    return Quantity(words[place].start, words[after].end, low, high, "year"), after + 1


def _quantity(words: Sequence[_Word], place: int, after: int, value: float, unit: str) -> tuple[Quantity, int]:
    return Quantity(words[place].start, words[after - 1].end, value, value, unit), after
