"""Finds the facet values that a message names: by their own words, by others for them, people also by their surname."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz

from chatrec.catalog.schema import Facet, comparable
from chatrec.dialogue.meanings import (
    ABSENT,
    LONGEST,
    NAMED,
    WORD,
    Meaning,
    Meanings,
    Texts,
    folded,
    generic,
    is_presence,
)

__all__ = ["ABSENT", "NAMED", "Meaning", "Span", "Texts", "ValueIndex", "is_presence"]

CLOSE_ENOUGH = 87
"""rapidfuzz ratio (0 to 100) from which a misspelt person's name counts as named."""

PARTICLES = frozenset("al da de del della den der di dos du el la le st ten van von".split())
"""Before a surname they are part of it, not a first name."""


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` and what it stands for."""

    start: int
    end: int
    meaning: Meaning
    others: tuple[Meaning, ...] = field(default=())
    """What else it could stand for, in other facets."""


class ValueIndex:
    """All values of a catalogue's facets, ready to be found in text."""

    def __init__(self, schema: Mapping[str, Facet], texts: Texts) -> None:
        """`texts` are every facet's values in lower case with the number of items that hold them."""
        self._schema = schema
        self._known = Meanings(schema, texts)
        self.find = lru_cache(maxsize=64)(self._find)  # a message is looked through several times

    def _find(self, text: str) -> Sequence[Span]:
        """Every value named, in order, the longest first; none of them overlap."""
        words = list(WORD.finditer(text))
        stems = [stem for word in words for stem in self._known.stems(word.group())]
        lower = not any(char.isupper() for char in text[1:])
        spans: list[Span] = []
        place = 0
        while place < len(words):
            span, used = self._at(text, words, stems, place, lower)
            spans += [span] if span else []
            place += used
        return spans

    def _at(
        self, text: str, words: Sequence[re.Match[str]], stems: Sequence[str], place: int, lower: bool
    ) -> tuple[Span | None, int]:
        for length in range(min(LONGEST, len(words) - place), 0, -1):
            found = self._known.by_stems.get(tuple(stems[place : place + length]))
            if not found and tuple(stems[place : place + length]) in self._known.idioms:
                return None, length
            span = words[place : place + length]
            if found and (length > 1 or self._may_stand_alone(text, span[0], found, lower)):
                person = self._person(words, place) if length == 1 and all(meaning.loose for meaning in found) else None
                if person:
                    return person
                best, *others = sorted(found, key=lambda meaning: (meaning.rank, meaning.facet))
                return Span(span[0].start(), span[-1].end(), best, tuple(others)), length
        misspelt = self._person(words, place)
        return misspelt if misspelt else (None, 1)

    def _may_stand_alone(self, text: str, word: re.Match[str], found: Sequence[Meaning], lower: bool) -> bool:
        if word.group().lower() in generic():
            return False
        plain = re.split("['’]", word.group())[0]  # "it's" is no code
        if all(meaning.present for meaning in found):
            return True
        if plain.isdecimal() or (plain.isalpha() and len(plain) < 3 and not plain.isupper() and plain.lower() != "uk"):
            return False
        spoken = all(self._schema[meaning.facet].measure in ("language", "country") for meaning in found)
        if spoken and len(plain) < 4 and not plain.isupper() and plain.lower() not in ("uk", "usa"):
            return False  # a code
        if spoken or not all(self._schema[meaning.facet].measure in NAMED for meaning in found) or plain[0].isupper():
            return True
        if len(plain) > 4 and all(self._schema[meaning.facet].measure == "access" for meaning in found):
            return True
        before = text[: word.start()].lower().rstrip()
        return bool(
            re.search(
                r"\b(in|near|around|at|on|from|by|with|via|through|or|and|of|have|got|no|not|nor|without|have|called|directed|starring|featuring|to)$",
                before,
            )
        ) or (lower and len(plain) > 4 and len(before.split()) < 3)

    def _person(self, words: Sequence[re.Match[str]], place: int) -> tuple[Span, int] | None:
        """A person named by surname, or by a name spelt almost right."""
        word = words[place].group()
        if len(word) < 3 or word.lower() in generic():
            return None
        if not word[0].isupper():
            return self._lower_surname(words, place)
        following = words[place + 1].group() if place + 1 < len(words) else ""
        if following[:1].isupper():
            near = self._misspelt(f"{word} {following}".lower())
            if near:
                return Span(words[place].start(), words[place + 1].end(), near), 2
        known = self._known.surnames.get(folded(word))
        previous = words[place - 1].group() if place else ""
        named_on = previous[:1].isupper() and place > 1 and previous.lower() not in generic() | PARTICLES
        if not known or named_on:
            return None
        return self._by_surname(words[place], known), 1

    def _lower_surname(self, words: Sequence[re.Match[str]], place: int) -> tuple[Span, int] | None:
        """A surname in lower case, where "by" or the like comes before it."""
        known = self._known.surnames.get(folded(words[place].group()))
        before = [word.group().lower() for word in words[max(0, place - 2) : place]]
        if (
            not known
            or not set(before) & {"by", "with", "starring", "featuring", "directed", "from"}
            or len(words[place].group()) < 5
        ):
            return None
        return self._by_surname(words[place], known), 1

    @staticmethod
    def _by_surname(word: re.Match[str], known: Sequence[tuple[int, Meaning]]) -> Span:
        """Of those of that name the best known in each facet, the best known of all first."""
        best: dict[str, Meaning] = {}
        for _, meaning in sorted(known, key=lambda pair: (-pair[0], pair[1].values)):
            best.setdefault(meaning.facet, meaning)
        first, *others = best.values()
        return Span(word.start(), word.end(), first, tuple(others))

    def _misspelt(self, name: str) -> Meaning | None:
        near = {
            candidate: meaning
            for part in name.split()
            for candidate, meaning in self._known.by_name_word.get(part, ())
            if abs(len(candidate) - len(name)) < 4
        }
        scored = [(fuzz.ratio(name, candidate), candidate) for candidate in near]
        best = max(scored, default=(0.0, ""))
        return near[best[1]] if best[0] >= CLOSE_ENOUGH else None

    def display(self, facet: str, value: str) -> str:
        """The value as the catalogue writes it."""
        named = self._schema[facet].measure in ("people", "place")
        return self._known.display.get((facet, value), value.title() if named else value)

    def named(self, facet: str, said: str) -> Meaning | None:
        """What `said` as a whole names of one facet: a value as it is written, or by another name; None: nothing."""
        known = self._schema[facet]
        if known.kind not in ("category", "list", "boolean"):
            return None
        meanings = self._known.by_stems.get(self._known.stems(said), ())
        found = [meaning for meaning in meanings if meaning.facet == facet]
        if comparable(said) in map(comparable, known.values):
            return Meaning(facet, (comparable(said),), 0, loose=any(meaning.loose for meaning in found))
        return next((meaning for meaning in found if not meaning.present), None)
