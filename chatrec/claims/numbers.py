"""Whether every number, in digits or words, and every span of time stands in what is cited."""

from __future__ import annotations

import re

from chatrec.claims.addressed import NUMBER, addressed
from chatrec.claims.cues import cues, phrases
from chatrec.claims.sentence import Sentence
from chatrec.sentences import words

AGED = re.compile(r"[\w-]+-(?:year|month|week|day|hour|minute)-old")


def wrong(said: Sentence) -> str:
    around = f"{said.evidence}\n{said.title}"
    there = NUMBER.findall(around)
    if any(number not in there and not addressed(said, number) for number in NUMBER.findall(said.text)):
        return "A number is not in what it cites."
    spoken = set(words(around))
    told = {word for word in said.words if word in cues("numbers")} - spoken - _counted(said)
    if any(not addressed(said, word) for word in told):
        return "A number in words is not in what it cites."
    spans = {_span(word) for word in words(AGED.sub("", said.plain)) if word in cues("spans")}
    if spans - set(map(_span, spoken)) and not any("#fact:" in ref for ref in said.refs):
        return "A span of time is not in what it cites."  # a fact is a bare number, whose unit may be said
    return ""


def _counted(said: Sentence) -> set[str]:
    """How many values the facts that it cites have, in words: two directors."""
    lists = [text.partition(": ")[2].split(", ") for ref, text in said.cited.items() if "#fact:" in ref]
    return {phrases("counting")[len(values)] for values in lists if 1 < len(values) < len(phrases("counting"))}


def _span(word: str) -> str:
    return word.removesuffix("s")
