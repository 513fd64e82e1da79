"""What the checks look at: a sentence, what it cites, what the user said."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from chatrec.sentences import content_words, sentences, words
from chatrec.untrusted import asserted

QUOTED = re.compile(r"[“„\"«]([^“”„\"«»]*)[“”\"»]|(?<!\w)[‘']([^‘’']{2,})[’'](?!\w)")
"""A quote in double marks, or in single ones."""

MOST = 4
"""Sentences of the evidence that one sentence rests on."""


@dataclass(frozen=True)
class Sentence:
    """One sentence about an item, and the texts by ref that may bear it."""

    text: str
    refs: Collection[str]
    grounds: Mapping[str, str]
    title: str
    request: str
    others: Collection[str] = ()
    """Titles of other items, none of which it may name."""
    ratings: Mapping[str, float] = field(default_factory=dict)
    """Of each review whether it is for the item (1) or against it (-1), where its rating tells."""
    reviews: int = 0
    """How many reviews the item has; 0 where that is not known, and nothing can be said of how many."""

    @cached_property
    def cited(self) -> dict[str, str]:
        return {ref: asserted(self.grounds[ref]) for ref in dict.fromkeys(self.refs)}

    @cached_property
    def evidence(self) -> str:
        return "\n".join(self.cited.values())

    @cached_property
    def plain(self) -> str:
        """The sentence without what it quotes and without the item's title."""
        return QUOTED.sub(" ", _without(self.text, self.title))

    @cached_property
    def words(self) -> list[str]:
        return words(self.plain)

    @cached_property
    def borne_by(self) -> tuple[str, ...]:
        """The sentences of the evidence that hold most of its words, as few as possible."""
        missing = set(content_words(self.plain))
        pool = [each for text in self.cited.values() for each in split(text)]
        chosen = list[str]()
        while missing and len(chosen) < MOST:
            best = max(pool, key=lambda each: len(missing & content_of(each)), default="")
            if not missing & content_of(best):
                break
            chosen.append(best)
            missing -= content_of(best)
        return tuple(chosen)


def _without(text: str, title: str) -> str:
    """The text without a title of several words; one of a single word may be meant as that word."""
    return text.replace(title, " ") if len(title.split()) > 1 else text


def flat(text: str) -> str:
    return " ".join(text.replace("’", "'").split()).casefold()


@lru_cache(maxsize=20_000)
def split(text: str) -> tuple[str, ...]:
    return tuple(sentences(text))


@lru_cache(maxsize=50_000)
def content_of(text: str) -> frozenset[str]:
    return content_words(text)
