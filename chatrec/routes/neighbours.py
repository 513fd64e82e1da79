"""Items like those the user named: by what their descriptions say and by the facets they share."""

from __future__ import annotations

import numpy as np

from chatrec.learned import Learned
from chatrec.routes import best
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query


class Route:
    """Content-based neighbours, for which nobody need ever have used an item.

    An item scores the sum, over the facets that hold texts, of its mean cosine to the items named, and the cosine of
    its description to the mean of theirs.
    """

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._snapshot = snapshot

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        snapshot = self._snapshot
        rows = [row for item_id in query.liked if (row := snapshot.items.row(item_id)) is not None]
        if not rows:
            return []
        shared = np.zeros(snapshot.count, dtype=np.float32)
        for table in snapshot.facet_space.tables:
            shared += table.shared(rows)
        centre = snapshot.vectors.centre(query.liked)
        if centre is not None:
            allowed = np.arange(snapshot.count) if query.mask is None else np.flatnonzero(query.mask)
            shared[allowed] += np.nan_to_num(snapshot.vectors.cosines(centre, allowed), nan=0.0)
        return best("neighbours", shared, snapshot, query, k)
