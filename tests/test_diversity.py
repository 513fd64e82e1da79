"""The items shown are good ones that are not all alike, and nothing is lost on the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrec import ChatRec, Settings
from chatrec.catalog import Item
from chatrec.diversity import diversify
from chatrec.types import Candidate

Vectors = dict[str, np.ndarray]


def candidate(item_id: str, score: float) -> Candidate:
    return Candidate(Item(item_id, item_id), score, {})


def ids(candidates: list[Candidate]) -> list[str]:
    return [candidate.item.id for candidate in candidates]


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[Candidate], Vectors]:
    """Candidates as a fusion leaves them, best first, ties by item id; some without a vector."""
    scores = draw(st.lists(st.floats(0, 1), max_size=12))
    made = sorted((candidate(f"i{i}", score) for i, score in enumerate(scores)), key=lambda c: (-c.score, c.item.id))
    number = st.floats(-1, 1, width=32)
    vectors = {
        c.item.id: np.array(draw(st.lists(number, min_size=3, max_size=3)), np.float32)
        for c in made
        if draw(st.booleans())
    }
    return made, vectors


@given(lists(), st.integers(1, 15), st.floats(0, 1))
def test_every_candidate_is_kept_once_the_best_first_and_what_is_not_chosen_in_its_order(
    made: tuple[list[Candidate], Vectors], n: int, strength: float
) -> None:
    candidates, vectors = made
    found = diversify(candidates, vectors, n=n, strength=strength)
    assert sorted(ids(found)) == sorted(ids(candidates))
    assert ids(found)[:1] == ids(candidates)[:1]
    rest = [each for each in ids(candidates) if each in ids(found)[n:]]
    assert ids(found)[n:] == rest
    assert found == diversify(candidates, vectors, n=n, strength=strength)


@given(lists(), st.integers(1, 15))
def test_strength_0_leaves_the_order(made: tuple[list[Candidate], Vectors], n: int) -> None:
    candidates, vectors = made
    assert diversify(candidates, vectors, n=n, strength=0) == candidates


@given(lists(), st.floats(0, 1))
def test_of_equally_good_ones_without_vectors_the_order_is_that_of_the_fusion(
    made: tuple[list[Candidate], Vectors], strength: float
) -> None:
    candidates, _ = made
    assert diversify(candidates, {}, n=5, strength=strength)[:1] == candidates[:1]
    if strength < 1:
        assert diversify(candidates, {}, n=5, strength=strength) == candidates


@given(st.floats(0.2, 1))
def test_two_that_are_nearly_the_same_do_not_both_come_first(strength: float) -> None:
    candidates = [candidate("a", 1.0), candidate("a-again", 0.99), candidate("b", 0.9), candidate("c", 0.2)]
    vectors = {
        "a": np.array([1, 0, 0], np.float32),
        "a-again": np.array([0.99, 0.01, 0], np.float32),
        "b": np.array([0, 1, 0], np.float32),
        "c": np.array([0, 0, 1], np.float32),
    }
    assert ids(diversify(candidates, vectors, n=2, strength=strength))[0] == "a"
    assert "a-again" not in ids(diversify(candidates, vectors, n=2, strength=strength))[:2]


def test_the_length_of_a_vector_does_not_count() -> None:
    candidates = [candidate("a", 1.0), candidate("b", 0.9), candidate("c", 0.8), candidate("d", 0.0)]
    short = {"a": np.array([1, 0]), "b": np.array([0.6, 0.8]), "c": np.array([0, 1]), "d": np.array([1, 0])}
    long = {item_id: 40 * vector for item_id, vector in short.items()}
    for strength in (0.1, 0.3, 0.6):
        assert diversify(candidates, short, n=3, strength=strength) == diversify(
            candidates, long, n=3, strength=strength
        )


@pytest.mark.parametrize("text", ["something quiet about an old friendship", "a story set at sea"])
def test_a_reply_is_as_varied_as_the_setting_says(rec: ChatRec, text: str) -> None:
    def alike(diversity: float) -> tuple[str, float]:
        other = ChatRec(rec.settings.model_copy(update={"diversity": diversity}))
        shown = [shown.item.id for shown in other.recommend(text).recommendations]
        _, vectors = other.rooms().retriever.snapshot.vectors.of_items(shown)
        other.close()
        return shown[0], float((np.triu(vectors @ vectors.T, 1)).sum())

    (first, plain), (same, varied) = alike(0.0), alike(0.8)
    assert first == same
    assert varied < plain


@pytest.mark.parametrize("value", ["-0.1", "1.5"])
def test_a_strength_beyond_0_to_1_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    from chatrec.errors import SettingsError

    monkeypatch.setenv("CHATREC_DIVERSITY", value)
    with pytest.raises(SettingsError, match="CHATREC_DIVERSITY"):
        Settings.from_env()
