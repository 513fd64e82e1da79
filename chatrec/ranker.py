"""Orders candidates and cuts them to those shown: as fused, or as a language model orders what it was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chatrec.asking import described, request_of
from chatrec.errors import LanguageModelError
from chatrec.llm import ask
from chatrec.prompts import filled
from chatrec.types import Candidate, Note, Query, Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

PASSAGES = 2
"""How many passages of each candidate the language model reads."""

CONSIDERED = 12
"""How many candidates it orders, or twice as many as are shown if that is more; the rest follow as fused."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates to be shown, best first, and what happened on the way."""

    candidates: tuple[Candidate, ...]
    notes: tuple[Note, ...] = ()
    usage: Usage = field(default_factory=Usage)


def rank(
    query: Query,
    candidates: Sequence[Candidate],
    *,
    n: int,
    model: BaseChatModel | None,
    limit: float,
) -> Ranking:
    """The `n` best candidates. Whatever a language model answers, they are candidates, each at most once.

    Ids it invents are dropped, ones it forgets follow in fused order; an answer that cannot be read, or none within
    `limit` seconds, leaves the fused order and a note.
    """
    if model is None or len(candidates) < 2:
        return Ranking(tuple(candidates[:n]))
    considered = candidates[: max(CONSIDERED, 2 * n)]
    text, _ = described(query, considered, passages=PASSAGES)
    labels = {f"c{place}": candidate for place, candidate in enumerate(considered, 1)}
    prompt = filled("rank", request=request_of(query), candidates=text, n=str(min(n, len(labels))), open="{", close="}")
    try:
        answer = ask(model, [("user", prompt)], schema=_schema(list(labels), n), limit=limit)
    except LanguageModelError as error:
        return Ranking(tuple(candidates[:n]), (_fused("language_model_failed", str(error)),))
    named = (answer.parsed or {}).get("order")
    if not isinstance(named, list) or not any(isinstance(label, str) and label in labels for label in named):
        note = _fused("unreadable_ranking", "The language model's order could not be read.")
        return Ranking(tuple(candidates[:n]), (note,), answer.usage)
    order = list(dict.fromkeys(label for label in named if isinstance(label, str) and label in labels))
    invented = sum(label not in labels for label in map(str, named))
    notes = (Note("invented_ids", "The language model named items it was not shown; they were dropped.", invented),)
    full = [*order, *(label for label in labels if label not in order)]
    return Ranking(tuple(labels[label] for label in full[:n]), notes if invented else (), answer.usage)


def _fused(kind: str, what: str) -> Note:
    return Note(kind, f"{what} The items stand in the order they were found.")


def _schema(labels: list[str], n: int) -> Mapping[str, Any]:
    order = {"type": "array", "items": {"type": "string", "enum": labels}, "minItems": 1, "maxItems": max(n, 1)}
    return {"type": "object", "properties": {"order": order}, "required": ["order"], "additionalProperties": False}
