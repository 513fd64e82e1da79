"""Items that hold the facet values which the request names."""

from __future__ import annotations

import numpy as np

from chatrec.learned import Learned
from chatrec.routes import best, scaled
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query

NEARNESS = 4.0
POPULARITY = 1.0
"""What lying nearest to the request, and being best known, count beside the values that an item holds: a value that
every second item holds counts about 1, one of a hundred items about 5."""


class Route:
    """A value counts by how rare it is (inverse document frequency); among items that hold the same values it matters
    how near to the request they are, and how well known."""

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._snapshot = snapshot

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        space = self._snapshot.facet_space
        asked = space.asked(query.wishes)
        if not asked:
            return []
        scores = np.zeros(self._snapshot.count)
        for table in space.tables:
            scores += table.holding(asked.get(table.name, ()))
        rows = np.flatnonzero(scores > 0)
        scores[rows] += POPULARITY * scaled(self._snapshot.popularity.known[rows])
        if query.vector is not None:
            allowed = rows if query.mask is None else rows[query.mask[rows]]
            near = np.nan_to_num(self._snapshot.vectors.cosines(query.vector, allowed), nan=0.0)
            scores[allowed] += NEARNESS * near.clip(0)
        return best("facets", scores, self._snapshot, query, k)
