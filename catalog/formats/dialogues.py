"""One's own past conversations, JSON Lines: `id` and `utterances`, each with `role`, `text` and maybe `items`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import first_object, objects, stem
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, dialogue_from
from chatrec.errors import BadRecord

TITLE = "conversations as JSON Lines with id and utterances"
SUFFIXES = (".jsonl", ".json", ".ndjson")


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith(SUFFIXES):
        return ""
    return "its first line has utterances: dialogues" if "utterances" in first_object(path) else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    yield from each(path, objects(path), _dialogue)


def _dialogue(value: Any, where: Where) -> Iterator[Record]:
    if not isinstance(value, dict):
        raise where.bad("", "expected an object with id and utterances")
    yield dialogue_from(value, where=where)
