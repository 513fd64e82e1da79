"""Reads the conditions that the numbers of a message set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from chatrec.catalog.schema import Facet
from chatrec.catalog.vocabulary import YEARS
from chatrec.dialogue.bounds import Bound, bounds
from chatrec.dialogue.known import Known
from chatrec.dialogue.marked import Marked
from chatrec.dialogue.numbers import condition, converted, grades, is_graded
from chatrec.dialogue.reading import Setting
from chatrec.dialogue.scope import clause, denied, strength
from chatrec.dialogue.values import Span

RATED = re.compile(
    r"\b(?:rated|better|worse|rating|ratings|score[sd]?|scoring|stars?|marks?|grade[sd]?)\b", re.IGNORECASE
)
SCORED = re.compile(r"\b(?:rated|scored?|scoring)\W*$", re.IGNORECASE)
"""Says of the number after it that it is a score, also where no score is so high."""

CODE = re.compile(r"\b(?!PRE|POST|SUB|MID)[A-Z]+-$")
"""Makes the number after it part of a name."""

MEASURES = {
    "min": "duration", "year": "year", "pages": "pages", "kg": "weight", "g": "weight", "km": "distance",
    "stars": "score", "of 5": "score", "of 10": "score", "of 100": "score", "%": "score",
    **dict.fromkeys(("EUR", "USD", "GBP", "JPY", "CHF"), "price"),
}  # fmt: skip
"""Unit -> what it measures."""

LIKELY = frozenset({"duration", "price", "pages", "score"})
"""What a bare number is of, where only one facet of these can hold it."""


def read_numbers(known: Known, marked: Marked, setting: Setting, worded: Sequence[Span]) -> None:
    """`worded` are values with a number in them, which is none by itself."""
    for bound in bounds(marked.text):
        worded_in = any(span.start < bound.end and bound.start < span.end for span in worded)
        if worded_in or CODE.search(marked.text, 0, bound.start):
            continue
        facet = _facet_of(known, marked.text, bound, setting) if marked.free(bound.start, bound.end) else None
        if facet is None:
            continue
        read = grades(facet, bound) if facet.scale else condition(facet, bound, converted(bound, facet))
        if read.op == "within" and denied(marked.text, bound.start, bound.end):
            read = replace(read, op="outside")
        said = marked.text[bound.start : bound.end]
        marked.constraints.append(replace(read, strength=strength(marked.text, bound.start, bound.end), text=said))
        marked.take(bound.start, bound.end, silent=True)


def _facet_of(known: Known, text: str, bound: Bound, setting: Setting) -> Facet | None:
    """The facet that a number is of: by its unit, by the words near it, by the question that was asked."""
    numeric = [facet for facet in known.schema.values() if facet.kind in ("number", "date") or is_graded(facet)]
    wanted = MEASURES.get(bound.unit, "")
    begin, stop = clause(text, bound.start, bound.end)
    near = [(start, end, name) for start, end, name, _ in known.said(text[begin:stop])]
    if (
        bound.unit == "year"
        and (bound.values[0] == bound.values[-1])
        and _named_near(near, numeric, ("duration", "price", "pages"))
    ):
        wanted = ""
    if bound.unit == "%" and not (near or RATED.search(text[begin:stop])):
        return None  # "not 100% sure"
    if wanted:
        return commonest(facet for facet in numeric if facet.measure == wanted and not facet.scale)
    named = [facet for facet in numeric if any(name == facet.name for _, _, name in near)]
    if not named and RATED.search(text[begin:stop]):
        named = [facet for facet in numeric if facet.measure == "score"]
    if named:
        inside = [facet for facet in named if _could_be(facet, bound)]
        if inside or bound.plain or SCORED.search(text, begin, bound.start):
            return inside[0] if inside else None
    asked = known.schema.get(setting.asked)
    if asked and asked in numeric:
        return asked
    likely = [facet for facet in numeric if facet.measure in LIKELY and not facet.scale and _could_be(facet, bound)]
    return likely[0] if len(likely) == 1 and not bound.plain else None


def _named_near(near: Iterable[tuple[int, int, str]], numeric: Sequence[Facet], measures: Sequence[str]) -> bool:
    names = {facet.name for facet in numeric if facet.measure in measures}
    return any(name in names for _, _, name in near)


def commonest(facets: Iterable[Facet]) -> Facet | None:
    return min(facets, key=lambda facet: (-facet.count, facet.name), default=None)


def _could_be(facet: Facet, bound: Bound) -> bool:
    """Whether the number lies where the facet's do, give or take."""
    if facet.scale:
        return all(str(int(value)) in facet.scale for value in bound.values)
    if facet.measure == "year" and min(bound.values) < YEARS[0]:
        return False  # a number that some column of years holds by mistake
    if facet.low is None or facet.high is None:
        return False
    slack = 0.0 if bound.plain else 0.5 * (facet.high - facet.low)
    return all(facet.low - slack <= value <= facet.high + slack for value in bound.values)
