"""What is known of a catalogue's facets to read messages by: their values, names, and words of measure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from chatrec.catalog.schema import Facet
from chatrec.catalog.vocabulary import idioms, measures
from chatrec.dialogue.values import Texts, ValueIndex

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
LONGEST_PHRASE = 5


@dataclass(frozen=True)
class Known:
    """One catalogue's. Safe to share between threads."""

    schema: Mapping[str, Facet]
    values: ValueIndex

    @classmethod
    def of(cls, schema: Mapping[str, Facet], texts: Texts) -> Known:
        return cls(schema, ValueIndex(schema, texts))

    @cached_property
    def said(self) -> Callable[[str], Sequence[tuple[int, int, str, str]]]:
        """Names of facets and words of measure in a text, the longest first: (start, end, facet, sort)."""
        return lru_cache(maxsize=64)(self._said)  # a message is looked through several times

    def _said(self, text: str) -> Sequence[tuple[int, int, str, str]]:
        words = list(WORD.finditer(text))
        found: list[tuple[int, int, str, str]] = []
        place = 0
        while place < len(words):
            idle = next((idiom for idiom in self._idioms if _begins(words, place, idiom)), ())
            if idle:
                place += len(idle)
                continue
            for length in range(min(LONGEST_PHRASE, len(words) - place), 0, -1):
                phrase = " ".join(word.group().lower().replace("-", " ") for word in words[place : place + length])
                known = self.phrases.get(phrase)
                if known:
                    start, end = words[place].start(), words[place + length - 1].end()
                    found += [(start, end, facet, sort) for facet, sort in known[:1]]
                    place += length
                    break
            else:
                place += 1
        return found

    @cached_property
    def phrases(self) -> Mapping[str, list[tuple[str, str]]]:
        return _phrases_of(self.schema.values())

    @cached_property
    def _idioms(self) -> Sequence[tuple[str, ...]]:
        return [tuple(idiom.split()) for idiom in idioms()]


def _begins(words: Sequence[re.Match[str]], place: int, phrase: Sequence[str]) -> bool:
    return tuple(word.group().lower() for word in words[place : place + len(phrase)]) == tuple(phrase)


def _phrases_of(facets: Iterable[Facet]) -> dict[str, list[tuple[str, str]]]:
    """What people say of a facet without naming a value: phrase -> (facet, "name" | "most" | "more" | ...)."""
    said: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for facet in sorted(facets, key=lambda facet: (-facet.count, facet.name)):
        for name in facet.names:
            said[name].append((facet.name, "name"))
        measure = measures().get(facet.measure)
        if measure and (facet.kind in ("number", "date") or facet.scale):
            for sort in ("most", "least", "more", "less", "highest", "lowest"):
                for phrase in getattr(measure, sort):
                    said[phrase].append((facet.name, sort))
    return said
