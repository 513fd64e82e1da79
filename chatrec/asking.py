"""What a language model is shown: the request, and of items labels, facts and evidence, quoted and within a budget."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, TypeVar

from chatrec.errors import LanguageModelError
from chatrec.grounds import facts_of, kind_of, meeting, trusted
from chatrec.llm import budget_of
from chatrec.prompts import filled, prompt
from chatrec.sentences import content_words, sentences, shortened
from chatrec.tokens import Budget, fitting
from chatrec.types import Candidate, Constraint, Example, Query, Recommendation
from chatrec.untrusted import fenced, heard
from chatrec.wording import name_of, wish_in_words

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

T = TypeVar("T", Candidate, Recommendation)

LATEST = 3
"""So many messages, the latest, are never left out; earlier ones take half of what there is at most."""

PASSAGE = 240
"""Characters of one passage."""

SHORT = 140
"""Characters of one passage, where little can be read."""

TITLE = 120
"""Characters of a title."""

FACTS = 4

NO_ROOM = "The request is longer than the language model reads."

CANARY = f"{secrets.randbits(48):012x}"
"""Stands in every system prompt and nowhere else: who writes it repeats what it was told to keep to itself."""


def system_prompt() -> str:
    """What every request to a language model begins with, the same for all, so that a server reads it once."""
    return filled("system", canary=CANARY)


def leaks(text: str) -> bool:
    """Whether a text gives away the system prompt."""
    return CANARY in text


def budget_for(model: BaseChatModel, name: str) -> Budget:
    """What that language model may be shown beside what it is told in any case, the prompt of that name filled in.

    It is to be spent on the request first, then on items, their evidence and examples.
    """
    budget = budget_of(model)
    budget.spend(system_prompt())
    budget.spend(prompt(name))
    return budget


def words_of(query: Query, budget: Budget) -> str:
    """The user's words, the latest last, each quoted on a line of its own; where they are many, the oldest go."""
    said = [f"- {fenced(text, longest=None)}" for text in (query.text, *query.history) if text.strip()]
    for line in said[:LATEST]:
        budget.spend(line)
    earlier = takewhile(lambda line: budget.takes(line, leaving=budget.tokens // 2), said[LATEST:])
    return "\n".join(reversed([*said[:LATEST], *earlier]))


def request_of(query: Query, budget: Budget) -> str:
    """The user's words, then the conditions read out of them, which are never left out."""
    must = [_condition(constraint, "must be") for constraint in query.constraints]
    rather = [_condition(constraint, "rather") for constraint in query.preferences]
    conditions = list(dict.fromkeys([*must, *rather]))
    for line in conditions:
        budget.spend(line)
    said = [words_of(query, budget)] if query.wishes else []
    return "\n".join([*said, *conditions])


def _condition(constraint: Constraint, how: str) -> str:
    return f"- {fenced(shortened(f'{name_of(constraint.facet)} {how} {wish_in_words(constraint)}', PASSAGE))}"


def examples_in_words(examples: Sequence[Example], budget: Budget) -> str:
    """Past dialogues as a part of a prompt, as many as fit; empty without any."""
    lines = [
        f"- {fenced(example.words)} -> {', '.join(fenced(shortened(title, TITLE)) for title in example.titles)}"
        for example in examples
    ]
    kept = list(takewhile(budget.takes, lines)) if lines and budget.takes(prompt("examples")) else []
    if not kept:
        return ""
    told = filled("examples", examples="\n".join(kept))
    return f"\n{told}\n"


def with_room(query: Query, items: Sequence[T], *, budget: Budget) -> Sequence[T]:
    """As many of the items, the best of which come first, as their titles and facts fit.

    Raises LanguageModelError where that is none.
    """
    kept = list(takewhile(lambda item: budget.takes(_head(query, item, len(items))[0]), items))
    if items and not kept:
        raise LanguageModelError(NO_ROOM)
    return kept


def described(
    query: Query, items: Sequence[Candidate | Recommendation], *, budget: Budget, passages: int
) -> tuple[str, list[dict[str, str]]]:
    """The items as text, labelled c1, c2, ..., and for each the refs behind its labels e1, ..., f1, ...

    The budget is spent on evidence; what does not fit is left out: of no item the first passage before the second of
    another, and among those the least relevant first.
    """
    wanted = content_words(query.text)
    flat = [
        (number, place, evidence, f"  e{place} {kind_of(evidence.ref)} {fenced(_excerpt(evidence.quote, wanted))}")
        for number, item in enumerate(items)
        for place, evidence in enumerate(trusted(item.item, item.evidence)[:passages], 1)
    ]
    kept = fitting([(evidence.score - 10.0 * place, line) for _, place, evidence, line in flat], budget)
    lines: list[str] = []
    refs: list[dict[str, str]] = []
    for number, item in enumerate(items):
        head, known = _head(query, item, number + 1)
        lines.append(head)
        for entry, (owner, place, evidence, line) in enumerate(flat):
            if owner == number and entry in kept:
                known[f"e{place}"] = evidence.ref
                lines.append(line)
        refs.append(known)
    return "\n".join(lines), refs


def _head(query: Query, item: Candidate | Recommendation, number: int) -> tuple[str, dict[str, str]]:
    """An item's title and facts, and the refs behind their labels."""
    lines = [f"c{number}: {fenced(shortened(heard(item.item.title), TITLE))}"]
    known: dict[str, str] = {}
    matching = meeting(item.item, query)
    others = [fact for fact in facts_of(item.item) if fact.ref not in {match.ref for match in matching}]
    for place, fact in enumerate([*matching, *others][:FACTS], 1):
        known[f"f{place}"] = fact.ref
        lines.append(f"  f{place} {fenced(fact.phrase)}")
    return "\n".join(lines), known


def in_short(query: Query, item: Candidate | Recommendation, *, budget: Budget) -> str:
    """One item in few words, for a language model that reads slowly: its title, some facts, its best passages.

    Raises LanguageModelError where there is no room for it.
    """
    wanted = content_words(query.text)
    facts = [fact.phrase for fact in facts_of(item.item)][:FACTS]
    told = [
        f"{kind_of(each.ref)} {fenced(_excerpt(each.quote, wanted, SHORT))}"
        for each in trusted(item.item, item.evidence)[:2]
    ]
    lines = [*map(fenced, (shortened(heard(item.item.title), TITLE), *facts)), *told]
    best = [float(-place) for place in range(1 + len(facts))] + [-0.5 - place for place in range(len(told))]
    kept = fitting(zip(best, lines, strict=True), budget)
    if not kept:
        raise LanguageModelError(NO_ROOM)
    return "\n".join(line for place, line in enumerate(lines) if place in kept)


def _excerpt(text: str, wanted: frozenset[str], longest: int = PASSAGE) -> str:
    """As much of a passage as is shown, from the sentence on that shares most words with the request."""
    plain = " ".join(heard(text).split())
    if len(plain) <= longest:
        return plain
    some = sentences(plain)
    start = max(range(len(some)), key=lambda place: (len(content_words(some[place]) & wanted), -place))
    return shortened(" ".join(some[start:]), longest)
