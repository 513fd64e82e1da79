"""The items that are used more lately than they always were."""

from __future__ import annotations

from chatrec.learned import Learned
from chatrec.routes import best
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query


class Route:
    """By the times of interactions; silent where they have none. It answers whatever was asked, but not silence."""

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._snapshot = snapshot

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        if query.vector is None and not query.liked:
            return []
        return best("trending", self._snapshot.popularity.recent, self._snapshot, query, k)
