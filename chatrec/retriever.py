"""Runs the routes over one snapshot, fuses what they found, and loads the candidates with their evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chatrec import plugins
from chatrec.catalog import Item
from chatrec.features import features_of
from chatrec.fusion import WEIGHTS, reciprocal_rank
from chatrec.learned import Learned
from chatrec.learned_fusion import LearnedFusion
from chatrec.routes import Route
from chatrec.routes._recommender import RecommenderRoute
from chatrec.steering.lessons import soften
from chatrec.store import parts
from chatrec.store.index import Snapshot
from chatrec.types import Candidate, Evidence, Hit, Query

DEPTH = 150
"""How many hits each route is asked for."""

THREADS = 2
"""How many routes are asked at once."""

DECAY = 0.5
"""What the items named still count for after one more wish."""

FEW = 300
"""So many past dialogues count half of what many do."""

ORDERED = 50
"""Among how many of what was found the least or the most of a number is looked for."""

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
    fusion: LearnedFusion | None = None
    """None: reciprocal ranks, for which nothing need be learned."""

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
        query, hits = self.ask(query)
        fused = self.fuse(query, hits) or self.best_known(query, DEPTH)
        ranking = soften(self.snapshot, fused, lessons=query.lessons, preferences=query.preferences)
        return Found(hits, self._ordered(query, ranking) if query.order else ranking)

    def best_known(self, query: Query, k: int) -> list[tuple[str, float]]:
        """The `k` items that most people know, of all that may come back: for somebody who has said nothing to search
        for, and to tell apart by a question."""
        mask = self.snapshot.mask(query.constraints, query.excluded)
        rows = np.arange(self.snapshot.count) if mask is None else np.flatnonzero(mask)
        known = self.snapshot.popularity.known[rows]
        return [(self.snapshot.items.ids[rows[at]], float(known[at])) for at in np.lexsort((rows, -known))[:k].tolist()]

    def _ordered(self, query: Query, ranking: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
        """What was asked for as the least or the most of a number: all that may come back where only that was said,
        else the best of what was found."""
        column = self.snapshot.numbers.get(query.order.facet) if query.order else None
        if column is None or query.order is None:
            return list(ranking)
        ids = [item_id for item_id, _ in ranking[:ORDERED]]
        if not query.talk and not query.liked:
            rows = np.arange(self.snapshot.count) if query.mask is None else np.flatnonzero(query.mask)
            ids = [self.snapshot.items.ids[row] for row in rows.tolist()]
        sign = 1.0 if query.order.direction == "least" else -1.0
        known = {item_id: sign * float(column[self.snapshot.items.row(item_id)]) for item_id in ids}
        kept = sorted((number, item_id) for item_id, number in known.items() if not np.isnan(number))
        return [(item_id, -number) for number, item_id in kept]

    def fuse(self, query: Query, hits: Mapping[str, Sequence[Hit]]) -> list[tuple[str, float]]:
        """All that was found as (item id, score), best first, by the learned fusion or by reciprocal ranks."""
        if self.fusion and any(hits.values()):
            return self.fusion.rank(features_of(query, hits, self.snapshot))
        return reciprocal_rank(hits, self.weights_of(query))

    def ask(self, query: Query) -> tuple[Query, dict[str, list[Hit]]]:
        """Every route's hits, and the query as they were asked it."""
        mask = self.snapshot.mask(query.constraints, query.excluded)
        if mask is not None and not mask.any():
            return replace(query, mask=mask), {}
        query = replace(query, vector=self._vector(query), mask=mask)
        found = self._at_once.map(lambda route: route.retrieve(query, DEPTH), self.routes.values())
        return query, dict(zip(self.routes, found, strict=True))

    @cached_property
    def _at_once(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(THREADS, thread_name_prefix="chatrec-route")

    def weights_of(self, query: Query) -> dict[str, float]:
        """The routes' weights; those that start from the items named fade with every wish that has come since, and a
        few past dialogues say less than many, unless the settings weigh them."""
        fading = DECAY**query.since_liked
        told = len(self.snapshot.past.ids)
        weights = {**WEIGHTS, "dialogues": WEIGHTS["dialogues"] * told / (told + FEW), **self.weights}
        return weights | {name: weights.get(name, 1.0) * fading for name in ("mentions", "neighbours")}

    def _vector(self, query: Query) -> NDArray[np.float32] | None:
        """The embedding of all that was said, the latest first, so that it is the oldest that may not fit; None where
        nothing was said."""
        return self.embed(query.talk) if query.talk else None


def open_routes(names: Iterable[str], snapshot: Snapshot, learned: Learned) -> dict[str, Route]:
    """The routes of these names; that of a recommender model is the model as a route (`mf-als` is the file `mf_als`).

    Raises SettingsError for a name that there is none of.
    """
    models = plugins.names("recommenders")
    return {
        name: RecommenderRoute(name, snapshot, learned)
        if name.replace("-", "_") in models
        else plugins.load("routes", name)(snapshot, learned)
        for name in names
    }


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
