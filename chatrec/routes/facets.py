"""Items that hold the facet values which the request names."""

from __future__ import annotations

import numpy as np

from chatrec.learned import Learned
from chatrec.routes import best
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query


class Route:
    """A value counts by how rare it is (inverse document frequency); of equal items the better known comes first."""

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._snapshot = snapshot

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        space = self._snapshot.facet_space
        asked = space.asked("\n".join((query.text, *query.history)))
        if not asked:
            return []
        scores = np.sum([table.holding(asked.get(table.name, ())) for table in space.tables], axis=0, dtype=np.float64)
        known = self._snapshot.popularity.known
        scores = np.where(scores > 0, scores + 0.01 * known / (known.max(initial=0.0) or 1.0), 0.0)
        return best("facets", scores, self._snapshot, query, k)
