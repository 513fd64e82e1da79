"""From paths or mappings to one stream of records: formats are found out, bad records told, duplicates refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args

from chatrec.catalog import Item, Record, formats
from chatrec.catalog.files import opened
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, item_from
from chatrec.errors import BadRecord, CatalogError

ORDER = (
    "movielens",
    "parquet",
    "product_feed",
    "amazon_reviews",
    "redial",
    "inspired",
    "dialogue_turns",
    "dialogues",
    "interactions",
)
"""Formats that are recognised by more than a suffix are asked first; then the others by name."""

LISTED = 100
"""How many bad records are kept to be shown; all are counted."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file or folder to be read, as which format, and why it was taken for that."""

    path: Path
    format: str
    why: str


class Source:
    """Records to be indexed, read once. `bad` holds the first bad records that were skipped, `bad_count` how many."""

    def __init__(self, files: Sequence[SourceFile], loose: Iterable[Any] = (), *, skip_bad: bool = False) -> None:
        self.files = list(files)
        self.bad: list[BadRecord] = []
        self.bad_count = 0
        self._loose = loose
        self._skip_bad = skip_bad

    def records(self) -> Iterator[Record]:
        """Every record in order. Raises BadRecord at the first bad one unless they are skipped, and CatalogError for
        a file that cannot be read to its end, skipping or not, or sources in which there was nothing."""
        count = 0
        for record in self._all():
            if not isinstance(record, BadRecord):
                count += 1
                yield record
            elif self._skip_bad:
                self.bad_count += 1
                self.bad += [record] if len(self.bad) < LISTED else []
            else:
                raise record
        if not count and not self.bad_count:
            names = ", ".join(str(file.path) for file in self.files) or "The records given"
            raise CatalogError(f"{names}: nothing in it.", mend="Give a file with at least one item.")

    def _all(self) -> Iterator[Record | BadRecord]:
        """What the files and the loose records hold; an item of an earlier file is a BadRecord."""
        first: dict[str, int] = {}
        for place, file in enumerate(self.files):
            for record in _module(file.format).read(file.path):
                if isinstance(record, Item) and first.setdefault(record.id, place) != place:
                    expected = f"{record.id!r} is the id of an item in {self.files[first[record.id]].path} already"
                    yield BadRecord(str(file.path), 0, "id", expected)
                else:
                    yield record
        yield from each(Path("records"), enumerate(self._loose, 1), _loose)


def open_source(paths: Sequence[str | Path], *, format: str = "auto", skip_bad: bool = False) -> Source:
    """Files and folders as records. Raises CatalogError for a path or format there is none of."""
    if not paths:
        raise CatalogError("No file was named.", mend="Name at least one file or folder.")
    if format != "auto" and format not in names():
        raise CatalogError(f"There is no format {format!r}.", mend="There are: auto, " + ", ".join(names()))
    return Source([_file(Path(path), format) for path in paths], skip_bad=skip_bad)


def open_records(entries: Iterable[Mapping[str, Any] | Record], *, skip_bad: bool = False) -> Source:
    """Mappings with `id` and `title`, or ready records, as a source."""
    return Source([], entries, skip_bad=skip_bad)


def names() -> list[str]:
    """The formats there are."""
    return sorted(module.name for module in iter_modules(formats.__path__) if not module.name.startswith("_"))


def suffixes() -> list[str]:
    """What the names of files in these formats end in, `.csv` for example; each may be followed by `.gz`."""
    return sorted({suffix for name in names() for suffix in _module(name).SUFFIXES})


def _file(path: Path, format: str) -> SourceFile:
    if not path.is_dir():
        with opened(path) as file:  # a file that cannot be opened or unzipped is told here, once for all formats
            if not file.read(1):
                raise CatalogError(f"{path} is empty.", mend="Give a file with at least one item.")
    if format != "auto":
        return SourceFile(path, format, "as asked")
    for name in (*ORDER, *(name for name in names() if name not in ORDER)):
        why = _module(name).looks_like(path)
        if why:
            return SourceFile(path, name, why)
    what, mend = "file", "Name its format with --format, or give it the columns id and title."
    if path.is_dir():
        what, mend = "folder", "Name the files in it one by one."
    raise CatalogError(f"The {what} {path} is in none of the formats known: {', '.join(names())}.", mend=mend)


def _module(name: str) -> Any:
    return import_module(f"{formats.__name__}.{name}")


def _loose(entry: Any, where: Where) -> Iterator[Record]:
    yield entry if isinstance(entry, get_args(Record)) else item_from(entry, file=where.file, line=where.line)
