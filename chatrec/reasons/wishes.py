"""What a request asks for, wish by wish: "quiet, near the sea and cheap" are three."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from chatrec.catalog.vocabulary import things
from chatrec.sentences import content_words, words
from chatrec.types import Query

EARLIER = 0.5
"""What a word of an earlier wish counts beside one of the latest."""

PART = re.compile(
    r"([,;:.!?()\n–—]|\b(?:about|and|at|but|by|for|from|in|near|of|on|or|over|plus|set|that|under|where|which|who|with)\b)",
    re.IGNORECASE,
)
"""Where one wish ends and the next begins; English."""

ENDING = frozenset(",;:.!?()\n–—") | {"but"}
"""What ends the reach of a "not"."""

DENYING = frozenset("avoid except hardly less neither never no none nor not nothing without".split())
TAKEN_BACK = re.compile(r"\bnot (?:only|just|merely)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that is asked for: the words for it, and what they count."""

    text: str
    words: frozenset[str]
    weight: float = 1.0


def wishes_of(query: Query) -> list[Wish]:
    """The wishes of the latest request and of the earlier ones, without what is not wanted; a word belongs to one."""
    found: list[Wish] = []
    named: set[str] = set()
    idle = {stem for thing in things() for stem in content_words(thing)}
    for age, text in enumerate((query.text, *query.history)):
        for part in _wanted(text):
            if fresh := content_words(part) - idle - named:
                found.append(Wish(part, fresh, EARLIER**age))
                named |= fresh
    return found


def without(wishes: Sequence[Wish], answered: Collection[str]) -> list[Wish]:
    """What is left to be answered."""
    left = [replace(wish, words=wish.words - frozenset(answered)) for wish in wishes]
    return [wish for wish in left if wish.words]


def _wanted(text: str) -> Iterator[str]:
    denied = False
    for part in PART.split(TAKEN_BACK.sub(" ", text)):
        if part.strip().casefold() in ENDING or part == "\n":
            denied = False
            continue
        wanted: list[str] = []
        for word in words(part):
            denied = denied or word in DENYING or word.endswith("n't")
            if not denied:
                wanted.append(word)
        if wanted:
            yield " ".join(wanted)
