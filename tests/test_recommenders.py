"""What every recommender model must do, tried on each file of the folder with data whose answers are known."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from chatrec import plugins
from chatrec.errors import TrainingError
from chatrec.recommenders import TrainingData, _neighbours, content, cooccurrence, ease, mf_bpr
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


@cache
def fitted_once(name: str):
    return fit(name)


@pytest.fixture
def fitted(name: str):
    return fitted_once(name)


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


SERVES = """
import json, sys
from pathlib import Path
from chatrec import plugins
from chatrec.types import Query
for name in plugins.names("recommenders"):
    model = plugins.load("recommenders", name).load(Path(sys.argv[1]) / name)
    assert len(model.score(Query("", liked=("item-4",)), ["item-2"])) == 1
print(json.dumps(sorted({"torch", "implicit", "sentence_transformers"} & set(sys.modules))))
"""


def test_what_was_trained_is_served_without_what_trained_it(tmp_path: Path) -> None:
    for each in NAMES:
        fitted_once(each).save(tmp_path / each)
    run = subprocess.run([sys.executable, "-c", SERVES, str(tmp_path)], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == []


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


def test_what_most_used_is_most_popular() -> None:
    used = np.array([[1, 0, 5, 0], [2, 0, 1, 0], [0, 3, 1, 0]])
    model = new("popularity")
    model.fit(TrainingData(list("abcd"), csr_matrix(used)))
    np.testing.assert_array_equal(model.score(Query(""), list("abcd")), [2, 1, 3, np.nan])


def test_content_finds_by_text_and_by_facet_and_weighs_them() -> None:
    vectors = np.array([[1, 0, 0], [1, 0.2, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
    facets = [{"genres": ("war",)}, {"genres": ("love",)}, {"genres": ("war",)}, {"genres": ("love",)}]
    data = TrainingData(list("abcd"), csr_matrix((0, 4)), vectors=vectors, facets=facets)
    found = {}
    for weight in (0.0, 1.0):
        model = content.Recommender(facet_weight=weight)
        model.fit(data)
        scores = model.score(Query("", liked=("a",)), list("bcd"))
        found[weight] = "bcd"[int(np.argmax(scores))]
    assert found == {0.0: "b", 1.0: "c"}


def test_content_follows_what_was_liked_last() -> None:
    vectors = np.eye(4, dtype=np.float32)[[0, 1, 0, 1]]
    data = TrainingData(list("abcd"), csr_matrix((0, 4)), vectors=vectors)
    model = content.Recommender(recency=0.5)
    model.fit(data)
    c, d = model.score(Query("", liked=("a", "b")), ["c", "d"])
    assert d > c
    c, d = model.score(Query("", liked=("b", "a")), ["c", "d"])
    assert c > d


def test_bpr_solved_for_puts_the_liked_above_the_others() -> None:
    model = plugins.load("recommenders", "mf_bpr")(**mf_bpr.TINY, folding="criterion")
    model.fit(checkerboard(), seed=3)
    scores = model.score(Query("", liked=("item-0", "item-2")), ITEMS[:10])
    assert scores[0::2].min() > scores[1::2].max()


def test_sequences_are_the_rows_in_their_order_where_none_are_given() -> None:
    rows = csr_matrix((np.array([1.0, 2.0, 0.0, 1.0]), np.array([3, 0, 1, 2]), np.array([0, 2, 2, 4])), shape=(3, 4))
    data = TrainingData(list("abcd"), rows)
    assert [sequence.tolist() for sequence in data.sequences] == [[3, 0], [], [2]]
