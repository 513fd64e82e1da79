"""Items whose description lies nearest to the request, by embedding."""

from __future__ import annotations

from chatrec.learned import Learned
from chatrec.routes import ranked
from chatrec.store.index import Snapshot
from chatrec.types import Evidence, Hit, Query


class Route:
    """Dense retrieval over one passage an item, its description."""

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._vectors = snapshot.vectors

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        if query.vector is None:
            return []
        found = self._vectors.search(query.vector, k, kind="description", mask=query.mask)
        return ranked(
            "descriptions",
            ((p.owner_id, p.score, (Evidence(p.ref, p.owner_id, "", p.score),)) for p in found),
            k,
        )
