"""Says why: composed from the evidence, or written by a language model and checked sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from chatrec.asking import (
    budget_for,
    described,
    examples_in_words,
    in_short,
    leaks,
    request_of,
    system_prompt,
    with_room,
    words_of,
)
from chatrec.aspects import Aspect
from chatrec.catalog.schema import Facet
from chatrec.claims import attributed, supported
from chatrec.errors import LanguageModelError
from chatrec.grounds import grounds_of, leanings_of
from chatrec.llm import ask, stream
from chatrec.prompts import filled
from chatrec.reasons import Embed, reasons
from chatrec.types import Claim, Example, Note, Query, Recommendation, Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LINE = re.compile(
    r"^[\W\d]*\bc(?P<place>\d{1,3})\b[\s:.)*–-]*"
    r"(?:\[(?P<before>[^\]]*)\][\s:.*–-]*)?(?P<sentence>.+?)\s*(?:\[(?P<after>[^\]]*)\][\s.*]*)?$"
)
"""`c1 [e1,f2] sentence`, or with the refs at its end, and whatever list marks a language model puts around it."""

LONGEST_LINE = 1_000
"""Characters; a longer line is no sentence."""

MOST = 3
"""Claims about one item; what else is written about it is left out."""

PASSAGES = 3

SENTENCE = {
    "type": "object",
    "properties": {"sentence": {"type": "string", "minLength": 20, "maxLength": 200}},
    "required": ["sentence"],
    "additionalProperties": False,
}
"""What is asked for, where one item is asked about alone."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """So many sentences were not fit to be shown."""

    count: int


@dataclass(frozen=True, slots=True)
class Said:
    """A claim about an item, checked and ready to be shown."""

    item_id: str
    claim: Claim


def explain(
    query: Query,
    recommendations: Sequence[Recommendation],
    *,
    model: BaseChatModel | None,
    limit: float,
    written: int = 3,
    together: int = 3,
    examples: Sequence[Example] = (),
    schema: Mapping[str, Facet] | None = None,
    aspects: Callable[[str], Sequence[Aspect]] | None = None,
    embed: Embed | None = None,
) -> Generator[Said | Note | Usage, None, None]:
    """The claims about every recommendation, each after its check, and notes of what was replaced.

    The language model writes of the first `written` items, and is asked about `together` of them at a time. Items of
    which it says nothing that can be shown are explained by their evidence's own sentences; so are all others, and
    everything without a language model or where it fails; `schema`, `aspects` and `embed` are for these
    (see `reasons`).
    `examples` tell one that is asked about several what people came to who talked alike; nothing can be cited from
    them. Closing the generator stops the language model.
    """
    composed = reasons(query, recommendations, schema=schema, aspects=aspects, embed=embed)
    replaced = 0
    for start in range(0, len(recommendations), together):
        some = recommendations[start : start + together]
        explained: set[str] = set()
        if model is not None and start < written:
            writing = _sentence if together == 1 else partial(_lines_about, examples=examples)
            with closing(writing(query, some[: written - start], model, limit)) as pieces:
                for piece in pieces:
                    if isinstance(piece, Replaced):
                        replaced += piece.count
                        continue
                    if isinstance(piece, Said):
                        explained.add(piece.item_id)
                    yield piece
        for place, shown in enumerate(some, start):
            if shown.item.id not in explained:
                yield from (Said(shown.item.id, claim) for claim in composed(place))
    if replaced:
        yield Note(
            "replaced_claims",
            "Sentences of the language model that its sources do not bear out were replaced by the sources' own.",
            replaced,
        )


def _sentence(
    query: Query, recommendations: Sequence[Recommendation], model: BaseChatModel, limit: float
) -> Generator[Said | Note | Usage | Replaced, None, None]:
    """One sentence about one item, as a small language model can write it: it cites nothing, what bears it is found."""
    (shown,) = recommendations
    budget = budget_for(model, "explain_one")
    request = words_of(query, budget)
    try:
        item = in_short(query, shown, budget=budget)
        prompt = filled("explain_one", request=request, item=item, open="{", close="}")
        answer = ask(model, [("system", system_prompt()), ("user", prompt)], schema=SENTENCE, limit=limit)
    except LanguageModelError as error:
        yield _failed(error)
        return
    yield answer.usage
    said = (answer.parsed or {}).get("sentence")
    sentence = _ended(said) if isinstance(said, str) and said.strip() else ""
    cited = attributed(sentence, grounds_of(shown.item, shown.evidence), title=shown.item.title)
    claim = _claim(sentence, cited, query, shown, ()) if sentence else None
    yield claim or Replaced(1)


def _failed(error: LanguageModelError) -> Note:
    return Note("language_model_failed", f"{error} What is missing was put together from the catalogue's own words.")


def _lines_about(
    query: Query,
    recommendations: Sequence[Recommendation],
    model: BaseChatModel,
    limit: float,
    *,
    examples: Sequence[Example],
) -> Generator[Said | Note | Usage | Replaced, None, None]:
    """What the language model writes, line by line; lines that fail the check are counted, not shown."""
    budget = budget_for(model, "explain")
    request = request_of(query, budget)
    replaced, said = 0, list[Said]()
    try:
        recommendations = with_room(query, recommendations, budget=budget)
        text, refs = described(query, recommendations, budget=budget, passages=PASSAGES)
        n = len(recommendations)
        labels = ", ".join(f"c{place}" for place in range(1, n + 1))
        past = examples_in_words(examples, budget)
        prompt = filled("explain", request=request, examples=past, items=text, n=str(n), labels=labels)
        with closing(stream(model, [("system", system_prompt()), ("user", prompt)], limit=limit)) as pieces:
            for piece in _lines(pieces):
                if isinstance(piece, Usage):
                    yield piece
                elif (found := _understood(piece)) is None:
                    continue
                elif (claim := _cited(*found, query, recommendations, refs)) is None:
                    replaced += 1
                elif claim not in said and sum(other.item_id == claim.item_id for other in said) < MOST:
                    said.append(claim)
                    yield claim
    except LanguageModelError as error:
        yield _failed(error)
    else:
        if not said and not replaced:
            yield Note(
                "unreadable_explanation",
                "What the language model wrote could not be read; the reasons are the catalogue's own words.",
            )
    if replaced:
        yield Replaced(replaced)


def _understood(line: str) -> tuple[int, list[str], str] | None:
    """The place of the item, the labels and the sentence in a line; None where it is no such line."""
    found = LINE.match(line) if len(line) <= LONGEST_LINE else None
    if found is None:
        return None
    labels = re.findall(r"[ef]\d+", f"{found['before']} {found['after']}")
    return int(found["place"]) - 1, labels, _ended(found["sentence"])


def _ended(sentence: str) -> str:
    plain = " ".join(sentence.split())
    return f"{plain}." if plain[-1:].isalnum() else plain


def _cited(
    place: int,
    labels: Sequence[str],
    sentence: str,
    query: Query,
    recommendations: Sequence[Recommendation],
    refs: Sequence[dict[str, str]],
) -> Said | None:
    """The claim, if it is about an item shown and what it says is supported."""
    if not 0 <= place < len(recommendations):
        return None
    shown = recommendations[place]
    cited = tuple(dict.fromkeys(refs[place].get(label, "") for label in labels))
    others = [other.item.title for other in recommendations if other is not shown and len(other.item.title) > 3]
    return _claim(sentence, cited, query, shown, others)


def _claim(
    sentence: str, cited: tuple[str, ...], query: Query, shown: Recommendation, others: Sequence[str]
) -> Said | None:
    grounds = grounds_of(shown.item, shown.evidence)
    request = "\n".join((query.text, *query.history))
    ratings = leanings_of(shown.item)
    known = {"title": shown.item.title, "request": request}
    borne = supported(
        sentence, cited, grounds, **known, others=others, ratings=ratings, reviews=len(shown.item.reviews)
    )
    if leaks(sentence) or not borne:
        return None
    return Said(shown.item.id, Claim(sentence, cited, written=True))


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
