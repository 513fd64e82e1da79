"""Whether every number, in digits or words, and every span of time stands in what is cited."""

from __future__ import annotations

import re

from chatrec.claims.cues import cues
from chatrec.claims.sentence import Sentence
from chatrec.sentences import words

AGED = re.compile(r"[\w-]+-(?:year|month|week|day|hour|minute)-old")
NUMBER = re.compile(r"\d[\d.,]*\d|\d")


def wrong(said: Sentence) -> str:
    around = f"{said.evidence}\n{said.title}"
    there = NUMBER.findall(around)
    if any(number not in there for number in NUMBER.findall(said.text)):
        return "A number is not in what it cites."
    spoken = set(words(around))
    if any(word not in spoken for word in said.words if word in cues("numbers")):
        return "A number in words is not in what it cites."
    spans = {_span(word) for word in words(AGED.sub("", said.plain)) if word in cues("spans")}
    if spans - set(map(_span, spoken)) and not any("#fact:" in ref for ref in said.refs):
        return "A span of time is not in what it cites."  # a fact is a bare number, whose unit may be said
    return ""


def _span(word: str) -> str:
    return word.removesuffix("s")
