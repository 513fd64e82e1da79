"""Whether every name stands in what is cited; one that only the user said may not be said of the item."""

from __future__ import annotations

import re

from chatrec.claims.addressed import addressed
from chatrec.claims.cues import cues
from chatrec.claims.derived import derived
from chatrec.claims.sentence import Sentence, split
from chatrec.sentences import STOP, content_words, words

NAME = re.compile(r"(?<![\w’'-])(?<!^)(?<![.!?]\s)[A-ZÀ-Þ][\w’'-]+|^[A-ZÀ-Þ][\w-]+(?=[’']s\b)")
"""A capitalised word that does not begin a sentence, or one that owns something."""

LEADING = re.compile(r"^([A-ZÀ-Þ][\w’'-]+)(?=\s+[A-ZÀ-Þ]|,\s+(?:an?|the)\s|,?\s+(?:who|is|was|has)\s)")
"""A capitalised word that begins the sentence and is a name by what follows it."""

ORDINARY = re.compile(r"(?:less|ful|ous)$")
"""How no name ends, but a word that describes ("Breathless is how")."""

APPOSED = re.compile(r"((?:[A-ZÀ-Þ][\w’'.-]+\s?)+),\s+(an?|the)\s+([^,;:.]+)(?:,|$)")
"""A name and what it is said to be: "Name, a careful neighbour, ..." """

EQUATED = re.compile(r"((?:[A-ZÀ-Þ][\w’'.-]+\s?)+)\s(?:is|was|as|plays|played)\s((?:[A-ZÀ-Þ][\w’'.-]+\s?)+)")

RECEIVES = r"(?:{name}\s+(?:gets?|could|would|might|may|will|can|should)\b|\b(?:[Ff]or|[Yy]our(?:\s\w+)?)\s+{name}\b)"
"""How a name of the user's own is spoken of: as of one who receives, not as a part of the item."""

CALLED = r"^{name},|,\s{name}\s*[,.!?:]"
"""How the user is called by his name, in a sentence that says "you" to him."""


def wrong(said: Sentence) -> str:
    there = {_stem(word) for word in words(f"{said.evidence}\n{said.title}")}
    for name in [*NAME.findall(said.text), *_leading(said.text)]:
        parts = [_stem(word) for word in words(name) if name.isupper() or word.capitalize() in name]
        if all(derived(part, there) for part in parts) or addressed(said, name) or words(name)[0] in STOP:
            continue
        if not called(said, name):
            return "A name is not in what it cites."
    return _joined(said)


def called(said: Sentence, name: str) -> bool:
    """Whether a name of the request is spoken to, or of as of one who receives."""
    own = set(words(said.request))
    if (name.isupper() and len(name) > 1) or not all(word in own for word in words(name)):
        return False  # what is shouted is no name
    patterns = [RECEIVES, CALLED] if {"you", "your"} & set(said.words) else [RECEIVES]
    return any(re.search(pattern.format(name=re.escape(name)), said.text) for pattern in patterns)


def _leading(text: str) -> list[str]:
    found = LEADING.search(text)
    if (
        not found
        or ORDINARY.search(found[1])
        or words(found[1])[0] in STOP | cues("reporter") | cues("bearing") | cues("openers")
    ):
        return []
    return [found[1]]


def _joined(said: Sentence) -> str:
    """Whether what a name is said to be stands beside it: two names in one sentence, a description in one clause."""
    for first, second in EQUATED.findall(said.plain):
        if not any(_all(first, text) and _all(second, text) for ref in said.cited.values() for text in split(ref)):
            return "Two names are not together in what it cites."
    for name, _, what in APPOSED.findall(said.plain):
        clauses = [clause for text in said.cited.values() for each in split(text) for clause in re.split("[;:]", each)]
        near = [content_words(clause) for clause in clauses if _all(name, clause)]
        meant = content_words(what)
        if near and meant and not any(len(meant & each) >= len(meant) / 2 for each in near):
            return "A name is described as somebody else is."
    return ""


def _all(name: str, text: str) -> bool:
    return set(words(name)) <= set(words(text))


def _stem(word: str) -> str:
    return word.removesuffix("'s")
