"""Whether what is denied is denied in what is cited, and the reverse; and whether opposites were swapped."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from itertools import pairwise

from chatrec.claims.cues import cues, groups, phrases
from chatrec.claims.sentence import Sentence
from chatrec.sentences import content_words, words

CLAUSE = re.compile(r"[,;:.!?()—–]|\bbut\b|\bby\b|\bwhen\b|\bwho\b|\bwhich\b|\bwhat\b|\band\b|\binstead\b")
THAN = re.compile(r"\b(?:more|rather|less)\b(.*?)\bthan\b(.*)|(.*)\b(?:rather|more) than\b(.*)", re.IGNORECASE)
REACH, SHORT = 4, 2
"""How many words after it a negation denies, within its clause."""

EMPHATIC = re.compile(
    r"\b(?:never|nothing|nobody)(?: else)? (?:has|had|have|was|were|did)\b.*\bso\b"
    r"|\b(?:couldn['’]t|can['’]t|cannot) \w+ an? more\b"
)
"""What denies nothing but says that it was never so much: "Never has it scared me so", "couldn't be a more"."""

STOPS = {"no": frozenset({"to"}), "not": frozenset({"is", "are", "was", "were"})}
"""What ends the reach after a word denied: "no guide to show the town", "that it won't break is what I like"."""


def wrong(said: Sentence) -> str:
    mine = _denied(said.plain)
    theirs = _merged(said)
    told = {stem for word in cues("telling") | cues("filling") for stem in content_words(word)}
    for stem, flags in mine.items():
        if stem in told:
            continue
        known = theirs.get(stem)
        if len(flags) == 1 and known and len(known) == 1 and flags != known:
            return "It denies what is said, or says what is denied."
    return _opposite(said) or _compared(said)


def _merged(said: Sentence) -> dict[str, set[bool]]:
    found = defaultdict[str, set[bool]](set)
    for text in said.borne_by:
        for stem, flags in _denied(text).items():
            found[stem] |= flags
    return found


@lru_cache(maxsize=20_000)
def _denied(text: str) -> dict[str, frozenset[bool]]:
    """Of each content word whether it is denied, and whether it is not."""
    found = defaultdict[str, set[bool]](set)
    for clause in CLAUSE.split(text.casefold()):
        flip = any(phrase in clause for phrase in phrases("supposing"))
        for word, denied in _reached(clause):
            if word.endswith("less") and len(word) > 6:
                for stem in content_words(word.removesuffix("less")):
                    found[stem].add(not denied ^ flip)
            for stem in content_words(word):
                found[stem].add(denied ^ flip)
    return {stem: frozenset(flags) for stem, flags in found.items()}


def _reached(clause: str) -> list[tuple[str, bool]]:
    """The words of a clause, and whether a negation before them denies each."""
    told = words(clause)
    if EMPHATIC.search(clause):
        return [(word, False) for word in told]
    left, reach, stops, found = 0, 0, frozenset[str](), list[tuple[str, bool]]()
    for before, word in pairwise(["", *told]):
        if word in cues("negations") or word.endswith("n't"):
            left = reach = SHORT if word == "without" or (before, word) == ("with", "no") else REACH
            stops = STOPS.get("not" if word.endswith("n't") else word, frozenset())
        elif word in stops and left < reach:
            left = 0
        found.append((word, left > 0))
        left -= len(content_words(word))
    return found


def _opposite(said: Sentence) -> str:
    mine, theirs = set(said.words), set(words("\n".join(said.borne_by)))
    for pair in groups("pairs"):
        first, second = sorted(pair)
        for here, there in ((first, second), (second, first)):
            if here in mine and there not in mine and there in theirs and here not in theirs:
                return "It says the opposite."
    return ""


def _compared(said: Sentence) -> str:
    """Whether both sides of a "more than" stand on their own side in what is cited."""
    mine = _sides(said.plain)
    if mine is None:
        return ""
    for text in said.borne_by:
        theirs = _sides(text)
        if (
            theirs
            and (mine[0] & theirs[1] or mine[1] & theirs[0])
            and not (mine[0] & theirs[0] and mine[1] & theirs[1])
        ):
            return "It turns a comparison round."
    return ""


def _sides(text: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """The words nearest to each side of a comparison."""
    before, than, after = text.partition(" than ")
    if not than or not re.search(r"\b(?:more|rather|less)\b", before):
        return None
    ahead = [stem for word in words(before) for stem in content_words(word)][-3:]
    behind = [stem for word in words(CLAUSE.split(after)[0]) for stem in content_words(word)][:3]
    return frozenset(ahead), frozenset(behind)
