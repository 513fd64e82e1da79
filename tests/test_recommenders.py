"""What every recommender model must do, tried on each file of the folder with data whose answers are known."""

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from chatrec import plugins
from chatrec.errors import TrainingError
from chatrec.recommenders import TrainingData, _neighbours, cooccurrence, ease
from chatrec.types import Query

NAMES = plugins.names("recommenders")
ITEMS = [f"item-{number}" for number in range(10)] + ["never-used", "unwritten"]
"""Nobody used the last two; of the last one nothing is written either."""

EVEN, ODD = "a quiet drama of a family by the sea", "robots and rockets at war in deep space"


def checkerboard() -> TrainingData:
    """Even users use even items, odd users odd ones, each but one of its colour, in turns; nobody uses the last two.

    The even items are written about alike, and the odd ones; `never-used` is written about like an even one.
    """
    used = np.zeros((30, len(ITEMS)))
    for user in range(30):
        for item in range(user % 2, 10, 2):
            used[user, item] = 0 if item // 2 == user // 2 % 5 else 1
    vectors = np.random.default_rng(5).normal(0, 0.1, (len(ITEMS), 16)).astype(np.float32)
    vectors[np.arange(len(ITEMS)), np.arange(len(ITEMS)) % 2] += 1
    vectors[-1] = 0
    return TrainingData(
        ITEMS,
        csr_matrix(used),
        sequences=[np.roll(np.flatnonzero(row), user) for user, row in enumerate(used)],
        texts=[f"{item}\n{(EVEN, ODD)[place % 2]}" for place, item in enumerate(ITEMS[:-1])] + [""],
        vectors=vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9),
        facets=[{"genres": (("drama", "sci-fi")[place % 2],)} for place in range(len(ITEMS) - 1)] + [{}],
    )


def new(name: str):
    """One that is not fitted yet, of a size for the data here."""
    return plugins.load("recommenders", name)(**plugins.declared("recommenders", name, "TINY"))


def fit(name: str):
    model = new(name)
    model.fit(checkerboard(), seed=3)
    return model


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def fitted(name: str):
    return fit(name)


def test_there_is_one_that_needs_nothing_more() -> None:
    assert "itemknn" in NAMES


@pytest.mark.parametrize("liked", [("item-0",), ("item-3", "item-5")])
def test_items_used_together_score_above_the_rest(fitted, liked: tuple[str, ...]) -> None:
    if not fitted.personal:
        pytest.skip("it says the same to everybody")
    scores = dict(zip(ITEMS, fitted.score(Query("", liked=liked), ITEMS), strict=True))
    colour = int(liked[0][-1]) % 2
    others = {item: score for item, score in scores.items() if item[-1].isdigit() and item not in liked}
    same = [score for item, score in others.items() if int(item[-1]) % 2 == colour]
    other = [score for item, score in others.items() if int(item[-1]) % 2 != colour]
    assert min(same) > max(other)


def test_it_says_nothing_of_what_it_cannot_know(fitted) -> None:
    scores = fitted.score(Query("", liked=("item-0",)), ["never-used", "unwritten", "stranger", "item-2"])
    assert np.isfinite(scores[0]) == fitted.scores_cold
    assert np.isnan(scores[1:3]).all()
    assert np.isfinite(scores[3])
    for liked in ((), ("stranger",), ("unwritten",)):
        assert np.isnan(fitted.score(Query("", liked=liked), ITEMS)).all() == fitted.personal
    from_cold = fitted.score(Query("", liked=("never-used",)), ["item-2"])
    assert np.isfinite(from_cold).all() == (fitted.scores_cold or not fitted.personal)


def test_what_is_unknown_in_a_history_changes_nothing(fitted) -> None:
    known = fitted.score(Query("", liked=("item-4", "item-7")), ITEMS)
    np.testing.assert_array_equal(fitted.score(Query("", liked=("item-4", "stranger", "item-7")), ITEMS), known)


def test_scores_follow_the_order_asked_for(fitted) -> None:
    query = Query("", liked=("item-1",))
    scores = fitted.score(query, ITEMS)
    np.testing.assert_allclose(fitted.score(query, ITEMS[::-1]), scores[::-1])
    assert len(fitted.score(query, [])) == 0


def test_the_same_seed_repeats(fitted, name: str) -> None:
    query = Query("", liked=("item-4",))
    np.testing.assert_array_equal(fit(name).score(query, ITEMS), fitted.score(query, ITEMS))


def test_fitting_needs_nothing_but_interactions(name: str) -> None:
    data = checkerboard()
    model = new(name)
    model.fit(TrainingData(data.item_ids, data.interactions), seed=3)
    assert np.isnan(model.score(Query("", liked=("item-0",)), ["never-used"])).all()


def test_what_is_saved_loads_and_scores_the_same(fitted, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model")
    loaded = type(fitted).load(tmp_path / "model")
    query = Query("", liked=("item-4", "item-7"))
    np.testing.assert_array_equal(loaded.score(query, ITEMS), fitted.score(query, ITEMS))
    assert not [path for path in (tmp_path / "model").iterdir() if path.suffix in (".pkl", ".pickle")]


def test_no_interactions_at_all_is_no_error(name: str) -> None:
    model = new(name)
    model.fit(TrainingData(ITEMS, csr_matrix((0, len(ITEMS)))))
    assert np.isnan(model.score(Query("", liked=("item-0",)), ITEMS)).all()


@pytest.mark.parametrize(("users", "items"), [(12, 30), (40, 15)])
def test_ease_is_the_closed_form_of_its_paper(users: int, items: int) -> None:
    used = (np.random.default_rng(1).random((users, items)) < 0.3).astype(float)
    used[:, 0] = 1
    ids = [str(number) for number in range(items)]
    model = ease.Recommender(reg=3.0, length_damping=0.0)
    model.fit(TrainingData(ids, csr_matrix(used)))
    inverse = np.linalg.inv(used.T @ used + 3.0 * np.eye(items))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    liked = [2, 5]
    expected = np.maximum(weights[liked], 0).sum(axis=0)  # negative weights are not kept
    expected[~used.any(axis=0)] = np.nan
    scores = model.score(Query("", liked=("2", "5")), ids)
    np.testing.assert_allclose(scores, expected, atol=1e-4)


def test_ease_refuses_a_matrix_that_would_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "LARGEST", 5)
    with pytest.raises(TrainingError, match="cooccurrence"):
        ease.Recommender().fit(checkerboard())


def test_cooccurrence_counts_short_rows_more_and_common_items_less() -> None:
    used = np.zeros((4, 6))
    used[0, [0, 1]] = 1  # a short row has 0 and 1 together
    used[1, [0, 2, 3, 4, 5]] = 1  # a long one 0 and the others
    used[2:, 5] = 1
    model = cooccurrence.Recommender()
    model.fit(TrainingData(list("abcdef"), csr_matrix(used)))
    scores = dict(zip("abcdef", model.score(Query("", liked=("a",)), list("abcdef")), strict=True))
    assert scores["b"] > scores["c"] == scores["d"] > scores["f"] > 0
    own = {
        item: 5.0 + sum(1 / used[row].sum() ** 1.5 for row in np.flatnonzero(used[:, place]))
        for place, item in enumerate("abcdef")
    }
    assert scores["b"] == pytest.approx(2**-1.5 / np.sqrt(own["a"] * own["b"]), rel=1e-5)


def test_only_the_best_neighbours_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_neighbours, "KEPT", 3)
    kept = _neighbours.best(csr_matrix(np.array([[5.0, 1, 4, 3, 2], [0, 0, 0, 0, 0], [1, 0, 0, 0, -1]]))).toarray()
    assert kept.tolist() == [[5, 0, 4, 3, 0], [0] * 5, [1, 0, 0, 0, 0]]
