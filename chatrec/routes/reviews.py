"""Items whose reviews speak of what was asked for, by embedding, the best passages of an item combined."""

from __future__ import annotations

from collections import defaultdict

from chatrec.learned import Learned
from chatrec.routes import ranked
from chatrec.store.index import Snapshot
from chatrec.types import Evidence, Hit, Query

PASSAGES = 3
"""How many reviews of an item are combined."""

DEPTH = 1.5
"""How many passages are looked at for each hit wanted, as several may be of one item."""


class Route:
    """Dense retrieval over reviews, late fusion by item as in RA-Rec (Kemper et al., SIGIR'24).

    An item scores the mean of its three best reviews; one with fewer found is filled up with the score of the
    last passage found, so that one enthusiast does not outweigh three.
    """

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._vectors = snapshot.vectors

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        if query.vector is None:
            return []
        found = self._vectors.search(query.vector, int(k * DEPTH), kind="review", mask=query.mask)
        if not found:
            return []
        floor = found[-1].score
        by_item: dict[str, list[Evidence]] = defaultdict(list)
        for passage in found:
            if len(by_item[passage.owner_id]) < PASSAGES:
                by_item[passage.owner_id].append(Evidence(passage.ref, passage.owner_id, "", passage.score))
        return ranked(
            "reviews",
            (
                (item_id, (sum(e.score for e in best) + floor * (PASSAGES - len(best))) / PASSAGES, tuple(best))
                for item_id, best in by_item.items()
            ),
            k,
        )
