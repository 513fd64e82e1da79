"""Learns what interactions and past dialogues can teach: which items go together, and how to weigh the routes."""

from __future__ import annotations

import hashlib
import json
import math
import resource
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from chatrec import learned, plugins
from chatrec.errors import LanguageModelError, TrainingError
from chatrec.folds import Progress, fitted, fold_of_each, folds_of, found_in, sampled, without
from chatrec.fusion import WEIGHTS
from chatrec.learned import Learned, training_data
from chatrec.learned_fusion import LearnedFusion
from chatrec.moments import Moment, moments
from chatrec.ranking import Ranker
from chatrec.retriever import Retriever
from chatrec.store.items import Items
from chatrec.store.lock import writing
from chatrec.weighing import Weighed, weighed

FEWEST = 100
"""From fewer moments no fusion is learned: it would learn them by heart."""


@dataclass(frozen=True)
class TrainingReport:
    """What was learned. `before` and `after` are recall@10 on the hold-out, of the untrained and the learned fusion,
    over `held_out` targets; NaN where no fusion was tried. `ranking` is what a language model's say was measured to
    be worth, where it was asked for. `skipped` says what was not learned and why."""

    name: str
    interactions: int
    dialogues: int
    moments: int
    models: tuple[str, ...]
    before: float = math.nan
    after: float = math.nan
    held_out: int = 0
    fusion: bool = False
    ranking: Weighed | None = None
    skipped: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    peak_bytes: int = 0


def train(
    retriever: Retriever,
    folder: Path,
    *,
    liked: Any = None,
    recommenders: Sequence[str] = (),
    ranker: Ranker | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> TrainingReport:
    """Fits recommender models and a fusion for the catalogue in `folder` and makes them the ones in use.

    `retriever` is the catalogue's, whose routes and weights are trained for; `liked` are more rows for the recommender
    models (users by items, a sparse matrix); `recommenders` names models to fit beside those that always are and those
    that are routes; `ranker` is one whose language model's say is to be weighed. What was done of a training that was
    interrupted is not done again.
    Raises SettingsError for a recommender model that there is none of, TrainingError where there is nothing to learn
    from, StoreLocked while somebody indexes or trains.
    """
    begun = time.monotonic()
    tell = progress or (lambda *_: None)
    snapshot = retriever.snapshot
    names = _named(retriever, recommenders)
    if Learned(snapshot).is_empty:
        raise TrainingError(
            "There is nothing to learn from: the catalogue has neither interactions nor past dialogues.",
            mend="Name files of them: chatrec train --dialogues FILE --interactions FILE",
        )
    told = list(snapshot.dialogues())
    points = [moment for dialogue in told for moment in moments(dialogue)]
    report = TrainingReport("", snapshot.interactions.nnz, len(told), len(points), ())
    with writing(folder):
        scratch = folder / "trained" / f".{_digest(retriever, liked, names, seed)}"
        scratch.mkdir(parents=True, exist_ok=True)
        models, skipped = _models(retriever, scratch, names, liked, seed, tell)
        report = replace(report, models=models, skipped=skipped)
        tried = None
        if len(points) >= FEWEST:
            report, tried = _fusion(retriever, scratch, report, points, seed, tell)
        else:
            why = f"{len(points)} moments of past dialogues are too few; {FEWEST} are needed"
            report = replace(report, skipped={**report.skipped, "fusion": why})
        if ranker:
            report = _ranking(retriever, tried, report, ranker, points, seed, tell)
        report = replace(report, seconds=time.monotonic() - begun, peak_bytes=_peak())
        return _installed(folder, scratch, report)


def rows_of(marked: Iterable[tuple[str, str]], items: Items) -> Any:
    """Sessions by `items`, 1 where an item was marked good: from pairs of a session's id and an item's."""
    from scipy.sparse import csr_matrix

    good = [(session, place) for session, item_id in marked if (place := items.row(item_id)) is not None]
    sessions = {session: number for number, session in enumerate(dict.fromkeys(session for session, _ in good))}
    where = ([sessions[session] for session, _ in good], [place for _, place in good])
    return csr_matrix((np.ones(len(good)), where), shape=(len(sessions), len(items.ids)))


def _named(retriever: Retriever, recommenders: Sequence[str]) -> tuple[str, ...]:
    """The recommender models to fit: those that always are, those that are routes, and those asked for."""
    there = plugins.names("recommenders")
    routes = [name.replace("-", "_") for name in retriever.routes]
    asked = [name.replace("-", "_") for name in recommenders]
    for name in asked:
        plugins.load("recommenders", name)  # one that there is none of is told before anything takes minutes
    return tuple(dict.fromkeys((*learned.MODELS, *(name for name in routes if name in there), *asked)))


def _models(
    retriever: Retriever, scratch: Path, names: Sequence[str], liked: Any, seed: int, tell: Progress
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Fits these recommender models on everything, into `scratch`: the names of those that could be, why others not."""
    skipped: dict[str, str] = {}
    data = training_data(retriever.snapshot, *([] if liked is None else [liked]))
    for place, name in enumerate(names):
        tell("fitting recommender models", place, len(names))
        if (scratch / name / "done").is_file():
            continue
        model = plugins.load("recommenders", name)()
        try:
            model.fit(data, seed=seed, progress=partial(tell, f"fitting {name}"))
        except TrainingError as error:
            skipped[name] = error.what
            continue
        model.save(scratch / name)
        (scratch / name / "done").touch()
    tell("fitting recommender models", len(names), len(names))
    return tuple(name for name in names if name not in skipped), skipped


def _fusion(
    retriever: Retriever, scratch: Path, report: TrainingReport, points: Sequence[Moment], seed: int, tell: Progress
) -> tuple[TrainingReport, LearnedFusion | None]:
    """Learns a fusion from all folds but the first, and keeps one learned from all if that did well on the first.

    The one that has not seen the first fold comes back beside the report, if it did well.
    """
    folds = list(folds_of(retriever, scratch, points, report.models, seed, tell))
    tell("learning to weigh the routes", 0, 2)
    held_out = folds[0]
    tried = fitted([sampled(fold, seed) for fold in folds[1:]], seed)
    before = held_out.untrained.sum() / held_out.targets.sum()
    after = found_in(tried, held_out).sum() / held_out.targets.sum()
    report = replace(report, before=float(before), after=float(after), held_out=int(held_out.targets.sum()))
    tell("learning to weigh the routes", 1, 2)
    if after < before:
        why = f"it found {after:.3f} of the hold-out's targets, the untrained one {before:.3f}"
        return replace(report, skipped={**report.skipped, "fusion": why}), None
    fitted([sampled(fold, seed) for fold in folds], seed).save(scratch / "fusion")
    tell("learning to weigh the routes", 2, 2)
    return replace(report, fusion=True), tried


def _ranking(
    retriever: Retriever,
    fusion: LearnedFusion | None,
    report: TrainingReport,
    ranker: Ranker,
    points: Sequence[Moment],
    seed: int,
    tell: Progress,
) -> TrainingReport:
    """Weighs the language model's say on the hold-out, of which neither the routes nor `fusion` know anything."""
    fold_of = fold_of_each(points, seed)
    own = [moment for moment in points if fold_of[moment.dialogue_id] == 0]
    asked = replace(without(retriever, fold_of, 0, report.models), fusion=fusion)
    try:
        found = weighed(ranker, asked, own, seed=seed, told=partial(tell, "asking the language model"))
    except LanguageModelError as error:
        return replace(report, skipped={**report.skipped, "ranking": str(error)})
    return replace(report, ranking=found)


def _installed(folder: Path, scratch: Path, report: TrainingReport) -> TrainingReport:
    """Moves what was learned to its place and swaps the pointer; earlier trainings but the last go."""
    before = learned.current(folder)
    name = f"{int(before.partition('-')[0] or 0) + 1:06d}-{scratch.name[1:]}"
    report = replace(report, name=name)
    for path in scratch.glob("fold-*.npz"):
        path.unlink()
    about = {**asdict(report), "format": learned.FORMAT}
    about = {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in about.items()}
    (scratch / "about.json").write_text(json.dumps(about), encoding="utf-8")
    shutil.rmtree(folder / "trained" / name, ignore_errors=True)  # left by one that was killed before its pointer
    scratch.rename(folder / "trained" / name)
    learned.publish(folder, name)
    for path in (folder / "trained").iterdir():
        if path.name not in (name, before):
            shutil.rmtree(path, ignore_errors=True)
    return report


def _digest(retriever: Retriever, liked: Any, names: Sequence[str], seed: int) -> str:
    """Names a training by all that goes into it."""
    more = "" if liked is None else [liked.indptr.tolist(), liked.indices.tolist()]
    weights = {**WEIGHTS, **retriever.weights}
    known = [retriever.snapshot.generation, sorted(retriever.routes), weights, more, list(names), seed]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:12]


def _peak() -> int:
    """The most memory this process has held so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
