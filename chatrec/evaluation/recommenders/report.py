"""What a comparison of recommender models found, as a value and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatrec.evaluation.intervals import Interval

MEASURES = ("recall@10", "ndcg@10", "precision@10", "mrr@10", "coverage", "novelty", "diversity")
"""What a row tells for every protocol, each with its spread; train_seconds, score_ms and size_bytes stand beside."""


@dataclass(frozen=True)
class RecommenderRow:
    """One recommender model, or a part of its (`variant`): by measure the mean over seeds, and the sample standard
    deviation (NaN for one seed); of what is measured by user also the bootstrap interval over users, each with all
    seeds' cases. `hyperparameters` are those that differ from the defaults, `trials` how many were
    tried. `skipped` says why nothing was measured."""

    recommender: str
    variant: str
    hyperparameters: Mapping[str, Any]
    trials: int
    means: Mapping[str, float]
    spreads: Mapping[str, float]
    intervals: Mapping[str, Interval]
    skipped: str = ""

    def to_json(self) -> dict[str, Any]:
        plain = {name: _plain(value) for name, value in self.means.items()}
        spread = {f"{name}_spread": _plain(value) for name, value in self.spreads.items()}
        for name, interval in self.intervals.items():
            spread |= {f"{name}_low": _plain(interval.low), f"{name}_high": _plain(interval.high)}
        about = {"recommender": self.recommender, "variant": self.variant, "skipped": self.skipped}
        return {**about, **plain, **spread, "hyperparameters": dict(self.hyperparameters), "trials": self.trials}


@dataclass(frozen=True)
class RecommenderReport:
    """All rows, and on what: so many users, items and interactions of `data`, split by `protocol` with `seeds`, the
    domains `pretrained` on beside it."""

    data: str
    pretrained: tuple[str, ...]
    protocol: str
    seeds: int
    users: int
    items: int
    interactions: int
    tune: int
    rows: tuple[RecommenderRow, ...]

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "rows": [row.to_json() for row in self.rows]}


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value
