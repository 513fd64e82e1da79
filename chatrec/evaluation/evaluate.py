"""From a catalogue and a file to a report: asks, measures, compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from chatrec import learned, plugins
from chatrec.app import ChatRec
from chatrec.catalog import Dialogue
from chatrec.errors import EvaluationError
from chatrec.evaluation import beyond, runs
from chatrec.evaluation.answers import Told, answers, shown, with_each_route, without_each_route
from chatrec.evaluation.judge import Judge
from chatrec.evaluation.protocols import Case, dialogue_cases, read_dialogues, request_cases
from chatrec.evaluation.report import Beyond, Latency, Report
from chatrec.retriever import Retriever, open_routes
from chatrec.rooms import Rooms
from chatrec.routes import Route
from chatrec.store.index import Snapshot

KS = (1, 5, 10, 20, 50)

DEPTH = 100
"""How much of a ranking is measured and written to a run file, unless a larger k is asked for."""

FUSED = "fused"
"""The row of the retriever as the product has it."""

UNTRAINED = "untrained"
"""The row of the same routes weighed by rank alone, where a fusion was learned."""


@dataclass(frozen=True)
class _Asked:
    """What is measured: the cases of a file, and on which measure its rows are compared."""

    protocol: Literal["dialogues", "requests"]
    path: Path
    cases: Sequence[Case]
    decisive: str
    known: int = 0


_WANTED = {
    "dialogues": "Give dialogues in which an assistant answers a user with items, each named in its utterance's items.",
    "requests": "Give rows with id, text and relevant.",
}


def evaluate_dialogues(
    rec: ChatRec,
    path: str | Path,
    *,
    format: str = "auto",
    ks: Sequence[int] = KS,
    ablate: bool = False,
    also: Sequence[str] = (),
    run: str | Path | None = None,
    against: str | Path | None = None,
    seed: int = 0,
    progress: Told | None = None,
) -> Report:
    """How well the items that assistants named in past dialogues are found; rows are compared on recall@10.

    `ablate` adds a row without each route, `also` one with each of these routes more, weighed by rank alone and
    compared with what is weighed so; `run` is a file to write the rankings to, `against` one of another system's to be
    compared with, both as `runs` has them.
    """
    dialogues = read_dialogues(Path(path), format=format)
    known = _known(dialogues, rec.rooms(speaking=False).retriever.snapshot)
    asked = _Asked("dialogues", Path(path), dialogue_cases(dialogues), "recall@10", known)
    return _evaluated(
        rec, asked, ks=ks, ablate=ablate, also=also, run=run, against=against, seed=seed, progress=progress
    )


def evaluate_requests(
    rec: ChatRec,
    path: str | Path,
    *,
    ks: Sequence[int] = KS,
    ablate: bool = False,
    also: Sequence[str] = (),
    run: str | Path | None = None,
    against: str | Path | None = None,
    seed: int = 0,
    progress: Told | None = None,
) -> Report:
    """How well items with grades are found for requests in free words; rows are compared on nDCG@10.

    The other arguments are those of `evaluate_dialogues`.
    """
    asked = _Asked("requests", Path(path), request_cases(Path(path)), "nDCG@10")
    return _evaluated(
        rec, asked, ks=ks, ablate=ablate, also=also, run=run, against=against, seed=seed, progress=progress
    )


def _evaluated(
    rec: ChatRec,
    asked: _Asked,
    *,
    ks: Sequence[int],
    ablate: bool,
    also: Sequence[str],
    run: str | Path | None,
    against: str | Path | None,
    seed: int,
    progress: Told | None,
) -> Report:
    ks = tuple(sorted(set(ks)))
    if not ks or ks[0] < 1:
        raise EvaluationError("k says how many of a ranking count.", mend="Give one or more, each at least 1.")
    if not asked.cases:
        raise EvaluationError(f"{asked.path} has nothing to measure.", mend=_WANTED[asked.protocol])
    cases, rooms = asked.cases, rec.rooms(speaking=False)
    depth = max(DEPTH, *ks)
    judge = Judge(cases, ks=ks, decisive=asked.decisive, depth=depth, seed=seed)
    other = runs.read(Path(against)) if against else {}

    def telling(stage: str) -> Callable[[int], None]:
        return lambda done: progress(stage, done, len(cases)) if progress else None

    retrievers = _retrievers(rooms.retriever, ablate=ablate)
    more = with_each_route(rooms.retriever, _opened(rec, rooms.retriever.snapshot, also))
    lists, milliseconds = shown(rooms, cases, told=telling("timed"))
    fused, routes = answers(retrievers | more, cases, depth=depth, told=telling("measured"))
    for name, found in fused.items():
        judge.add(name, "retriever", found.rankings, np.array(found.coverage))
    for name, found in routes.items():
        judge.add(name, "route", found.rankings, np.array(found.coverage))
    if run:
        rankings = fused[FUSED].rankings
        runs.write(Path(run), zip([case.id for case in cases], rankings, strict=True), tag="chatrec")
    if against:
        judge.add_run(Path(against).name, other)
    right = [item_id for case in cases for sample in case.samples for item_id in sample]
    items = rooms.retriever.snapshot.items
    return Report(
        protocol=asked.protocol,
        file=str(asked.path),
        catalog=rec.settings.catalog,
        items=rooms.retriever.snapshot.count,
        queries=len(cases),
        samples=len(judge.samples),
        relevant=len(right),
        missing=sum(items.row(item_id) is None for item_id in right),
        known=asked.known,
        ks=ks,
        seed=seed,
        rows=tuple(judge.rows),
        comparisons=(
            *judge.comparisons(FUSED, {row.name for row in judge.rows} - more.keys()),
            *judge.comparisons(UNTRAINED if UNTRAINED in fused else FUSED, more.keys()),
        ),
        latency=Latency(*(float(ms) for ms in np.percentile(milliseconds, [50, 95]))),
        beyond=_beyond(lists, rooms, judge),
    )


def _retrievers(retriever: Retriever, *, ablate: bool) -> dict[str, Retriever]:
    """What is measured, by the name of its row. Another way to fuse belongs here."""
    untrained = {UNTRAINED: replace(retriever, fusion=None)} if retriever.fusion else {}
    return {FUSED: retriever} | untrained | (without_each_route(retriever) if ablate else {})


def _opened(rec: ChatRec, snapshot: Snapshot, names: Sequence[str]) -> dict[str, Route]:
    """The routes of these names over the same generation, with what the training in use learned.

    Raises TrainingError for a recommender model that has to be trained first: before anything takes minutes.
    """
    knowledge = learned.opened(snapshot, rec.folder, learned.current(rec.folder))
    models = plugins.names("recommenders")
    for name in names:
        if name.replace("-", "_") in models:
            knowledge.recommender(name)
    return open_routes(names, snapshot, knowledge)


def _beyond(lists: Sequence[Sequence[str]], rooms: Rooms, judge: Judge) -> Beyond:
    snapshot = rooms.retriever.snapshot
    return Beyond(
        n=rooms.n,
        recall=judge.recall(lists, rooms.n),
        similarity=judge.by_query(beyond.similarity(lists, snapshot)),
        novelty=judge.by_query(beyond.novelty(lists, snapshot)),
        catalog_coverage=beyond.catalog_coverage(lists, snapshot),
    )


def _known(dialogues: Iterable[Dialogue], snapshot: Snapshot) -> int:
    """How many of the dialogues the catalogue has as well, by id and opening words."""

    def opening(dialogue: Dialogue) -> tuple[str, str]:
        return dialogue.id, next((said.text for said in dialogue.utterances), "")

    kept = {opening(dialogue) for dialogue in snapshot.dialogues()}
    return sum(opening(dialogue) in kept for dialogue in dialogues)
