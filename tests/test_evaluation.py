"""Measuring retrieval: figures computed by hand, honest denominators, intervals, run files, and the command's story."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ir_measures
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatrec import ChatRec
from chatrec.catalog import Dialogue, Utterance, sample
from chatrec.errors import BadRecord, EvaluationError, MissingPackage, SettingsError, TrainingError
from chatrec.evaluation import Report, beyond, evaluate_dialogues, evaluate_ranking, evaluate_requests, runs
from chatrec.evaluation.answers import answers, without_each_route
from chatrec.evaluation.intervals import Bootstrap, Interval
from chatrec.evaluation.judge import Judge
from chatrec.evaluation.protocols import Case, dialogue_cases, read_dialogues, request_cases
from chatrec.fake_llm import FakeChatModel
from chatrec.moments import moments
from chatrec.types import Query

ROWS = [
    {
        "dialogue_id": "one talk",
        "turn": 1,
        "history": [{"role": "user", "text": "Something like High Noon, but newer"}],
        "mentioned": ["high-noon-1952"],
        "targets": ["hell-or-high-water-2016", "no-such-film"],
    },
    {
        "dialogue_id": "two",
        "turn": 1,
        "history": [{"role": "user", "text": "A gentle film for a small child"}],
        "mentioned": ["babe-1995"],
        "targets": ["paddington-2014", "babe-1995"],
    },
]
REQUESTS = [
    {"id": "r1", "text": "a gentle film for a small child", "relevant": {"paddington-2014": 2, "babe-1995": 1}},
    {"id": "r2", "text": "a tense western", "relevant": {"high-noon-1952": 3, "jaws-1975": 0, "gone": 1}, "city": "x"},
]


def written(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def ranked(*item_ids: str) -> list[tuple[str, float]]:
    return [(item_id, 1.0 / rank) for rank, item_id in enumerate(item_ids, 1)]


# Figures


CASES = [
    Case("d1:1", "d1", Query("x"), ({"a": 1}, {"b": 1})),
    Case("d1:3", "d1", Query("y", excluded=frozenset("a")), ({"c": 1},)),
    Case("d2:1", "d2", Query("z"), ({"gone": 1},)),
]


def judged(cases: list[Case], rankings: list[list[tuple[str, float]]], *ks: int, decisive: str) -> Judge:
    judge = Judge(cases, ks=ks, decisive=decisive, depth=100, seed=0)
    judge.add("fused", "retriever", rankings, None)
    return judge


def test_a_sample_is_a_target_and_the_figures_are_those_by_hand() -> None:
    # a at rank 1, b at rank 3, c at rank 2, and one that is never found
    rankings = [ranked("a", "x", "b"), ranked("x", "c"), ranked("x")]
    judge = judged(CASES, rankings, 1, 2, 5, decisive="recall@10")
    means = {name: interval.mean for name, interval in judge.rows[0].measures.items()}
    assert means == pytest.approx(
        {
            "recall@1": 1 / 4,
            "recall@2": 2 / 4,
            "recall@5": 3 / 4,
            "nDCG@1": 1 / 4,
            "nDCG@2": (1 + 1 / math.log2(3)) / 4,
            "nDCG@5": (1 + 1 / math.log2(3) + 1 / math.log2(4)) / 4,
            "MRR": (1 + 1 / 2 + 1 / 3) / 4,
        }
    )


def test_grades_count_and_so_do_items_that_were_not_found() -> None:
    case = Case("r", "r", Query("x"), ({"a": 3, "b": 1, "gone": 2},))
    judge = judged([case], [ranked("b", "x", "a")], 10, decisive="nDCG@10")
    ideal = 3 + 2 / math.log2(3) + 1 / math.log2(4)
    assert judge.rows[0].measures["nDCG@10"].mean == pytest.approx((1 + 3 / math.log2(4)) / ideal)
    assert judge.rows[0].measures["recall@10"].mean == pytest.approx(2 / 3)


def test_equal_scores_keep_the_order_they_came_in() -> None:
    case = Case("r", "r", Query("x"), ({"a": 1},))
    judge = judged([case], [[("a", 0.5), ("b", 0.5), ("c", 0.5)]], 1, decisive="recall@10")
    assert judge.rows[0].measures["recall@1"].mean == 1


def test_a_better_ranking_is_told_from_a_worse_one_and_from_a_tie() -> None:
    cases = [Case(str(n), str(n), Query("x"), ({"a": 1},)) for n in range(30)]
    judge = judged(cases, [ranked("a")] * 30, 10, decisive="recall@10")
    judge.add("nothing", "route", [ranked("x")] * 30, None)
    judge.add("same", "route", [ranked("a")] * 30, None)
    judge.add("now and then", "route", [ranked("a"), *[ranked("x")] * 29], None)
    told = {comparison.second: comparison for comparison in judge.comparisons("fused")}
    assert [told[name].verdict for name in ("nothing", "same", "now and then")] == ["better", "tie", "better"]
    assert told["now and then"].difference.mean == pytest.approx(29 / 30)
    assert [comparison.verdict for comparison in judge.comparisons("nothing")] == ["worse", "worse", "tie"]


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(MissingPackage, match=r'pip install "chatrec\[evaluation\]"'):
        judged(CASES, [[], [], []], 1, decisive="recall@10")


# Protocols


def test_what_was_named_before_is_neither_a_target_nor_ranked(tmp_path: Path) -> None:
    first, second = dialogue_cases(read_dialogues(written(tmp_path / "rows.jsonl", *ROWS)))
    assert (first.id, first.group) == ("one talk:1", "one talk")
    assert first.samples == ({"hell-or-high-water-2016": 1}, {"no-such-film": 1})
    assert second.samples == ({"paddington-2014": 1},)
    assert second.query.excluded == {"babe-1995"}
    judge = judged([second], [[]], 1, decisive="recall@10")
    judge.add_run("theirs", {second.id: ["babe-1995", "paddington-2014"]})
    assert judge.rows[1].measures["recall@1"].mean == 1


def test_requests_have_grades_and_other_fields_are_left_alone(tmp_path: Path) -> None:
    first, second = request_cases(written(tmp_path / "requests.jsonl", *REQUESTS))
    assert first == Case(
        "r1", "r1", Query("a gentle film for a small child"), ({"paddington-2014": 2, "babe-1995": 1},)
    )
    assert second.samples == ({"high-noon-1952": 3, "gone": 1},)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"text": "x", "relevant": {"a": 1}}, "id"),
        ({"id": "r1", "text": "x", "relevant": {"a": 1}}, "id"),
        ({"id": "r2", "text": " ", "relevant": {"a": 1}}, "text"),
        ({"id": "r2", "text": "x", "relevant": ["a"]}, "relevant"),
        ({"id": "r2", "text": "x", "relevant": {"a": 0}}, "relevant"),
        ({"id": "r2", "text": "x", "relevant": {"a": "2"}}, "relevant.a"),
        ({"id": "r2", "text": "x", "relevant": {"a": -1}}, "relevant.a"),
        (["r2"], ""),
    ],
)
def test_a_malformed_request_names_file_line_and_field(row: Any, field: str, tmp_path: Path) -> None:
    with pytest.raises(BadRecord, match=r"requests\.jsonl, line 2") as raised:
        request_cases(written(tmp_path / "requests.jsonl", REQUESTS[0], row))
    assert raised.value.field == field


def test_a_malformed_dialogue_names_file_line_and_field(tmp_path: Path) -> None:
    row = {name: value for name, value in ROWS[0].items() if name != "targets"}
    with pytest.raises(BadRecord, match=r"rows\.jsonl, line 1: field 'targets'"):
        read_dialogues(written(tmp_path / "rows.jsonl", row, ROWS[1]))


# Intervals


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0, 1)), min_size=2, max_size=60), st.integers(0, 3))
def test_an_interval_holds_its_mean_and_repeats_with_the_seed(samples: list[tuple[str, float]], seed: int) -> None:
    groups, values = [group for group, _ in samples], np.array([value for _, value in samples])
    interval = Bootstrap(groups, seed=seed).mean(values)
    assert interval == Bootstrap(groups, seed=seed).mean(values)
    assert interval.mean == pytest.approx(values.mean())
    assert values.min() - 1e-6 <= interval.low <= interval.high <= values.max() + 1e-6
    if len(set(groups)) == 1:
        assert (interval.low, interval.high) == pytest.approx((interval.mean, interval.mean))


def test_an_interval_is_about_as_wide_as_theory_has_it() -> None:
    values = np.random.default_rng(1).random(400)
    interval = Bootstrap([str(n) for n in range(400)]).mean(values)
    half = 1.96 * values.std() / math.sqrt(400)
    assert interval.low < values.mean() < interval.high
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.1)


def test_samples_of_one_dialogue_are_drawn_together() -> None:
    values = np.repeat(np.random.default_rng(1).random(100), 4)
    together = Bootstrap([str(n // 4) for n in range(400)]).mean(values)
    apart = Bootstrap([str(n) for n in range(400)]).mean(values)
    assert together.high - together.low > 1.7 * (apart.high - apart.low)


def test_what_cannot_say_is_left_out_of_a_mean() -> None:
    bootstrap = Bootstrap(["a", "b", "c"])
    assert bootstrap.mean(np.array([1.0, np.nan, 1.0])) == Interval(1.0, 1.0, 1.0)
    assert math.isnan(bootstrap.mean(np.full(3, np.nan)).mean)


# Run files

IDS = st.text(st.sampled_from("ab 1%:\t\u00a0é"), min_size=1, max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rankings=st.dictionaries(IDS, st.lists(st.tuples(IDS, st.floats(0, 1)), unique_by=lambda e: e[0], min_size=1)))
def test_a_run_comes_back_in_its_order_also_by_score_alone(rankings: dict[str, Any], tmp_path: Path) -> None:
    ordered = {query: sorted(ranking, key=lambda entry: -entry[1]) for query, ranking in rankings.items()}
    path = tmp_path / "run.trec"
    runs.write(path, ordered.items(), tag="chat rec")
    if not ordered:
        return
    assert runs.read(path) == {query: [item_id for item_id, _ in ranking] for query, ranking in ordered.items()}
    for line in path.read_text(encoding="utf-8").splitlines():
        assert len(line.split()) == 6
    scores: dict[str, list[float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        scores.setdefault(line.split()[0], []).append(float(np.float32(line.split()[4])))
    assert all(each == sorted(set(each), reverse=True) for each in scores.values())


@pytest.mark.parametrize(
    ("line", "field"),
    [("q Q0 a 1 0.5", ""), ("q Q0 a 1 high t", "score"), ("q Q0 a one 1 t", "rank"), ("q Q0 b 2 1 t", "item")],
)
def test_a_malformed_run_names_file_line_and_field(line: str, field: str, tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    path.write_text(f"q Q0 b 1 0.9 t\n{line}\n", encoding="utf-8")
    with pytest.raises(BadRecord, match=r"run\.trec, line 2") as raised:
        runs.read(path)
    assert raised.value.field == field


# Beyond accuracy


def snapshot(*, used: list[int] | None = None, named: tuple[str, ...] = ()) -> Any:
    """Four items a to d with vectors, but for d; `used` are columns of interactions, `named` items of a dialogue."""
    vectors = {"a": [1.0, 0.0], "b": [0.0, 2.0], "c": [3.0, 0.0]}

    def of_items(item_ids: list[str]) -> tuple[list[str], Any]:
        have = [item_id for item_id in item_ids if item_id in vectors]
        return have, np.array([vectors[item_id] for item_id in have], dtype=np.float32).reshape(-1, 2)

    return SimpleNamespace(
        count=4,
        items=SimpleNamespace(
            ids=list("abcd"), row=lambda item_id: "abcd".find(item_id) if item_id in "abcd" else None
        ),
        vectors=SimpleNamespace(of_items=of_items),
        interactions=SimpleNamespace(indices=np.array(used or [], dtype=int)),
        dialogues=lambda: [Dialogue("x", (Utterance("user", "", named),))],
    )


def test_lists_are_alike_by_the_cosine_of_their_pairs() -> None:
    found = beyond.similarity([["a", "c"], ["a", "b", "c"], ["a", "d"], []], snapshot())
    assert found[:2] == pytest.approx([1, 1 / 3])
    assert np.isnan(found[2:]).all()


def test_a_rare_item_is_newer_than_a_known_one() -> None:
    # a: 3 interactions, b: 1; b and c named once: shares 3/6, 2/6, 1/6
    found = beyond.novelty([["a"], ["a", "c", "d"], ["d"]], snapshot(used=[0, 0, 0, 1], named=("b", "c", "elsewhere")))
    assert found[:2] == pytest.approx([1, (1 + math.log2(6)) / 2])
    assert np.isnan(found[2])
    assert np.isnan(beyond.novelty([["a"]], snapshot())).all()


def test_the_share_of_the_catalogue_that_is_shown() -> None:
    assert beyond.catalog_coverage([["a", "b"], ["b"]], snapshot()) == 0.5


# The whole of it, on the sample catalogue


@pytest.fixture(scope="module")
def report(rec: ChatRec, tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = written(tmp_path_factory.mktemp("evaluation") / "rows.jsonl", *ROWS)
    return evaluate_dialogues(rec, path, ks=(10, 1), ablate=True, run=path.parent / "run.trec")


def test_a_target_that_the_catalogue_lacks_is_told_and_stays_in_the_denominator(report: Report) -> None:
    assert (report.queries, report.samples, report.relevant, report.missing) == (2, 3, 3, 1)
    assert report.ks == (1, 10)
    for row in report.rows:
        assert row.measures["recall@10"].mean in (0, pytest.approx(1 / 3), pytest.approx(2 / 3))
        assert row.measures["recall@10"].low <= row.measures["recall@10"].mean <= row.measures["recall@10"].high


def test_every_route_has_a_row_is_compared_and_is_left_out_in_turn(report: Report, rec: ChatRec) -> None:
    routes = list(rec.rooms().retriever.routes)
    assert [row.name for row in report.rows] == ["fused", *(f"without {name}" for name in routes), *routes]
    assert [comparison.second for comparison in report.comparisons] == [row.name for row in report.rows[1:]]
    union = report.row("fused").coverage
    covered = [report.row(name).coverage for name in routes]
    assert union
    assert all(coverage and coverage.mean <= union.mean for coverage in covered)


def test_other_routes_are_added_in_turn_and_compared_with_what_is_weighed_alike(
    rec: ChatRec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "rows.jsonl", *ROWS)
    report = evaluate_dialogues(rec, path, ks=(10,), also=["itemknn", "words", "mf-als"])
    names = [row.name for row in report.rows]
    assert names[:3] == ["fused", "with itemknn", "with mf-als"]
    assert {"words", "itemknn", "mf-als"} <= set(names[3:])
    assert [each.second for each in report.comparisons if each.second.startswith("with ")] == names[1:3]
    with pytest.raises(TrainingError, match="train --recommender sasrec"):
        evaluate_dialogues(rec, path, also=["sasrec"])


def test_coverage_counts_all_that_was_found_and_the_ranking_is_cut(rec: ChatRec, tmp_path: Path) -> None:
    cases = dialogue_cases(read_dialogues(written(tmp_path / "rows.jsonl", *ROWS)))
    retriever = rec.rooms().retriever
    found = answers({"fused": retriever}, cases, depth=2, told=lambda done: None)[0]["fused"]
    assert all(len(ranking) == 2 for ranking in found.rankings)
    hits = retriever.find(cases[0].query).hits
    everything = {hit.item_id for each in hits.values() for hit in each}
    assert found.coverage[:2] == ["hell-or-high-water-2016" in everything, False]
    without = without_each_route(retriever)["without words"]
    assert [name for name in retriever.routes if name not in without.routes] == ["words"]
    alone = replace(retriever, routes={"words": retriever.routes["words"]})
    assert without_each_route(alone) == {}


def test_the_run_file_gives_the_same_figures_to_another_program(report: Report) -> None:
    path = Path(report.file).with_name("run.trec")
    run: dict[str, dict[str, float]] = {"first": {}, "missing": {}, "second": {}}
    for line in path.read_text(encoding="utf-8").splitlines():
        query, _, item_id, _, score, tag = line.split()
        assert (query in ("one%20talk:1", "two:1"), tag) == (True, "chatrec")
        for name in ("first", "missing") if query.startswith("one") else ("second",):
            run[name][item_id] = float(score)
    right = {"first": {"hell-or-high-water-2016": 1}, "missing": {"no-such-film": 1}, "second": {"paddington-2014": 1}}
    theirs = ir_measures.calc_aggregate([ir_measures.RR, ir_measures.R @ 10], right, run)
    assert theirs[ir_measures.RR] == pytest.approx(report.row("fused").measures["MRR"].mean)
    assert theirs[ir_measures.R @ 10] == pytest.approx(report.row("fused").measures["recall@10"].mean)
    assert "babe-1995" not in run["second"]


def test_a_run_compared_with_itself_is_a_tie_and_its_figures_are_the_same(report: Report, rec: ChatRec) -> None:
    path = Path(report.file)
    again = evaluate_dialogues(rec, path, ks=(1, 10), against=path.with_name("run.trec"))
    assert again.row("run.trec").measures == report.row("fused").measures == again.row("fused").measures
    assert (again.comparisons[-1].second, again.comparisons[-1].verdict) == ("run.trec", "tie")
    assert again.comparisons[-1].difference == Interval(0, 0, 0)


def test_a_run_of_other_queries_is_refused(rec: ChatRec, tmp_path: Path) -> None:
    run = tmp_path / "run.trec"
    run.write_text("q7 Q0 a 1 0.5 t\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"'q7'.*'r1'"):
        evaluate_requests(rec, written(tmp_path / "requests.jsonl", *REQUESTS), against=run)


def test_requests_are_compared_on_ndcg(rec: ChatRec, tmp_path: Path) -> None:
    report = evaluate_requests(rec, written(tmp_path / "requests.jsonl", *REQUESTS), ks=(5,))
    assert (report.queries, report.samples, report.relevant, report.missing, report.known) == (2, 2, 4, 1, 0)
    assert {comparison.measure for comparison in report.comparisons} == {"nDCG@10"}
    assert report.row("mentions").measures["MRR"] == Interval(0, 0, 0)
    assert 0 < report.latency.median <= report.latency.p95
    assert report.beyond.n == rec.settings.n
    assert 0 < report.beyond.catalog_coverage < 0.1
    assert -1 <= report.beyond.similarity.low <= report.beyond.similarity.high <= 1


def test_dialogues_that_the_catalogue_learned_from_are_told(rec: ChatRec) -> None:
    dialogues = [dialogue for dialogue in read_dialogues(sample.dialogues()) if any(moments(dialogue))]
    report = evaluate_dialogues(rec, sample.dialogues(), ks=(10,))
    assert report.known >= len(dialogues) > 0
    assert report.queries > len(dialogues)


WANTED = ("Paddington", "Babe", "High Noon", "Hell or High Water")


def favourites(messages: list[Any]) -> str:
    """Names the items it knows to be wanted first, the most wanted before the others."""
    labels = dict(re.findall(r"^(c\d+): <<<(.*?)>>>", str(messages[-1].content), re.MULTILINE))
    places = {title: place for place, title in enumerate(WANTED)}
    return json.dumps({"order": sorted(labels, key=lambda label: places.get(labels[label], len(WANTED)))})


@pytest.mark.parametrize("rows", [REQUESTS, ROWS], ids=["requests", "dialogues"])
def test_a_language_models_order_is_compared_with_the_order_as_found(
    rows: list[Any], rec: ChatRec, tmp_path: Path
) -> None:
    judging = ChatRec(rec.settings.model_copy(update={"llm": "chatrec.fake_llm:FakeChatModel"}))
    judging.model = FakeChatModel(answers=[favourites])
    report = evaluate_ranking(judging, written(tmp_path / "rows.jsonl", *rows))
    figures = {row.name: row.measures["nDCG@10"].mean for row in report.rows}
    assert figures["weight 1"] >= figures["as found"] > 0
    assert {comparison.second for comparison in report.comparisons} == {"as found"}
    assert (report.queries, report.failed, report.mode) == (2, 0, "listwise")
    assert json.loads(json.dumps(report.to_json()))["queries"] == 2
    judging.model = FakeChatModel(answers=["nothing to be read"])
    judging._rooms = None
    failed = evaluate_ranking(judging, written(tmp_path / "rows.jsonl", *rows), limit=1)
    assert (failed.queries, failed.failed, failed.weight) == (1, 1, 0)
    judging.close()


def test_without_a_language_model_there_is_no_order_to_compare(rec: ChatRec, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no language model"):
        evaluate_ranking(rec, written(tmp_path / "rows.jsonl", *REQUESTS))


def test_finding_is_measured_without_making_a_language_model(rec: ChatRec, tmp_path: Path) -> None:
    told = ChatRec(rec.settings.model_copy(update={"llm": "nobody:nothing"}))
    with pytest.raises(SettingsError):
        told.rooms()
    assert evaluate_requests(told, written(tmp_path / "requests.jsonl", *REQUESTS), ks=(5,)).queries == 2
    assert evaluate_dialogues(told, written(tmp_path / "dialogues.jsonl", *ROWS), ks=(5,)).queries == 2
    made = told.rooms(speaking=False)
    assert (made.ranker.model, made.writer, made.listener) == (None, None, None)
    told.close()


@pytest.mark.parametrize("ks", [(), (0,), (-1, 5)])
def test_a_k_that_is_none_is_refused(ks: tuple[int, ...], rec: ChatRec) -> None:
    with pytest.raises(EvaluationError, match="at least 1"):
        evaluate_dialogues(rec, sample.dialogues(), ks=ks)


def test_a_file_without_any_moment_is_refused(rec: ChatRec) -> None:
    with pytest.raises(EvaluationError, match=r"films\.jsonl has nothing to measure"):
        evaluate_dialogues(rec, sample.films())


# The command


def called(rec: ChatRec, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATREC_")}
    env = kept | {"CHATREC_HOME": str(rec.settings.home), "CHATREC_LLM": "builtin", "COLUMNS": "160"}
    command = [str(Path(sys.executable).with_name("chatrec")), "evaluate", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=100, check=False)


def test_the_command_tells_measures_and_writes_what_it_is_asked_for(rec: ChatRec, tmp_path: Path) -> None:
    rows = written(tmp_path / "rows.jsonl", *ROWS)
    ran = called(rec, "dialogues", rows, "--k", "1,10", "--json", "out.json", "--run", "out.trec", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "2 turns, 3 items to find" in ran.stdout
    assert "1 of them are not in the catalogue 'sample'" in ran.stdout
    assert all(name in ran.stdout for name in ("fused", "route descriptions", "median", "p95", "intra-list"))
    told = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert (told["missing"], told["resamples"], told["rows"][0]["name"]) == (1, 1000, "fused")
    assert set(told["rows"][0]["measures"]["recall@10"]) == {"mean", "low", "high"}
    assert len((tmp_path / "out.trec").read_text(encoding="utf-8").splitlines()) <= 200
    ran = called(
        rec, "dialogues", rows, "--k", "1,10", "--against", "out.trec", "--ablate", "--also", "ease", cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    assert "a tie" in next(line for line in ran.stdout.splitlines() if "out.trec" in line and "+" in line)
    assert "without words" in ran.stdout
    assert "with ease" in ran.stdout


def test_the_command_measures_requests(rec: ChatRec, tmp_path: Path) -> None:
    ran = called(rec, "requests", written(tmp_path / "requests.jsonl", *REQUESTS), "--k", "5", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "2 requests, 4 items to find" in ran.stdout
    assert "difference in nDCG@10" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dialogues", "bad.jsonl"), "bad.jsonl, line 1: field 'targets'"),
        (("requests", "bad.jsonl"), "bad.jsonl, line 1: field 'id'"),
        (("requests", "none.jsonl"), "There is no file none.jsonl"),
        (("requests", "bad.jsonl", "--k", "0"), "numbers from 1 to 1000"),
        (("requests", "bad.jsonl", "--json", "no/where.json"), "no/where.json cannot be written"),
        (("requests", "good.jsonl", "--catalog", "nowhere"), "no catalogue 'nowhere'"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], said: str, rec: ChatRec, tmp_path: Path) -> None:
    written(tmp_path / "bad.jsonl", {"dialogue_id": "x", "history": [], "mentioned": []})
    written(tmp_path / "good.jsonl", *REQUESTS)
    ran = called(rec, *arguments, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
