"""JSON Lines: one object a line, or a JSON array of objects; items, or reviews that name their item.

An item has `id` and `title`, and may have `description` and `reviews` (texts, or objects with `text`, `rating`, `id`,
`source`); every other field is a facet. A line with `item_id` and `text` that is no item is a review of that item.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import first_object, objects, stem
from chatrec.catalog.formats import each
from chatrec.catalog.formats._aliases import aliases, renamed, told
from chatrec.catalog.records import Where, id_from, item_from, review_from
from chatrec.errors import BadRecord

TITLE = "JSON Lines or a JSON array, items or reviews"
SUFFIXES = (".jsonl", ".json", ".ndjson")


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith(SUFFIXES):
        return ""
    first = first_object(path)
    if _is_review(first):
        return "its first line has item_id and text: reviews"
    return f"its name ends in {Path(stem(path)).suffix}{told(aliases(first))}"


def read(path: Path) -> Iterator[Record | BadRecord]:
    yield from each(path, objects(path), _record)


def _record(value: Any, where: Where) -> Iterator[Record]:
    if _is_review(value):
        yield review_from(value, id_from(value["item_id"], "item_id", where), where=where)
    else:
        if isinstance(value, dict) and (names := aliases(value)):
            value = renamed(value, names)
        yield item_from(value, file=where.file, line=where.line)


def _is_review(value: Any) -> bool:
    return isinstance(value, dict) and {"item_id", "text"} <= value.keys() and not {"id", "title"} <= value.keys()
