"""What reviews agree on, as sentences: how many praise what was asked for, and one drawback."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from chatrec.aspects.counting import Matcher
from chatrec.aspects.finding import key_of
from chatrec.aspects.sentiment import tokens_of
from chatrec.aspects.values import Aspect
from chatrec.prompts import phrases
from chatrec.types import Claim, Query

FEWEST = 2
"""So many reviews must say it; one is somebody's opinion."""

MOST = 0.5
"""More than this share of the reviews that mention an aspect must praise it, or complain about it."""


def told(aspects: Sequence[Aspect], query: Query) -> list[Claim]:
    """What the reviews of one item agree on, each sentence with the refs of the reviews it counts: praise of the
    aspects that the request names, else of the best supported one; and the drawback that most complain about, if any.

    Empty where reviews are few or divided. `aspects` are `snapshot.aspects.of(item_id)`.
    """
    praised = [one for one in aspects if _agreed(one.praise, one)]
    blamed = [one for one in aspects if _agreed(one.complaint, one)]
    asked = _named(aspects, query.wishes)
    wanted = [one for one in praised if one.name in asked] or praised[:1]
    return [
        *(_claim("praise", one, one.praise, one.praised) for one in wanted),
        *(_claim("drawback", one, one.complaint, one.complained) for one in _worst(blamed, asked)),
    ]


def judged(aspects: Sequence[Aspect], question: str) -> list[Claim]:
    """How many reviews of one item praise and complain of what a question names, with the refs of all of them."""
    asked = _named(aspects, question)
    found = [one for one in aspects if one.name in asked and one.praise + one.complaint >= FEWEST]
    return [
        Claim(_phrase("judged", one, praise=one.praise, complaint=one.complaint), (*one.praised, *one.complained))
        if one.complaint
        else _claim("praise", one, one.praise, one.praised)
        for one in found
    ]


def _worst(blamed: Sequence[Aspect], asked: Collection[str]) -> Iterator[Aspect]:
    """The drawback to be told: one of what was asked for, else the best supported."""
    yield from sorted(blamed, key=lambda one: (one.name not in asked, -one.complaint, one.mentions, one.name))[:1]


def _agreed(count: int, one: Aspect) -> bool:
    return count >= FEWEST and count > MOST * one.mentions


def _named(aspects: Sequence[Aspect], text: str) -> frozenset[str]:
    matcher = Matcher([[tuple(map(key_of, word.split())) for word in (one.name, *one.also)] for one in aspects])
    return frozenset(aspects[number].name for number, _, _ in matcher.places(tokens_of(text)))


def _claim(kind: Literal["praise", "drawback"], one: Aspect, count: int, refs: tuple[str, ...]) -> Claim:
    everywhere = one.mentions == one.reviews
    return Claim(_phrase(kind if everywhere else f"{kind} of those", one, count=count), refs)


def _phrase(kind: str, one: Aspect, **counts: int) -> str:
    values = {"reviews": one.reviews, "mentions": one.mentions, "aspect": one.name}
    return phrases("aspects")[kind][0].format_map({**values, **counts})
