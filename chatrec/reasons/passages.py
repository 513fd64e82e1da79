"""The sentences of an item's evidence, and those that answer each wish best."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chatrec.aspects.sentiment import NEGATORS, tokens_of
from chatrec.grounds import kind_of, trusted
from chatrec.reasons.nearness import Near
from chatrec.reasons.wishes import Wish
from chatrec.sentences import LONGEST, content_words, sentences
from chatrec.types import Recommendation
from chatrec.untrusted import heard, quotable

SHORTEST, COMFORTABLE = 30, 180
"""Characters: shorter sentences say too little by themselves, longer ones are tiring to read."""

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

QUOTE = re.compile(r"[\"“”„«»]")

DENIED = re.compile(r"n['’]t\b|\b(?:" + "|".join(sorted(NEGATORS)) + r"|cannot)\b", re.IGNORECASE)
REACH = 4
"""How many words a "not" reaches within its clause."""

ENOUGH = 0.25
"""What a further quote must answer."""

FROM_REVIEWS = 0.2
"""What the sentence of a review must come to beside another claim, which is somebody's opinion."""

STEM = 5
"""Letters of a word that others are made of: "friend" and "friendship"."""

NEARNESS = 3.0
"""What being near the request counts beside what a sentence is worth by itself."""

UNFIT = -0.5
"""What a sentence is worth that speaks against the item, or only after another one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence literally; `held` are the words wanted that it holds and does not deny, `worth` is what it is worth
    before the request is looked at."""

    ref: str
    text: str
    words: frozenset[str]
    held: frozenset[str]
    worth: float


def sentences_of(shown: Recommendation, wanted: frozenset[str]) -> Iterator[Sentence]:
    """The sentences of its evidence that may be shown; `wanted` are the words of the request."""
    rated = {f"{shown.item.id}#review:{r.id}": r.rating for r in shown.item.reviews if r.rating is not None}
    middle = sum(rated.values()) / len(rated) if rated else 0.0
    best = max((evidence.score for evidence in shown.evidence), default=0.0)
    for evidence in trusted(shown.item, shown.evidence):
        rating = rated.get(evidence.ref)
        for place, text in enumerate(_standing(sentences(heard(evidence.quote)))):
            found = content_words(text)
            against = rating < middle if rating is not None else kind_of(evidence.ref) == "review" and found & SOUR
            worth = -0.05 * min(place, 4) - 0.5 * (best - evidence.score) - 0.6 * bool(against) - _clumsy(text)
            yield Sentence(evidence.ref, text, found, _held(found - _denied(text), wanted), worth)


def _clumsy(text: str) -> float:
    """What a sentence loses for how it reads by itself."""
    lost = 0.4 * (len(text) < SHORTEST) + 0.3 * (len(text) > COMFORTABLE) + 0.3 * (len(text) > LONGEST)
    return lost + 0.6 * text.startswith(POINTING) + 0.3 * bool(QUOTE.search(text))


def _standing(some: Sequence[str]) -> Iterator[str]:
    """The sentences that may be quoted; one that leans on the one before it together with that, if both are short."""
    for before, text in pairwise(["", *some]):
        if not quotable(text):
            continue
        joined = f"{before} {text}"
        leans = text.startswith(POINTING) and before and not before.startswith(POINTING)
        yield joined if leans and len(joined) <= COMFORTABLE and quotable(before) and quotable(joined) else text


def answering(
    some: Sequence[Sentence], wishes: Sequence[Wish], rare: Mapping[str, float], near: Near, *, most: int
) -> list[Sentence]:
    """The sentences that answer the wishes best, one after the other, each one what those before it left; of a review
    no more than one. Of sentences that share words with a wish the one that is `near` it is better."""
    chosen: list[Sentence] = []
    left = list(wishes)
    while left and len(chosen) < most:
        gains = [(_gain(sentence, left, rare), sentence) for sentence in some if _free(sentence, chosen)]
        fit = [(gain + sentence.worth, gain, sentence) for gain, sentence in gains if gain >= ENOUGH]
        fit = [one for one in fit if one[0] > (FROM_REVIEWS if kind_of(one[2].ref) == "review" else 0.0)]
        if not fit:
            break
        best = max(fit, key=lambda one: one[0] + near(one[2].text))[2]
        chosen.append(best)
        left = [wish for wish in left if not wish.words & best.held]
    return chosen


def best_of(some: Sequence[Sentence], near: Near, *, reviews: bool) -> Sentence | None:
    """The sentence to quote where none shares words with a wish, the one that comes nearest: one of the description, or
    else of a review, where that speaks for the item or `reviews` of any sort will do."""
    for kind, least in (("description", -math.inf), ("review", -math.inf if reviews else UNFIT)):
        if of_kind := [sentence for sentence in some if kind_of(sentence.ref) == kind]:
            best = max(of_kind, key=lambda sentence: sentence.worth + NEARNESS * near(sentence.text))
            return best if best.worth > least else None
    return None


def _gain(sentence: Sentence, wishes: Sequence[Wish], rare: Mapping[str, float]) -> float:
    return sum(wish.weight * rare[word] for wish in wishes for word in wish.words & sentence.held)


def _free(sentence: Sentence, chosen: Sequence[Sentence]) -> bool:
    """Whether it stands in the description or in a review of which nothing is chosen yet."""
    return kind_of(sentence.ref) != "review" or all(sentence.ref != other.ref for other in chosen)


def _held(found: frozenset[str], wanted: frozenset[str]) -> frozenset[str]:
    """The words wanted that stand there, or of which one that stands there is made, or the reverse."""
    missing = [word for word in wanted - found if len(word) >= STEM]
    kin = {
        word
        for word in missing
        for other in found
        if len(other) >= STEM and (other.startswith(word) or word.startswith(other))
    }
    return (found & wanted) | kin


def _denied(text: str) -> frozenset[str]:
    """The words of a sentence that a "not" before them in their clause reaches."""
    if not DENIED.search(text):
        return frozenset()
    found: set[str] = set()
    reach = 0
    for token in tokens_of(text):
        if not token[0].isalnum():
            reach = 0
        elif token in NEGATORS:
            reach = REACH
        elif reach:
            reach -= 1
            found |= content_words(token)
    return frozenset(found)
