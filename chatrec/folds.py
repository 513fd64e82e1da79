"""What a fusion is learned from: moments of past dialogues, fold by fold, as the routes see them without that fold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from chatrec.features import features_of
from chatrec.fusion import reciprocal_rank
from chatrec.learned import Learned
from chatrec.learned_fusion import LearnedFusion, fit
from chatrec.moments import Moment, query_of
from chatrec.retriever import Retriever, open_routes

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

FOLDS = 5
"""Into how many parts the dialogues are split; what is learned of a part comes from the others. The first part is the
hold-out, on which the learned fusion must do no worse than the untrained one."""

NEGATIVES = 200
"""How many candidates that nobody took are learned from at each moment."""

AT = 10
"""The hold-out figure is recall among so many."""


@dataclass(frozen=True)
class Fold:
    """Candidates of many moments, one after another: their features, and 1 where a candidate was a target. `targets`
    counts those of each moment, found or not; `untrained` says how many of them the untrained fusion had in front."""

    matrix: NDArray[np.float32]
    labels: NDArray[np.int8]
    sizes: NDArray[np.int64]
    targets: NDArray[np.int64]
    untrained: NDArray[np.int64]
    names: tuple[str, ...]


def fold_of_each(points: Sequence[Moment], seed: int) -> dict[str, int]:
    """The fold of each dialogue."""
    ids = sorted({moment.dialogue_id for moment in points})
    order = np.random.default_rng(seed).permutation(len(ids))
    return {ids[place]: number % FOLDS for number, place in enumerate(order)}


def without(retriever: Retriever, fold_of: Mapping[str, int], fold: int, models: Sequence[str]) -> Retriever:
    """The retriever, untrained, as if the dialogues of that fold had never been."""
    view = retriever.snapshot.without({id for id, other in fold_of.items() if other == fold})
    routes = open_routes(retriever.routes, view, Learned(view, eager=models))
    return replace(retriever, snapshot=view, routes=routes, fusion=None)


def folds_of(
    retriever: Retriever, scratch: Path, points: Sequence[Moment], models: Sequence[str], seed: int, tell: Progress
) -> Iterator[Fold]:
    """The features of all moments, fold by fold, each with the dialogues of its own fold left out of what is known."""
    fold_of = fold_of_each(points, seed)
    done = 0
    for number in range(FOLDS):
        own = [moment for moment in points if fold_of[moment.dialogue_id] == number]
        path = scratch / f"fold-{number}.npz"
        if not path.is_file():
            asked = without(retriever, fold_of, number, models)
            _save(path, _told(asked, own, partial(_shifted, tell, done, len(points))))
        done += len(own)
        tell("asking the routes", done, len(points))
        yield _load(path)


def _shifted(tell: Progress, before: int, total: int, done: int) -> None:
    tell("asking the routes", before + done, total)


def _told(retriever: Retriever, points: Sequence[Moment], tell: Callable[[int], None]) -> Fold:
    matrices, labels, targets, untrained = [], [], [], []
    names: tuple[str, ...] = ()
    for number, moment in enumerate(points):
        query, hits = retriever.ask(query_of(moment))
        features = features_of(query, hits, retriever.snapshot)
        wanted = set(moment.targets)
        first = [item_id for item_id, _ in reciprocal_rank(hits, retriever.weights_of(query))[:AT]]
        names = names or features.names
        matrices.append(features.matrix)
        labels.append(np.asarray([item_id in wanted for item_id in features.item_ids], dtype=np.int8))
        targets.append(len(wanted))
        untrained.append(len(wanted & set(first)))
        tell(number + 1)
    sizes = np.asarray([len(some) for some in labels], dtype=np.int64)
    return Fold(
        np.concatenate(matrices), np.concatenate(labels), sizes, np.asarray(targets), np.asarray(untrained), names
    )


def sampled(fold: Fold, seed: int) -> Fold:
    """What is learned from: moments with a target among the candidates, with some of the other candidates each."""
    generator = np.random.default_rng(seed)
    kept, sizes = [], []
    for start, size in zip(np.cumsum(fold.sizes) - fold.sizes, fold.sizes, strict=True):
        own = fold.labels[start : start + size]
        if not own.any():
            continue
        others = np.flatnonzero(own == 0)
        if len(others) > NEGATIVES:
            others = generator.choice(others, NEGATIVES, replace=False)
        chosen = np.sort(np.concatenate((np.flatnonzero(own), others)))
        kept.append(start + chosen)
        sizes.append(len(chosen))
    rows = np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)
    return replace(fold, matrix=fold.matrix[rows], labels=fold.labels[rows], sizes=np.asarray(sizes, dtype=np.int64))


def fitted(folds: Sequence[Fold], seed: int) -> LearnedFusion:
    return fit(
        np.concatenate([fold.matrix for fold in folds]),
        np.concatenate([fold.labels for fold in folds]),
        np.concatenate([fold.sizes for fold in folds]).tolist(),
        names=folds[0].names,
        seed=seed,
    )


def found_in(fusion: LearnedFusion, fold: Fold) -> NDArray[np.int64]:
    """How many targets of each moment stand among the first."""
    scores = fusion.score(fold.matrix)
    found = []
    for start, size in zip(np.cumsum(fold.sizes) - fold.sizes, fold.sizes, strict=True):
        best = np.argsort(-scores[start : start + size], kind="stable")[:AT]
        found.append(int(fold.labels[start + best].sum()))
    return np.asarray(found, dtype=np.int64)


def _save(path: Path, fold: Fold) -> None:
    beside = path.with_suffix(".new.npz")
    np.savez(beside, **{**vars(fold), "names": np.asarray(fold.names)})
    beside.replace(path)


def _load(path: Path) -> Fold:
    with np.load(path, allow_pickle=False) as kept:
        return Fold(**{**kept, "names": tuple(kept["names"].tolist())})
