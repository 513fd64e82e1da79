"""Interactions as a table: `user`, `item`, and maybe `rating` and `timestamp` (seconds since 1970)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from chatrec.catalog import Record
from chatrec.catalog.files import header, rows, stem
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, interaction_from
from chatrec.errors import BadRecord

TITLE = "a table of user, item, rating and timestamp"

ALIASES = {
    "user": ("user", "user_id", "userid"),
    "item": ("item", "item_id", "itemid", "movie", "movieid", "product", "product_id"),
    "rating": ("rating", "score", "stars"),
    "timestamp": ("timestamp", "time", "ts"),
}


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith((".csv", ".tsv", ".inter")):
        return ""
    names = _named(header(path))
    return "its header has a column for users and one for items" if {"user", "item"} <= set(names) else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    names = _named(header(path))
    if not {"user", "item"} <= set(names):
        yield BadRecord(str(path), 1, "", "expected a header with the columns user and item")
        return

    def made(cells: Mapping[str, str], where: Where) -> Iterator[Record]:
        lowered = {column.strip().lower(): cell.strip() for column, cell in cells.items()}
        yield interaction_from({name: lowered.get(column, "") for name, column in names.items()}, where=where)

    yield from each(path, rows(path), made)


def _named(columns: list[str]) -> dict[str, str]:
    """Our name -> the column that holds it; a type after a colon, as RecBole's files have it, is ignored."""
    plain = {column.split(":")[0]: column for column in columns}
    return {name: plain[alias] for name, aliases in ALIASES.items() for alias in reversed(aliases) if alias in plain}
