"""Recall, nDCG and reciprocal rank of rankings, computed by ir-measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.errors import MissingPackage

MRR = "MRR"


@dataclass(frozen=True)
class Measures:
    """Measures by the name they are reported under: recall@k, nDCG@k, MRR."""

    by_name: Mapping[str, Any]

    def of(
        self, samples: Sequence[Mapping[str, int]], rankings: Sequence[Sequence[str]]
    ) -> dict[str, NDArray[np.float64]]:
        """Each measure's value a sample: `samples[i]` are grades by item id, `rankings[i]` item ids, best first.

        An item that a ranking does not hold counts as not found; nobody asks whether it could have been.
        """
        import ir_measures

        places = [str(place) for place in range(len(samples))]
        grades = dict(zip(places, samples, strict=True))
        # trec_eval orders by score and breaks ties by id: minus the rank is a score that keeps our order.
        scores = {
            place: {item_id: -float(rank) for rank, item_id in enumerate(ranking)}
            for place, ranking in zip(places, rankings, strict=True)
        }
        names = {measure: name for name, measure in self.by_name.items()}
        found = {name: np.zeros(len(samples)) for name in self.by_name}
        for one in ir_measures.iter_calc(list(names), grades, scores):
            found[names[one.measure]][int(one.query_id)] = one.value
        return found


def measures(ks: Sequence[int]) -> Measures:
    """recall@k and nDCG@k for each of `ks`, and MRR. Raises MissingPackage without ir-measures."""
    try:
        from ir_measures import RR, R, nDCG
    except ImportError as exc:
        raise MissingPackage(
            "Measuring needs the package ir-measures.", mend='Install it with: pip install "chatrec[evaluation]"'
        ) from exc
    at = {f"recall@{k}": R @ k for k in ks} | {f"nDCG@{k}": nDCG @ k for k in ks}
    return Measures(at | {MRR: RR})
