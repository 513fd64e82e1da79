"""One request for all candidates: the language model names them in its order. For capable, hosted ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from chatrec.asking import budget_for, described, examples_in_words, request_of, system_prompt, with_room
from chatrec.llm import ask
from chatrec.prompts import filled
from chatrec.ranking.judgement import Judgement
from chatrec.types import Candidate, Example, Note, Query

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

PASSAGES = 2
"""How many passages of each candidate the language model reads."""


def judge(
    query: Query,
    candidates: Sequence[Candidate],
    *,
    model: BaseChatModel,
    n: int,
    limit: float,
    examples: Sequence[Example] = (),
    seed: int = 0,
) -> Judgement:
    """A score for each candidate by the place it was given; None for those that were not named.

    Language models prefer what stands first (Hou et al., ECIR'24), so the candidates are shown in an order drawn from
    `seed` and the request. Ids that it invents are counted and dropped. Raises LanguageModelError.
    """
    budget = budget_for(model, "rank")
    request = request_of(query, budget)
    shown = list(range(len(with_room(query, candidates, budget=budget))))
    Random(f"{seed}:{query.wishes}").shuffle(shown)
    text, _ = described(query, [candidates[place] for place in shown], budget=budget, passages=PASSAGES)
    labels = {f"c{number}": place for number, place in enumerate(shown, 1)}
    prompt = filled(
        "rank",
        request=request,
        examples=examples_in_words(examples, budget),
        candidates=text,
        n=str(min(n, len(labels))),
        open="{",
        close="}",
    )
    messages = [("system", system_prompt()), ("user", prompt)]
    answer = ask(model, messages, schema=_schema(list(labels), n), limit=limit)
    named = (answer.parsed or {}).get("order")
    if not isinstance(named, list) or not any(isinstance(label, str) and label in labels for label in named):
        note = Note("unreadable_ranking", "The language model's order could not be read.")
        return Judgement((None,) * len(candidates), (note,), answer.usage)
    order = list(dict.fromkeys(label for label in named if isinstance(label, str) and label in labels))
    invented = sum(label not in labels for label in map(str, named))
    notes = (Note("invented_ids", "The language model named items it was not shown; they were dropped.", invented),)
    scores: list[float | None] = [None] * len(candidates)
    for rank, label in enumerate(order):
        scores[labels[label]] = float(len(labels) - rank)
    return Judgement(tuple(scores), notes if invented else (), answer.usage)


def _schema(labels: list[str], n: int) -> Mapping[str, Any]:
    order = {"type": "array", "items": {"type": "string", "enum": labels}, "minItems": 1, "maxItems": max(n, 1)}
    return {"type": "object", "properties": {"order": order}, "required": ["order"], "additionalProperties": False}
