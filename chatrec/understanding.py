"""A language model reads a message once more: it may add to what the parser read, and take nothing from it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from chatrec.asking import budget_for, system_prompt
from chatrec.catalog import Item
from chatrec.catalog.schema import Facet
from chatrec.catalog.vocabulary import idle, things
from chatrec.dialogue.form import (
    ABOUT,
    ACTS,
    ATTITUDES,
    MOST,
    PASSING,
    described,
    facets_of,
    form,
    problem_of,
    short,
    told,
)
from chatrec.dialogue.proposed import proposed, quoted
from chatrec.dialogue.read import TELLING, Reader
from chatrec.dialogue.reading import Act, Attitude, Reading, Setting
from chatrec.errors import LanguageModelError
from chatrec.llm import ask
from chatrec.prompts import filled
from chatrec.sentences import words
from chatrec.types import Note, Usage
from chatrec.untrusted import fenced

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

REQUESTS = 2
"""The second only where the first answer could not be read."""

HELPED = frozenset({"recommend", "refine", "reject"})
"""Acts whose messages may say more than the parser reads."""

ITEMS = 10
"""How many it is shown, those of the last list first."""

PARSED = "What the user's words say by themselves was used."


def worth_asking(reading: Reading, message: str) -> bool:
    """Whether words are left that no condition was read from, in a message that wishes for something."""
    read = {word for constraint in reading.constraints for word in words(constraint.text)}
    left = [
        word
        for word in words(message)
        if len(word) >= TELLING and word not in idle() | things() | read and not word.isdigit()
    ]
    return reading.act in HELPED and bool(left) and bool(reading.rest or reading.act == "reject")


def understood(
    reading: Reading,
    message: str,
    setting: Setting,
    reader: Reader,
    *,
    model: BaseChatModel | None,
    limit: float,
) -> tuple[Reading, tuple[Note, ...], Usage]:
    """The reading with what a language model finds besides, in about `limit` seconds; unchanged without one.

    Everything the parser read stays. What is added is of the catalogue's own facets and values, and says words of the
    message; no condition is added on a facet on which a hard one holds, or the parser read anything.
    """
    facets = facets_of(reader.parser.schema)
    if model is None or not facets or not worth_asking(reading, message):
        return reading, (), Usage()
    facets, items = _with_room(model, message, facets, _labelled(reading, setting))
    if not facets:
        return reading, (), Usage()
    usage, problem, deadline = Usage(), "", time.monotonic() + limit
    for _ in range(REQUESTS):
        prompt = _prompt(reading, message, setting, facets=facets, items=items, problem=problem)
        left = max(1.0, deadline - time.monotonic())
        try:
            messages = [("system", system_prompt()), ("user", prompt)]
            answer = ask(model, messages, schema=form(facets, list(items)), limit=left)
        except LanguageModelError as error:
            return reading, (Note("language_model_failed", f"{error} {PARSED}"),), usage
        usage += answer.usage
        problem = problem_of(answer.parsed)
        if answer.parsed is not None and not problem:
            return *_joined(reading, answer.parsed, message, setting, reader=reader, items=items), usage
    note = Note("unreadable_reading", f"How the language model read the message cannot be read. {PARSED}")
    return reading, (note,), usage


def _with_room(
    model: BaseChatModel, message: str, facets: Sequence[Facet], items: Mapping[str, Item]
) -> tuple[list[Facet], dict[str, Item]]:
    """As many of the items and then of the facets as the language model has room for beside the message."""
    budget = budget_for(model, "understand")
    budget.spend(message)
    named = dict(takewhile(lambda entry: budget.takes(_line(*entry)), items.items()))
    return list(takewhile(lambda facet: budget.takes(described(facet)), facets)), named


def _line(label: str, item: Item) -> str:
    return f"{label}: {short(item.title)}"


def _labelled(reading: Reading, setting: Setting) -> dict[str, Item]:
    ids = dict.fromkeys((*setting.shown, *setting.about, *reading.items))
    known = [item for item_id in ids if (item := setting.item(item_id))]
    return {f"c{place}": item for place, item in enumerate(known[:ITEMS], 1)}


def _prompt(
    reading: Reading,
    message: str,
    setting: Setting,
    *,
    facets: Sequence[Facet],
    items: Mapping[str, Item],
    problem: str,
) -> str:
    known = [told(constraint) for constraint in (*setting.conditions, *reading.constraints)]
    known += [f"- the user was asked about {short(setting.asked)}"] if setting.asked else []
    again = f"\n\nYour last answer could not be read: {problem}. Answer in the form above." if problem else ""
    return filled(
        "understand",
        message=fenced(message, longest=None),
        known="\n".join(known) or "- nothing",
        facets="\n".join(map(described, facets)),
        items="\n".join(map(_line, items, items.values())) or "none",
        acts=", ".join(ACTS),
        open="{",
        close="}",
        again=again,
    )


def _joined(
    reading: Reading,
    parsed: Mapping[str, Any],
    message: str,
    setting: Setting,
    *,
    reader: Reader,
    items: Mapping[str, Item],
) -> tuple[Reading, tuple[Note, ...]]:
    """The union of both readings, and a note of what was dropped."""
    parser = reader.parser
    conditions = [
        proposed(raw, message, schema=parser.schema, values=parser.values, items=items)
        for raw in parsed.get("conditions", [])[:MOST]
    ]
    attitudes = [_attitude(raw, message, items) for raw in parsed.get("attitudes", [])[:MOST]]
    closed, read = _closed(reading, setting), _read(reading, setting)
    added = dict.fromkeys(
        new for new in conditions if new and new.facet not in closed and not any(_in(new.text, text) for text in read)
    )
    known = {item_id for _, item_id in reading.felt}
    felt = {item_id: attitude for attitude, item_id in filter(None, attitudes) if item_id not in known}
    joined = replace(
        reading,
        act="refine" if reading.act == "recommend" and setting.shown and added else reading.act,
        constraints=(*reading.constraints, *added),
        felt=(*reading.felt, *((attitude, item_id) for item_id, attitude in felt.items())),
    )
    if joined != reading or not _said_nothing(reading):
        meant = joined
    else:
        meant = _turned(reading, parsed["act"], _ids(parsed.get("about", []), items), setting)
    count = conditions.count(None) + attitudes.count(None)
    text = "The language model read what the catalogue or the message does not hold; it was dropped."
    return meant, (Note("invented_conditions", text, count),) if count else ()


def _closed(reading: Reading, setting: Setting) -> set[str]:
    """The facets on which nothing is added: a later condition would take the place of one that the user said."""
    closed = {known.facet for known in reading.constraints} | {*reading.dropped, *reading.declined}
    closed |= {known.facet for known in setting.conditions if known.strength == "hard"}
    return closed | ({reading.order.facet} if reading.order else set())


def _read(reading: Reading, setting: Setting) -> list[str]:
    """Words that were read already, as conditions or as the titles of items."""
    titles = [item.title for item_id in reading.items if (item := setting.item(item_id))]
    return [*(known.text for known in reading.constraints), *titles]


def _in(said: str, text: str) -> bool:
    return f" {' '.join(words(said))} " in f" {' '.join(words(text))} "


def _attitude(raw: object, message: str, items: Mapping[str, Item]) -> tuple[Attitude, str] | None:
    if not isinstance(raw, dict) or not quoted(message, raw.get("words")):
        return None
    ids = _ids([raw.get("item")], items)
    attitude = next((known for known in ATTITUDES if known == raw.get("attitude")), None)
    return (attitude, ids[0]) if attitude and ids else None


def _ids(labels: Iterable[object], items: Mapping[str, Item]) -> tuple[str, ...]:
    return tuple(items[label].id for label in labels if isinstance(label, str) and label in items)


def _said_nothing(reading: Reading) -> bool:
    """Whether the parser found nothing but words to search for."""
    return reading == Reading(rest=reading.rest, instead=reading.instead)


def _turned(reading: Reading, act: Act, ids: tuple[str, ...], setting: Setting) -> Reading:
    """The reading of a message that is for something else than it seemed, where that can be meant of anything."""
    if act in PASSING:
        return Reading(act)
    if act == "surprise":
        return replace(reading, act=act, rest="")
    if act == "reject" and setting.shown:
        return replace(reading, act=act, felt=tuple(("rejected", item) for item in ids or setting.shown), rest="")
    meant = ids or (setting.shown if act == "compare" else setting.about or setting.shown[:1])
    return Reading(act, items=meant) if act in ABOUT and meant else reading
