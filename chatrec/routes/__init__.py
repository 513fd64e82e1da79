"""One way of finding items each: `Route(snapshot).retrieve(query, k)` gives at most `k` hits, best first.

A route that cannot say anything to a query gives an empty list. A hit's evidence names refs and scores; the quotes
are filled in by the retriever, which loads the items.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from chatrec.types import Evidence, Hit, Query


class Route(Protocol):
    """What every file here defines as a class named `Route`, made from one snapshot of the store."""

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        """At most `k` hits without a repeated item, best first, only of items that `query.mask` allows."""
        ...


def ranked(route: str, scored: Iterable[tuple[str, float, tuple[Evidence, ...]]], k: int) -> list[Hit]:
    """The `k` best of (item id, score, evidence) as hits: by score, ties by item id."""
    best = sorted(scored, key=lambda entry: (-entry[1], entry[0]))[:k]
    return [Hit(item_id, route, score, rank, evidence) for rank, (item_id, score, evidence) in enumerate(best, 1)]
