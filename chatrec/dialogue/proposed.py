"""A condition that a language model proposes, checked: what the catalogue or the message does not hold is none."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chatrec.catalog import Item
from chatrec.catalog.schema import Facet, comparable, day
from chatrec.dialogue.bounds import Bound
from chatrec.dialogue.numbers import condition
from chatrec.dialogue.values import ValueIndex
from chatrec.types import Constraint, Op

ONE: Mapping[str, Op] = {"min": "min", "max": "max", "above": "above", "below": "below"}
PAIRS: Mapping[str, Op] = {"within": "within", "outside": "outside"}
CHOICES: Mapping[str, Op] = {"any": "any", "none": "none"}
COMPARED: Mapping[str, Op] = {"more": "above", "less": "below"}
"""How a condition is said that compares with an item, and what it comes to."""

OPS = (*CHOICES, *ONE, *PAIRS, *COMPARED)

MOST_VALUES = 20
SLACK = 0.5
"""How far beyond the least and the greatest number of a facet, in their distance, a bound may still lie."""

TELLING = re.compile(r"\w{2}|\d")


def proposed(
    raw: object, message: str, *, schema: Mapping[str, Facet], values: ValueIndex, items: Mapping[str, Item]
) -> Constraint | None:
    """The condition with the words of the message that it was read from; None where it cannot be one.

    `raw` is what was answered: "facet", "op", "values", "strength", "than" (a label of `items`) and "words".
    """
    if not isinstance(raw, dict):
        return None
    facet = schema.get(_text(raw, "facet"))
    words = quoted(message, raw.get("words"))
    if facet is None or not words:
        return None
    op, wanted = _text(raw, "op"), raw.get("values")
    if op in COMPARED:
        item = items.get(_text(raw, "than"))
        op, wanted = COMPARED[op], [item.attributes.get(facet.name) if item else None]
    if not isinstance(wanted, list) or not 0 < len(wanted) <= MOST_VALUES:
        return None
    if facet.kind in ("number", "date"):
        read = _bounded(facet, op, wanted)
    elif facet.scale and op in ONE:
        read = _steps(facet, op, wanted)
    else:
        read = _chosen(facet, op, wanted, values)
    if read is None:
        return None
    hard = read.strength == "hard" and raw.get("strength") == "hard"
    return replace(read, strength="hard" if hard else "soft", text=words)


def quoted(message: str, words: object) -> str:
    """The words as they stand in the message; empty where they do not, or say nothing."""
    if not isinstance(words, str) or not TELLING.search(words):
        return ""
    found = re.search(r"\s+".join(map(re.escape, words.split())), message, re.IGNORECASE)
    return found.group() if found else ""


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _bounded(facet: Facet, op: str, wanted: Sequence[object]) -> Constraint | None:
    """A bound on numbers or dates that lies where the facet's values do, give or take."""
    known = ONE.get(op) if len(wanted) == 1 else PAIRS.get(op) if len(wanted) % 2 == 0 else None
    days = [day(value) if isinstance(value, str) else math.nan for value in wanted]
    dated = facet.kind == "date" and not any(map(math.isnan, days))
    numbers = days if dated else [_number(value) for value in wanted]
    pairs = zip(numbers[::2], numbers[1::2], strict=False)
    if known is None or any(map(math.isnan, numbers)) or any(low > high for low, high in pairs):
        return None
    years = facet.kind == "date" and not dated
    places = [day(f"{year:04.0f}-01-01") for year in numbers] if years else numbers
    if not all(_could_be(facet, place) for place in places):
        return None
    if dated:
        return Constraint(facet.name, known, tuple(str(value)[:10] for value in wanted))
    bound = Bound(0, 0, "within" if known in PAIRS else known, tuple(numbers), "")
    return replace(condition(facet, bound, numbers), op=known)


def _could_be(facet: Facet, number: float) -> bool:
    if facet.low is None or facet.high is None:
        return False
    slack = SLACK * (facet.high - facet.low)
    return facet.low - slack <= number <= facet.high + slack


def _number(value: object) -> float:
    """A finite number, also where it is written as a text; else NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan


def _steps(facet: Facet, op: str, wanted: Sequence[object]) -> Constraint | None:
    """The steps of a scale on one side of one of them."""
    scale = [_plain(step) for step in facet.scale]
    if len(wanted) != 1 or _plain(wanted[0]) not in scale:
        return None
    place = scale.index(_plain(wanted[0]))
    first = {"min": place, "above": place + 1}.get(op, 0)
    last = {"max": place + 1, "below": place}.get(op, len(scale))
    kept = facet.scale[first:last]
    return Constraint(facet.name, "any", tuple(kept)) if kept else None


def _chosen(facet: Facet, op: str, wanted: Sequence[object], values: ValueIndex) -> Constraint | None:
    """Those of the values that the catalogue has; no more than a preference where what they name is vague."""
    meanings = [meaning for value in wanted if (meaning := values.named(facet.name, _plain(value)))]
    if not meanings or op not in CHOICES:
        return None
    known = dict.fromkeys(value for meaning in meanings for value in meaning.values)
    vague = any(meaning.loose or meaning.mood for meaning in meanings)
    shown = tuple(values.display(facet.name, value) for value in known)
    return Constraint(facet.name, CHOICES[op], shown, "soft" if vague else "hard")


def _plain(value: object) -> str:
    """As `comparable`; whole numbers have no fraction."""
    return comparable(f"{value:.12g}" if isinstance(value, float) else value)
