"""Whether enough of its words stand in what is cited."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, partial

from chatrec.claims.addressed import NUMBER, addressed
from chatrec.claims.cues import cues, groups
from chatrec.claims.names import NAME, called
from chatrec.claims.sentence import QUOTED, Sentence, content_of
from chatrec.sentences import STOP, content_words, words

SHARED = 0.6
"""Share of a sentence's content words that must stand in the sentences it rests on."""

WHOLE = 3
"""So many words of a part of a sentence can be judged by themselves."""

PART = re.compile(r"[,;:–—]|\s(?:and|but|while|because|so that)\s")

SHORTENED = re.compile(r"n't$|'(?:ll|ve|re|d)$")

FACTS = 0.3
"""The same where only facts are cited, which are told in words of one's own."""


def wrong(said: Sentence) -> str:
    if not _meant(said):
        checkable = QUOTED.search(said.text) or NUMBER.search(said.text)
        literal = set(said.words) & cues("light") and content_of(said.plain) <= content_of(said.evidence)
        return "" if checkable or literal else "It says nothing that could be checked."
    needed = FACTS if all("#fact:" in ref for ref in said.refs) else SHARED
    if share(said) < needed:
        return "Too little of it stands in what it cites."
    return _added(said) if needed == SHARED else ""


def _added(said: Sentence) -> str:
    """Whether a part of it is made up, though the rest is borne."""
    meant, borne = _meant(said), _borne_words(said)
    for clause in PART.split(said.plain):
        told = meant & content_of(clause)
        if len(told) >= WHOLE and sum(_borne(stem, borne) for stem in told) == 0:
            return "A part of it does not stand in what it cites."
    return ""


def share(said: Sentence) -> float:
    """How much of what it says stands in the sentences that it rests on."""
    meant = _meant(said)
    borne = _borne_words(said)
    return sum(_borne(stem, borne) for stem in meant) / len(meant) if meant else 1.0


def _borne_words(said: Sentence) -> frozenset[str]:
    """Those of the sentences it rests on, and of what it quotes, which stands there word for word."""
    quoted = [double or single for double, single in QUOTED.findall(said.text)]
    facts = [text for ref, text in said.cited.items() if "#fact:" in ref]
    derived = content_words(" ".join(name for name in _judged(said) if not _users(said, name)))
    known = derived - content_of(said.evidence)
    return known.union(*map(content_of, [*said.borne_by, *quoted, *facts]))


def _judged(said: Sentence) -> list[str]:
    """The names and numbers: what is left of them that stands nowhere was judged to be derived, or the user's."""
    first = said.text.partition(" ")[0]
    return [*NAME.findall(said.text), *NUMBER.findall(said.text), *([first] if called(said, first) else ())]


def _users(said: Sentence, name: str) -> bool:
    return called(said, name) or addressed(said, name)


def _meant(said: Sentence) -> frozenset[str]:
    """The words that tell something of the item, not who says it, whom it suits or how it is liked."""
    told = [word for word in words(said.text) if word.removesuffix("'s") not in _loose() and not SHORTENED.search(word)]
    theirs = content_words(" ".join(filter(partial(_users, said), _judged(said)))) - content_of(said.evidence)
    return frozenset(stem for word in told for stem in content_words(word)) - content_words(said.title) - theirs


@cache
def _loose() -> frozenset[str]:
    lists = ("telling", "reporter", "bearing", "described", "spans", "openers", "praise", "complaint", "light")
    return STOP.union(*map(cues, lists), *groups("degrees"))


def _borne(stem: str, borne: frozenset[str]) -> bool:
    """Whether a word stands there, or one of its family, or another word for it."""
    if stem in borne or (len(stem) > 4 and any(other[:5] == stem[:5] for other in borne)):
        return True
    return not _alike().get(stem, frozenset[str]()).isdisjoint(borne)


@cache
def _alike() -> Mapping[str, frozenset[str]]:
    found = defaultdict[str, set[str]](set)
    for group in groups("alike"):
        stems = {stem for word in group for stem in content_words(word)}
        for stem in stems:
            found[stem] |= stems
    return {stem: frozenset(kin) for stem, kin in found.items()}
