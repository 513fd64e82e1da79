"""`chatrec train`: what was learned, from how much, and whether it finds more than before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chatrec.app import ChatRec
from chatrec.catalog.source import open_source
from chatrec.commands import plain
from chatrec.folds import AT
from chatrec.training import TrainingReport


def run(
    *,
    dialogues: Sequence[Path],
    interactions: Sequence[Path],
    feedback: bool,
    recommenders: Sequence[str] = (),
    ranking: bool = False,
    catalog: str = "",
    seed: int = 0,
) -> None:
    if dialogues or interactions:
        open_source([*dialogues, *interactions])  # a file that is not there is told before anything takes minutes
    rec = ChatRec.from_env(catalog=catalog or None)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def told(stage: str, done: int, total: int) -> None:
            bar.update(task, description=plain(stage), completed=done, total=total or None)

        report = rec.train(
            dialogues=dialogues,
            interactions=interactions,
            feedback=feedback,
            recommenders=recommenders,
            ranking=ranking,
            seed=seed,
            progress=told,
        )
    rec.close()
    show(report, console)


def show(report: TrainingReport, console: Console) -> None:
    def say(sentence: str) -> None:
        console.print(sentence, markup=False, highlight=False)

    say(
        f"Learned from {report.interactions:,} interactions and {report.dialogues:,} past dialogues"
        f" ({report.moments:,} moments) in {report.seconds:,.0f} s; peak memory {report.peak_bytes / 2**20:,.0f} MiB."
    )
    say(f"Recommender models: {', '.join(report.models) or 'none'}.")
    if report.held_out:
        say(
            f"Recall@{AT} on the hold-out ({report.held_out:,} targets of dialogues not learned from):"
            f" {report.before:.3f} untrained, {report.after:.3f} learned."
        )
    if report.ranking:
        say(
            f"nDCG@10 of {report.ranking.moments:,} moments of the hold-out: {report.ranking.before:.3f} as found,"
            f" {report.ranking.after:.3f} with {plain(report.ranking.language_model)}, {report.ranking.mode};"
            f" its weight is {report.ranking.weight:g}."
        )
    for what, why in report.skipped.items():
        say(f"Not in use: {what}, as {why}")
    if report.fusion:
        say("The learned fusion is in use.")
