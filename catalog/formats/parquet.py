"""Parquet tables with the columns `id` and `title`; lists stay lists, structs become facets with dotted names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, item_from
from chatrec.errors import BadRecord, CatalogError

TITLE = "Parquet with the columns id and title"

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
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path)
        names = set(file.schema_arrow.names)
        if not {"id", "title"} <= names:
            raise BadRecord(str(path), 0, "", f"expected the columns id and title, found {', '.join(sorted(names))}")
        row = 0
        for batch in file.iter_batches(BATCH):
            for values in batch.to_pylist():
                row += 1
                yield row, values
    except (pyarrow.ArrowException, OSError) as exc:
        raise CatalogError(f"{path} is not a Parquet file that can be read: {exc}.", mend="Write it anew.") from exc


def _item(row: dict[str, Any], where: Where) -> Record:
    return item_from({name: _plain(value) for name, value in row.items()}, file=where.file, line=where.line)


def _plain(value: Any) -> Any:
    """Parquet's types as JSON has them."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return [_plain(entry) for entry in value if entry is not None]
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return value
