"""Items that hold the request's own words (BM25): names, titles and terms that an embedding blurs."""

from __future__ import annotations

from chatrec.learned import Learned
from chatrec.routes import ranked
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query


class Route:
    """BM25 over title, description and facets."""

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._words = snapshot.words

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        found = self._words.search(query.wishes, k, mask=query.mask)
        return ranked("words", ((item_id, score, ()) for item_id, score in found), k)
