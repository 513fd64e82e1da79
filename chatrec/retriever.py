"""Runs the routes over one snapshot, fuses what they found, and loads the candidates with their evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog import Item
from chatrec.fusion import WEIGHTS, reciprocal_rank
from chatrec.routes import Route
from chatrec.store import parts
from chatrec.store.index import Snapshot
from chatrec.types import Candidate, Evidence, Hit, Query

DEPTH = 150
"""How many hits each route is asked for."""

DECAY = 0.5
"""What the wish of one turn earlier counts in the request's vector."""

PASSAGES = 4
"""How many passages of evidence a candidate carries at most."""


@dataclass(frozen=True)
class Found:
    """What the routes found: their hits by route, and `ranking`, all of them as (item id, fused score), best first."""

    hits: Mapping[str, Sequence[Hit]]
    ranking: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Retriever:
    """`retrieve` answers a query from one generation of the store; `routes` by name, `weights` by route name."""

    snapshot: Snapshot
    routes: Mapping[str, Route]
    weights: Mapping[str, float]
    embed: Callable[[str], NDArray[np.float32]]

    def retrieve(self, query: Query, k: int) -> list[Candidate]:
        """The `k` best candidates, best first; none where the constraints and exclusions leave no item."""
        found = self.find(query)
        best = found.ranking[:k]
        items = {item.id: item for item in self.snapshot.items.get([item_id for item_id, _ in best])}
        by_item = {name: {hit.item_id: hit for hit in hits} for name, hits in found.hits.items()}
        return [
            _candidate(
                items[item_id], score, {name: hits[item_id] for name, hits in by_item.items() if item_id in hits}
            )
            for item_id, score in best
        ]

    def find(self, query: Query) -> Found:
        """What `retrieve` chooses from, before any item is loaded."""
        mask = self.snapshot.mask(query.constraints, query.excluded)
        if mask is not None and not mask.any():
            return Found({}, ())
        query = replace(query, vector=self._vector(query), mask=mask)
        hits = {name: route.retrieve(query, DEPTH) for name, route in self.routes.items()}
        return Found(hits, reciprocal_rank(hits, self._weights(query)))

    def _weights(self, query: Query) -> dict[str, float]:
        """The routes' weights; that of the items named fades with every wish that has come since."""
        weights = {**WEIGHTS, **self.weights}
        return weights | {"mentions": weights["mentions"] * DECAY**query.since_liked}

    def _vector(self, query: Query) -> NDArray[np.float32] | None:
        """Unit-length blend of the wishes' embeddings, the latest counting most; None where nothing was said."""
        texts = [text for text in (query.text, *query.history) if text.strip()]
        if not texts:
            return None
        blend = np.sum([DECAY**age * self.embed(text) for age, text in enumerate(texts)], axis=0)
        return np.asarray(blend / np.linalg.norm(blend), dtype=np.float32)


def _candidate(item: Item, score: float, hits: Mapping[str, Hit]) -> Candidate:
    best: dict[str, Evidence] = {}
    for evidence in (evidence for hit in hits.values() for evidence in hit.evidence):
        best.setdefault(evidence.ref, evidence)
    passages = passages_of(item)
    for ref in passages:
        best.setdefault(ref, Evidence(ref, item.id, "", 0.0))
    ordered = sorted(best.values(), key=lambda evidence: (-evidence.score, evidence.ref))
    quoted = [replace(evidence, quote=passages[evidence.ref]) for evidence in ordered if evidence.ref in passages]
    return Candidate(item, score, hits, tuple(quoted[:PASSAGES]))


def passages_of(item: Item) -> dict[str, str]:
    """Text by ref of all that was written about an item; empty texts are left out."""
    return {ref: text for _, ref, text in parts.passages_of(item)}
