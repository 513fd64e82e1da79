"""Reasons as sentences, each with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatrec.grounds import kind_of
from chatrec.prompts import phrases
from chatrec.reasons.facts import Told
from chatrec.reasons.opinions import Opinion
from chatrec.reasons.passages import Sentence
from chatrec.sentences import shortened
from chatrec.types import Claim

LONGEST = 280
"""Characters of facts in one sentence; a longer one is two."""


def stated(kind: str, place: int, facts: Sequence[Told]) -> list[Claim]:
    """The facts in one sentence, or in as few as they need."""
    groups: list[list[Told]] = []
    for fact in facts:
        if groups and len("; ".join(each.text for each in (*groups[-1], fact))) <= LONGEST:
            groups[-1].append(fact)
        else:
            groups.append([fact])
    return [_stated(kind, place + turn, group) for turn, group in enumerate(groups)]


def _stated(kind: str, place: int, facts: Sequence[Told]) -> Claim:
    told = "; ".join(fact.text for fact in facts)
    text = _filled(_phrase(kind, place), facts=told, Facts=told[:1].upper() + told[1:])
    return Claim(text, tuple(fact.ref for fact in facts))


def quoted(place: int, some: Sequence[Sentence]) -> Iterator[Claim]:
    """Each sentence as a quote; a second one from a text of the same kind says so."""
    kinds: list[str] = []
    for sentence in some:
        kind = kind_of(sentence.ref)
        said = shortened(sentence.text)
        if len(said) > 2 and said[0] in "“\"'" and said[-1] in "”\"'":
            said = said[1:-1].strip() or said
        phrase = _phrase(f"{kind} again" if kind in kinds else kind, place)
        kinds.append(kind)
        yield Claim(_filled(phrase, quote=said), (sentence.ref,))


def counted(kind: str, opinion: Opinion) -> Claim:
    """How many reviews praise or complain, with the refs of all of them."""
    count, total = len(opinion.refs), opinion.total
    who = f"{count} of the {total}" if opinion.mention else f"{count} of {total}"
    who = "both" if count == total == 2 else who
    text = _filled(_phrase(f"{kind} of those" if opinion.mention else kind, 0), who=who, aspect=opinion.aspect)
    text = f"{text[:1].upper()}{text[1:]}"
    return Claim(f"{text.removesuffix('.')}: “{opinion.quote}”" if opinion.quote else text, opinion.refs)


def _filled(phrase: str, **values: str) -> str:
    """What is filled in is not looked at for places again."""
    before, *rest = phrase.split("{")
    pieces = (piece.partition("}") for piece in rest)
    return before + "".join(values[name] + after for name, _, after in pieces)


def _phrase(kind: str, place: int) -> str:
    """The phrases of a kind in turn, so that a reply does not repeat itself."""
    some = phrases("reasons")[kind]
    return some[place % len(some)]
