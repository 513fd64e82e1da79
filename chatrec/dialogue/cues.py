"""The words by which a message says what it feels about the items it names; English, and of no catalogue's field."""

from __future__ import annotations

import re
from typing import Literal

Attitude = Literal["liked", "disliked", "seen", "rejected"]

ANNOUNCES = re.compile(
    r"\b(?:like|liked|likes|love|loved|loves|adore|adored|enjoy|enjoyed|hate|hated|watched|saw|seen|read|played|own|"
    r"bought|than|not|except|recommend|suggest|similar to|compared to|reminds? me of)\s+[\"“'‘]?$",
    re.IGNORECASE,
)
"""Ends where a title may begin."""

_DISLIKED = re.compile(
    r"\b(?:hate[ds]?|dislike[ds]?|can(?:'|no)?t stand|did(?: not|n't) (?:like|enjoy|care for)|"
    r"do(?: not|n't) (?:like|enjoy)|was(?: not|n't) (?:a fan|good)|not a fan of|bored by)\b",
    re.IGNORECASE,
)
_REJECTED = re.compile(r"\b(?:not|no|no more|except|but not|without|anything but|skip)\s+[\"“'‘]?$", re.IGNORECASE)
_SEEN = re.compile(
    r"\b(?:already (?:seen|saw|watched|read|played|have|own|bought)|(?:i've|i have|we've) (?:seen|watched|read|played)|"
    r"i own)\b",
    re.IGNORECASE,
)
_LIKED = re.compile(r"\b(?:love[ds]?|like[ds]?|enjoy(?:ed)?|adore[ds]?|great|favou?rite|similar|like)\b", re.IGNORECASE)

AGAIN = re.compile(
    r"\b(?:start (?:over|again)|from scratch|forget (?:all|everything)|new (?:search|topic))\b", re.IGNORECASE
)
OTHERS = re.compile(
    r"^\W*(?:more|others?|something else|anything else|none of (?:these|those|them)|other (?:ones|options)|next|"
    r"what else|any more|show me (?:more|others)|not (?:these|those))\W*(?:please)?\W*$",
    re.IGNORECASE,
)
GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks?|thank you)\b[\W]*$", re.IGNORECASE
)


def attitude(before: str) -> Attitude:
    """What the words of the clause before a title say of it; a title that is only named counts as liked."""
    if _REJECTED.search(before):
        return "rejected"
    if _DISLIKED.search(before):
        return "disliked"
    seen, liked = _last(_SEEN, before), _last(_LIKED, before)
    return "seen" if seen > liked else "liked"


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in pattern.finditer(text)), default=-1)
