"""One way of finding items each: `Route(snapshot, learned).retrieve(query, k)` gives at most `k` hits, best first.

A route that cannot say anything to a query gives an empty list. A hit's evidence names refs and scores; the quotes
are filled in by the retriever, which loads the items.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chatrec.store.index import Snapshot
from chatrec.types import Evidence, Hit, Query


class Route(Protocol):
    """What every file here defines as a class named `Route`, made from one snapshot of the store and what was learned
    for it."""

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        """At most `k` hits without a repeated item, best first, only of items that `query.mask` allows."""
        ...


def ranked(route: str, scored: Iterable[tuple[str, float, tuple[Evidence, ...]]], k: int) -> list[Hit]:
    """The `k` best of (item id, score, evidence) as hits: by score, ties by item id."""
    best = sorted(scored, key=lambda entry: (-entry[1], entry[0]))[:k]
    return [Hit(item_id, route, score, rank, evidence) for rank, (item_id, score, evidence) in enumerate(best, 1)]


def best(route: str, scores: NDArray[Any], snapshot: Snapshot, query: Query, k: int) -> list[Hit]:
    """The `k` best rows of `scores`, one a row of the snapshot, as hits: what is positive, allowed and not liked."""
    allowed = scores > 0
    if query.mask is not None:
        allowed &= query.mask
    allowed[[row for item_id in query.liked if (row := snapshot.items.row(item_id)) is not None]] = False
    rows = np.flatnonzero(allowed)
    if len(rows) > k:  # ties at the edge all stay, so that the item id decides
        rows = rows[scores[rows] >= np.partition(scores[rows], len(rows) - k)[len(rows) - k]]
    ids = snapshot.items.ids
    return ranked(route, ((ids[row], float(scores[row]), ()) for row in rows.tolist()), k)


def scaled(scores: NDArray[Any]) -> NDArray[Any]:
    """The same, the best as 1, what cannot be said (NaN) as 0; all 0 where nothing is positive."""
    known = np.nan_to_num(scores, nan=0.0)
    return known / top if (top := known.max(initial=0.0)) > 0 else np.zeros_like(known)
