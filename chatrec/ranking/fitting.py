"""How much a language model's say should count, measured where the right items are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chatrec.ranking.ranker import Ranker

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""What is tried; the least of those that do equally well is taken."""

AT = 10
"""How much of a ranking counts."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Candidates as they were found, best first, what a language model thought of each, and the grades of what is
    right by item id."""

    item_ids: tuple[str, ...]
    scores: tuple[float | None, ...]
    grades: Mapping[str, int]

    def ranking(self, ranker: Ranker) -> list[str]:
        """The candidates as that ranker would order them."""
        return [self.item_ids[place] for place in ranker.order(self.scores)]


def fitted_weight(judged: Sequence[Judged], ranker: Ranker) -> float:
    """The weight with the best mean nDCG@10 (Järvelin and Kekäläinen, 2002); 0 where no other is better than that."""
    if not judged:
        return 0.0
    means = [
        float(np.mean([gain(each.ranking(ranker.weighing(weight)), each.grades) for each in judged]))
        for weight in WEIGHTS
    ]
    return WEIGHTS[int(np.argmax(np.round(means, 9)))]


def gain(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """nDCG@10 of one ranking; 0 where nothing is right."""
    best = sorted(grades.values(), reverse=True)
    return _discounted([grades.get(item_id, 0) for item_id in ranking]) / (_discounted(best) or 1.0)


def _discounted(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(place + 2) for place, grade in enumerate(grades[:AT]))
