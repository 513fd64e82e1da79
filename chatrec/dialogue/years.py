"""Years, decades and centuries, in digits, in words or counted back from today."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from chatrec.dialogue.spelled import Quantity, Word, at, number, small

DECADES = {
    "tens": 10, "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70,
    "eighties": 80, "nineties": 90, "fourties": 40, "ninties": 90, "eightees": 80, "noughties": 0, "aughts": 0,
    "naughties": 0,
}  # fmt: skip
PARTS = {"early": (0, 3), "mid": (4, 6), "middle": (4, 6), "late": (6, 9), "later": (6, 9), "end": (7, 9)}


def year_in_words(words: Sequence[Word], place: int) -> tuple[float, int] | None:
    """ "nineteen ninety-four", "twenty ten"."""
    century = {"eighteen": 18, "nineteen": 19, "twenty": 20}.get(at(words, place))
    if century is None:
        return None
    rest = small(words, place + 1 + (at(words, place + 1) == "-"))
    return (100.0 * century + rest[0], rest[1]) if rest and rest[0] >= 10 else None


def decade(words: Sequence[Word], place: int) -> tuple[Quantity, int] | None:
    """ "80s", "the early 1990s", "late sixties", "mid to late 70s", "19th century"."""
    start, low, high = place, 0, 9
    part = PARTS.get(at(words, place))
    if part:
        low, high = part
        place += 1
        if at(words, place) in ("to", "-", "or", "and", "/") and at(words, place + 1) in PARTS:
            low, high = min(low, PARTS[at(words, place + 1)][0]), max(high, PARTS[at(words, place + 1)][1])
            place += 2
        place += at(words, place) == "-"
        place += at(words, place) == "of"
        place += at(words, place) == "the"
    place += at(words, place) in ("'", "’", "‘")
    found = _decade_start(words, place)
    if found is None:
        return _century(words, start)
    begin, after = found
    return Quantity(words[start].start, words[after - 1].end, begin + low, begin + high, "year"), after


def _decade_start(words: Sequence[Word], place: int) -> tuple[int, int] | None:
    word, after = at(words, place), place + 1
    if word in DECADES:
        return (2000 if DECADES[word] < 20 else 1900) + DECADES[word], after
    if word in ("nineteen", "twenty") and at(words, after + (at(words, after) == "-")) in DECADES:
        after += at(words, after) == "-"
        return (1900 if word == "nineteen" else 2000) + DECADES[at(words, after)], after + 1
    after += at(words, after) in ("'", "’")
    if not re.fullmatch(r"\d0|\d{3}0", word) or at(words, after) not in ("s", "ies", "es", "'s"):
        return None
    if words[after].start - words[place].end > 1:
        return None
    year = int(word)
    return (year if year > 100 else year + (2000 if year < 20 else 1900)), after + 1


def _century(words: Sequence[Word], place: int) -> tuple[Quantity, int] | None:
    if at(words, place) == "this" and at(words, place + 1) == "century":
        return Quantity(words[place].start, words[place + 1].end, 2000, 2099, "year"), place + 2
    if at(words, place + 1) in ("th", "st") and at(words, place + 2) == "century" and at(words, place).isdecimal():
        first = 100 * (int(at(words, place)) - 1)
        return Quantity(words[place].start, words[place + 2].end, first, first + 99, "year"), place + 3
    return None


def lately(words: Sequence[Word], place: int) -> tuple[Quantity, int] | None:
    """ "the last ten years", "this decade", "last year", "in the past five years"."""
    now, word = date.today().year, at(words, place)
    if word not in ("last", "past", "this", "previous"):
        return None
    after, count = place + 1, 1.0
    after += at(words, after) in ("few", "couple")
    few = after > place + 1
    found = number(words, after)
    if found:
        count, after = found
    unit = at(words, after)
    if unit in ("year", "years"):
        low = now if word == "this" else now - (4 if few else count)
        high = now - 1 if (unit, word) == ("year", "last") and not found else now
    elif unit in ("decade", "decades"):
        low = now - now % 10 if word == "this" else now - 10 * count
        high = now
    else:
        return None
    return Quantity(words[place].start, words[after].end, low, high, "year"), after + 1
