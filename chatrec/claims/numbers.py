"""Whether every number, in digits or words, and every span of time stands in what is cited."""

from __future__ import annotations

import math
import re

from chatrec.claims.addressed import NUMBER, addressed
from chatrec.claims.cues import cues, phrases
from chatrec.claims.sentence import Sentence
from chatrec.sentences import words

HOURS = re.compile(r"\b(?P<count>\d+(?:\.\d+)?|\w+)(?P<half> and a half)? hours?\b", re.IGNORECASE)
ROUGHLY = 20
"""Minutes by which what is told in hours may miss what a fact tells in minutes."""

AGED = re.compile(r"[\w-]+-(?:year|month|week|day|hour|minute)-old")


def wrong(said: Sentence) -> str:
    around = f"{said.evidence}\n{said.title}"
    there = {*NUMBER.findall(around), *_in_hours(said)}
    if any(number not in there and not addressed(said, number) for number in NUMBER.findall(said.text)):
        return "A number is not in what it cites."
    names = phrases("counting")
    spoken = {*words(around), *(names[int(each)] for each in there if each.isdecimal() and int(each) < len(names))}
    told = {word for word in said.words if word in cues("numbers")} - spoken - _counted(said)
    if any(not addressed(said, word) for word in told):
        return "A number in words is not in what it cites."
    spans = {_span(word) for word in words(AGED.sub("", said.plain)) if word in cues("spans")}
    if spans - set(map(_span, spoken)) and not any("#fact:" in ref for ref in said.refs):
        return "A span of time is not in what it cites."  # a fact is a bare number, whose unit may be said
    return ""


def _counted(said: Sentence) -> set[str]:
    """How many values the facts that it cites have, and how many reviews it cites, in words: two makers."""
    names = phrases("counting")
    counts = {len(text.partition(": ")[2].split(", ")) for ref, text in said.cited.items() if "#fact:" in ref}
    counts.add(sum("#review:" in ref for ref in said.cited))
    return {names[count] for count in counts if 1 < count < len(names)}


def _in_hours(said: Sentence) -> set[str]:
    """The numbers of hours, in digits and words, that come to what a cited fact says in minutes."""
    minutes = [float(each) for ref, text in said.cited.items() if "#fact:" in ref for each in NUMBER.findall(text)[-1:]]
    names = phrases("counting")
    found: set[str] = set()
    for told in HOURS.finditer(said.text):
        count = told["count"].casefold()
        hours = float(names.index(count)) if count in names else 1.0 if count in ("an", "a") else _number(count)
        hours += 0.5 * bool(told["half"])
        if any(abs(60 * hours - known) <= ROUGHLY for known in minutes):
            found |= {count, *([str(names.index(count))] if count in names else [])}
    return found


def _number(text: str) -> float:
    return float(text) if NUMBER.fullmatch(text) and text.count(".") < 2 else math.nan


def _span(word: str) -> str:
    return word.removesuffix("s")
