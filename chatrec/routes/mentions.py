"""Neighbours of the items the user named with approval: by behaviour where there is any, by text for the rest."""

from __future__ import annotations

import numpy as np

from chatrec.recommenders.itemknn import Recommender
from chatrec.routes import ranked
from chatrec.routes._recommender import RecommenderRoute
from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query

BEHAVIOUR_SHARE = 0.7
"""How much behaviour counts beside text for an item that has both."""


class Route:
    """Item neighbours folded in at query time, so that a new user is served at once.

    By text: cosine to the mean of the liked items' description vectors. By behaviour: the recommender model
    `itemknn`, scaled so that its best item scores 1. The two are mixed.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._behaviour = RecommenderRoute("mentions", Recommender(), snapshot)

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        liked = [item_id for item_id in query.liked if self._snapshot.items.row(item_id) is not None]
        if not liked:
            return []
        scores = self._by_text(liked, query, k)
        behaviour = self._behaviour.retrieve(query, k)
        for hit in behaviour:
            share = BEHAVIOUR_SHARE * hit.score / behaviour[0].score
            scores[hit.item_id] = share + (1 - BEHAVIOUR_SHARE) * scores.get(hit.item_id, 0.0)
        return ranked("mentions", ((i, score, ()) for i, score in scores.items() if i not in liked), k)

    def _by_text(self, liked: list[str], query: Query, k: int) -> dict[str, float]:
        _, vectors = self._snapshot.vectors.of_items(liked)
        if not len(vectors):
            return {}
        centre = vectors.mean(axis=0)
        centre = (centre / (np.linalg.norm(centre) or 1.0)).astype(np.float32)
        found = self._snapshot.vectors.search(centre, k + len(liked), kind="description", mask=query.mask)
        return {passage.owner_id: passage.score for passage in found}
