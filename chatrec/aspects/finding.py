"""The aspects of a catalogue: the nouns that its reviews keep judging, found by how they are used, without a list."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from chatrec.aspects.sentiment import opinions_in, word_weight
from chatrec.sentences import STOP

MOST = 40
"""How many aspects a catalogue has at most."""

FEWEST_REVIEWS, FEWEST_ITEMS = 5, 3
"""What stands in fewer reviews, or in those of fewer items, does not recur."""

JUDGED = 0.12
"""Share of a noun's reviews that judge it: "great service", "the service was great"."""

LEAST_JUDGED = 4
"""In how many reviews it must be."""

SUBJECT, LEAST_SUBJECT = 0.16, 2
"""Share and number of these judgements in which it is the subject: "great job" is said, "the job was great" is not."""

ENDING = 0.55
"""Share of a noun's places that nothing follows which it would only describe, as "ice" does "ice cream"."""

POINTED_AT = 0.18
"""Share of its determiners, above which these are "this" or "that", that marks a word for the reviewed item itself."""

PAIRED = 0.15
"""Share of its second word's reviews that makes two words an aspect of their own."""

POINTING = frozenset("this these that".split())
DETERMINERS = POINTING | frozenset("the a an my our your their his her its those some any".split())
COPULAS = frozenset("is are was were seems seemed looks looked feels felt tastes tasted has had".split())
CLOSED = (
    STOP
    | DETERMINERS
    | COPULAS
    | frozenset(
        "if then where during through throughout without within before until though however although since per via "
        "both either neither every each much many few lot lots being having may might must shall should never ever "
        "here nor always often still yet even only quite rather well back away off down around us me myself itself "
        "himself herself themselves one two three everything everyone someone somebody everybody anyone anybody else "
        "same nothing anything something thing things stuff way".split()
    )
)
"""Words between which nouns stand; English."""

PREDICATE = 4
"""How many words after the verb a judgement is looked for."""


@dataclass(frozen=True, slots=True)
class Noun:
    """An aspect: its commonest form, and the keys of its words."""

    name: str
    keys: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class _Uses:
    """How often a noun was used in which ways. `items` and `reviews` count each once."""

    total: int = 0
    determined: int = 0
    pointed_at: int = 0
    ending: int = 0
    judged: int = 0
    subject: int = 0
    reviews: int = 0
    items: int = 0
    forms: dict[str, int] = field(default_factory=dict)


def key_of(word: str) -> str:
    """The singular, roughly: what two forms of a noun share."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("shes", "ches", "sses", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")) else word


def find(items: Iterable[Iterable[Sequence[str]]], *, most: int = MOST) -> list[Noun]:
    """The aspects that the reviews of these items (each the tokens of its reviews) judge most, the commonest first."""
    uses = _counted(items)
    found = sorted(
        ((_worth(of), _name(of), key) for key, of in uses.items() if _recurs(key, of, uses)),
        key=lambda entry: (-entry[0], entry[1]),
    )
    return [Noun(name, (key,)) for _, name, key in found[:most]]


def _worth(of: _Uses) -> float:
    return math.sqrt(of.judged * of.subject)


def _name(of: _Uses) -> str:
    return min(of.forms, key=lambda form: (-of.forms[form], form))


def _recurs(key: tuple[str, ...], of: _Uses, uses: dict[tuple[str, ...], _Uses]) -> bool:
    return (
        of.reviews >= FEWEST_REVIEWS
        and of.items >= FEWEST_ITEMS
        and of.judged >= max(LEAST_JUDGED, JUDGED * of.reviews)
        and of.subject >= max(LEAST_SUBJECT, SUBJECT * of.judged)
        and of.ending >= ENDING * of.total
        and of.pointed_at <= POINTED_AT * (of.determined + 5)
        and (len(key) == 1 or of.reviews >= PAIRED * uses[key[1:]].reviews)
    )


def _counted(items: Iterable[Iterable[Sequence[str]]]) -> dict[tuple[str, ...], _Uses]:
    uses: dict[tuple[str, ...], _Uses] = {}
    for reviews in items:
        of_item: set[tuple[str, ...]] = set()
        for tokens in reviews:
            of_review: set[tuple[str, ...]] = set()
            judged: set[tuple[str, ...]] = set()
            places = {opinion.place for opinion in opinions_in(tokens)}
            for key, start, end in _nouns(tokens):
                one = uses.get(key)
                if one is None:
                    one = uses[key] = _Uses()
                of_review.add(key)
                if _used(one, tokens, start, end, places):
                    judged.add(key)
            for key in of_review:
                uses[key].reviews += 1
                uses[key].judged += key in judged
            of_item |= of_review
        for key in of_item:
            uses[key].items += 1
    return uses


def _nouns(tokens: Sequence[str]) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """(key, start, end) of every word that may be a noun, and of every two."""
    before = ""
    for place, word in enumerate(tokens):
        if len(word) < 3 or word in CLOSED or not word.isalpha() or word_weight(word):
            before = ""
            continue
        key = key_of(word)
        yield (key,), place, place + 1
        if before:
            yield (before, key), place - 1, place + 1
        before = key


def _used(of: _Uses, tokens: Sequence[str], start: int, end: int, opinions: set[int]) -> bool:
    """Counts one use; returns whether it is judged there."""
    before = tokens[start - 1] if start else "."
    after = tokens[end] if end < len(tokens) else "."
    of.total += 1
    of.determined += before in DETERMINERS
    of.pointed_at += before in POINTING
    of.ending += after in CLOSED or not after[0].isalnum()
    form = " ".join(tokens[start:end])
    of.forms[form] = of.forms.get(form, 0) + 1
    subject = after in COPULAS and _predicate(tokens, end + 1, opinions)
    of.subject += subject
    return subject or start - 1 in opinions


def _predicate(tokens: Sequence[str], start: int, opinions: set[int]) -> bool:
    for place in range(start, min(start + PREDICATE, len(tokens))):
        if not tokens[place][0].isalnum():
            return False
        if place in opinions:
            return True
    return False
