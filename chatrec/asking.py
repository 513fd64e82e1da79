"""What a language model is shown of items: labels, facts and evidence, quoted, capped and fitted into a budget."""

from __future__ import annotations

from collections.abc import Sequence

from chatrec.grounds import facts_of, meeting
from chatrec.sentences import content_words, sentences, shortened
from chatrec.tokens import fitting
from chatrec.types import Candidate, Query, Recommendation
from chatrec.untrusted import fenced

BUDGET = 2_400
"""Tokens for the evidence of all items together; the request is never cut."""

PASSAGE = 240
"""Characters of one passage."""

TITLE = 120
"""Characters of a title."""

FACTS = 4


def request_of(query: Query) -> str:
    """The user's words, the latest last, each quoted on a line of its own."""
    return "\n".join(f"- {fenced(text)}" for text in (*reversed(query.history), query.text) if text.strip())


def described(
    query: Query, items: Sequence[Candidate | Recommendation], *, passages: int
) -> tuple[str, list[dict[str, str]]]:
    """The items as text, labelled c1, c2, ..., and for each the refs behind its labels e1, ..., f1, ...

    Evidence that does not fit into the budget is left out: of no item the first passage before the second of another,
    and among those the least relevant first.
    """
    flat = [
        (number, place, evidence)
        for number, item in enumerate(items)
        for place, evidence in enumerate(item.evidence[:passages], 1)
    ]
    wanted = content_words(query.text)
    texts = [_excerpt(evidence.quote, wanted) for _, _, evidence in flat]
    values = [evidence.score - 10.0 * place for _, place, evidence in flat]
    kept = fitting(zip(values, texts, strict=True), BUDGET)
    lines: list[str] = []
    refs: list[dict[str, str]] = []
    for number, item in enumerate(items):
        lines.append(f"c{number + 1}: {fenced(shortened(item.item.title, TITLE))}")
        known: dict[str, str] = {}
        matching = meeting(item.item, query)
        others = [fact for fact in facts_of(item.item) if fact.ref not in {match.ref for match in matching}]
        for place, fact in enumerate([*matching, *others][:FACTS], 1):
            known[f"f{place}"] = fact.ref
            lines.append(f"  f{place} {fenced(fact.phrase)}")
        for entry, (owner, place, evidence) in enumerate(flat):
            if owner == number and entry in kept:
                known[f"e{place}"] = evidence.ref
                lines.append(f"  e{place} {fenced(texts[entry])}")
        refs.append(known)
    return "\n".join(lines), refs


def _excerpt(text: str, wanted: frozenset[str]) -> str:
    """As much of a passage as is shown, from the sentence on that shares most words with the request."""
    plain = " ".join(text.split())
    if len(plain) <= PASSAGE:
        return plain
    some = sentences(plain)
    start = max(range(len(some)), key=lambda place: (len(content_words(some[place]) & wanted), -place))
    return shortened(" ".join(some[start:]), PASSAGE)
