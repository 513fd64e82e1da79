"""One file a format. Each says what it reads (`TITLE`), whether a path looks like it (`looks_like`), and reads it.

`looks_like(path)` gives the reason as a phrase, empty for no. `read(path)` yields records; a bad one is yielded as a
BadRecord, so that whoever reads may go on or stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from chatrec.catalog import Item
from chatrec.catalog.records import Where
from chatrec.errors import BadRecord

T = TypeVar("T")


def each(
    path: Path, entries: Iterable[tuple[int, Any]], make: Callable[[Any, Where], Iterable[T]]
) -> Iterator[T | BadRecord]:
    """What `make` makes of each (line, value); BadRecords, as values or raised by `make`, are passed on.

    An item whose id an earlier one of the file has is a BadRecord that names both lines.
    """
    first: dict[str, int] = {}
    for line, value in entries:
        if isinstance(value, BadRecord):
            yield value
            continue
        where = Where(str(path), line)
        try:
            for record in make(value, where):
                if isinstance(record, Item) and first.setdefault(record.id, line) != line:
                    raise where.bad("id", f"{record.id!r} is the id of the item in line {first[record.id]} already")
                yield record
        except BadRecord as bad:
            yield bad
