"""Learns from past dialogues how much a language model's say should count in the order of what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chatrec.errors import LanguageModelError
from chatrec.moments import Moment, query_of
from chatrec.ranking import CONSIDERED, Judged, Ranker, fitted_weight, gain
from chatrec.retriever import Retriever

MOMENTS = 60
"""How many moments a language model is asked about; it takes seconds for each."""

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Weighed:
    """`weight` for this language model in this mode; nDCG@10 with it (`after`, each half with the weight that the
    other half gave) and without (`before`) over `moments` of the hold-out. It is 0 where it does not help."""

    language_model: str
    mode: str
    weight: float
    before: float
    after: float
    moments: int


def weighed(
    ranker: Ranker, retriever: Retriever, points: Sequence[Moment], *, seed: int, told: Callable[[int, int], None]
) -> Weighed:
    """Asks the language model about moments that `retriever` knows nothing of. Raises LanguageModelError."""
    chosen = np.random.default_rng(seed).permutation(len(points))[:MOMENTS]
    judged = list[Judged]()
    for done, place in enumerate(chosen.tolist()):
        told(done, len(chosen))
        query = query_of(points[place])
        candidates = retriever.retrieve(query, CONSIDERED)
        if not candidates:
            continue
        scores = ranker.judge(query, candidates, n=SHOWN).scores
        judged.append(
            Judged(tuple(each.item.id for each in candidates), scores, dict.fromkeys(points[place].targets, 1))
        )
    told(len(chosen), len(chosen))
    if not judged:
        raise LanguageModelError("There was nothing that the language model could be asked about.")
    halves = [fitted_weight(judged[half::2], ranker) for half in (0, 1)]
    before, after = (
        float(np.mean([gain(each.ranking(ranker.weighing(weight)), each.grades) for each, weight in pairs]))
        for pairs in (
            [(each, 0.0) for each in judged],
            [(each, halves[1 - place % 2]) for place, each in enumerate(judged)],
        )
    )
    weight = fitted_weight(judged, ranker) if after > before else 0.0
    return Weighed(name_of(ranker.model), ranker.mode, weight, before, after, len(judged))


def name_of(model: Any) -> str:
    """What a LangChain chat model is called by its provider."""
    return str(getattr(model, "model_name", "") or getattr(model, "model", "") or type(model).__name__)
