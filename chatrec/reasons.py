"""Explanations without a language model: sentences of the evidence that answer the request, facts that meet it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatrec.grounds import Fact, facts_of, kind_of
from chatrec.prompts import phrases
from chatrec.sentences import content_words, sentences, shortened
from chatrec.types import Claim, Query, Recommendation

SHORTEST, COMFORTABLE = 30, 180
"""Characters: shorter sentences say too little by themselves, longer ones are tiring to read."""

EARLIER = 0.5
"""What a word of an earlier wish counts beside one of the latest."""

POINTING = ("It ", "He ", "She ", "They ", "This ", "That ", "These ", "But ", "And ", "So ", "Which ", "His ", "Her ")
"""How a sentence begins that needs the one before it."""

KNOWN = 3
"""How many facts are told of an item of which nothing else can be said."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    ref: str
    text: str
    words: frozenset[str]
    worth: float
    """What it is worth before the request is looked at."""


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
    ratings = [review.rating for review in shown.item.reviews if review.rating is not None]
    middle = sum(ratings) / len(ratings) if ratings else 0.0
    cool = {f"{shown.item.id}#review:{r.id}" for r in shown.item.reviews if r.rating is not None and r.rating < middle}
    best = max((evidence.score for evidence in shown.evidence), default=0.0)
    for evidence in shown.evidence:
        for place, text in enumerate(sentences(evidence.quote)):
            worth = -0.05 * min(place, 4) - 0.5 * (best - evidence.score) - 0.6 * (evidence.ref in cool)
            worth -= 0.4 * (len(text) < SHORTEST) + 0.3 * (len(text) > COMFORTABLE) + 0.25 * text.startswith(POINTING)
            yield _Sentence(evidence.ref, text, content_words(text), worth)


def _claims(
    place: int, shown: Recommendation, some: Sequence[_Sentence], rare: dict[str, float], query: Query
) -> Iterator[Claim]:
    facts = facts_of(shown.item)
    meeting = [fact for fact in facts if _meets(fact, rare, query)]
    if meeting:
        yield _stated("facts", place, meeting[:KNOWN])
    said: set[str] = set()
    for kind in ("description", "review"):
        of_kind = [sentence for sentence in some if kind_of(sentence.ref) == kind]
        best = max(of_kind, key=lambda sentence: (_answers(sentence, rare), sentence.worth), default=None)
        if best and (kind == "description" or not said or _answers(best, rare) > 0.5):
            said.add(kind)
            yield _quoted(kind, place, best)
    if not meeting and not said and facts:
        yield _stated("known", place, facts[:KNOWN])


def _answers(sentence: _Sentence, rare: dict[str, float]) -> float:
    return sum(rare[word] for word in sentence.words & rare.keys()) + sentence.worth


def _meets(fact: Fact, rare: dict[str, float], query: Query) -> bool:
    """Whether a fact holds a word of the latest request, or is what a constraint asks for."""
    facet = fact.ref.rsplit("#fact:", 1)[-1]
    if any(constraint.facet == facet for constraint in query.constraints):
        return True
    return bool(content_words(fact.text) & content_words(query.text) & rare.keys())


def _quoted(kind: str, place: int, sentence: _Sentence) -> Claim:
    said = shortened(sentence.text).strip("“”\"'")
    return Claim(_phrase(kind, place).replace("{quote}", said), (sentence.ref,))


def _stated(kind: str, place: int, facts: Sequence[Fact]) -> Claim:
    told = ", ".join(fact.phrase for fact in facts) if len(facts) == 1 else "; ".join(fact.phrase for fact in facts)
    return Claim(_phrase(kind, place).replace("{facts}", told), tuple(fact.ref for fact in facts))


def _phrase(kind: str, place: int) -> str:
    """The phrases of a kind in turn, so that a reply does not repeat itself."""
    some = phrases("reasons")[kind]
    return some[place % len(some)]
