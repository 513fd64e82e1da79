"""What is known of one aspect of one item."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aspect:
    """How the reviews of an item speak of one thing, counted in reviews.

    `mentions` of the item's `reviews` speak of it, `praise` of these praise it and `complaint` of these complain of
    it; the rest does neither, or cannot be read. `praised` and `complained` are the refs of those. `also` are other
    words for the same.
    """

    name: str
    praise: int
    complaint: int
    mentions: int
    reviews: int
    praised: tuple[str, ...] = ()
    complained: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
