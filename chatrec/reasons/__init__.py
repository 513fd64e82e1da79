"""Explanations without a language model: facts that meet the request, sentences that answer it, shared opinions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from chatrec.aspects import Aspect
from chatrec.catalog.schema import Facet
from chatrec.reasons.facts import known, meeting_facts
from chatrec.reasons.nearness import Embed, Near, nearness
from chatrec.reasons.opinions import drawback, praise
from chatrec.reasons.passages import COMFORTABLE, POINTING, SHORTEST, SOUR, Sentence, answering, best_of, sentences_of
from chatrec.reasons.telling import counted, quoted, stated
from chatrec.reasons.wishes import Wish, wishes_of, without
from chatrec.types import Claim, Query, Recommendation

__all__ = ["COMFORTABLE", "POINTING", "SHORTEST", "SOUR", "Embed", "reasons"]

MOST = 3
"""Sentences for an item; what reviews hold against it comes besides."""

QUOTES = 2
"""Of these, at most so many are quotes where facts or praise are told as well."""


def reasons(
    query: Query,
    recommendations: Sequence[Recommendation],
    *,
    schema: Mapping[str, Facet] | None = None,
    aspects: Callable[[str], Sequence[Aspect]] | None = None,
    embed: Embed | None = None,
) -> Callable[[int], tuple[Claim, ...]]:
    """Gives the claims of a recommendation, asked by its place: the facts that meet its conditions, praise that most
    reviews share of what was asked for, the sentences that answer its wishes best, and a drawback that most reviews
    share.

    `schema` tells what facets measure, `aspects` what reviews judge of an item by its id; without it no reviews are
    counted. `embed` tells which sentences come near the request though they share no word with it.
    """
    wishes = wishes_of(query)
    wanted = frozenset(word for wish in wishes for word in wish.words)
    pool = [list(sentences_of(shown, wanted)) for shown in recommendations]
    spread = Counter(word for some in pool for sentence in some for word in sentence.held)
    rare = {word: 1 / (1 + math.log1p(spread[word])) for word in wanted}

    def of(place: int) -> tuple[Claim, ...]:
        shown, some = recommendations[place], pool[place]
        judged = aspects(shown.item.id) if aspects else ()
        return tuple(_claims(place, shown, some, wishes, rare, query, schema or {}, judged, nearness(query, embed)))

    return of


def _claims(
    place: int,
    shown: Recommendation,
    some: Sequence[Sentence],
    wishes: Sequence[Wish],
    rare: Mapping[str, float],
    query: Query,
    schema: Mapping[str, Facet],
    aspects: Sequence[Aspect],
    near: Near,
) -> list[Claim]:
    met, words = meeting_facts(shown.item, query, wishes, schema)
    claims = stated("facts", place, met)
    praised = praise(aspects, shown.item, wishes)
    claims += [counted("praise", praised)] if praised else []
    left = without(wishes, words | (praised.words if praised else frozenset()))
    quotes = answering(some, left, rare, near, most=min(MOST - len(claims), QUOTES if claims else MOST))
    if not quotes and (best := best_of(some, near, reviews=not claims)):
        quotes = [best]
    claims += quoted(place, quotes)
    if not claims:
        claims = stated("known", place, known(shown.item, schema))
    against = drawback(aspects, shown.item, wishes, told=[quote.text for quote in quotes])
    return [*claims, counted("drawback", against)] if against else claims
