"""Interactions, a table or JSON Lines: `user`, `item`, and maybe `rating`, `timestamp` (seconds since 1970), `text`.

A row with a text is a review as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import first_object, header, objects, rows, stem
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, content_id, interaction_from, review_from
from chatrec.errors import BadRecord

TITLE = "a table or JSON Lines of user, item, rating and timestamp"

TABLES = (".csv", ".tsv", ".inter")
OBJECTS = (".jsonl", ".json", ".ndjson")
SUFFIXES = (*TABLES, *OBJECTS)

ALIASES = {
    "user": ("user", "user_id", "userid"),
    "item": ("item", "item_id", "itemid", "movie", "movieid", "product", "product_id"),
    "rating": ("rating", "score", "stars"),
    "timestamp": ("timestamp", "time", "ts"),
    "text": ("text", "review", "review_text"),
}


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith(SUFFIXES):
        return ""
    columns = _columns(path)
    names = _named(columns)
    if not {"user", "item"} <= names.keys() or {"id", "title"} <= set(columns):
        return ""
    what = "interactions and reviews" if "text" in names else "interactions"
    return f"it has the columns {names['user']} and {names['item']}: {what}"


def read(path: Path) -> Iterator[Record | BadRecord]:
    columns = _columns(path)
    names = _named(columns)
    if missing := [name for name in ("user", "item") if name not in names]:
        there = ", ".join(columns) or "none"
        raise BadRecord(str(path), 1, missing[0], f"expected a column of that name; there are {there}")

    def made(row: Any, where: Where) -> Iterator[Record]:
        if not isinstance(row, Mapping):
            raise where.bad("", "expected an object with user and item")
        lowered = {column.strip().lower(): value for column, value in row.items()}
        entry = {name: lowered.get(column) for name, column in names.items()}
        interaction = interaction_from(entry, where=where)
        yield interaction
        if entry.get("text"):
            review_id = content_id(f"{interaction.user_id} {interaction.timestamp} {entry['text']}")
            yield review_from({**entry, "id": review_id}, interaction.item_id, where=where)

    entries: Iterable[tuple[int, Any]] = objects(path) if stem(path).endswith(OBJECTS) else rows(path)
    yield from each(path, entries, made)


def _columns(path: Path) -> list[str]:
    """The names of the columns in lower case."""
    if stem(path).endswith(OBJECTS):
        return [name.lower() for name in first_object(path)]
    return header(path)


def _named(columns: Iterable[str]) -> dict[str, str]:
    """Our name -> the column that holds it; a type after a colon, as RecBole's files have it, is ignored."""
    plain = {column.split(":")[0]: column for column in columns}
    return {name: plain[alias] for name, aliases in ALIASES.items() for alias in reversed(aliases) if alias in plain}
