"""Says why: composed from the evidence, or written by a language model and checked sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatrec.asking import described, request_of
from chatrec.claims import supported
from chatrec.errors import LanguageModelError
from chatrec.grounds import grounds_of
from chatrec.llm import stream
from chatrec.prompts import filled
from chatrec.reasons import reasons
from chatrec.types import Claim, DialogueState, Note, Query, Recommendation, Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LINE = re.compile(r"^\W*(c\d+)\W*\[([^\]]*)\]\W*(.+)$")
"""`c1 [e1,f2] sentence`, with whatever list marks a model puts around it."""

PASSAGES = 4


@dataclass(frozen=True, slots=True)
class Said:
    """A claim about an item, checked and ready to be shown."""

    item_id: str
    claim: Claim


def explain(
    query: Query,
    state: DialogueState,
    recommendations: Sequence[Recommendation],
    *,
    model: BaseChatModel | None,
    limit: float,
) -> Generator[Said | Note | Usage, None, None]:
    """The claims about every recommendation, each after its check, and notes of what was replaced.

    Items of which the language model says nothing that can be shown are explained by their evidence's own sentences;
    so is everything, without a language model or where it fails. Closing the generator stops the language model.
    """
    composed = reasons(query, recommendations)
    explained: set[str] = set()
    if model is not None:
        with closing(_written(query, recommendations, model, limit)) as pieces:
            for piece in pieces:
                if isinstance(piece, Said):
                    explained.add(piece.item_id)
                yield piece
    for shown, claims in zip(recommendations, composed, strict=True):
        if shown.item.id not in explained:
            yield from (Said(shown.item.id, claim) for claim in claims)


def _written(
    query: Query, recommendations: Sequence[Recommendation], model: BaseChatModel, limit: float
) -> Generator[Said | Note | Usage, None, None]:
    """What the language model writes, line by line; lines that fail the check are counted, not shown."""
    text, refs = described(recommendations, passages=PASSAGES)
    prompt = filled("explain", request=request_of(query), items=text)
    replaced = 0
    try:
        with closing(stream(model, [("user", prompt)], limit=limit)) as pieces:
            for piece in _lines(pieces):
                if isinstance(piece, Usage):
                    yield piece
                elif claim := _claim(piece, query, recommendations, refs):
                    yield claim
                else:
                    replaced += bool(LINE.match(piece))
    except LanguageModelError as error:
        yield Note("language_model_failed", f"{error} What is missing was put together from the catalogue's own words.")
    if replaced:
        yield Note(
            "replaced_claims",
            "Sentences of the language model that its sources do not bear out were replaced by the sources' own.",
            replaced,
        )


def _claim(
    line: str, query: Query, recommendations: Sequence[Recommendation], refs: Sequence[dict[str, str]]
) -> Said | None:
    """The claim in one line, if it names an item shown and what it says is supported."""
    found = LINE.match(line)
    place = int(found[1][1:]) - 1 if found else -1
    if not found or not 0 <= place < len(recommendations):
        return None
    shown = recommendations[place]
    cited = [refs[place].get(label, "") for label in re.findall(r"[ef]\d+", found[2])]
    sentence = found[3].strip()
    others = [other.item.title for other in recommendations if other is not shown and len(other.item.title) > 3]
    known = f"{shown.item.title}\n{query.text}"
    if not supported(sentence, cited, grounds_of(shown.item, shown.evidence), known=known, others=others):
        return None
    return Said(shown.item.id, Claim(sentence, tuple(dict.fromkeys(cited))))


def _lines(pieces: Iterator[str | Usage]) -> Iterator[str | Usage]:
    """Whole lines out of a stream of pieces."""
    rest = ""
    for piece in pieces:
        if isinstance(piece, Usage):
            yield piece
            continue
        *whole, rest = (rest + piece).split("\n")
        yield from whole
    if rest.strip():
        yield rest
