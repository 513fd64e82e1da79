"""One recommender model on one split: fitted, asked for every case, and measured on the first ten of full rankings."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatrec.errors import MissingPackage
from chatrec.evaluation.beyond import similarity_of
from chatrec.evaluation.metrics import Measures
from chatrec.evaluation.recommenders.dataset import DataSet
from chatrec.evaluation.recommenders.split import Case, Split
from chatrec.recommenders import Recommender
from chatrec.types import Query

K = 10


@dataclass(frozen=True)
class Measured:
    """`figures`: means over cases, and costs. `cases`: by measure the value of each case, `users` whose it was."""

    figures: Mapping[str, float]
    users: Sequence[int]
    cases: Mapping[str, Sequence[float]]


def measures() -> Measures:
    """recall@10, nDCG@10, precision@10 and MRR@10 with binary grades. Raises MissingPackage without ir-measures."""
    try:
        from ir_measures import RR, P, R, nDCG
    except ImportError as exc:
        raise MissingPackage(
            "Measuring needs the package ir-measures.", mend='Install it with: pip install "chatrec[evaluation]"'
        ) from exc
    return Measures({f"recall@{K}": R @ K, f"ndcg@{K}": nDCG @ K, f"precision@{K}": P @ K, f"mrr@{K}": RR @ K})


def measured(model: Recommender, split: Split, *, seed: int, tell: Callable[[str, int, int], None]) -> Measured:
    """Fits `model` and measures it: the means over cases, seconds of training, milliseconds a case, bytes on disk.

    NaN where something cannot be said: novelty and diversity of items of which nothing is known. Where only some items
    are candidates, recall and nDCG among all items are told as well (`..._among_all`).
    """
    data = split.training.training()
    begun = time.perf_counter()
    model.fit(data, seed=seed, progress=lambda done, total: tell("fitting", done, total))
    fitted = time.perf_counter()
    asked = measures()
    lists, everywhere, seconds = _ranked(model, split, tell)
    cases = _of(asked, split.cases, lists)
    found = {name: float(values.mean()) for name, values in cases.items()}
    if split.candidates is not None:
        wide = _of(asked, split.cases, everywhere)
        found |= {f"{name}_among_all": float(wide[name].mean()) for name in (f"recall@{K}", f"ndcg@{K}")}
    figures = {
        **found,
        **beyond(lists, split),
        "train_seconds": fitted - begun,
        "score_ms": 1000 * float(np.median(seconds)),
        "size_bytes": float(_size(model)),
        "users": float(len(split.cases)),
    }
    by_case = {name: np.round(values, 6).tolist() for name, values in cases.items()}
    return Measured(figures, [case.user for case in split.cases], by_case)


def _ranked(
    model: Recommender, split: Split, tell: Callable[[str, int, int], None]
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]], list[float]]:
    """The first ten of each case among the candidates and among all items, and the seconds that scoring took."""
    ids = split.training.item_ids
    lists, everywhere, seconds = [], [], []
    for number, case in enumerate(split.cases):
        query = Query("", liked=tuple(ids[item] for item in case.history))
        begun = time.perf_counter()
        scores = model.score(query, ids)
        seconds.append(time.perf_counter() - begun)
        scores = np.array(scores, dtype=np.float64)
        scores[case.history] = np.nan
        everywhere.append(first(scores))
        if split.candidates is not None:
            scores[~split.candidates] = np.nan
        lists.append(first(scores) if split.candidates is not None else everywhere[-1])
        if number % 50 == 0:
            tell("asking", number, len(split.cases))
    return lists, everywhere, seconds


def first(scores: NDArray[np.float64], k: int = K) -> NDArray[np.int64]:
    """The places of the `k` highest scores, best first, ties by place; what is NaN cannot come first."""
    known = np.flatnonzero(np.isfinite(scores))
    if len(known) > k:  # ties at the edge all stay, so that the place decides
        known = known[scores[known] >= np.partition(scores[known], len(known) - k)[len(known) - k]]
    return known[np.argsort(-scores[known], kind="stable")][:k]


def beyond(lists: Sequence[NDArray[np.int64]], split: Split) -> dict[str, float]:
    """Coverage: the share of the candidates that stand in some list. Novelty: the mean over a list of -log2 of the
    share of training users who used the item (Zhou et al., PNAS'10). Diversity: 1 minus the mean cosine of a list's
    pairs, by the vectors of their texts where there are some, else by who used them."""
    data = split.training
    candidates = len(data.item_ids) if split.candidates is None else int(split.candidates.sum())
    shown = np.unique(np.concatenate(lists)) if lists else np.zeros(0, dtype=np.int64)
    used = np.bincount(data.items, minlength=len(data.item_ids))
    users = max(len(np.unique(data.users)), 1)
    bits = np.full(len(used), np.nan)
    bits[used > 0] = -np.log2(used[used > 0] / users)
    vectors = _vectors(data)
    return {
        "coverage": len(shown) / max(candidates, 1),
        "novelty": _mean([_mean(bits[own]) for own in lists]),
        "diversity": 1.0 - _mean([similarity_of(vectors(own)) for own in lists]),
    }


def _vectors(data: DataSet) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    """Vectors of some items, without those that have none."""
    if data.vectors is not None:
        known = data.vectors
    else:
        shape = (len(data.item_ids), data.count)
        table = csr_matrix((np.ones(len(data.items), dtype=np.float32), (data.items, data.users)), shape=shape)

    def of(items: NDArray[np.int64]) -> NDArray[np.float32]:
        some = known[items] if data.vectors is not None else table[items].toarray()
        return np.asarray(some[np.any(some != 0, axis=1)], dtype=np.float32)

    return of


def _of(
    asked: Measures, cases: Sequence[Case], lists: Sequence[NDArray[np.int64]]
) -> Mapping[str, NDArray[np.float64]]:
    grades = [{str(item): 1 for item in case.targets.tolist()} for case in cases]
    return asked.of(grades, [[str(item) for item in own.tolist()] for own in lists])


def _mean(values: Any) -> float:
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else float("nan")


def _size(model: Recommender) -> int:
    with TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
