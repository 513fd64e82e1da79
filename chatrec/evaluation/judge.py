"""Judges rankings of the same cases: measures with their intervals, and which ranking is better."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from chatrec.errors import EvaluationError
from chatrec.evaluation.answers import Ranking, allowed
from chatrec.evaluation.intervals import Bootstrap, Interval
from chatrec.evaluation.metrics import MRR, measures
from chatrec.evaluation.protocols import Case
from chatrec.evaluation.report import Comparison, Kind, Row


class Judge:
    """Gathers a row for each ranking it is given. `decisive` is the measure that rows are compared on.

    Raises MissingPackage without ir-measures.
    """

    def __init__(self, cases: Sequence[Case], *, ks: Sequence[int], decisive: str, depth: int, seed: int) -> None:
        self.samples = [sample for case in cases for sample in case.samples]
        self.rows: list[Row] = []
        self._cases, self._decisive, self._depth = cases, decisive, depth
        self._told = [*(f"recall@{k}" for k in ks), *(f"nDCG@{k}" for k in ks), MRR]
        self._measures = measures(sorted({*ks, int(decisive.partition("@")[2])}))
        self._by_sample = Bootstrap([case.group for case in cases for _ in case.samples], seed=seed)
        self._by_query = Bootstrap([case.group for case in cases], seed=seed)
        self._values: dict[str, NDArray[np.float64]] = {}

    def add(self, name: str, kind: Kind, rankings: Sequence[Ranking], coverage: NDArray[np.float64] | None) -> None:
        """A row for one ranking a case, with the share of each sample's items that was found at any rank."""
        values = self._measures.of(self.samples, self._spread([[entry[0] for entry in each] for each in rankings]))
        self._values[name] = values[self._decisive]
        means = {measure: self._by_sample.mean(values[measure]) for measure in self._told}
        self.rows.append(Row(name, kind, means, None if coverage is None else self._by_sample.mean(coverage)))

    def add_run(self, name: str, run: Mapping[str, Sequence[str]]) -> None:
        """A row for another system's run. Raises EvaluationError where it ranks none of the queries."""
        if not any(case.id in run for case in self._cases):
            raise EvaluationError(
                f"{name} ranks none of the queries: it has {next(iter(run))!r}, and they are named"
                f" {self._cases[0].id!r} and the like.",
                mend="Name queries dialogue_id:turn, or by the id of the request.",
            )
        rankings = [
            allowed([(item_id, 0.0) for item_id in run.get(case.id, ())], case, self._depth) for case in self._cases
        ]
        self.add(name, "run", rankings, None)

    def comparisons(self, first: str, others: Collection[str] | None = None) -> Iterator[Comparison]:
        """`first` against every other row, or those of `others`."""
        for row in self.rows:
            if row.name != first and (others is None or row.name in others):
                difference = self._by_sample.difference(self._values[first], self._values[row.name])
                yield Comparison(first, row.name, self._decisive, difference)

    def values(self, name: str) -> NDArray[np.float64]:
        """The decisive measure of a row, sample by sample."""
        return self._values[name]

    def recall(self, lists: Sequence[Sequence[str]], n: int) -> Interval:
        """recall@n of one list of items a case."""
        name = f"recall@{n}"
        return self._by_sample.mean(measures([n]).of(self.samples, self._spread(lists))[name])

    def by_query(self, values: NDArray[np.float64]) -> Interval:
        """The mean of one value a case."""
        return self._by_query.mean(values)

    def _spread(self, lists: Sequence[Sequence[str]]) -> list[Sequence[str]]:
        """A ranking a sample, from one a case."""
        return list(
            chain.from_iterable([each] * len(case.samples) for case, each in zip(self._cases, lists, strict=True))
        )
