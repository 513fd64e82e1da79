"""`chatrec evaluate`: how well a catalogue is retrieved from, and how conversations end, as tables and as JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from chatrec.app import ChatRec
from chatrec.commands import plain
from chatrec.errors import EvaluationError
from chatrec.evaluation import (
    RankingReport,
    Report,
    Row,
    evaluate_dialogues,
    evaluate_ranking,
    evaluate_requests,
)
from chatrec.evaluation.intervals import LEVEL, RESAMPLES, Interval
from chatrec.evaluation.scenarios import ScenarioReport, evaluate_scenarios, scenario_report
from chatrec.evaluation.scenarios.report import write_transcripts
from chatrec.settings import Settings


def run(
    protocol: Literal["dialogues", "requests"],
    path: Path,
    *,
    catalog: str,
    format: str = "auto",
    ks: Sequence[int],
    as_json: Path | None,
    run_file: Path | None,
    against: Path | None,
    ablate: bool,
    also: Sequence[str],
) -> None:
    writable(as_json, run_file)
    rec = ChatRec.from_env(catalog=catalog or None)
    with progress_bar() as told:
        evaluate = partial(evaluate_dialogues, format=format) if protocol == "dialogues" else evaluate_requests
        report = evaluate(rec, path, ks=ks, ablate=ablate, also=also, run=run_file, against=against, progress=told)
    if as_json:
        save(report.to_json(), as_json)
    show(report, Console(highlight=False, markup=False))
    rec.close()


def run_ranking(path: Path, *, catalog: str, llm: str, limit: int, as_json: Path | None) -> None:
    writable(as_json)
    settings = Settings.from_env()
    given = {"catalog": catalog, "llm": llm}
    rec = ChatRec(settings.model_copy(update={name: value for name, value in given.items() if value}))
    with progress_bar() as told:
        report = evaluate_ranking(rec, path, limit=limit, progress=told)
    if as_json:
        save(report.to_json(), as_json)
    show_ranking(report, Console(highlight=False, markup=False))
    rec.close()


def show_ranking(report: RankingReport, console: Console) -> None:
    """A report as a table: each weight against the order as found."""
    model = plain(report.language_model)
    console.print(
        f"{report.queries:,} queries over {plain(report.catalog)!r}; {model} judged, {report.mode}, the first"
    )
    console.print(
        f"{report.candidates} candidates of each: {report.seconds:.1f} s at the median, {report.failed:,} failed."
    )
    console.print(f"In brackets: {LEVEL:g} % bootstrap intervals, {RESAMPLES:,} resamples, seed {report.seed}.")
    against = {comparison.first: comparison for comparison in report.comparisons}
    table = Table("", "recall@5", "nDCG@5", "nDCG@10", "against as found", "")
    for row in report.rows:
        cells = [_cell(row.measures[name]) for name in ("recall@5", "nDCG@5", "nDCG@10")]
        comparison = against.get(row.name)
        told = [_cell(comparison.difference, sign="+"), comparison.verdict] if comparison else ["", ""]
        table.add_row(row.name, *cells, *told)
    console.print(table)
    console.print(f"Best on all of them: CHATREC_RANKING_WEIGHT={report.weight:g}.")


def run_grounding(
    *,
    catalog: str,
    llm: str,
    turns: int,
    claims: Path | None,
    attacks: Path | None,
    limit: int,
    unchecked: bool,
    seed: int,
    as_json: Path | None,
) -> None:
    from chatrec.evaluation.grounding import ATTACKS, CLAIMS, evaluate_grounding

    to_screen = as_json == Path("-")
    writable(None if to_screen else as_json)
    settings = Settings.from_env()
    given = {"catalog": catalog, "llm": llm}
    fake = (llm or settings.llm).startswith("fake:")
    rec = ChatRec(settings.model_copy(update={name: value for name, value in given.items() if value}))
    wired = ChatRec(rec.settings.model_copy(update={"llm": "builtin"})) if fake else rec
    with progress_bar() as told:
        report = evaluate_grounding(
            wired,
            model=rec.settings.llm.strip(),
            turns=turns,
            claims=claims or CLAIMS,
            attacks=attacks or ATTACKS,
            limit=limit,
            unchecked=unchecked,
            seed=seed,
            progress=told,
        )
    console = Console(highlight=False, markup=False)
    if to_screen:
        console.print_json(data=report.to_json())
    else:
        if as_json:
            save(report.to_json(), as_json)
        table = Table("", plain(rec.settings.llm))
        for name, value in report.to_json().items():
            table.add_row(name.replace("_", " "), f"{value:.3f}" if isinstance(value, float) else f"{value:,}")
        console.print(table)
    wired.close()


def run_scenarios(
    folder: Path, *, seeds: int, only: str = "", as_json: Path | None = None, transcripts: Path | None = None
) -> None:
    from chatrec.evaluation.scenarios.worlds import indexed

    writable(as_json)
    with progress_bar() as told:
        held = evaluate_scenarios(folder, indexed(Settings.from_env()), seeds=seeds, only=only, progress=told)
    report = scenario_report(held, seeds=seeds)
    if as_json:
        save(report.to_json(), as_json)
    console = Console(highlight=False, markup=False)
    show_scenarios(report, console)
    if transcripts:
        count = write_transcripts(held, transcripts)
        console.print(f"Failed conversations of {count:,} scenarios: {transcripts} (none of the locked half).")


def show_scenarios(report: ScenarioReport, console: Console) -> None:
    """A report as a table: all scenarios, each half, each kind; and what was not run."""
    whole = report.of("all")
    console.print(f"{whole.scenarios:,} scenarios, {report.seeds} phrasings each, {whole.runs:,} conversations.")
    for catalog, count in report.not_run.items():
        told = f"{count:,} scenarios were not run: there is no catalogue {plain(catalog)!r} in this CHATREC_HOME."
        console.print(told, style="red")
    console.print(f"In brackets: {LEVEL:g} % bootstrap intervals by scenario, {RESAMPLES:,} resamples.")
    passed = Table("", "n", "pass^1", "pass^4", "1st", "turns", pad_edge=False)
    ended = Table("", "unmet", "rules", "answers", "turns", "errors", "refused", "asked", "ms", pad_edge=False)
    for column in (*passed.columns, *ended.columns):
        column.no_wrap = True
    rows = [row for row in report.figures if row.by in ("all", "half", "kind")]
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        name, end = plain(row.name or "all"), after is not None and after.by != row.by
        shares = [_cell(row.pass1), _cell(row.pass4), _figure(row.first_fits, ".2f")]
        passed.add_row(name, f"{row.scenarios:,}", *shares, _figure(row.turns, ".1f"), end_section=end)
        counts = (row.violations, row.breaches, row.unanswered, row.given_up, row.errors, row.refusals)
        means = [_figure(row.questions, ".2f"), _figure(row.milliseconds, ".0f")]
        ended.add_row(name, *(f"{count:,}" for count in counts), *means, end_section=end)
    console.print(passed)
    console.print("1st: share of successes whose accepted item stood first. Turns: mean of a conversation.")
    console.print(ended)
    console.print("Conversations that ended by an unmet wish, a broken house rule, a wrong answer, too many turns,")
    console.print("an error; replies that refused where something fits; questions a conversation; median ms a message.")
    if whole.mismarked:
        console.print(f"{whole.mismarked:,} successes: an item marked as breaking something, though no hard wish.")


def _figure(value: float, form: str) -> str:
    return "–" if math.isnan(value) else f"{value:{form}}"


def writable(*files: Path | None) -> None:
    for file in files:
        if file and (file.is_dir() or not file.absolute().parent.is_dir()):  # told before it takes minutes
            raise EvaluationError(f"{file} cannot be written.", mend="Name a file in a folder that is there.")


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda stage, done, total: bar.update(task, description=plain(stage), completed=done, total=total)


def show(report: Report, console: Console) -> None:
    """A report as tables: what was asked, each row's measures, who is better, and what accuracy does not tell."""
    asked = "turns" if report.protocol == "dialogues" else "requests"
    console.print(f"{report.queries:,} {asked}, {report.relevant:,} items to find among {report.items:,}.")
    if report.missing:
        console.print(f"{report.missing:,} of them are not in the catalogue {plain(report.catalog)!r}: never found.")
    if report.known:
        console.print(
            f"{report.known:,} of these dialogues are in the catalogue as well: the figures flatter.", style="red"
        )
    console.print(f"In brackets: {LEVEL:g} % bootstrap intervals, {RESAMPLES:,} resamples, seed {report.seed}.")
    for measure in ("recall", "nDCG"):
        console.print(_measured(report, measure))
    console.print(_compared(report))
    latency, beyond = report.latency, report.beyond
    console.print(f"Retrieval of a turn: median {latency.median:.1f} ms, p95 {latency.p95:.1f} ms.")
    console.print(
        f"Of the {beyond.n} shown: recall {_cell(beyond.recall)}, intra-list similarity {_cell(beyond.similarity)},"
        f" novelty in bits {_cell(beyond.novelty)}, {beyond.catalog_coverage:.1%} of the catalogue."
    )


def _measured(report: Report, measure: str) -> Table:
    """Every row's measure at each k; recall with what was found at any rank, nDCG with MRR."""
    table = Table(measure, *(f"@{k}" for k in report.ks), "at any rank" if measure == "recall" else "MRR")
    for row in report.rows:
        cells = [row.measures[f"{measure}@{k}"] for k in report.ks]
        last = row.coverage if measure == "recall" else row.measures["MRR"]
        table.add_row(_name(row), *(_cell(cell) for cell in (*cells, last)), end_section=row is report.rows[0])
    return table


def _compared(report: Report) -> Table:
    measure = report.comparisons[0].measure if report.comparisons else ""
    table = Table("compared with", f"difference in {measure}", "")
    for comparison in report.comparisons:
        first = plain(comparison.first)
        told = {"better": f"{first} is better", "worse": f"{first} is worse", "tie": "a tie"}[comparison.verdict]
        table.add_row(_name(report.row(comparison.second)), _cell(comparison.difference, sign="+"), told)
    return table


def _name(row: Row) -> str:
    return plain(f"route {row.name}" if row.kind == "route" else row.name)


def _cell(interval: Interval | None, *, sign: str = "") -> str:
    """The mean and its interval; a dash where nothing can be said."""
    if interval is None or math.isnan(interval.mean):
        return "–"
    mean, low, high = (
        re.sub(r"^([+-]?)0\.", r"\1.", f"{value:{sign}.3f}") for value in (interval.mean, interval.low, interval.high)
    )
    return f"{mean} ({low} {high})"


def save(report: Mapping[str, Any], path: Path) -> None:
    try:
        path.write_text(json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n", "utf-8")
    except OSError as exc:
        raise EvaluationError(f"{path} cannot be written: {exc.strerror or exc}.", mend="Name another file.") from exc
