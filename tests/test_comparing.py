"""`chatrec evaluate recommenders`: no split leaks, the figures are those of the definitions, and it resumes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hash_embedder import HashEmbedder
from typer.testing import CliRunner

from chatrec import ChatRec
from chatrec.catalog import Interaction, Item
from chatrec.cli import app
from chatrec.errors import EvaluationError, SettingsError
from chatrec.evaluation.recommenders import (
    PROTOCOLS,
    DataSet,
    Split,
    evaluate_recommenders,
    read_data,
    split,
    tuning,
)
from chatrec.evaluation.recommenders.cells import Cell, code_of
from chatrec.evaluation.recommenders.dataset import embedding, of_records
from chatrec.evaluation.recommenders.measuring import Measured, first, measured
from chatrec.evaluation.recommenders.split import Case
from chatrec.evaluation.recommenders.tuning import draws, tuned
from chatrec.recommenders import mf_als, popularity
from chatrec.recommenders._histories import ordered
from chatrec.store import index as store

USERS, ITEMS = 40, 30


def item(place: int) -> Item:
    colour = ("red", "blue")[place % 2]
    return Item(f"i{place:02d}", f"Thing {place}", f"A {colour} one.", {"colour": colour, "tags": (colour, "thing")})


def interactions() -> list[Interaction]:
    """Users like one colour; they go through twelve things of it in an order of their own."""
    generator = np.random.default_rng(1)
    return [
        Interaction(f"u{user:02d}", f"i{2 * place + user % 2:02d}", 1.0 + place % 5, timestamp=float(time))
        for user in range(USERS)
        for time, place in enumerate(generator.permutation(15)[:12].tolist())
    ]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    embed = embedding(HashEmbedder, tmp_path_factory.mktemp("vectors") / "vectors.db", lambda *_: None)
    return of_records("things", [*map(item, range(ITEMS)), *interactions()], embed=embed)


def pairs(data: DataSet) -> set[tuple[int, int]]:
    return set(zip(data.users.tolist(), data.items.tolist(), strict=True))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_that_is_looked_for_is_learned_from(data: DataSet, protocol) -> None:
    made = split(data, protocol, seed=2)
    assert pairs(made.training) < pairs(data)
    used = made.training.training()
    assert sorted(zip(*map(np.ndarray.tolist, used.interactions.nonzero()), strict=True)) == sorted(
        (user, column) for user, sequence in enumerate(used.sequences) for column in sequence.tolist()
    )
    for case in made.cases:
        known = {(case.user, item) for item in case.history.tolist()}
        sought = {(case.user, item) for item in case.targets.tolist()}
        assert known | sought <= pairs(data)
        assert not known & sought
        assert not sought & pairs(made.training)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_split_repeats_with_its_seed(data: DataSet, protocol) -> None:
    one, same, other = (split(data, protocol, seed=seed) for seed in (0, 0, 1))
    assert pairs(one.training) == pairs(same.training)
    assert (pairs(one.training) == pairs(other.training)) == (protocol == "leave-one-out")


def test_random_takes_three_quarters_of_every_user(data: DataSet) -> None:
    made = split(data, "random-75-25")
    assert np.bincount(made.training.users).tolist() == [9] * USERS
    assert {len(case.targets) for case in made.cases} == {3}
    assert len(made.cases) == USERS


def test_a_random_split_tells_of_no_order_and_one_by_time_does(data: DataSet) -> None:
    for protocol in ("random-75-25", "cold-items"):
        assert not ordered(split(data, protocol).training.training())
    assert ordered(split(data, "leave-one-out").training.training())


def test_leave_one_out_looks_for_the_latest(data: DataSet) -> None:
    latest = {int(record.user_id[1:]): record.item_id for record in interactions() if record.timestamp == 11.0}
    made = split(data, "leave-one-out")
    assert [data.item_ids[int(case.targets[0])] for case in made.cases] == [latest[user] for user in range(USERS)]
    assert all(
        case.history.tolist() == own[:-1].tolist() for case, own in zip(made.cases, data.histories(), strict=True)
    )


def test_cold_items_have_no_interaction_to_learn_from(data: DataSet) -> None:
    made = split(data, "cold-items")
    assert made.candidates is not None
    assert made.candidates.sum() == 6
    assert not made.candidates[made.training.items].any()
    assert all(made.candidates[case.targets].all() and not made.candidates[case.history].any() for case in made.cases)


def test_cold_users_are_unknown_and_asked_for_what_they_used_last(data: DataSet) -> None:
    made = split(data, "cold-users")
    assert len(np.unique(made.training.users)) == 32
    assert len(made.cases) == 8
    own = {tuple(history.tolist()) for history in data.histories()}
    assert all((*case.history.tolist(), *case.targets.tolist()) in own for case in made.cases)
    assert {len(case.history) for case in made.cases} == {10}


def test_equal_times_are_in_the_order_of_ids_and_nothing_counts_twice() -> None:
    twice = [Interaction("u", item_id, timestamp=time) for item_id, time in (("b", 5), ("a", 5), ("c", 1), ("b", 9))]
    data = of_records("some", twice)
    assert [data.item_ids[place] for place in data.items] == ["c", "a", "b"]
    assert data.vectors is None
    assert data.training().texts == ()


def test_texts_vectors_and_facets_stand_by_item(data: DataSet) -> None:
    place = data.item_ids.index("i07")
    assert data.texts[place].startswith("Thing 7")
    assert data.facets[place] == {"colour": ("blue",), "tags": ("blue", "thing")}
    assert data.vectors is not None
    assert data.vectors.shape[0] == ITEMS


def test_other_domains_join_training_and_nothing_else(data: DataSet) -> None:
    other = replace(data.only(data.users < 5), name="there")
    made = split(replace(data, others=(other,)), "leave-one-out")
    joined, alone = made.training.training(), split(data, "leave-one-out").training.training()
    assert [*joined.item_ids[:ITEMS]] == [*alone.item_ids]
    assert joined.item_ids[ITEMS] == "there:i00"
    assert joined.interactions.shape == (2 * USERS, 2 * ITEMS)
    assert joined.domains == [""] * USERS + ["there"] * USERS
    assert joined.sequences[USERS].tolist() == (data.histories()[0] + ITEMS).tolist()
    assert joined.interactions[USERS].indices.min() >= ITEMS
    assert len(joined.texts) == len(joined.facets) == len(joined.vectors) == 2 * ITEMS
    assert made.training.digest != split(data, "leave-one-out").training.digest


class Told:
    """Scores as told, by user's first item."""

    scores_cold = True
    personal = True

    def fit(self, data, *, seed=0, progress=None) -> None:
        pass

    def score(self, query, item_ids):
        return np.array([np.nan, 3.0, 3.0, 1.0, 9.0])

    def save(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "model.bin").write_bytes(b"1234")


def test_the_figures_are_those_of_the_definitions() -> None:
    ids = ("a", "b", "c", "d", "e")
    training = DataSet("five", ids, np.array([0, 1]), np.array([4, 3]), 2, vectors=np.eye(5, dtype=np.float32))
    made = Split(training, (Case(0, np.array([4]), np.array([2, 0])), Case(1, np.array([3]), np.array([0]))))
    found = measured(Told(), made, seed=0, tell=lambda *_: None).figures
    # The first user is shown b, c, d (e is known, of a nothing is said): c is right, on place 2 of 2 that would be.
    assert found["recall@10"] == pytest.approx((0.5 + 0) / 2)
    assert found["precision@10"] == pytest.approx(0.1 / 2)
    assert found["mrr@10"] == pytest.approx(0.5 / 2)
    assert found["ndcg@10"] == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)) / 2)
    assert found["coverage"] == pytest.approx(4 / 5)
    assert found["novelty"] == pytest.approx(1.0)  # d and e: one user of two
    assert found["diversity"] == pytest.approx(1.0)
    assert found["size_bytes"] == 4


def test_ties_are_broken_by_place_and_nan_comes_never() -> None:
    assert first(np.array([1.0, np.nan, 2.0, 1.0, 2.0, 1.0]), 4).tolist() == [2, 4, 0, 3]


def test_what_knows_the_colour_beats_what_does_not(data: DataSet, tmp_path: Path) -> None:
    report = evaluate_recommenders(data, folder=tmp_path, recommenders=["ease", "popularity", "content"], seeds=2)
    ease, popular, content = report.rows
    assert ease.means["ndcg@10"] > popular.means["ndcg@10"] + 0.05
    assert content.means["ndcg@10"] > popular.means["ndcg@10"] + 0.05
    assert ease.spreads["ndcg@10"] > 0
    sure = ease.intervals["ndcg@10"]
    assert sure.low < ease.means["ndcg@10"] < sure.high
    assert sure.high - sure.low < 0.3
    rows = json.loads(json.dumps(report.to_json(), allow_nan=False))["rows"]
    assert {
        "recommender",
        "recall@10",
        "ndcg@10",
        "ndcg@10_spread",
        "ndcg@10_low",
        "train_seconds",
        "score_ms",
    } <= rows[0].keys()


def test_cold_items_are_found_by_what_is_written_about_them_alone(data: DataSet, tmp_path: Path) -> None:
    report = evaluate_recommenders(
        data, folder=tmp_path, recommenders=["ease", "content"], protocol="cold-items", seeds=1
    )
    ease, content = report.rows
    assert ease.means["recall@10"] == 0
    assert content.means["mrr@10"] > 0.9
    assert 0 <= content.means["recall@10_among_all"] <= content.means["recall@10"]


def test_what_was_measured_is_not_measured_again(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = evaluate_recommenders(data, folder=tmp_path, recommenders=["popularity"], seeds=2)
    monkeypatch.setattr(popularity.Recommender, "fit", None)
    assert evaluate_recommenders(data, folder=tmp_path, recommenders=["popularity"], seeds=2) == before
    changed = data.only(np.arange(len(data.users)) > 0)
    with pytest.raises(TypeError):
        evaluate_recommenders(changed, folder=tmp_path, recommenders=["popularity"], seeds=1)


def test_a_cell_is_named_by_all_that_goes_into_it() -> None:
    cell = Cell("mf_als", {"reg": 0.1}, "abc", "random-75-25", 0)
    others = [replace(cell, **change) for change in ({"seed": 1}, {"data": "x"}, {"hyperparameters": {"reg": 1.0}})]
    assert len({each.name for each in (cell, *others, replace(cell, protocol="cold-users"))}) == 5


def test_code_that_a_recommender_imports_is_part_of_its_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from chatrec.recommenders import _neighbours

    before = {name: code_of(name) for name in ("ease", "mf_als")}
    changed = tmp_path / "_neighbours.py"
    changed.write_text("# other code\n")
    monkeypatch.setattr(_neighbours, "__file__", str(changed))
    assert code_of("ease") != before["ease"]
    assert code_of("mf_als") == before["mf_als"]


def test_tuning_looks_only_at_what_is_learned_from(data: DataSet, tmp_path: Path) -> None:
    made = split(data, "random-75-25", seed=0)
    found = [
        tuned("mf_als", each, "random-75-25", trials=3, folder=tmp_path / str(place), tell=lambda *_: None)
        for place, each in enumerate((made, replace(made, cases=made.cases[:1])))
    ]
    assert found[0] == found[1]
    assert found[0].trials == 3
    tried = [json.loads(path.read_text())["hyperparameters"] for path in (tmp_path / "0").glob("*.json")]
    assert {} in tried
    assert all(set(each) <= set(mf_als.SEARCH) for each in tried)


def test_a_draw_is_taken_only_where_it_clearly_beats_the_defaults(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.500, 0.505, 0.400, 0.500, 0.520, 0.530])
    monkeypatch.setattr(tuning, "result_of", lambda *_: Measured({"ndcg@10": next(values)}, (), {}))
    made = split(data, "random-75-25")
    search = list(draws(mf_als.SEARCH))[:3]
    for best in ({}, search[2]):
        found = tuned("mf_als", made, "random-75-25", trials=3, folder=tmp_path, tell=lambda *_: None)
        assert found.hyperparameters == best


def test_draws_begin_with_the_defaults_and_come_once_each() -> None:
    drawn = list(draws({"a": (1, 2), "b": ("x", "y", "z")}))
    assert drawn[0] == {}
    assert len({tuple(each.items()) for each in drawn}) == len(drawn) == 7
    assert list(draws({})) == [{}]


def test_an_ablation_is_a_row_of_its_own(data: DataSet, tmp_path: Path) -> None:
    report = evaluate_recommenders(
        data, folder=tmp_path, recommenders=["content"], seeds=1, variants={"content": ["without facets"]}
    )
    assert [(row.variant, dict(row.hyperparameters)) for row in report.rows] == [
        ("", {}),
        ("without facets", {"facet_weight": 0.0}),
    ]
    with pytest.raises(EvaluationError, match="without vectors"):
        evaluate_recommenders(
            data, folder=tmp_path, recommenders=["content"], seeds=1, variants={"content": ["without sense"]}
        )


def test_what_is_not_there_is_told(data: DataSet, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="telepathy"):
        evaluate_recommenders(data, folder=tmp_path, recommenders=["telepathy"])
    with pytest.raises(EvaluationError, match=r"ml-100k.*u\.data|ml-100k\.inter"):
        read_data(["ml-100k"], folder=tmp_path)
    with pytest.raises(EvaluationError, match="ml-100k, movielens-small"):
        read_data(["nowhere.csv"])
    with pytest.raises(EvaluationError, match="no interactions"):
        of_records("nothing", [item(1)])


def test_named_data_is_found_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    used = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t7\t3\t10\n1\t8\t3\t5\n2\t7\t1\t1\n"
    (tmp_path / "deep" / "ml-100k.inter").write_text(used)
    films = [{"movie_id": 7, "movie_title": "Seventh (1990)", "description": "It is.", "genre": ["Drama"]}]
    (tmp_path / "ml-100k.details.json").write_text(json.dumps(films))
    data = read_data(["ml-100k"], folder=tmp_path)
    assert data.item_ids == ("7", "8")
    assert [own.tolist() for own in data.histories()] == [[1, 0], [0]]
    assert data.texts == ("Seventh (1990)\nDrama\nIt is.", "")


def test_the_command_measures_a_file_and_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATREC_HOME", str(tmp_path))
    monkeypatch.setattr(ChatRec, "embedder", HashEmbedder())
    store.build_generation(ChatRec.from_env().folder, [*map(item, range(ITEMS)), *interactions()], HashEmbedder())
    used = tmp_path / "used.csv"
    rows = [f"{record.user_id},{record.item_id},{record.timestamp:.0f}" for record in interactions()]
    used.write_text("\n".join(["user,item,timestamp", *rows]))
    asked = ["evaluate", "recommenders", "--recommenders", "popularity,itemknn", "--seeds", "1"]
    run = CliRunner().invoke(app, [*asked, "--data", str(used), "--json", "-"])
    assert run.exit_code == 0, run.output
    report = json.loads(run.stdout)
    assert [row["recommender"] for row in report["rows"]] == ["popularity", "itemknn"]
    assert report["interactions"] == len(rows)
    run = CliRunner().invoke(app, [*asked, "--protocol", "leave-one-out", "--json", str(tmp_path / "own.json")])
    assert run.exit_code == 0, run.output
    assert "itemknn" in run.stdout
    own = json.loads((tmp_path / "own.json").read_text())
    assert (own["data"], own["items"]) == ("sample", ITEMS)
