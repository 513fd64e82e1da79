"""From the numbers a message names, and the words around them, to ranges: at least, under, between, around."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from chatrec.dialogue.quantities import quantities
from chatrec.dialogue.scope import clause
from chatrec.dialogue.spelled import Quantity
from chatrec.types import Op

_LESS = (
    r"under|below|less|fewer|before|earlier|prior to|shorter|cheaper|lower|smaller|older|beneath|inside|thinner|slimmer|"
    r"lighter|milder|pre|sub|younger than|short of|shy of|south of|underneath"
)
_MORE = (
    r"over|above|more|greater|longer|newer|(?<!'m )(?<!’m )(?<!'re )(?<!i am )(?<!are )after|later|beyond|exceed(?:s|ing)?|better|higher|bigger|larger|past|post|north of|"
    r"upwards? of|in excess of|thicker|heavier|stronger|dearer|pricier|more expensive|more recent|go(?:es|ing)? (?:over|past|beyond|above)"
)
_FILL = r"(?:\s+(?:than|that|the|a|an|about|around|like|say|year|years|of|is|it|its|it's|rated|than the|roughly|anything|anywhere|(?:price |noise )?(?:level|range|tier|band|grade)))*\s*[(€$£\"'“‘’~-]?\s*$"
_NO = (
    r"(?:no|not|nothing|never|none|nobody|isn['’]?t|is not|aren['’]?t|doesn['’]?t|does not|don['’]?t|do not|won['’]?t|can['’]?t|cannot|shouldn['’]?t|"
    r"should not|mustn['’]?t|must not|without|avoid|nor|nowt|wouldn['’]?t|couldn['’]?t|hate|refuse)"
)

BEFORE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (sort, re.compile(pattern + _FILL, re.IGNORECASE))
    for sort, pattern in (
        ("not less", rf"\b{_NO}\b(?:\s+[\w'’]+){{0,4}}?\s+(?:any\s+)?(?:{_LESS})"),
        ("not more", rf"\b{_NO}\b(?:\s+[\w'’]+){{0,5}}?\s+(?:any\s+)?(?:{_MORE})"),
        ("max", r"\b(?:at (?:the )?(?:very )?most|max(?:imum|imally)?(?: of)?|up to|as much as|until|till|within|limit(?: is| of)?|"
                r"cap(?:ped)?(?: at| of| is)?|not exceeding|ceiling(?: of| is)?|budget(?: of| is|'s|:)?|can spend|spend|i have|i've got|"
                r"we have|we've got|got|only have|less than or equal to|<=|≤|upper limit(?: of| is)?|stay(?:ing)? (?:under|below|within)|"
                r"keep (?:it )?(?:under|below|to|within)|no more|make do with|as late as|or before|afford|pay)"),
        ("min", r"\b(?:at (?:the )?(?:very )?least|min(?:imum)?(?: of)?|since|starting (?:at|from|in|with)|from as early as|"
                r"no worse|no less|>=|≥|lower limit(?: of| is)?|as early as|(?:a )?good|or better)"),
        ("below", rf"(?:\b(?:{_LESS})|<)"),
        ("above", rf"(?:\b(?:{_MORE})|>)"),
        ("around", r"(?:\b(?:about|around|approximately|approx|roughly|circa|ca|c|close to|near(?:ly)?|in the region of|more or less|somewhere around|give or take|ish)|~)"),
        ("from", r"\bfrom"),
    )
)  # fmt: skip
AFTER: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("min", re.compile(r"^\+")),
    ("around", re.compile(r"^-?ish\b", re.IGNORECASE)),
    *(
    (sort, re.compile(rf"^[)\"'’”\s]*(?:{pattern})(?!\w)", re.IGNORECASE))
    for sort, pattern in (
        ("max", r"(?:[\w-]+\s+)?(?:,\s*)?(?:or|and|nor)\s+(?:less|under|below|fewer|shorter|cheaper|earlier|older|before|lower|smaller|milder|down|thereabouts under)\b(?!\s+(?:[€$£]?\d|than\b|an?\b|one\b|two\b|three\b|four\b|five\b|half\b|ninety\b|eighty\b|hundred\b|[a-z]+ (?:hours?|minutes?|euros?|stars?)\b))"),
        ("max", r"(?:[\w-]+\s+)?(?:tops|max(?:imum)?|at (?:the )?(?:very )?(?:most|longest|latest|outside|oldest|dearest)|limit|ceiling|is (?:my|the|our) (?:limit|max(?:imum)?|budget|ceiling|cap)|or so at most|and no (?:more|longer|later)(?! than)|and not (?:a minute )?(?:more|longer|later)|not more|no more|to spare|to spend|free)"),
        ("min", r"(?:[\w-]+\s+)?(?:,\s*)?(?:or|and)\s+(?:more|over|above|longer|higher|better|later|newer|up|upwards?|after|beyond|onwards?|bigger|stronger|on|greater|younger|since)\b(?!\s+(?:[€$£]?\d|than\b|an?\b|one\b|two\b|three\b|four\b|five\b|half\b|[a-z]+ (?:hours?|minutes?|euros?|stars?)\b))"),
        ("min", r"(?:on(?=\s*(?:$|[,.!?]|please|and|but|is|are)))"),
        ("min", r"(?:[\w-]+\s+)?(?:min(?:imum)?|at (?:the )?(?:very )?(?:least|earliest|shortest|newest)|onwards?|upwards?|and counting|plus(?!\s*\d)|is (?:my|the) min(?:imum)?)"),
        ("around", r"(?:-?ish|or so|or thereabouts|give or take|more or less)"),
        ("fine", r"(?:is|are|would be|['’]s) (?:also |totally |perfectly )?(?:fine|ok|okay|alright|all right|good|acceptable|doable|possible)"),
    )),
)  # fmt: skip
RANGE = re.compile(
    r"\s*(?:-|–|—|to|and|until|till|through|thru|up to)\s*(?:the\s+|about\s+|around\s+|[€$£])?\s*", re.IGNORECASE
)
EITHER = re.compile(
    r"\s*(?:,|/|or|,\s*or|and|or maybe|or even|or perhaps|,?\s*or from|,?\s*and from)\s*(?:from\s+)?(?:in\s+)?(?:the\s+|maybe\s+)?",
    re.IGNORECASE,
)
TIMEBOX = re.compile(r"\b(?:i|we)(?:'ve| have|’ve)? (?:only )?(?:have|got|can spare|'ve got)\b[^.;!?]*$", re.IGNORECASE)
CLOSE = 0.1
"""How far a number may be from one that is only roughly said."""


@dataclass(frozen=True, slots=True)
class Bound:
    """`text[start:end]` asks for a number (of `unit`) in one of `ranges`, or on one side of it; `inverted`: not that.

    `op` is "within" with low, high, low, high, ... in `values`, or "min", "max", "above", "below" with one number;
    `words` are those before the number, which may say of what it is.
    """

    start: int
    end: int
    op: Op
    values: tuple[float, ...]
    unit: str
    plain: bool = False
    """Nothing around the number says how it bounds."""


@lru_cache(maxsize=64)
def bounds(text: str) -> Sequence[Bound]:
    """What the numbers in a message bound, in order; those of years that are joined by "or" as one."""
    found = list(_bounds(text, quantities(text)))
    merged: list[Bound] = []
    for bound in found:
        last = merged[-1] if merged else None
        if (
            last
            and last.op == bound.op == "within"
            and (last.unit == bound.unit or not bound.unit)
            and EITHER.fullmatch(text[last.end : bound.start])
        ):
            ranges = _union((*last.values, *bound.values))
            merged[-1] = replace(last, end=bound.end, values=ranges, plain=last.plain and bound.plain)
        else:
            merged.append(bound)
    return merged


def _bounds(text: str, found: Sequence[Quantity]) -> Iterator[Bound]:
    place = 0
    while place < len(found):
        first = found[place]
        second = found[place + 1] if place + 1 < len(found) else None
        if second and _is_range(text, first, second):
            unit = first.unit if first.unit not in ("", "year") else second.unit or first.unit
            low, high = first.low, second.high
            if unit == "year" and not first.unit and low < 100:
                low += 1900
            if unit == "min" and not first.unit and low <= 5:
                low *= 60
            start = _start(text, first.start, r"\b(?:between|from|in|of|anywhere between)\s*(?:the\s*)?[€$£]?\s*$")
            yield Bound(start, second.end, "within", (min(low, high), max(low, high)), unit)
            place += 2
            continue
        yield _bound(text, first, found[place - 1].end if place else 0)
        place += 1


def _is_range(text: str, first: Quantity, second: Quantity) -> bool:
    between = text[first.end : second.start]
    if not RANGE.fullmatch(between) or (first.unit and second.unit and first.unit != second.unit):
        return False
    if "and" in between.lower():
        return bool(re.search(r"\bbetween\s*(?:the\s*)?[€$£]?\s*$", text[: first.start], re.IGNORECASE))
    return True


def _bound(text: str, quantity: Quantity, previous: int) -> Bound:
    """`previous` is where the number before ends."""
    begin, stop = clause(text, quantity.start, quantity.end)
    begin = max(begin, previous)
    before, after = text[begin : quantity.start], text[quantity.end : max(stop, quantity.end)]
    sort, start, end = "", quantity.start, quantity.end
    for name, pattern in BEFORE:
        found = pattern.search(before)
        if found:
            sort, start = name, begin + found.start()
            break
    for name, pattern in AFTER:
        found = pattern.match(after)
        if found and (name != "around" or not sort):
            sort, end = ("max" if name == "max" else name), quantity.end + found.end()
            break
    if not sort and quantity.unit == "min" and TIMEBOX.search(before):
        sort = "max"
    return _made(quantity, sort, start, end)


def _made(quantity: Quantity, sort: str, start: int, end: int) -> Bound:
    low, high, unit = quantity.low, quantity.high, quantity.unit
    if sort == "not more" or (sort == "fine" and unit not in ("", "year", "stars")):
        return Bound(start, end, "max", (high,), unit)
    if sort == "max":
        return Bound(start, end, "max", (high,), unit)
    if sort in ("min", "not less") or (sort == "from" and unit not in ("year", "")):
        return Bound(start, end, "min", (low,), unit)
    if sort == "below":
        return Bound(start, end, "below", (low,), unit)
    if sort == "above":
        return Bound(start, end, "above", (high,), unit)
    if sort == "around":
        slack = 3 if unit == "year" and low == high else CLOSE * high if unit != "year" else 0
        return Bound(start, end, "within", (math.floor(low - slack), math.ceil(high + slack)), unit)
    if unit == "year" and low < high:
        return Bound(start, end, "within", (low, high), unit)
    return Bound(start, end, "within", (low, high), unit, plain=True)


def _start(text: str, start: int, pattern: str) -> int:
    found = re.search(pattern, text[:start], re.IGNORECASE)
    return found.start() if found else start


def _union(values: tuple[float, ...]) -> tuple[float, ...]:
    """Ranges that touch, year after year, become one."""
    ranges = sorted(zip(values[::2], values[1::2], strict=True))
    joined = [ranges[0]]
    for low, high in ranges[1:]:
        if low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(bound for pair in joined for bound in pair)
