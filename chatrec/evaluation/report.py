"""What an evaluation found, as values, and as plain JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from chatrec.evaluation.intervals import LEVEL, RESAMPLES, Interval

Kind = Literal["retriever", "route", "run"]


@dataclass(frozen=True, slots=True)
class Row:
    """One ranking of every query: its measures by name, and the share of the items that it found at any rank."""

    name: str
    kind: Kind
    measures: Mapping[str, Interval]
    coverage: Interval | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`first` minus `second` on one measure, sample by sample."""

    first: str
    second: str
    measure: str
    difference: Interval

    @property
    def verdict(self) -> Literal["better", "worse", "tie"]:
        """Whether `first` is better: a tie unless the interval lies on one side of zero."""
        return self.difference.verdict


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of the whole retrieval of a turn, over every query."""

    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Beyond:
    """Of the `n` items shown: how often they hold what was right, how alike and how rare they are.

    `catalog_coverage` is the share of the catalogue that was shown to anybody.
    """

    n: int
    recall: Interval
    similarity: Interval
    novelty: Interval
    catalog_coverage: float


@dataclass(frozen=True)
class Report:
    """`queries` were asked and `samples` judged; of the `relevant` items, `missing` are not in the catalogue and
    count as not found. `known` dialogues stand in the catalogue too: with any, the figures flatter."""

    protocol: Literal["dialogues", "requests"]
    file: str
    catalog: str
    items: int
    queries: int
    samples: int
    relevant: int
    missing: int
    known: int
    ks: tuple[int, ...]
    seed: int
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    latency: Latency
    beyond: Beyond

    def row(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)

    def to_json(self) -> dict[str, Any]:
        """Everything as plain JSON; null where nothing can be said."""
        plain = asdict(self)
        for told, comparison in zip(plain["comparisons"], self.comparisons, strict=True):
            told["verdict"] = comparison.verdict
        return {**without_nan(plain), "resamples": RESAMPLES, "level": LEVEL}


def without_nan(value: Any) -> Any:
    """The same value as plain JSON can hold it: null for what is not a finite number."""
    if isinstance(value, dict):
        return {name: without_nan(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
