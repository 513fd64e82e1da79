"""Reciprocal rank fusion: what it promises for any lists of hits."""

from hypothesis import given
from hypothesis import strategies as st

from chatrec.fusion import reciprocal_rank
from chatrec.routes import ranked
from chatrec.types import Hit

LISTS = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.lists(st.sampled_from("pqrstuvw"), unique=True, max_size=8), max_size=3
)


def as_hits(lists: dict[str, list[str]]) -> dict[str, list[Hit]]:
    return {
        route: [Hit(item, route, 1.0 / rank, rank) for rank, item in enumerate(items, 1)]
        for route, items in lists.items()
    }


@given(LISTS)
def test_every_item_found_stands_once_in_falling_order_within_bounds(lists: dict[str, list[str]]) -> None:
    fused = reciprocal_rank(as_hits(lists), {})
    assert sorted(item for item, _ in fused) == sorted({item for items in lists.values() for item in items})
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 + 1e-9 for score in scores)


@given(LISTS)
def test_the_order_of_routes_does_not_matter(lists: dict[str, list[str]]) -> None:
    forward = reciprocal_rank(as_hits(lists), {"a": 2.0})
    backward = reciprocal_rank(as_hits(dict(reversed(lists.items()))), {"a": 2.0})
    assert [item for item, _ in forward] == [item for item, _ in backward]


def test_a_weight_of_nothing_silences_a_route() -> None:
    fused = reciprocal_rank(as_hits({"a": ["p", "q"], "b": ["r"]}), {"b": 0.0})
    assert [item for item, _ in fused] == ["p", "q"]


def test_agreement_beats_one_first_place() -> None:
    fused = reciprocal_rank(as_hits({"a": ["p", "q"], "b": ["r", "q"], "c": ["s", "q"]}), {})
    assert fused[0][0] == "q"


def test_ties_break_by_item_id() -> None:
    assert [hit.item_id for hit in ranked("a", [("z", 1.0, ()), ("b", 1.0, ())], 2)] == ["b", "z"]
