"""Whether it goes no further than what is cited: all for some, very for a little, prizes that nobody gave."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from chatrec.claims.cues import cues, groups, phrases
from chatrec.claims.sentence import Sentence
from chatrec.sentences import content_words, words

SUPERLATIVE = re.compile(r"\b\w{3,}est\b|\bmost \w+", re.IGNORECASE)
EVER = re.compile(
    r"\b(?:ever|of all time|in (?:the )?(?:history|world)|of the (?:century|decade|year))\b", re.IGNORECASE
)


def wrong(said: Sentence) -> str:
    cited = set(words(said.evidence))
    near = set(words("\n".join(said.borne_by)))
    if any(word not in cited for word in said.words if word in cues("lifting")):
        return "It tells of an honour that what it cites does not."
    for before, word in pairwise(["", *said.words]):
        if (
            word in cues("strict")
            and before != "not"
            and not any(word in group and group & near for group in groups("degrees"))
        ):
            return "It goes further than what it cites."
    for found in SUPERLATIVE.findall(said.plain):
        word = words(found)[-1]
        if word not in cited and word not in cues("no_superlatives"):
            return "It says the most of what it cites says less of."
    if any(found.casefold() not in said.evidence.casefold() for found in EVER.findall(said.plain)):
        return "It says of all what is said of one."
    return _unhedged(said)


def _unhedged(said: Sentence) -> str:
    """Whether a word that is only said with reserve is said without."""
    if any(phrase in said.plain.casefold() for phrase in phrases("near_hedges")):
        return ""
    mine = _hedged(said.plain)
    for text in said.borne_by:
        for stem, kept in _hedged(text).items():
            if (
                kept == frozenset((True,))
                and mine.get(stem) == frozenset((False,))
                and not set(said.words) & cues("hedges")
            ):
                return "It drops a reserve."
    reserved = _phrase(said.plain) or set(said.words) & cues("hedges")
    for text in () if reserved else said.borne_by:
        for clause in re.split(r"[,;:.!?]", text):
            if _phrase(clause) and len(content_words(clause) & content_words(said.plain)) > 1:
                return "It drops a reserve."
    return ""


def _phrase(text: str) -> bool:
    return any(f" {phrase} " in f" {text.casefold()} " for phrase in phrases("loose_hedges"))


@lru_cache(maxsize=20_000)
def _hedged(text: str) -> dict[str, frozenset[bool]]:
    found: dict[str, set[bool]] = {}
    for clause in re.split(r"[,;:.!?]", text):
        left = 0
        for word in words(clause):
            if word in cues("hedges"):
                left = 2
                continue
            for stem in content_words(word):
                found.setdefault(stem, set()).add(left > 0)
            left -= word not in cues("intensifying")
    return {stem: frozenset(flags) for stem, flags in found.items()}
