"""`chatrec index`: files into a catalogue, with a progress bar and an account of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chatrec.app import ChatRec, IndexReport, Mode
from chatrec.catalog.source import open_source
from chatrec.commands import plain
from chatrec.embedding import load_embedder

TOLD = 10
"""How many ids or bad records are listed."""


def run(
    paths: Sequence[Path],
    *,
    sample: bool = False,
    format: str = "auto",
    catalog: str = "",
    mode: Mode = "update",
    skip_bad: bool = False,
) -> None:
    if sample:
        from chatrec.catalog import sample as shipped

        paths = [shipped.films(), shipped.interactions(), shipped.dialogues(), *paths]
    rec = ChatRec.from_env(catalog=catalog or None)
    open_source(paths, format=format)  # a file that is not there is told before a model is exported for minutes
    console = Console(stderr=True)
    load_embedder(rec.settings, progress=lambda sentence: console.print(sentence, markup=False, highlight=False))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def told(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total or None)

        report = rec.index(list(paths), format=format, mode=mode, on_bad="skip" if skip_bad else "raise", progress=told)
    _account(report, rec.settings.catalog)
    rec.close()


def _account(report: IndexReport, name: str) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for file in report.source.files:
        console.print(f"{plain(file.path.name)}: read as {file.format} ({plain(file.why)})")
    change = report.change
    parts = [f"{getattr(change, what):,} {what}" for what in ("added", "changed", "removed", "unchanged")]
    told = ", ".join(part for part in parts if not part.startswith("0 ")) or "nothing changed"
    console.print(f"Catalogue {name!r}: {change.items:,} items ({told}), {change.passages:,} passages, of which")
    console.print(f"{change.embedded:,} were embedded now.")
    if change.interactions or change.dialogues:
        console.print(f"{change.interactions:,} interactions and {change.dialogues:,} dialogues are kept with it.")
    if change.without_text:
        some = ", ".join(plain(item_id) for item_id in change.without_text[:TOLD])
        more = ", …" if len(change.without_text) > TOLD else ""
        left = f"{len(change.without_text):,} ({some}{more})"
        console.print(f"Without any text, to be found by title and facets only: {left}")
    if report.source.bad_count:
        console.print(f"Bad records left out: {report.source.bad_count:,}")
        for bad in report.source.bad[:TOLD]:
            console.print(f"  {plain(bad.what)}")
