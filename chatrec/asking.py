"""What a language model is shown of items: labels, facts and evidence, quoted, capped and fitted into a budget."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from chatrec.grounds import facts_of, kind_of, meeting, trusted
from chatrec.prompts import filled
from chatrec.sentences import content_words, sentences, shortened
from chatrec.tokens import fitting
from chatrec.types import Candidate, Constraint, Example, Query, Recommendation
from chatrec.untrusted import fenced, heard
from chatrec.wording import name_of, wish_in_words

BUDGET = 2_400
"""Tokens for the evidence of all items together; the request is never cut."""

PASSAGE = 240
"""Characters of one passage."""

SHORT = 140
"""Characters of one passage, where little can be read."""

TITLE = 120
"""Characters of a title."""

FACTS = 4


CANARY = f"{secrets.randbits(48):012x}"
"""Stands in every system prompt and nowhere else: who writes it repeats what it was told to keep to itself."""


def system_prompt() -> str:
    """What every request to a language model begins with, the same for all, so that a server reads it once."""
    return filled("system", canary=CANARY)


def leaks(text: str) -> bool:
    """Whether a text gives away the system prompt."""
    return CANARY in text


def words_of(query: Query) -> str:
    """The user's words, the latest last, each quoted on a line of its own."""
    return "\n".join(
        f"- {fenced(text, longest=None)}" for text in (*reversed(query.history), query.text) if text.strip()
    )


def request_of(query: Query) -> str:
    """The user's words, then the conditions read out of them."""
    said = [words_of(query)] if query.wishes else []
    must = [_condition(constraint, "must be") for constraint in query.constraints]
    rather = [_condition(constraint, "rather") for constraint in query.preferences]
    return "\n".join([*said, *dict.fromkeys([*must, *rather])])


def _condition(constraint: Constraint, how: str) -> str:
    return f"- {fenced(shortened(f'{name_of(constraint.facet)} {how} {wish_in_words(constraint)}', PASSAGE))}"


def examples_in_words(examples: Sequence[Example]) -> str:
    """Past dialogues as a part of a prompt; empty without any."""
    if not examples:
        return ""
    lines = [
        f"- {fenced(example.words)} -> {', '.join(fenced(shortened(title, TITLE)) for title in example.titles)}"
        for example in examples
    ]
    return filled("examples", examples="\n".join(lines))


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
        for place, evidence in enumerate(trusted(item.item, item.evidence)[:passages], 1)
    ]
    wanted = content_words(query.text)
    texts = [_excerpt(evidence.quote, wanted) for _, _, evidence in flat]
    values = [evidence.score - 10.0 * place for _, place, evidence in flat]
    kept = fitting(zip(values, texts, strict=True), BUDGET)
    lines: list[str] = []
    refs: list[dict[str, str]] = []
    for number, item in enumerate(items):
        lines.append(f"c{number + 1}: {fenced(shortened(heard(item.item.title), TITLE))}")
        known: dict[str, str] = {}
        matching = meeting(item.item, query)
        others = [fact for fact in facts_of(item.item) if fact.ref not in {match.ref for match in matching}]
        for place, fact in enumerate([*matching, *others][:FACTS], 1):
            known[f"f{place}"] = fact.ref
            lines.append(f"  f{place} {fenced(fact.phrase)}")
        for entry, (owner, place, evidence) in enumerate(flat):
            if owner == number and entry in kept:
                known[f"e{place}"] = evidence.ref
                lines.append(f"  e{place} {kind_of(evidence.ref)} {fenced(texts[entry])}")
        refs.append(known)
    return "\n".join(lines), refs


def in_short(query: Query, item: Candidate | Recommendation) -> str:
    """One item in few words, for a language model that reads slowly: its title, some facts, its best passages."""
    wanted = content_words(query.text)
    facts = [fact.phrase for fact in facts_of(item.item)][:FACTS]
    told = [
        f"{kind_of(each.ref)} {fenced(_excerpt(each.quote, wanted, SHORT))}"
        for each in trusted(item.item, item.evidence)[:2]
    ]
    return "\n".join([*map(fenced, (shortened(heard(item.item.title), TITLE), *facts)), *told])


def _excerpt(text: str, wanted: frozenset[str], longest: int = PASSAGE) -> str:
    """As much of a passage as is shown, from the sentence on that shares most words with the request."""
    plain = " ".join(heard(text).split())
    if len(plain) <= longest:
        return plain
    some = sentences(plain)
    start = max(range(len(some)), key=lambda place: (len(content_words(some[place]) & wanted), -place))
    return shortened(" ".join(some[start:]), longest)
