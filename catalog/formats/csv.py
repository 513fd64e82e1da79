"""Comma-, semicolon- or tab-separated tables with a header: `id`, `title`, `description`, and facets.

A column is numbers, booleans or lists (cells that hold a JSON list) where all its cells are, else text. A column whose
name ends in `|` is a list, split at `|`. A column `reviews` holds a JSON list, or one review a cell. A table with
`item_id` and `text` and no `title` holds reviews.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import header, rows, stem
from chatrec.catalog.formats import each
from chatrec.catalog.formats._aliases import aliases, renamed, told
from chatrec.catalog.records import Where, clean, id_from, inferred, item_from, review_from
from chatrec.errors import BadRecord

TITLE = "a comma- or tab-separated table with the columns id and title"
SUFFIXES = (".csv", ".tsv")

NAMED = ("id", "title", "description", "reviews")


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith(SUFFIXES):
        return ""
    columns = header(path)
    if _are_reviews(columns):
        return "its header has the columns item_id and text: reviews"
    if not {"id", "title"} <= {*columns, *aliases(columns)}:
        return ""
    return f"its header has the columns id and title{told(aliases(columns))}"


def read(path: Path) -> Iterator[Record | BadRecord]:
    columns = header(path)
    if _are_reviews(columns):
        yield from each(path, rows(path), _review)
        return
    names = aliases(columns)
    if missing := {"id", "title"} - {*columns, *names}:
        raise BadRecord(str(path), 1, min(missing), f"expected a column of that name; there are {', '.join(columns)}")
    mixed = _mixed(path)

    def item(cells: Mapping[str, str], where: Where) -> Iterator[Record]:
        lowered = {name.lower() if name.lower() in (*NAMED, *names.values()) else name: cells[name] for name in cells}
        row = {name.rstrip("|"): _value(name, cell, mixed) for name, cell in renamed(lowered, names).items()}
        yield item_from(row, file=where.file, line=where.line)

    yield from each(path, rows(path), item)


def _are_reviews(columns: Collection[str]) -> bool:
    return "item_id" in columns and "text" in columns and "title" not in columns


def _review(cells: Mapping[str, str], where: Where) -> Iterator[Record]:
    row = {name.lower(): cell for name, cell in cells.items()}
    yield review_from(row, id_from(row["item_id"], "item_id", where), where=where)


def _value(name: str, cell: str, mixed: Collection[str]) -> Any:
    if name == "reviews":
        return _reviews(cell)
    if name in NAMED:
        return cell
    if name.endswith("|"):
        return [part.strip() for part in cell.split("|") if part.strip()]
    return clean(cell).strip() if name in mixed else inferred(cell)


def _mixed(path: Path) -> set[str]:
    """Columns whose cells are not all of one type; a pass over the file of its own."""
    kinds: dict[str, set[str]] = {}
    for _, cells in rows(path):
        for name, cell in () if isinstance(cells, BadRecord) else cells.items():
            value = inferred(cell)
            if value is not None:
                kinds.setdefault(name, set()).add("number" if type(value) in (int, float) else type(value).__name__)
    return {name for name, found in kinds.items() if len(found) > 1}


def _reviews(cell: str) -> list[Any]:
    text = cell.strip()
    if text.startswith("["):
        try:
            return list(json.loads(text))
        except (ValueError, TypeError, RecursionError):
            pass
    return [text] if text else []
