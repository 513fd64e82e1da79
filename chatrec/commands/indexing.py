"""`chatrec index`: files into a catalogue, with a progress bar and an account of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chatrec.app import ChatRec, IndexReport, Mode
from chatrec.catalog.policy import Policy, policy_among, read_policy
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
    policy: Path | None = None,
) -> None:
    if sample:
        from chatrec.catalog import sample as shipped

        paths = [shipped.films(), shipped.interactions(), shipped.dialogues(), *paths]
    rec = ChatRec.from_env(catalog=catalog or None)
    paths, policy = policy_among(paths, given=policy)
    if policy:
        read_policy(policy)  # a file that is not there, or no policy, is told before a model is exported for minutes
    open_source(paths, format=format)
    console = Console(stderr=True)
    load_embedder(rec.settings, progress=lambda sentence: console.print(sentence, markup=False, highlight=False))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def told(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total or None)

        on_bad: Literal["raise", "skip"] = "skip" if skip_bad else "raise"
        report = rec.index(paths, format=format, mode=mode, on_bad=on_bad, policy=policy, progress=told)
    _account(report, rec.settings.catalog, rec.policy)
    rec.close()


def _account(report: IndexReport, name: str, policy: Policy) -> None:
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
    if change.aspects:
        more = ", …" if len(change.aspects) > TOLD else ""
        console.print(f"What its reviews judge: {plain(', '.join(change.aspects[:TOLD]))}{more}")
    if change.without_text:
        some = ", ".join(plain(item_id) for item_id in change.without_text[:TOLD])
        more = ", …" if len(change.without_text) > TOLD else ""
        left = f"{len(change.without_text):,} ({some}{more})"
        console.print(f"Without any text, to be found by title and facets only: {left}")
    if policy != Policy():
        console.print(f"House rules: {plain(str(policy))}")
    if report.source.bad_count:
        console.print(f"Bad records left out: {report.source.bad_count:,}")
        for bad in report.source.bad[:TOLD]:
            console.print(f"  {plain(bad.what)}")
