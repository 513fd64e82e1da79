"""What a language model is shown of items: labels, facts and evidence, quoted, capped and fitted into a budget."""

from __future__ import annotations

from collections.abc import Sequence

from chatrec.grounds import facts_of
from chatrec.sentences import shortened
from chatrec.tokens import fitting
from chatrec.types import Candidate, Query, Recommendation

BUDGET = 2_400
"""Tokens for the evidence of all items together; the request is never cut."""

PASSAGE = 360
"""Characters of one passage."""

FACTS = 4


def request_of(query: Query) -> str:
    """The user's words, the latest last, each quoted on a line of its own."""
    return "\n".join(f"- {fenced(text)}" for text in (*reversed(query.history), query.text) if text.strip())


def described(items: Sequence[Candidate | Recommendation], *, passages: int) -> tuple[str, list[dict[str, str]]]:
    """The items as text, labelled c1, c2, ..., and for each the refs behind its labels e1, ..., f1, ...

    Evidence that does not fit into the budget is left out, the least relevant first.
    """
    labelled = [
        [(f"e{place}", evidence) for place, evidence in enumerate(item.evidence[:passages], 1)] for item in items
    ]
    flat = [(number, label, evidence) for number, some in enumerate(labelled) for label, evidence in some]
    texts = [shortened(evidence.quote, PASSAGE) for _, _, evidence in flat]
    values = [evidence.score - number / 1000 for number, _, evidence in flat]
    kept = fitting(zip(values, texts, strict=True), BUDGET)
    lines: list[str] = []
    refs: list[dict[str, str]] = []
    for number, item in enumerate(items):
        lines.append(f"c{number + 1}: {fenced(item.item.title)}")
        known: dict[str, str] = {}
        for place, fact in enumerate(facts_of(item.item)[:FACTS], 1):
            known[f"f{place}"] = fact.ref
            lines.append(f"  f{place} {fenced(fact.phrase)}")
        for place, (owner, label, evidence) in enumerate(flat):
            if owner == number and place in kept:
                known[label] = evidence.ref
                lines.append(f"  {label} {fenced(texts[place])}")
        refs.append(known)
    return "\n".join(lines), refs


def fenced(text: str) -> str:
    """Text by strangers on one line, between marks that it cannot hold itself."""
    plain = " ".join(text.replace("<<<", "‹‹‹").replace(">>>", "›››").split())
    return f"<<<{plain}>>>"
