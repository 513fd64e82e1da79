"""What every route must do, tried on each file of the folder and on each recommender model as a route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chatrec import ChatRec, plugins
from chatrec.learned import Learned, training_data
from chatrec.retriever import Retriever, open_routes, passages_of
from chatrec.routes import Route
from chatrec.store.index import Snapshot
from chatrec.types import Query

NAMES = [*plugins.names("routes"), *plugins.names("recommenders")]
LIKED = ("alien-1979", "spirited-away-2001")
TEXT = "a story about family and memory, set by the sea"


@pytest.fixture(scope="module")
def retriever(rec: ChatRec) -> Retriever:
    return rec.rooms().retriever


def _route(name: str, snapshot: Snapshot, folder: Path | None = None) -> Route:
    return open_routes([name], snapshot, Learned(snapshot, folder))[name]


@pytest.fixture(scope="module")
def trained(retriever: Retriever, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder in which the recommender model of that name was fitted to the sample, as tests fit it, and kept."""
    home = tmp_path_factory.mktemp("trained")

    def folder(name: str) -> Path:
        if name in plugins.names("recommenders") and not (home / name).is_dir():
            model = plugins.load("recommenders", name)(**plugins.declared("recommenders", name, "TINY"))
            model.fit(training_data(retriever.snapshot), seed=0)
            model.save(home / name / name)
        return home / name

    return folder


@pytest.fixture(scope="module", params=NAMES)
def route(request: pytest.FixtureRequest, retriever: Retriever, trained: Callable[[str], Path]) -> Route:
    return _route(request.param, retriever.snapshot, trained(request.param))


@pytest.fixture
def query(retriever: Retriever) -> Query:
    query = Query(TEXT, liked=LIKED)
    return replace(query, vector=retriever._vector(query))


def test_the_routes_of_the_settings_are_there() -> None:
    assert {"descriptions", "reviews", "words", "mentions"} <= set(NAMES)


@pytest.mark.parametrize("k", [1, 7, 500])
def test_at_most_k_hits_come_each_once_best_first(route: Route, query: Query, k: int) -> None:
    hits = route.retrieve(query, k)
    assert 0 < len(hits) <= k
    assert len({hit.item_id for hit in hits}) == len(hits)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(np.isfinite(hit.score) for hit in hits)
    assert len({hit.route for hit in hits}) == 1


def test_the_items_and_refs_exist(route: Route, query: Query, retriever: Retriever) -> None:
    for hit in route.retrieve(query, 20):
        (item,) = retriever.snapshot.items.get([hit.item_id])
        assert all(piece.item_id == item.id and piece.ref in passages_of(item) for piece in hit.evidence)


def test_the_same_query_gives_the_same_hits(route: Route, query: Query) -> None:
    assert route.retrieve(query, 30) == route.retrieve(query, 30)


def test_a_query_that_says_nothing_finds_nothing(route: Route) -> None:
    assert route.retrieve(Query(""), 10) == []


def test_only_what_the_mask_allows_comes_back(route: Route, query: Query, retriever: Retriever) -> None:
    best = [hit.item_id for hit in route.retrieve(query, 5)]
    mask = retriever.snapshot.mask((), set(best))
    assert not set(best) & {hit.item_id for hit in route.retrieve(replace(query, mask=mask), 50)}
    nothing = np.zeros(retriever.snapshot.count, dtype=bool)
    assert route.retrieve(replace(query, mask=nothing), 5) == []


def test_what_is_liked_is_not_found_again_by_those_that_start_from_it(
    retriever: Retriever, trained: Callable[[str], Path]
) -> None:
    for name in ("mentions", *plugins.names("recommenders")):
        found = _route(name, retriever.snapshot, trained(name)).retrieve(Query("", liked=LIKED), 300)
        assert found
        assert not set(LIKED) & {hit.item_id for hit in found}


def test_a_route_that_is_not_there_lists_those_that_are(retriever: Retriever) -> None:
    from chatrec.errors import SettingsError

    with pytest.raises(SettingsError, match="descriptions, dialogues, facets, mentions"):
        _route("telepathy", retriever.snapshot)


@pytest.mark.parametrize("name", ["words", "facets", "neighbours", "popular"])
def test_a_mask_leaves_out_items_and_changes_nothing_else(name: str, query: Query, retriever: Retriever) -> None:
    snapshot = retriever.snapshot
    mask = np.random.default_rng(0).random(snapshot.count) < 0.4
    route = _route(name, snapshot)
    everything = route.retrieve(query, snapshot.count)
    masked = route.retrieve(replace(query, mask=mask), snapshot.count)
    allowed = [hit for hit in everything if mask[snapshot.items.row(hit.item_id)]]
    assert 0 < len(masked) < len(everything)
    assert [hit.item_id for hit in masked] == [hit.item_id for hit in allowed]
    assert [hit.score for hit in masked] == pytest.approx([hit.score for hit in allowed], abs=1e-5)
