"""The official INSPIRED files (Hayati et al., 2020), as dialogues; an item's id is the film's title with its year."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chatrec.catalog import Record
from chatrec.catalog.files import Row, header, rows, stem
from chatrec.catalog.formats import each, together
from chatrec.catalog.records import Where, dialogue_from
from chatrec.errors import BadRecord

TITLE = "INSPIRED's conversations"
SUFFIXES = (".tsv", ".csv")

COLUMNS = ("dialog_id", "speaker", "text", "movies")

ROLES = {"SEEKER": "user", "RECOMMENDER": "assistant"}


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith(SUFFIXES):
        return ""
    return "its header has dialog_id, speaker and movies" if set(COLUMNS) <= set(header(path)) else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    for name in COLUMNS:
        if name not in header(path):
            raise BadRecord(str(path), 1, name, f"expected a column of that name, with {', '.join(COLUMNS)}")
    yield from each(path, together(rows(path), "dialog_id"), _dialogue)


def _dialogue(found: list[tuple[int, Row]], where: Where) -> Iterator[Record]:
    said = []
    for line, cells in found:
        speaker = cells["speaker"].strip().upper()
        if speaker not in ROLES:
            raise Where(where.file, line).bad("speaker", f"expected SEEKER or RECOMMENDER, found {speaker!r:.40}")
        films = [film.strip() for film in cells["movies"].split(";") if film.strip()]
        said.append({"role": ROLES[speaker], "text": cells["text"], "items": films})
    yield dialogue_from({"id": found[0][1]["dialog_id"], "utterances": said}, where=where)
