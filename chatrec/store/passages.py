"""Passages on disk: which there are, in which order, of which item, and their vectors as a matrix."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Kind = Literal["description", "review", "dialogue"]
KINDS: tuple[Kind, ...] = ("description", "review", "dialogue")

BATCH = 2_000
"""Vectors handled at once."""

BLOCK = 256
"""Vectors multiplied at once: few enough to stay in the processor's cache, and too few for BLAS to wake threads, which
then spin for longer than the product takes on the cores that the rest of the turn needs."""

Lookup: TypeAlias = Callable[[Sequence[bytes]], NDArray[np.float32]]
"""From keys of texts to their vectors."""


class Entry(NamedTuple):
    """A passage to be kept: the row of its item (of a past dialogue, the number of its memory), its kind, its ref, and
    the key of its text's vector."""

    row: int
    kind: Kind
    ref: str
    key: bytes


def write(folder: Path, entries: Iterable[Entry], lookup: Lookup, *, dimension: int) -> int:
    """Writes the table of passages, and a matrix a kind; returns how many passages there are."""
    count = _table(folder, entries)
    for kind in KINDS:
        _matrix(folder, kind, lookup, dimension)
    return count


def changed(folder: Path, base: Path) -> dict[tuple[str, str], bool]:
    """(kind, ref) of passages whose vector differs between two parts: True where there is a new one, else False."""
    table = sqlite3.connect(folder / "passages.db")
    table.execute("ATTACH ? AS base", (str(base / "passages.db"),))
    same = "SELECT 1 FROM base.passage old WHERE old.ref = new.ref AND old.key = new.key"
    new = f"SELECT kind, ref FROM main.passage new WHERE NOT EXISTS ({same})"
    gone = "SELECT kind, ref FROM base.passage WHERE ref NOT IN (SELECT ref FROM main.passage)"
    changed = dict.fromkeys(table.execute(gone), False) | dict.fromkeys(table.execute(new), True)
    table.close()
    return changed


def refs(folder: Path, kind: Kind) -> list[tuple[str, int]]:
    """(ref, place) of every passage of a kind, by place."""
    table = sqlite3.connect(folder / "passages.db")
    found = table.execute("SELECT ref, place FROM passage WHERE kind = ? ORDER BY place", (kind,)).fetchall()
    table.close()
    return found


def cosines(matrix: NDArray[np.float32], vector: NDArray[np.float32], places: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of the rows of `matrix` at `places` to `vector`, all of unit length, in time proportional to their number."""
    rows = np.asarray(matrix)  # slices of a memory map are made slowly
    if len(places) > len(rows) / 2:  # copying them would take longer than the products of the others
        scores = np.empty(len(rows), dtype=np.float32)
        for start in range(0, len(rows), BLOCK):
            np.dot(rows[start : start + BLOCK], vector, out=scores[start : start + BLOCK])
        return scores[places]
    scores = np.empty(len(places), dtype=np.float32)
    copied = np.empty((BLOCK, rows.shape[1]), dtype=np.float32)
    for start in range(0, len(places), BLOCK):
        some = places[start : start + BLOCK]
        block = np.take(rows, some, axis=0, out=copied[: len(some)], mode="clip")  # "raise" would copy twice
        np.dot(block, vector, out=scores[start : start + BLOCK])
    return scores


class Passages:
    """The table and the matrices, to read from. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self.matrix = {kind: np.load(folder / f"{kind}.npy", mmap_mode="r") for kind in KINDS}
        self.rows = {kind: np.load(folder / f"{kind}-rows.npy", mmap_mode="r") for kind in KINDS}
        path = folder / "passages.db"
        self._table = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        self._lock = threading.Lock()

    def rows_of(self, refs: Sequence[str]) -> dict[str, int]:
        """The row of each passage's item, by ref."""
        return self._found("SELECT ref, row FROM passage WHERE ref IN", refs)

    def refs_of(self, kind: Kind, places: NDArray[np.int64]) -> dict[int, str]:
        return self._found(f"SELECT place, ref FROM passage WHERE kind = '{kind}' AND place IN", places.tolist())

    def close(self) -> None:
        with self._lock:
            self._table.close()

    def _found(self, query: str, wanted: Sequence[object]) -> dict:  # type: ignore[type-arg]
        with self._lock:
            return dict(self._table.execute(f"{query} ({','.join('?' * len(wanted))})", wanted).fetchall())


def _table(folder: Path, entries: Iterable[Entry]) -> int:
    """The passages in `passages.db`, numbered within their kind; returns how many."""
    table = sqlite3.connect(folder / "passages.db")
    places = dict.fromkeys(KINDS, 0)

    def numbered() -> Iterator[tuple[str, str, int, int, bytes]]:
        for row, kind, ref, key in entries:
            yield ref, kind, places[kind], row, key
            places[kind] += 1

    with table:
        table.execute(
            "CREATE TABLE passage (ref TEXT PRIMARY KEY, kind TEXT NOT NULL, place INTEGER NOT NULL,"
            " row INTEGER NOT NULL, key BLOB NOT NULL) WITHOUT ROWID"
        )
        table.executemany("INSERT INTO passage VALUES (?, ?, ?, ?, ?)", numbered())
        table.execute("CREATE UNIQUE INDEX by_place ON passage (kind, place)")
    table.close()
    return sum(places.values())


def _matrix(folder: Path, kind: Kind, lookup: Lookup, dimension: int) -> None:
    """One kind's vectors and item rows, by place, as .npy files."""
    rows = [row for row, _ in _placed(folder, kind)]
    np.save(folder / f"{kind}-rows.npy", np.asarray(rows, dtype=np.int32))
    shape = (len(rows), dimension)
    if not rows:
        np.save(folder / f"{kind}.npy", np.empty(shape, dtype=np.float32))
        return
    matrix = np.lib.format.open_memmap(folder / f"{kind}.npy", mode="w+", dtype=np.float32, shape=shape)
    keys = [key for _, key in _placed(folder, kind)]
    for start in range(0, len(keys), BATCH):
        matrix[start : start + BATCH] = lookup(keys[start : start + BATCH])
    matrix.flush()


def _placed(folder: Path, kind: Kind) -> list[tuple[int, bytes]]:
    table = sqlite3.connect(folder / "passages.db")
    found = table.execute("SELECT row, key FROM passage WHERE kind = ? ORDER BY place", (kind,)).fetchall()
    table.close()
    return found
