"""Items whose description, with title and facets, lies nearest to the request, by embedding."""

from __future__ import annotations

from chatrec.learned import Learned
from chatrec.routes import ranked
from chatrec.store.index import Snapshot
from chatrec.store.vectors import Passage
from chatrec.types import Evidence, Hit, Query


class Route:
    """Dense retrieval over one passage an item."""

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._vectors = snapshot.vectors

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        if query.vector is None:
            return []
        found = self._vectors.search(query.vector, k, kind="description", mask=query.mask)
        return ranked(
            "descriptions",
            ((p.owner_id, p.score, _evidence(p)) for p in found),
            k,
        )


def _evidence(passage: Passage) -> tuple[Evidence, ...]:
    """The description; of an item without one nothing can be quoted."""
    if not passage.ref.endswith("#description"):
        return ()
    return (Evidence(passage.ref, passage.owner_id, "", passage.score),)
