"""What reviewers hold for and against an item: one sentence each, told by their ratings, or else by their words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatrec.answering.values import Passage, passages, quoted
from chatrec.aspects import sentiment
from chatrec.catalog import Item
from chatrec.grounds import kind_of
from chatrec.reasons import COMFORTABLE, POINTING, SHORTEST, SOUR
from chatrec.sentences import content_words
from chatrec.types import Claim

TOPS = (5.0, 10.0, 100.0)
"""Where scales of ratings usually end."""

HIGH, LOW = 0.7, 0.5
"""Shares of the scale from which on a rating is praise, and up to which it is a complaint."""


CLEAR = 0.6
"""The sentiment from which on a sentence of a review without a rating is praise, or below 0 a complaint."""


def opinions(item: Item, *, top: float | None = None, by: str = "") -> Iterator[Claim]:
    """A sentence of praise and one of complaint, where reviews hold them."""
    yield from filter(None, for_and_against(item, top=top, by=by))


def for_and_against(item: Item, *, top: float | None = None, by: str = "") -> tuple[Claim | None, Claim | None]:
    """A sentence of praise and one of complaint; None where reviews hold none."""
    praise = complaint = None
    rated = [passage for passage in passages(item) if passage.rating is not None]
    end = top_of([item]) if top is None else top
    high = [passage for passage in rated if (passage.rating or 0) >= HIGH * end]
    low = [passage for passage in rated if (passage.rating or 0) <= LOW * end]
    if not rated:
        said = [(sentiment(passage.text), passage) for passage in passages(item) if kind_of(passage.ref) == "review"]
        high = [passage for tone, passage in said if tone >= CLEAR]
        low = [passage for tone, passage in said if tone <= -CLEAR]
    if high:
        best = max(passage.rating or 0 for passage in high)
        praise = quoted(_telling([passage for passage in high if (passage.rating or 0) == best], against=False), by=by)
    if low:
        worst = min(passage.rating or 0 for passage in low)
        complaint = quoted(
            _telling([passage for passage in low if (passage.rating or 0) == worst], against=True), by=by
        )
    return praise, complaint


def top_of(items: Iterable[Item]) -> float:
    """The end of the scale that the ratings of these items seem to be on."""
    most = max((review.rating for item in items for review in item.reviews if review.rating is not None), default=0.0)
    return next((top for top in TOPS if most <= top), most)


def _telling(some: list[Passage], *, against: bool) -> Passage:
    """The sentence that says most by itself; of complaints one with a word of blame, if there is one."""

    def worth(place: int) -> tuple[float, int]:
        text = some[place].text
        blame = bool(content_words(text) & SOUR) or sentiment(text) <= -CLEAR
        short, long = len(text) < SHORTEST, len(text) > COMFORTABLE
        return 0.5 * (blame is against and blame) - 0.4 * short - 0.3 * long - 0.25 * text.startswith(POINTING), -place

    return some[max(range(len(some)), key=worth)]
