"""Conversations as research data has them, JSON Lines: a row an assistant's turn, or a row a whole conversation.

A row a turn has `dialogue_id`, `turn`, `history` (what was said before, each with `role` and `text`), `mentioned`
(ids named before) and `targets` (ids this turn names); a row a conversation has `dialogue_id`, `text` and `items`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatrec.catalog import Dialogue, Record, Utterance
from chatrec.catalog.files import first_object, objects, stem
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, as_text, id_from, text_from
from chatrec.errors import BadRecord

TITLE = (
    "conversations as JSON Lines, a row a turn with history, mentioned and targets, or a row each with text and items"
)
SUFFIXES = (".jsonl", ".json", ".ndjson")

ROLES = {"user": "user", "assistant": "assistant", "system": "assistant"}


@dataclass(frozen=True, slots=True)
class _Row:
    """One turn: what was said before it, what had been named, what it names."""

    where: Where
    dialogue_id: str
    history: tuple[tuple[str, str], ...]
    mentioned: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def turn(self) -> int:
        return len(self.history)


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith(SUFFIXES):
        return ""
    first = set(first_object(path))
    if "dialogue_id" in first and first & {"history", "mentioned", "targets"}:
        return "its first line has dialogue_id, and what was said or named before and after"
    return "its first line has dialogue_id, text and items" if {"dialogue_id", "text", "items"} <= first else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    gathered: dict[str, list[_Row]] = {}
    for line, value in objects(path):
        try:
            if isinstance(value, BadRecord):
                raise value
            row = _row(value, Where(str(path), line))
            gathered.setdefault(row.dialogue_id, []).append(row)
        except BadRecord as bad:
            yield bad
    yield from each(path, ((rows[0].where.line, rows) for rows in gathered.values()), _dialogue)


def _row(value: Any, where: Where) -> _Row:
    if not isinstance(value, Mapping):
        raise where.bad("", "expected an object with dialogue_id, history, mentioned and targets")
    dialogue_id = id_from(as_text(value.get("dialogue_id")), "dialogue_id", where)
    if "history" not in value and "text" in value:
        said = (("user", text_from(value["text"], "text", where)),)
        return _Row(where, dialogue_id, said, _ids(value, "items", where), ())
    row = _Row(
        where, dialogue_id, _history(value, where), _ids(value, "mentioned", where), _ids(value, "targets", where)
    )
    if value.get("turn", row.turn) != row.turn:
        raise where.bad("turn", f"expected {row.turn}, the number of utterances before it, found {value['turn']!r:.40}")
    return row


def _history(value: Mapping[str, Any], where: Where) -> tuple[tuple[str, str], ...]:
    said = value.get("history")
    if not isinstance(said, list):
        raise where.bad("history", "expected a list of objects with role and text")
    history = []
    for place, entry in enumerate(said):
        role = entry.get("role") if isinstance(entry, Mapping) else None
        if not isinstance(role, str) or role not in ROLES:
            raise where.bad(f"history[{place}].role", f"expected one of {', '.join(ROLES)}, found {role!r:.40}")
        history.append((ROLES[role], text_from(entry.get("text"), f"history[{place}].text", where)))
    return tuple(history)


def _ids(value: Mapping[str, Any], field: str, where: Where) -> tuple[str, ...]:
    listed = value.get(field)
    if not isinstance(listed, list):
        raise where.bad(field, "expected a list of item ids")
    return tuple(id_from(item_id, field, where) for item_id in listed)


def _dialogue(rows: list[_Row], where: Where) -> Iterator[Dialogue]:
    """The conversation its rows tell of, up to the last of them, whose turn closes it without a text."""
    rows = sorted(rows, key=lambda row: row.turn)
    said = [*rows[-1].history, *([("assistant", "")] if rows[-1].targets else [])]
    items: list[list[str]] = [[] for _ in said]
    named: set[str] = set()
    for before, row in zip([None, *rows], rows, strict=False):
        if before and before.turn == row.turn:
            raise row.where.bad("turn", f"{row.turn} is the turn of line {before.where.line} already")
        if said[: row.turn] != list(row.history):
            raise row.where.bad("history", "expected what a longer history of the same dialogue begins with")
        if row.targets and said[row.turn][0] != "assistant":
            raise row.where.bad(
                "turn", f"expected a turn of the assistant, but line {rows[-1].where.line} has a user's"
            )
        if fresh := [item_id for item_id in row.mentioned if item_id not in named]:
            items[_place(row)] += fresh
        named |= {*row.mentioned, *row.targets}
        if row.targets:
            items[row.turn] += row.targets
    yield Dialogue(
        rows[0].dialogue_id, tuple(Utterance(*pair, tuple(ids)) for pair, ids in zip(said, items, strict=True))
    )


def _place(row: _Row) -> int:
    """Where items named before `row`, nobody says by whom, were named: in the user's latest words, else at first."""
    if not row.history:
        raise row.where.bad("mentioned", "expected none, as nothing was said before")
    return max((place for place, (role, _) in enumerate(row.history) if role == "user"), default=0)
