"""Explanations without a language model: sentences of the evidence that answer the request, facts that meet it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatrec.grounds import Fact, facts_of, kind_of, meeting, trusted
from chatrec.prompts import phrases
from chatrec.sentences import content_words, sentences, shortened
from chatrec.types import Claim, Query, Recommendation
from chatrec.untrusted import heard, showable

SHORTEST, COMFORTABLE = 30, 180
"""Characters: shorter sentences say too little by themselves, longer ones are tiring to read."""

EARLIER = 0.5
"""What a word of an earlier wish counts beside one of the latest."""

POINTING = tuple(
    f"{word} "
    for word in (
        "It He She They This That These Those But And Or So Which His Her Its Their There Then Also However Another"
    ).split()
)
"""How a sentence begins that needs the one before it; English."""

SOUR = content_words(
    "awful avoid bad bland boring cold dirty disappointed disappointing disgusting dull gross horrible mediocre "
    "overpriced overrated poor poorly refund rude stale terrible unfortunately useless waste worse worst yuck"
)
"""Words of reviews that advise against an item, for reviews without a rating; English."""

KNOWN = 3
"""How many facts are told of an item of which nothing else can be said."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    ref: str
    text: str
    words: frozenset[str]
    worth: float
    """What it is worth before the request is looked at."""
    rating: float | None = None


def reasons(query: Query, recommendations: Sequence[Recommendation]) -> list[tuple[Claim, ...]]:
    """The claims of each recommendation, in order: facts that the request names, and one or two quotes."""
    wanted = _wanted(query)
    pool = [list(_sentences(shown)) for shown in recommendations]
    spread = Counter(word for some in pool for sentence in some for word in sentence.words)
    rare = {word: weight / (1 + math.log1p(spread[word])) for word, weight in wanted.items()}
    return [
        tuple(_claims(place, shown, some, rare, query))
        for place, (shown, some) in enumerate(zip(recommendations, pool, strict=True))
    ]


def _wanted(query: Query) -> dict[str, float]:
    """The words of the request and what each counts."""
    found: dict[str, float] = {}
    for age, text in enumerate((query.text, *query.history)):
        for word in content_words(text):
            found.setdefault(word, EARLIER**age)
    return found


def _sentences(shown: Recommendation) -> Iterator[_Sentence]:
    rated = {f"{shown.item.id}#review:{r.id}": r.rating for r in shown.item.reviews if r.rating is not None}
    middle = sum(rated.values()) / len(rated) if rated else 0.0
    best = max((evidence.score for evidence in shown.evidence), default=0.0)
    for evidence in trusted(shown.item, shown.evidence):
        rating = rated.get(evidence.ref)
        for place, text in enumerate(filter(showable, sentences(heard(evidence.quote)))):
            found = content_words(text)
            against = rating < middle if rating is not None else kind_of(evidence.ref) == "review" and found & SOUR
            worth = -0.05 * min(place, 4) - 0.5 * (best - evidence.score) - 0.6 * bool(against)
            worth -= 0.4 * (len(text) < SHORTEST) + 0.3 * (len(text) > COMFORTABLE) + 0.25 * text.startswith(POINTING)
            yield _Sentence(evidence.ref, text, found, worth, rating)


def _claims(
    place: int, shown: Recommendation, some: Sequence[_Sentence], rare: dict[str, float], query: Query
) -> Iterator[Claim]:
    asked = meeting(shown.item, query)
    if asked:
        yield _stated("facts", place, asked[:KNOWN])
    said: set[str] = set()
    for kind in ("description", "review"):
        of_kind = [sentence for sentence in some if kind_of(sentence.ref) == kind]
        best = max(of_kind, key=lambda sentence: (_answers(sentence, rare), sentence.worth), default=None)
        if best and (kind == "description" or not said or _answers(best, rare) > 0.5):
            said.add(kind)
            yield _quoted(kind, place, best)
    if not asked and not said and (known := facts_of(shown.item)):
        yield _stated("known", place, known[:KNOWN])


def _answers(sentence: _Sentence, rare: dict[str, float]) -> float:
    return sum(rare[word] for word in sentence.words & rare.keys()) + sentence.worth


def _quoted(kind: str, place: int, sentence: _Sentence) -> Claim:
    said = shortened(sentence.text)
    if said[0] in "“\"'" and said[-1] in "”\"'":
        said = said[1:-1].strip() or said
    rating = "" if sentence.rating is None else f"{sentence.rating:g}"
    phrase = _phrase("rated" if rating else kind, place)
    return Claim(phrase.replace("{rating}", rating).replace("{quote}", said), (sentence.ref,))


def _stated(kind: str, place: int, facts: Sequence[Fact]) -> Claim:
    told = "; ".join(fact.phrase for fact in facts)
    text = _phrase(kind, place).replace("{facts}", told).replace("{Facts}", told[:1].upper() + told[1:])
    return Claim(text, tuple(fact.ref for fact in facts))


def _phrase(kind: str, place: int) -> str:
    """The phrases of a kind in turn, so that a reply does not repeat itself."""
    some = phrases("reasons")[kind]
    return some[place % len(some)]
