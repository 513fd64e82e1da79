"""The official INSPIRED files (Hayati et al., 2020), as dialogues; an item's id is the film's title with its year."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import header, rows, stem
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, dialogue_from
from chatrec.errors import BadRecord

TITLE = "INSPIRED's conversations"

COLUMNS = {"dialog_id", "speaker", "text", "movies"}


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith((".tsv", ".csv")):
        return ""
    return "its header has dialog_id, speaker and movies" if set(header(path)) >= COLUMNS else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    missing = COLUMNS - set(header(path))
    if missing:
        yield BadRecord(str(path), 1, "", f"expected the columns {', '.join(sorted(COLUMNS))}")
        return
    grouped = groupby(rows(path), key=lambda row: row[1] if isinstance(row[1], BadRecord) else row[1]["dialog_id"])
    yield from each(path, ((found[0][0], found) for _, group in grouped if (found := list(group))), _dialogue)


def _dialogue(found: list[tuple[int, Any]], where: Where) -> Iterator[Record]:
    said = []
    for _, cells in found:
        if isinstance(cells, BadRecord):
            raise cells
        films = [film.strip() for film in (cells.get("movies") or "").split(";") if film.strip()]
        role = "user" if cells["speaker"].strip().upper() == "SEEKER" else "assistant"
        said.append({"role": role, "text": cells["text"], "items": films})
    yield dialogue_from({"id": found[0][1]["dialog_id"], "utterances": said}, where=where)
