"""What each route is good for, on a catalogue small enough to know the answers of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hash_embedder import HashEmbedder

from chatrec.catalog import Dialogue, Interaction, Item, Record, Review, Utterance
from chatrec.features import features_of
from chatrec.learned import Learned
from chatrec.learned_fusion import LearnedFusion
from chatrec.retriever import open_routes
from chatrec.store.index import Snapshot, build_generation, open_snapshot
from chatrec.types import Hit, Query

EMBEDDER = HashEmbedder()
DAY = 86_400.0

ITEMS = [
    Item("tent", "Tent", "Keeps the rain out.", {"use": ("Camping", "Rain"), "maker": "North Face", "price": 200.0}),
    Item("stove", "Stove", "Burns gas.", {"use": ("Camping", "Cooking"), "maker": "Primus", "price": 80.0}),
    Item("pan", "Pan", "For eggs.", {"use": ("Cooking",), "maker": "Primus", "price": 30.0}),
    Item("coat", "Coat", "Keeps the rain out as well.", {"use": ("Rain", "Hi-Fi"), "maker": "North Face"}),
    Item("lamp", "Lamp", "Sheds light.", {"use": ("Camping",), "maker": "The", "price": 20.0}),
]


def snapshot_of(folder: Path, *more: Record) -> Snapshot:
    build_generation(folder / "things", [*ITEMS, *more], EMBEDDER)
    return open_snapshot(folder / "things", stamp=EMBEDDER.stamp)


def ask(snapshot: Snapshot, route: str, text: str = "", **more: object) -> list[str]:
    vector = EMBEDDER.embed_query(text) if text else None
    query = Query(text, vector=vector, **more)  # type: ignore[arg-type]
    found = open_routes([route], snapshot, Learned(snapshot))[route].retrieve(query, 10)
    return [hit.item_id for hit in found]


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return snapshot_of(tmp_path_factory.mktemp("cold"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("something for camping", {"tent", "stove", "lamp"}),
        ("I have a primus", {"stove", "pan"}),
        ("the north face, please", {"tent", "coat"}),
        ("for when it rains", {"tent", "coat"}),
        ("hifi", {"coat"}),
        ("HI FI", {"coat"}),
        ("what is the best of them", set()),  # "The" is a maker's name, and a word that names nothing
        ("nothing of that", set()),
    ],
)
def test_facets_find_what_holds_the_values_named(cold: Snapshot, text: str, found: set[str]) -> None:
    assert set(ask(cold, "facets", text)) == found


def test_a_value_few_items_hold_counts_more(cold: Snapshot) -> None:
    assert ask(cold, "facets", "camping or cooking, by primus")[0] == "stove"
    assert cold.facet_space.asked("camping, camping")["use"] == cold.facet_space.asked("camping")["use"]


def test_neighbours_share_facets_and_text_with_the_items_named(cold: Snapshot) -> None:
    found = ask(cold, "neighbours", liked=("tent",))
    assert found[0] == "coat"
    assert "tent" not in found
    assert ask(cold, "neighbours", "rain") == []


def test_without_behaviour_popularity_is_what_the_catalogue_says_of_itself(tmp_path: Path) -> None:
    counted = [replace(item, attributes={"popularity": place}) for place, item in enumerate(ITEMS)]
    assert ask(snapshot_of(tmp_path / "a", *counted), "popular", "anything")[0] == "lamp"
    rated = [replace(item, attributes={"popularity": 10, "rating": place}) for place, item in enumerate(ITEMS)]
    assert ask(snapshot_of(tmp_path / "b", *rated), "popular", "anything")[0] == "lamp"
    spoken = replace(ITEMS[2], reviews=(Review("pan", "1", "good"), Review("pan", "2", "fine")))
    assert ask(snapshot_of(tmp_path / "c", spoken), "popular", "anything") == ["pan"]


def test_popular_is_what_was_used_and_trending_what_is_used_now(tmp_path: Path) -> None:
    old = [Interaction(f"u{n}", "tent", None, n * DAY) for n in range(60)]
    new = [Interaction(f"v{n}", "lamp", None, (999 + n / 10) * DAY) for n in range(10)]
    snapshot = snapshot_of(tmp_path, *old, *new)
    assert ask(snapshot, "popular", "anything") == ["tent", "lamp"]
    assert ask(snapshot, "trending", "anything")[0] == "lamp"


def test_without_times_nothing_is_trending(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, Interaction("u", "tent"), Interaction("v", "tent"))
    assert ask(snapshot, "trending", "anything") == []
    assert ask(snapshot, "popular", "anything") == ["tent"]


def talk(number: int, said: str, item_id: str) -> Dialogue:
    return Dialogue(f"d{number}", (Utterance("user", said), Utterance("assistant", "take this", (item_id,))))


def test_past_dialogues_vote_for_what_they_came_to_unless_they_are_hidden(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, talk(1, "eggs for breakfast", "pan"), talk(2, "a dark night outside", "lamp"))
    assert ask(snapshot, "dialogues", "breakfast with eggs")[0] == "pan"
    assert ask(snapshot.without({"d1"}), "dialogues", "breakfast with eggs") == ["lamp"]
    assert ask(snapshot.without({"d1", "d2"}), "dialogues", "breakfast with eggs") == []
    assert snapshot.without({"d1"}).popularity.known[snapshot.items.row("pan")] == 0  # type: ignore[index]


def test_features_say_what_they_are_of_and_leave_open_what_cannot_be_said(cold: Snapshot) -> None:
    hits = {
        "words": [Hit("pan", "words", 2.5, 1), Hit("tent", "words", 1.0, 2)],
        "mentions": [Hit("lamp", "mentions", 0.5, 1)],
    }
    features = features_of(Query("camping", liked=("stove",)), hits, cold)
    table = {
        name: dict(zip(features.item_ids, features.matrix[:, n], strict=True)) for n, name in enumerate(features.names)
    }
    assert list(features.item_ids) == ["tent", "pan", "lamp"]  # in the order of rows; what no route found is absent
    assert table["score:words"]["pan"] == 2.5
    assert table["rank:words"]["tent"] == 2
    assert np.isnan(table["rank:words"]["lamp"])
    assert table["asked:use"]["lamp"] == table["asked:use"]["tent"] > table["asked:use"]["pan"] == 0
    assert np.isnan(table["asked:maker"]["tent"])  # no maker was named
    assert table["shared:maker"]["pan"] > table["shared:maker"]["lamp"] == 0
    assert table["value:price"]["tent"] == 200
    assert table["distance:price"]["pan"] == 50
    assert np.isnan(table["cosine:request"]["pan"])  # nothing was embedded
    assert table["liked"]["pan"] == 1


def test_a_learned_fusion_takes_what_is_missing_as_unknown_and_breaks_ties_by_id(cold: Snapshot) -> None:
    class Constant:
        def predict(self, matrix: np.ndarray, **_: object) -> np.ndarray:
            assert matrix.shape == (2, 2)
            assert np.isnan(matrix[:, 1]).all()
            return np.zeros(len(matrix))

    hits = {"words": [Hit("tent", "words", 2.5, 1), Hit("pan", "words", 1.0, 2)]}
    fusion = LearnedFusion(Constant(), ["score:words", "score:a route that is gone"])
    assert fusion.rank(features_of(Query("x"), hits, cold)) == [("pan", 0.5), ("tent", 0.5)]
