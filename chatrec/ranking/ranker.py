"""Puts the first candidates in order: as they were found, weighed against what a language model thinks of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from chatrec.errors import LanguageModelError
from chatrec.ranking import listwise, pointwise
from chatrec.ranking.blending import blended
from chatrec.ranking.judgement import Judgement
from chatrec.types import Candidate, Example, Note, Query, Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

CONSIDERED = 12
"""How many candidates the language model judges, or twice as many as are shown if that is more."""

LISTWISE_WEIGHT = 1.0
POINTWISE_WEIGHT = 0.5
"""What a language model's opinion counts beside how an item was found, from 0 (nothing) to 1 (all), unless it was
measured for a catalogue."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates to be shown, best first, and what happened on the way."""

    candidates: tuple[Candidate, ...]
    notes: tuple[Note, ...] = ()
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class Ranker:
    """How candidates are ordered. Without a language model, or with weight 0, they stand as they were found."""

    model: BaseChatModel | None = None
    mode: Literal["listwise", "pointwise"] = "listwise"
    weight: float = LISTWISE_WEIGHT
    limit: float = 60.0
    """Seconds that the language model may take."""
    seed: int = 0

    @property
    def asks(self) -> bool:
        """Whether a language model has a say."""
        return self.model is not None and self.weight > 0

    def rank(
        self, query: Query, candidates: Sequence[Candidate], *, n: int, examples: Sequence[Example] = ()
    ) -> Ranking:
        """The `n` best candidates. Whatever a language model answers, they are candidates, each at most once.

        Those that it does not name follow in the order they were found; an answer that cannot be read, or none in
        time, leaves that order and a note.
        """
        considered = candidates[: max(CONSIDERED, 2 * n)]
        if not self.asks or len(considered) < 2:
            return Ranking(tuple(candidates[:n]))
        try:
            judged = self.judge(query, considered, n=n, examples=examples)
        except LanguageModelError as error:
            return Ranking(tuple(candidates[:n]), (_as_found("language_model_failed", str(error)),))
        notes = tuple(
            _as_found(note.kind, note.text) if note.kind == "unreadable_ranking" else note for note in judged.notes
        )
        order = self.order(judged.scores)
        return Ranking(tuple(considered[place] for place in order[:n]), notes, judged.usage)

    def judge(
        self, query: Query, candidates: Sequence[Candidate], *, n: int, examples: Sequence[Example] = ()
    ) -> Judgement:
        """What the language model thinks of each candidate. Raises LanguageModelError."""
        if self.model is None:
            return Judgement((None,) * len(candidates))
        if self.mode == "pointwise":
            return pointwise.judge(query, candidates, model=self.model, limit=self.limit)
        return listwise.judge(
            query, candidates, model=self.model, n=n, limit=self.limit, examples=examples, seed=self.seed
        )

    def order(self, scores: Sequence[float | None]) -> list[int]:
        """The places of candidates, best first, from what was thought of each; they come as they were found."""
        if self.mode == "listwise" and self.weight == 1:  # what was not named stands below what was
            named = [-np.inf if score is None else score for score in scores]
            return [int(place) for place in np.argsort(-np.asarray(named), kind="stable")]
        found = [-math.log1p(place) for place in range(len(scores))]  # the scores of fusions differ in shape
        return [int(place) for place in np.argsort(-blended(found, scores, weight=self.weight), kind="stable")]

    def weighing(self, weight: float) -> Ranker:
        """The same with another weight."""
        return replace(self, weight=weight)


def _as_found(kind: str, what: str) -> Note:
    return Note(kind, f"{what} The items stand in the order they were found.")
