"""One file a format: what it reads (`TITLE`), `SUFFIXES` of such files, whether a path looks like it, and its reader.

`looks_like(path)` gives the reason as a phrase, empty for no. `read(path)` yields records; a bad one is yielded as a
BadRecord, so that whoever reads may go on or stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from chatrec.catalog import Dialogue, Item
from chatrec.catalog.files import Row
from chatrec.catalog.records import Where
from chatrec.errors import BadRecord

T = TypeVar("T")


def each(
    path: Path, entries: Iterable[tuple[int, Any]], make: Callable[[Any, Where], Iterable[T]]
) -> Iterator[T | BadRecord]:
    """What `make` makes of each (line, value); BadRecords, as values or raised by `make`, are passed on.

    An item or dialogue whose id an earlier one of the file has is a BadRecord that names both lines.
    """
    first: dict[str, int] = {}
    for line, value in entries:
        if isinstance(value, BadRecord):
            yield value
            continue
        where = Where(str(path), line)
        try:
            for record in make(value, where):
                if isinstance(record, Item | Dialogue):
                    if record.id in first:
                        raise where.bad("id", f"{record.id!r} is the id of line {first[record.id]} already")
                    first[record.id] = line
                yield record
        except BadRecord as bad:
            yield bad


def together(
    entries: Iterable[tuple[int, Row | BadRecord]], column: str
) -> Iterator[tuple[int, list[tuple[int, Row]] | BadRecord]]:
    """Rows, with their lines, that follow one another and hold the same in `column`; all are lost with a bad one."""
    found: list[tuple[int, Row]] = []
    bad: BadRecord | None = None
    for line, row in entries:
        if isinstance(row, BadRecord):
            bad = bad or row
        elif found and row[column] == found[0][1][column]:
            found.append((line, row))
        else:
            yield from [(found[0][0], bad or found)] if found else []
            bad = bad if not found else None
            found = [(line, row)]
    if found or bad:
        yield found[0][0] if found else 0, bad or found
