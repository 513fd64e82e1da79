"""One question a candidate, answered by Yes or No: what a small language model can do where a list is beyond it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatrec.asking import budget_for, in_short, request_of, system_prompt
from chatrec.errors import LanguageModelError
from chatrec.llm import yes_no
from chatrec.prompts import filled
from chatrec.ranking.judgement import Judgement
from chatrec.types import Candidate, Note, Query

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def judge(query: Query, candidates: Sequence[Candidate], *, model: BaseChatModel, limit: float) -> Judgement:
    """For each candidate the log-odds that the language model's answer is Yes (Zhuang et al., EMNLP'23).

    The candidates are asked about in order; those not reached within `limit` seconds get None. All questions begin
    alike, so that a server that keeps what it has read reads that but once. Raises LanguageModelError where the model
    fails at the first, or does not tell how likely its words are.
    """
    deadline = time.monotonic() + limit
    scores: list[float | None] = []
    budget = budget_for(model, "judge")
    request = request_of(query, budget)
    for candidate in candidates:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            question = filled("judge", request=request, candidate=in_short(query, candidate, budget=budget.copy()))
            odds = yes_no(model, [("system", system_prompt()), ("user", question)], limit=left)
        except LanguageModelError:
            if not scores:
                raise
            break
        if odds is None:
            raise LanguageModelError("The language model does not tell how likely its words are.")
        scores.append(odds)
    missed = len(candidates) - len(scores)
    notes = (Note("unjudged", "The language model had no time for all items; the rest stand as found.", missed),)
    return Judgement((*scores, *[None] * missed), notes if missed else ())
