"""Numbers in digits or words, wherever they stand in a message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """`text[start:end]` tells a number, or for years and decades a range; `unit` is "" where nothing says of what."""

    start: int
    end: int
    low: float
    high: float
    unit: str


def at(words: Sequence[Word], place: int) -> str:
    return words[place].text if 0 <= place < len(words) else ""


def number(words: Sequence[Word], place: int) -> tuple[float, int] | None:
    """A number in digits or words, and the place after it."""
    word = at(words, place)
    if word[:1].isdecimal():
        digits = word.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", word) else word.replace(",", ".")
        if at(words, place + 1) == "k" and words[place + 1].start == words[place].end:
            return 1000 * float(digits), place + 2
        return float(digits), place + 1
    if word in ("a", "one") and at(words, place + 1) in ("hundred", "thousand", "dozen", "couple"):
        return _big(words, place + 1, 1.0)
    if word in ("hundred", "thousand", "dozen"):
        return _big(words, place, 1.0)
    below = small(words, place)
    return _big(words, below[1], below[0]) if below else None


def small(words: Sequence[Word], place: int) -> tuple[float, int] | None:
    """A number below a hundred in words, and the place after it."""
    word = at(words, place)
    if word in ONES:
        return float(ONES[word]), place + 1
    if word not in TENS:
        return None
    after = place + 2 if at(words, place + 1) == "-" else place + 1
    if 0 < ONES.get(at(words, after), 0) < 10:
        return float(TENS[word] + ONES[at(words, after)]), after + 1
    return float(TENS[word]), place + 1


def _big(words: Sequence[Word], place: int, value: float) -> tuple[float, int]:
    """`value` and the hundreds, thousands and so on that follow it."""
    word = at(words, place)
    if word == "dozen":
        return 12 * value, place + 1
    if word == "couple":
        return 2 * value, place + (2 if at(words, place + 1) == "of" else 1)
    if word == "thousand":
        rest = number(words, place + 1 + (at(words, place + 1) == "and"))
        return (1000 * value + rest[0], rest[1]) if rest and rest[0] < 1000 else (1000 * value, place + 1)
    if word != "hundred":
        return value, place
    value, place = 100 * value, place + 1
    rest = small(words, place + 1 if at(words, place) == "and" else place)
    return (value + rest[0], rest[1]) if rest else (value, place)


def quantity(words: Sequence[Word], place: int, after: int, value: float, unit: str) -> tuple[Quantity, int]:
    return Quantity(words[place].start, words[after - 1].end, value, value, unit), after
