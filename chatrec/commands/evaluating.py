"""`chatrec evaluate`: how well a catalogue is retrieved from, as tables and as JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from chatrec.app import ChatRec
from chatrec.commands import plain
from chatrec.errors import EvaluationError
from chatrec.evaluation import Report, Row, evaluate_dialogues, evaluate_requests
from chatrec.evaluation.intervals import LEVEL, RESAMPLES, Interval


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
) -> None:
    for file in (as_json, run_file):
        if file and (file.is_dir() or not file.absolute().parent.is_dir()):  # told before it takes minutes
            raise EvaluationError(f"{file} cannot be written.", mend="Name a file in a folder that is there.")
    rec = ChatRec.from_env(catalog=catalog or None)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def told(stage: str, done: int, total: int) -> None:
            bar.update(task, description=plain(stage), completed=done, total=total)

        evaluate = partial(evaluate_dialogues, format=format) if protocol == "dialogues" else evaluate_requests
        report = evaluate(rec, path, ks=ks, ablate=ablate, run=run_file, against=against, progress=told)
    if as_json:
        _save(report, as_json)
    show(report, Console(highlight=False, markup=False))
    rec.close()


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


def _save(report: Report, path: Path) -> None:
    try:
        path.write_text(json.dumps(report.to_json(), ensure_ascii=False, indent=2, allow_nan=False) + "\n", "utf-8")
    except OSError as exc:
        raise EvaluationError(f"{path} cannot be written: {exc.strerror or exc}.", mend="Name another file.") from exc
