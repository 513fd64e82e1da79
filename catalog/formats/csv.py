"""Comma-, semicolon- or tab-separated tables with a header: `id`, `title`, `description`, and facets.

Cells become numbers and booleans where they read like one. A column is a list where a cell holds a JSON list, or
where it is called `<name>|`, whose cells are split at `|`; a column `reviews` holds a JSON list, or one review.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import header, rows, stem
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, inferred, item_from
from chatrec.errors import BadRecord

TITLE = "a comma- or tab-separated table with the columns id and title"

TEXTS = ("id", "title", "description")


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith((".csv", ".tsv")):
        return ""
    return "its header has the columns id and title" if {"id", "title"} <= set(header(path)) else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    yield from each(path, rows(path), _item)


def _item(cells: Mapping[str, str], where: Where) -> Iterator[Record]:
    row: dict[str, Any] = {}
    for name, cell in cells.items():
        key = name.lower() if name.lower() in (*TEXTS, "reviews") else name
        if key in TEXTS:
            row[key] = cell
        elif key == "reviews":
            row[key] = _reviews(cell)
        elif name.endswith("|"):
            row[name.rstrip("|")] = [part.strip() for part in cell.split("|") if part.strip()]
        else:
            row[key] = inferred(cell)
    for required in ("id", "title"):
        if required not in row:
            raise where.bad(required, f"expected a column of that name; there are {', '.join(cells)}")
    yield item_from(row, file=where.file, line=where.line)


def _reviews(cell: str) -> list[Any]:
    text = cell.strip()
    if text.startswith("["):
        try:
            return list(json.loads(text))
        except (ValueError, TypeError, RecursionError):
            pass
    return [text] if text else []
