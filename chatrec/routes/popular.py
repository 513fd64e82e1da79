"""The items most people know."""

from __future__ import annotations

from chatrec.learned import Learned
from chatrec.routes import best
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query


class Route:
    """By interactions, the older ones counting less, and past dialogues; without either, by what the catalogue says of
    itself. It answers whatever was asked, but not silence."""

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._snapshot = snapshot

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        if query.vector is None and not query.liked:
            return []
        return best("popular", self._snapshot.popularity.known, self._snapshot, query, k)
