"""`chatrec evaluate recommenders`: the recommender models in one table, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from chatrec import plugins
from chatrec.app import ChatRec
from chatrec.catalog import Interaction
from chatrec.commands import plain
from chatrec.commands.evaluating import progress_bar, save, writable
from chatrec.evaluation.intervals import LEVEL, Interval
from chatrec.evaluation.recommenders import (
    MEASURES,
    DataSet,
    Protocol,
    RecommenderReport,
    RecommenderRow,
    evaluate_recommenders,
    read_data,
)
from chatrec.evaluation.recommenders.dataset import embedding, of_records

SURE = MEASURES[:2]
"""Told with their spread over seeds."""

GOOD = MEASURES[2:4]
BEYOND = MEASURES[4:]


def run(
    *,
    recommenders: Sequence[str],
    data: Sequence[str],
    pretrain: Sequence[str],
    folder: Path | None,
    catalog: str,
    protocol: Protocol,
    seeds: int,
    tune: int,
    ablate: bool,
    as_json: Path | None,
) -> None:
    to_screen = as_json == Path("-")
    writable(None if to_screen else as_json)
    rec = ChatRec.from_env(catalog=catalog or None)
    kept = rec.settings.home / "evaluations" / "recommenders"
    with progress_bar() as told:
        others = tuple(_data(rec, [other], folder, kept, told) for other in pretrain)
        measured = evaluate_recommenders(
            replace(_data(rec, data, folder, kept, told), others=others),
            folder=kept,
            recommenders=recommenders,
            protocol=protocol,
            seeds=seeds,
            tune=tune,
            variants=_variants(recommenders) if ablate else None,
            progress=told,
        )
    rec.close()
    if to_screen:
        Console(highlight=False, markup=False, soft_wrap=True).print(json.dumps(measured.to_json(), indent=2))
        return
    if as_json:
        save(measured.to_json(), as_json)
    show(measured, Console(highlight=False, markup=False))


def _data(
    rec: ChatRec, data: Sequence[str], folder: Path | None, kept: Path, told: Callable[[str, int, int], None]
) -> DataSet:
    """The data set that was asked for, or the interactions of the catalogue that is indexed."""
    embed = embedding(lambda: rec.embedder, kept / "vectors.db", lambda done, total: told("embedding", done, total))
    if data:
        return read_data(data, folder=folder, embed=embed)
    items = rec.rooms().retriever.snapshot.items
    used = (Interaction(*row) for row in items.interactions())
    return of_records(rec.settings.catalog, (*items.all(), *used), embed=embed)


def _variants(recommenders: Sequence[str]) -> dict[str, tuple[str, ...]]:
    names = [name.replace("-", "_") for name in recommenders] or plugins.names("recommenders")
    return {name: tuple(plugins.declared("recommenders", name, "ABLATIONS")) for name in names}


def show(report: RecommenderReport, console: Console) -> None:
    """A report as tables: how good each is, and what it costs; the best nDCG first."""
    console.print(
        f"{plain(report.data)}: {report.users:,} users, {report.items:,} items, {report.interactions:,} interactions;"
        f" {report.protocol}, {report.seeds} seeds, {report.tune or 'no'} trials of hyperparameters each."
    )
    rows = sorted(report.rows, key=lambda row: -row.means.get("ndcg@10", -1.0))
    good = Table(Column(no_wrap=True), *SURE, f"{LEVEL:g} %", *(Column(name, no_wrap=True) for name in GOOD))
    rest = Table(Column(no_wrap=True), *BEYOND, "training s", "scoring ms", "KiB")
    for row in (row for row in rows if not row.skipped):
        means = row.means
        sure = [*(_cell(row, measure) for measure in SURE), _ends(row.intervals["ndcg@10"])]
        good.add_row(_name(row), *sure, *(_figure(means[measure]) for measure in GOOD))
        costs = (f"{means['train_seconds']:,.1f}", f"{means['score_ms']:.2f}", f"{means['size_bytes'] / 1024:,.0f}")
        rest.add_row(_name(row), *(_figure(means[measure]) for measure in BEYOND), *costs)
    console.print(good)
    console.print(
        "Full rankings without what training has of the user; after ±: standard deviation over seeds;"
        f" {LEVEL:g} %: bootstrap interval of ndcg@10 over users."
    )
    if any("recall@10_among_all" in row.means for row in rows):
        told = ", ".join(f"{_name(row)} {row.means['recall@10_among_all']:.3f}" for row in rows if row.means)
        console.print(f"Above, cold items are ranked among themselves; recall@10 among all items: {told}.")
    console.print(rest)
    for row in rows:
        if row.hyperparameters:
            told = ", ".join(f"{name}={value}" for name, value in row.hyperparameters.items())
            console.print(f"Hyperparameters of {_name(row)}: {plain(told)}; the others are the defaults.")
    for row in rows:
        if row.skipped:
            console.print(f"Not measured: {_name(row)}, as {plain(row.skipped)}", style="red")


def _name(row: RecommenderRow) -> str:
    return plain(f"{row.recommender}, {row.variant}" if row.variant else row.recommender)


def _cell(row: RecommenderRow, measure: str) -> str:
    mean, spread = row.means[measure], row.spreads[measure]
    return _figure(mean) if math.isnan(spread) else f"{_figure(mean)} ±{_figure(spread)}"


def _ends(interval: Interval) -> str:
    return f"{_figure(interval.low)} {_figure(interval.high)}"


def _figure(value: float) -> str:
    """Three decimals, without the nought before them; a dash where nothing can be said."""
    return "–" if math.isnan(value) else f"{value:.3f}".removeprefix("0")
