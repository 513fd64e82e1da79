"""What reviews of an item agree on: praise of what was asked for, and one drawback."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from chatrec.aspects import Aspect
from chatrec.aspects.counting import Matcher
from chatrec.aspects.finding import key_of
from chatrec.aspects.sentiment import sentiment, tokens_of
from chatrec.aspects.telling import FEWEST, MOST
from chatrec.catalog import Item
from chatrec.reasons.passages import POINTING, QUOTE
from chatrec.reasons.wishes import Wish
from chatrec.sentences import content_words, sentences
from chatrec.untrusted import commanding, heard, quotable, showable

QUOTED = (20, 120)
"""Characters of a complaint that is quoted."""

CLEAR = -0.35
"""The sentiment down from which a sentence is clearly a complaint."""

READ = 8
"""Reviews among which one is looked for."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What `refs` agree on, of `total` reviews: all of the item's, or those that `mention` it; `quote` is of one."""

    aspect: str
    refs: tuple[str, ...]
    total: int
    mention: bool
    words: frozenset[str]
    quote: str = ""


def praise(aspects: Sequence[Aspect], item: Item, wishes: Sequence[Wish]) -> Opinion | None:
    """The praise that most reviews share of something that was asked for."""
    asked = _named(aspects, wishes)
    found = [_counted(one, one.praised, item) for one in aspects if one.name in asked]
    return next((one for one in found if one), None)


def drawback(aspects: Sequence[Aspect], item: Item, wishes: Sequence[Wish], *, told: Collection[str]) -> Opinion | None:
    """The complaint that most reviews share, of something that was asked for before all; `told` is quoted already."""
    asked = _named(aspects, wishes)
    some = [(one, found) for one in aspects if (found := _counted(one, one.complained, item))]
    if not some:
        return None
    some.sort(key=lambda each: (each[0].name not in asked, -len(each[1].refs), each[1].total, each[0].name))
    one, worst = some[0]
    return replace(worst, quote=_complaint(one, worst.refs, item, told))


def _counted(one: Aspect, refs: Sequence[str], item: Item) -> Opinion | None:
    """The opinion, counted in reviews that are there and do not speak to a language model; None where few share it."""
    texts = {f"{item.id}#review:{review.id}": review.text for review in item.reviews if review.text.strip()}
    mute = [ref for ref, text in texts.items() if commanding(text)]
    held = tuple(ref for ref in dict.fromkeys(refs) if ref in texts and ref not in mute)
    other = sum(ref not in mute for ref in {*one.praised, *one.complained} - set(refs))
    mentions = one.mentions - sum(ref in mute for ref in {*one.praised, *one.complained})
    if len(held) < FEWEST or len(held) <= MOST * mentions or len(held) <= other or not showable(one.name):
        return None
    reviews = len(texts) - len(mute)
    words = frozenset(word for name in (one.name, *one.also) for word in content_words(name))
    return Opinion(one.name, held, mentions, mentions < reviews, words)


def _complaint(one: Aspect, refs: Sequence[str], item: Item, told: Collection[str]) -> str:
    """A short sentence of one of these reviews that complains of the aspect by its name."""
    texts = {f"{item.id}#review:{review.id}": review.text for review in item.reviews}
    matcher = Matcher([[tuple(map(key_of, name.split())) for name in (one.name, *one.also)]])
    shortest, longest = QUOTED
    found = [
        text
        for ref in refs[:READ]
        for text in sentences(heard(texts[ref]))
        if shortest <= len(text) <= longest
        and not QUOTE.search(text)
        and not text.startswith(POINTING)
        and not any(text in quote for quote in told)
        and quotable(text)
        and matcher.judged(tokens_of(text)).get(0) == -1
    ]
    blame, text = min(((sentiment(text), text) for text in found), default=(0.0, ""))
    return text if blame <= CLEAR else ""


def _named(aspects: Sequence[Aspect], wishes: Sequence[Wish]) -> frozenset[str]:
    if not aspects:
        return frozenset()
    matcher = Matcher([[tuple(map(key_of, name.split())) for name in (one.name, *one.also)] for one in aspects])
    places = (place for wish in wishes for place in matcher.places(tokens_of(wish.text)))
    return frozenset(aspects[number].name for number, _, _ in places)
