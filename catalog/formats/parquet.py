"""Parquet tables with the columns `id` and `title`; lists stay lists, structs become facets with dotted names."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.formats import each
from chatrec.catalog.formats._aliases import aliases, renamed
from chatrec.catalog.records import Where, item_from
from chatrec.errors import BadRecord, CatalogError

TITLE = "Parquet with the columns id and title"
SUFFIXES = (".parquet",)

BATCH = 1_000


def looks_like(path: Path) -> str:
    if path.is_file() and path.stat().st_size >= 4:
        with path.open("rb") as file:
            if file.read(4) == b"PAR1":
                return "it begins with Parquet's mark"
    return "its name ends in .parquet" if path.is_file() and path.suffix.lower() == ".parquet" else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    yield from each(path, _rows(path), lambda row, where: iter([_item(row, where)]))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number of the row, its values), under our names for the columns."""
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path)
        columns = file.schema_arrow.names
        names = aliases(columns)
        if missing := {"id", "title"} - {*columns, *names}:
            expected = f"expected a column of that name; there are {', '.join(columns)}"
            raise BadRecord(str(path), 0, min(missing), expected)
        row = 0
        for batch in file.iter_batches(BATCH):
            for values in batch.to_pylist():
                row += 1
                yield row, renamed(values, names)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as exc:
        problem = str(exc).splitlines()[0]
        raise CatalogError(f"{path} is not a Parquet file that can be read: {problem}", mend="Write it anew.") from exc


def _item(row: dict[str, Any], where: Where) -> Record:
    return item_from({name: _plain(value) for name, value in row.items()}, file=where.file, line=where.line)


def _plain(value: Any) -> Any:
    """Parquet's types as JSON has them; a number that is none counts as absent, as programs for tables write it."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return value
