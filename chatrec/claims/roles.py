"""Whether a name or number of a fact is given to that fact, where the sentence speaks of the fact by its name."""

from __future__ import annotations

import re
from itertools import pairwise

from chatrec.claims.numbers import NUMBER
from chatrec.claims.sentence import Sentence
from chatrec.sentences import content_words, words

NAMED = re.compile(r"[A-ZÀ-Þ][\w’'-]+")
BREAK = re.compile(
    r"[,;:]\s+(?:and|but|while|with)?\s*|\s(?:and|but|while)\s(?=(?:it|you|they|he|she|one|there)\b|[A-ZÀ-Þ])"
)


def wrong(said: Sentence) -> str:
    facts = {ref: text.partition(": ") for ref, text in said.cited.items() if "#fact:" in ref}
    if not facts:
        return ""
    prose = set(words("\n".join(text for ref, text in said.cited.items() if ref not in facts) + said.title))
    for clause in _clauses(said.plain):
        stems = content_words(clause)
        spoken = {
            ref for ref, (name, _, _) in facts.items() if any(_alike(stems, word) for word in content_words(name))
        }
        if not spoken:
            continue
        held = set(words("\n".join(facts[ref][2] for ref in spoken)))
        rest = set(words("\n".join(value for ref, (_, _, value) in facts.items() if ref not in spoken)))
        mentioned = [word for name in (*NAMED.findall(clause), *NUMBER.findall(clause)) for word in words(name)]
        if any(word in rest and word not in held and word not in prose for word in mentioned):
            return "What one fact says is said of another."
    return ""


def _clauses(text: str) -> list[str]:
    ends = [0, *(found.end() for found in BREAK.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


def _alike(stems: frozenset[str], word: str) -> bool:
    """Whether one of the words is of the same family."""
    return any(stem == word or (min(len(stem), len(word)) > 4 and stem[:5] == word[:5]) for stem in stems)
