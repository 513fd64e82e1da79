"""What a sentence says to the user about his own request: names and numbers that are his, not the item's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatrec.claims.cues import cues, phrases
from chatrec.claims.sentence import Sentence
from chatrec.sentences import words

CLAUSE = re.compile(r"[^,;:–—.]+(?:\.\d+)?")
NUMBER = re.compile(r"\d[\d.,]*\d|\d")
HOURS = re.compile(r"\W+hours?\b")
MINUTES = 60


def addressed(said: Sentence, token: str) -> bool:
    """Whether the name or number `token` is the user's and stands in a clause that tells him what he asked for."""
    if (token.isupper() and len(token) > 1) or token.casefold() not in _own(said):
        return False
    pattern = re.compile(rf"(?<!\w){re.escape(token)}(?!\w*[-])", re.IGNORECASE)
    places = [(clause, found) for clause in _clauses(said.text) for found in pattern.finditer(clause)]
    return bool(places) and all(_his(clause, found) and _kept(said, clause, found) for clause, found in places)


def _own(said: Sentence) -> set[str]:
    """The words and numbers of the request; a number in words for one in digits, and the reverse."""
    own = set(words(said.request)) | set(NUMBER.findall(said.request))
    names = phrases("counting")
    same = {str(place): name for place, name in enumerate(names)} | {name: str(at) for at, name in enumerate(names)}
    return own | {same[word] for word in own if word in same}


def _clauses(text: str) -> Iterator[str]:
    return (found[0] for found in CLAUSE.finditer(text))


def _his(clause: str, found: re.Match[str]) -> bool:
    """Whether it follows "your", or a "you" that asked."""
    ahead = words(clause[: found.start()])
    if "your" in ahead[-3:]:
        return True
    return "you" in ahead and bool(set(ahead[ahead.index("you") :]) & cues("asking"))


def _kept(said: Sentence, clause: str, found: re.Match[str]) -> bool:
    """Whether a limit that the sentence says is kept, is: one of the numbers that it cites lies below it."""
    value = _value(found[0])
    if value is None or not set(words(clause[: found.start()])) & cues("below"):
        return True
    limit = value * (MINUTES if HOURS.match(clause[found.end() :]) else 1)
    facts = [text.partition(": ")[2] for ref, text in said.cited.items() if "#fact:" in ref]
    return any(NUMBER.fullmatch(fact) and float(fact.replace(",", "")) <= limit for fact in facts)


def _value(token: str) -> float | None:
    names = phrases("counting")
    if token.casefold() in names:
        return float(names.index(token.casefold()))
    try:
        return float(token.replace(",", ""))
    except ValueError:
        return None
