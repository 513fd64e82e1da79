"""Whether a name or number of a fact is given to that fact, where the sentence speaks of the fact by its name."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from chatrec.claims.addressed import NUMBER
from chatrec.claims.cues import groups
from chatrec.claims.sentence import Sentence
from chatrec.sentences import content_words, words

NAMED = re.compile(r"[A-ZÀ-Þ][\w’'-]+")
BEFORE, AFTER = 3, 1
"""So many words before and after a number say what it measures."""

BREAK = re.compile(
    r"[,;:]\s+(?:and|but|while|with)?\s*|\s(?:and|but|while)\s(?=(?:it|you|they|he|she|one|there)\b|[A-ZÀ-Þ])"
)


def wrong(said: Sentence) -> str:
    facts = {ref: text.partition(": ") for ref, text in said.cited.items() if "#fact:" in ref}
    prose = set(words("\n".join(text for ref, text in said.cited.items() if ref not in facts) + said.title))
    names = {name: value for name, _, value in facts.values() if not NUMBER.fullmatch(value)}
    for clause in _clauses(said.plain):
        if _mistaken(clause, NAMED.findall(clause), names, prose):
            return "What one fact says is said of another."
    numbers = {name: value for name, _, value in facts.values() if NUMBER.fullmatch(value)}
    for found in NUMBER.finditer(said.plain):
        near = [*said.plain[: found.start()].split()[-BEFORE:], *said.plain[found.end() :].split()[:AFTER]]
        if _mistaken(" ".join(near), [found[0]], numbers, prose):
            return "What one fact says is said of another."
    return ""


def _mistaken(around: str, mentioned: list[str], facts: dict[str, str], prose: set[str]) -> bool:
    """Whether the words around speak of one of the facts, and what is mentioned is only in another of them."""
    stems = content_words(around)
    spoken = {name for name in facts if any(_alike(stems, word) for word in content_words(name))}
    held = set(words("\n".join(facts[name] for name in spoken)))
    rest = set(words("\n".join(value for name, value in facts.items() if name not in spoken)))
    return bool(spoken) and any(word in rest - held - prose for each in mentioned for word in words(each))


@cache
def _measures() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(stem for word in group for stem in content_words(word)) for group in groups("measures"))


def _clauses(text: str) -> list[str]:
    ends = [0, *(found.end() for found in BREAK.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


def _alike(stems: frozenset[str], word: str) -> bool:
    """Whether one of the words is of the same family."""
    kin = [group for group in _measures() if any(stem[:5] == word[:5] for stem in group)]
    if any(stems & group for group in kin):
        return True
    return any(stem == word or (min(len(stem), len(word)) > 4 and stem[:5] == word[:5]) for stem in stems)
