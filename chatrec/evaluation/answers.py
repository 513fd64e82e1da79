"""Asks a retriever every case: its rankings, those of each route alone, what they cover, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from chatrec.evaluation.protocols import Case
from chatrec.retriever import Retriever
from chatrec.rooms import Rooms
from chatrec.routes import Route

Ranking: TypeAlias = Sequence[tuple[str, float]]
"""(item id, score), best first."""

Told: TypeAlias = Callable[[str, int, int], None]
"""Called with a stage, how many cases are done, and of how many."""

WARM_UP = 5
"""How many turns are answered before the clock runs."""


@dataclass
class Answers:
    """A ranking a case, the best first, and the share of each sample's items that was found at any rank."""

    rankings: list[Ranking] = field(default_factory=list)
    coverage: list[float] = field(default_factory=list)

    def add(self, ranking: Ranking, case: Case, depth: int) -> None:
        self.rankings.append(allowed(ranking, case, depth))
        self.coverage += _covered(case, {item_id for item_id, _ in ranking})


def answers(
    retrievers: Mapping[str, Retriever], cases: Sequence[Case], *, depth: int, told: Callable[[int], None]
) -> tuple[dict[str, Answers], dict[str, Answers]]:
    """What each retriever finds for each case, and what each route alone does, both by name.

    The first retriever asks, all routes that any of them has; each fuses what its own were told.
    """
    routes_of = {name: route for retriever in retrievers.values() for name, route in retriever.routes.items()}
    asking = replace(next(iter(retrievers.values())), routes=routes_of)
    fused = {name: Answers() for name in retrievers}
    routes = {name: Answers() for name in asking.routes}
    for done, case in enumerate(cases, 1):
        query, hits = asking.ask(case.query)
        for name, retriever in retrievers.items():
            own = {route: hits[route] for route in retriever.routes if route in hits}
            fused[name].add(retriever.fuse(query, own), case, depth)
        for name, answered in routes.items():
            answered.add([(hit.item_id, hit.score) for hit in hits.get(name, ())], case, depth)
        told(done)
    return fused, routes


def shown(
    rooms: Rooms, cases: Sequence[Case], *, told: Callable[[int], None]
) -> tuple[list[list[str]], NDArray[np.float64]]:
    """The items a turn would show for each case, and the milliseconds its retrieval takes, as a session asks for it.

    No language model orders them.
    """
    for case in cases[:WARM_UP]:
        rooms.retrieve(case.query, rooms.n)
    items, milliseconds = [], []
    for done, case in enumerate(cases, 1):
        begun = time.perf_counter()
        candidates = rooms.retrieve(case.query, rooms.n)
        milliseconds.append(1000 * (time.perf_counter() - begun))
        items.append([candidate.item.id for candidate in candidates[: rooms.n]])
        told(done)
    return items, np.array(milliseconds)


def allowed(ranking: Ranking, case: Case, depth: int) -> Ranking:
    """The `depth` best, without what must not be ranked: what was named before."""
    return [entry for entry in ranking if entry[0] not in case.query.excluded][:depth]


def without_each_route(retriever: Retriever) -> dict[str, Retriever]:
    """The retriever with each of its routes left out in turn; none where there is but one."""
    names = list(retriever.routes) if len(retriever.routes) > 1 else []
    return {
        f"without {left_out}": replace(
            retriever, routes={name: route for name, route in retriever.routes.items() if name != left_out}
        )
        for left_out in names
    }


def with_each_route(retriever: Retriever, more: Mapping[str, Route]) -> dict[str, Retriever]:
    """The retriever with each of `more` added in turn, all weighed by rank: a learned fusion knows nothing of them."""
    return {
        f"with {name}": replace(retriever, routes={**retriever.routes, name: route}, fusion=None)
        for name, route in more.items()
        if name not in retriever.routes
    }


def _covered(case: Case, item_ids: Collection[str]) -> list[float]:
    return [sum(item_id in item_ids for item_id in sample) / len(sample) for sample in case.samples]
