"""Every recommender model on every seed of one protocol, tuned with the same budget, and its ablations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from chatrec import plugins
from chatrec.errors import EvaluationError, MissingPackage, TrainingError
from chatrec.evaluation.intervals import Bootstrap
from chatrec.evaluation.recommenders.cells import Cell, result_of
from chatrec.evaluation.recommenders.dataset import DataSet
from chatrec.evaluation.recommenders.measuring import measures
from chatrec.evaluation.recommenders.report import RecommenderReport, RecommenderRow
from chatrec.evaluation.recommenders.split import Protocol, Split, split
from chatrec.evaluation.recommenders.tuning import Tuned, tuned


@dataclass(frozen=True)
class _Asked:
    """What all rows have in common."""

    data: DataSet
    protocol: Protocol
    seeds: int
    tune: int
    folder: Path
    tell: Callable[[str, int, int], None]
    split: Callable[[int], Split]


def evaluate_recommenders(
    data: DataSet,
    *,
    folder: Path,
    recommenders: Sequence[str] = (),
    protocol: Protocol = "random-75-25",
    seeds: int = 3,
    tune: int = 0,
    variants: Mapping[str, Sequence[str]] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> RecommenderReport:
    """Fits and measures `recommenders` (none: all there are), each with the seeds 0, 1, ... for the split and itself.

    `tune`: how many hyperparameters to try for each, on seed 0's part to learn from; the best ones are kept for all
    seeds (that part overlaps with what the other seeds look for, alike for every model). 0: the defaults. `variants`
    names by recommender model the ablations to measure as well, of those that its file declares. What was measured
    before is read from `folder`. What cannot be fitted has a row that says why.
    Raises SettingsError for a name that there is none of, EvaluationError where nothing can be looked for.
    """
    measures()  # a package that is missing is told before anything takes minutes
    if seeds < 1:
        raise EvaluationError(f"{seeds} seeds measure nothing.", mend="Take at least 1.")
    names = [name.replace("-", "_") for name in recommenders] or plugins.names("recommenders")
    for name in names:
        plugins.load("recommenders", name)
    tell = progress or (lambda *_: None)
    made = lru_cache(maxsize=8)(lambda seed: split(data, protocol, seed=seed))
    asked = _Asked(data, protocol, seeds, tune, folder, tell, made)
    rows = [row for name in names for row in _rows(name, asked, (variants or {}).get(name, ()))]
    others = tuple(other.name for other in data.others)
    sizes = (len(np.unique(data.users)), len(data.item_ids), len(data.items))
    return RecommenderReport(data.name, others, protocol, seeds, *sizes, tune, tuple(rows))


def _rows(name: str, asked: _Asked, variants: Sequence[str]) -> Iterator[RecommenderRow]:
    tell = _named(name, asked.tell)
    best = Tuned({}, 0)
    try:
        if asked.tune:
            best = tuned(name, asked.split(0), asked.protocol, trials=asked.tune, folder=asked.folder, tell=tell)
    except MissingPackage as error:
        yield RecommenderRow(name, "", {}, 0, {}, {}, {}, str(error))
        return
    yield _row(name, "", best.hyperparameters, best.trials, asked)
    declared = plugins.declared("recommenders", name, "ABLATIONS")
    for variant in variants:
        if variant not in declared:
            raise EvaluationError(
                f"{name} has no ablation {variant!r}.", mend=f"There are: {', '.join(declared) or 'none'}."
            )
        yield _row(name, variant, {**best.hyperparameters, **declared[variant]}, best.trials, asked)


def _row(name: str, variant: str, hyperparameters: Mapping[str, Any], trials: int, asked: _Asked) -> RecommenderRow:
    results = []
    tell = _named(f"{name} {variant}".strip(), asked.tell)
    for seed in range(asked.seeds):
        cell = Cell(name, hyperparameters, asked.data.digest, asked.protocol, seed)
        try:
            results.append(result_of(cell, partial(asked.split, seed), asked.folder, tell))
        except (TrainingError, MissingPackage) as error:
            return RecommenderRow(name, variant, hyperparameters, trials, {}, {}, {}, str(error))
    columns = {name: np.asarray([result.figures[name] for result in results]) for name in results[0].figures}
    means = {measure: float(column.mean()) for measure, column in columns.items()}
    spreads = {
        measure: float(column.std(ddof=1)) if len(column) > 1 else float("nan") for measure, column in columns.items()
    }
    users = Bootstrap([str(user) for result in results for user in result.users])
    intervals = {
        measure: users.mean(np.concatenate([result.cases[measure] for result in results]))
        for measure in results[0].cases
    }
    return RecommenderRow(name, variant, hyperparameters, trials, means, spreads, intervals)


def _named(name: str, tell: Callable[[str, int, int], None]) -> Callable[[str, int, int], None]:
    return lambda stage, done, total: tell(f"{name}: {stage}", done, total)
