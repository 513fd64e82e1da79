"""Whether what is told of somebody, or counted, is told of the same one there: who finds a sponsor, how many days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from chatrec.claims.addressed import NUMBER, addressed
from chatrec.claims.cues import cues, phrases
from chatrec.claims.derived import derived
from chatrec.claims.numbers import AGED
from chatrec.claims.sentence import Sentence, content_of, split
from chatrec.sentences import STOP, content_words, words

PART = re.compile(r"[;:–—]|,\s+(?:and|but|while)\s|,\s+(?=with\s)")
SUBJECT = re.compile(r"^\W*((?:[A-ZÀ-Þ][\w’'-]+\s)+)(?=[a-zà-þ])")
NAMED = re.compile(r"(?<!^)\b[A-ZÀ-Þ][\w’'-]+|^[A-ZÀ-Þ][\w’'-]+(?=,|\s[A-ZÀ-Þ]|\s\w+s\b)(?<!ing)(?<!ed)(?<!ly)")
"""A capitalised word within a text, or one that begins it and that something is said of."""

SHE = frozenset({"he", "she", "they"})
"""Whoever is meant by these may be the one."""

HALF = 0.5
"""So much of what a clause tells of its subject must stand in one place, for that place to tell of whom it is told."""

APART = 2
"""So many words may stand between a number and what it counts: "some thirty odd boys"."""


def wrong(said: Sentence) -> str:
    if any(_anothers(said, clause) for clause in PART.split(said.plain)):
        return "It tells of one what is told of another."
    return "It counts one thing by the number of another." if _miscounted(said) else ""


def _anothers(said: Sentence, clause: str) -> bool:
    """Whether the clause's subject is named nowhere that tells the rest, but somebody else is."""
    found = SUBJECT.match(clause)
    if not found or words(found[1])[0] in STOP | cues("reporter") | cues("openers"):
        return False
    name = set(words(found[1]))
    if not all(derived(word, words(said.evidence)) for word in name):
        return False  # an ordinary word; names that stand nowhere are found elsewhere
    told = content_words(clause[found.end() :]) - content_words(found[1])
    near = [part for part in _places(said) if told and len(told & content_of(part)) >= HALF * len(told)]
    if not near or any(derived(word, words(part)) for part in near for word in name):
        return False
    others = set[str]().union(*(_named(part) for part in near if not SHE & set(words(part)))) - set(words(clause))
    facts = set(words("\n".join(text for ref, text in said.cited.items() if "#fact:" in ref)))
    told_of = set(words("\n".join(_places(said))))
    return bool(others if name & told_of else others & facts)  # a maker is another's other only beside one of them


def _places(said: Sentence) -> Iterator[str]:
    for ref, text in said.cited.items():
        if "#fact:" not in ref:
            for each in split(text):
                yield from PART.split(each)


def _named(text: str) -> set[str]:
    return {name.casefold() for name in NAMED.findall(text) if name.casefold() not in STOP}


def _miscounted(said: Sentence) -> bool:
    there = [pair for ref, text in said.cited.items() if "#fact:" not in ref for pair in _counts(text)]
    facts = set(words("\n".join(text for ref, text in said.cited.items() if "#fact:" in ref)))
    for number, what in _counts(AGED.sub(" ", said.plain)):
        if number in facts or addressed(said, number):
            continue
        others = {other for other, counted in there if counted == what}
        if others and number not in others:
            return True
    return False


def _counts(text: str) -> list[tuple[str, str]]:
    """The numbers of a text, each with the word that it counts."""
    told, joined = words(text), {"odd", *phrases("counting")}
    found = list[tuple[str, str]]()
    for at, word in enumerate(told):
        if word in cues("numbers") or NUMBER.fullmatch(word):
            after = told[at + 1 : at + 1 + APART]
            found += [(word, stem) for each in after[:1] for stem in content_words(each)]
            found += [
                (word, stem) for first, each in pairwise(after) if first in joined for stem in content_words(each)
            ]
    return found
