"""Passages by their vectors: in Chroma, embedded or a server, and as a matrix; the only file with chromadb."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from chatrec.embedding import Stamp
from chatrec.errors import StoreError

Kind = Literal["description", "review"]
KINDS: tuple[Kind, ...] = ("description", "review")

BATCH = 2_000
"""Vectors added in one call; Chroma takes at most 5,461."""

OVERFETCH = 500
"""How many passages of items that a mask excludes are fetched in vain before an exact search is the cheaper way."""

REBUILD_SHARE = 0.3
"""Share of changed passages above which Chroma's collection is made anew rather than copied and mended."""

SEARCH = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 24}}


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage found: its `ref`, its item, and the cosine to what was searched for."""

    ref: str
    item_id: str
    score: float


class Entry(NamedTuple):
    """A passage to be kept: the row of its item, its kind, its ref, and the key of its text's vector."""

    row: int
    kind: Kind
    ref: str
    key: bytes


Lookup = Callable[[Sequence[bytes]], NDArray[np.float32]]


def build(
    folder: Path,
    entries: Callable[[], Iterable[Entry]],
    lookup: Lookup,
    *,
    stamp: Stamp,
    base: Path | None,
    url: str,
    name: str,
    progress: Callable[[int, int], None],
) -> None:
    """Writes the vectors of `entries` into `folder`: a table of passages, a matrix a kind, and Chroma's collections.

    `base` is an earlier part of the same embedder, whose Chroma is copied and brought up to date where little changed.
    """
    count = _table(folder, entries())
    for kind in KINDS:
        _matrix(folder, kind, lookup, stamp.dimension)
    if url:
        with _server(url) as client:
            for kind in KINDS:
                with suppress(Exception):  # what a killed attempt has left; most often there is nothing
                    client.delete_collection(_named(name, kind))
            _add(client, folder, name, stamp, None, progress)
        return
    changed = _changed(folder, base) if base and (base / "chroma").is_dir() else None
    if base and changed is not None and len(changed) <= REBUILD_SHARE * max(count, 1):
        shutil.copytree(base / "chroma", folder / "chroma")
    else:
        changed = None
    client = _embedded(folder / "chroma")
    try:
        _add(client, folder, name, stamp, changed, progress)
    finally:
        client.close()


def drop(url: str, names: Iterable[str]) -> None:
    """Deletes the collections of parts that are gone from a Chroma server."""
    with _server(url) as client:
        for name in names:
            for kind in KINDS:
                with suppress(Exception):  # another process may have been quicker
                    client.delete_collection(_named(name, kind))


class Vectors:
    """One generation's passages. Safe to share between threads."""

    def __init__(self, folder: Path, *, ids: Sequence[str], name: str, stamp: Stamp, url: str) -> None:
        self._folder, self._ids, self._name, self._stamp, self._url = folder, ids, name, stamp, url
        self._lock = threading.Lock()
        self._client: Any = None
        self._collections: dict[Kind, Any] = {}
        self._matrix = {kind: np.load(folder / f"{kind}.npy", mmap_mode="r") for kind in KINDS}
        self._rows = {kind: np.load(folder / f"{kind}-rows.npy", mmap_mode="r") for kind in KINDS}
        path = folder / "passages.db"
        self._table = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)

    def search(
        self, vector: NDArray[np.float32], k: int, *, kind: Kind, mask: NDArray[np.bool_] | None
    ) -> list[Passage]:
        """The `k` passages nearest to a unit-length vector, of rows that `mask` allows, best first.

        Chroma is asked where the mask leaves nearly all; where it excludes more, what is left is scored exactly,
        which costs less than a filter in Chroma at any size a laptop holds.
        """
        rows = self._rows[kind]
        if not len(rows) or k < 1:
            return []
        allowed = None if mask is None else np.asarray(mask)[rows]
        left = len(rows) if allowed is None else int(allowed.sum())
        if left == 0:
            return []
        excluded = len(rows) - left
        if excluded <= OVERFETCH:
            found = self._asked(vector, min(k + excluded, len(rows)), kind)
            best = [passage for passage, row in found if mask is None or mask[row]][:k]
            if len(best) == min(k, left):
                return best
        return self._exact(vector, k, kind, allowed)

    def of_items(self, item_ids: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
        """The description vectors of these items, and the ids of those that have one, in their order."""
        marks = ",".join("?" * len(item_ids))
        refs = [f"{item_id}#description" for item_id in item_ids]
        with self._lock:
            found = dict(self._table.execute(f"SELECT ref, place FROM passage WHERE ref IN ({marks})", refs).fetchall())
        have = [item_id for item_id, ref in zip(item_ids, refs, strict=True) if ref in found]
        places = [found[f"{item_id}#description"] for item_id in have]
        return have, np.asarray(self._matrix["description"][places], dtype=np.float32)

    def close(self) -> None:
        with self._lock:
            self._table.close()
            if self._client is not None and not self._url:
                self._client.close()
            self._client = None
            self._collections = {}

    def _asked(self, vector: NDArray[np.float32], k: int, kind: Kind) -> list[tuple[Passage, int]]:
        """Chroma's answer with each passage's row, ties by ref."""
        with _mapped(self._url):
            answer = self._collection(kind).query(query_embeddings=[vector], n_results=k, include=["distances"])
        scored = [(ref, 1.0 - distance) for ref, distance in zip(answer["ids"][0], answer["distances"][0], strict=True)]
        rows = self._rows_of([ref for ref, _ in scored])
        found = [(Passage(ref, self._ids[rows[ref]], score), rows[ref]) for ref, score in scored if ref in rows]
        return sorted(found, key=lambda pair: (-pair[0].score, pair[0].ref))

    def _exact(
        self, vector: NDArray[np.float32], k: int, kind: Kind, allowed: NDArray[np.bool_] | None
    ) -> list[Passage]:
        places = np.arange(len(self._rows[kind])) if allowed is None else np.flatnonzero(allowed)
        sparse = len(places) < 0.3 * len(self._rows[kind])
        matrix = self._matrix[kind]
        scores = matrix[places] @ vector if sparse else (matrix @ vector)[places]
        best = np.argpartition(-scores, min(k, len(scores)) - 1)[:k]
        refs = self._refs_of(kind, places[best])
        found = [
            Passage(refs[place], self._ids[self._rows[kind][place]], float(score))
            for place, score in zip(places[best].tolist(), scores[best], strict=True)
        ]
        return sorted(found, key=lambda passage: (-passage.score, passage.ref))

    def _rows_of(self, refs: Sequence[str]) -> dict[str, int]:
        marks = ",".join("?" * len(refs))
        with self._lock:
            return dict(self._table.execute(f"SELECT ref, row FROM passage WHERE ref IN ({marks})", refs).fetchall())

    def _refs_of(self, kind: Kind, places: NDArray[np.int64]) -> dict[int, str]:
        marks = ",".join("?" * len(places))
        query = f"SELECT place, ref FROM passage WHERE kind = ? AND place IN ({marks})"
        with self._lock:
            return dict(self._table.execute(query, (kind, *places.tolist())).fetchall())

    def _collection(self, kind: Kind) -> Any:
        with self._lock:
            if kind not in self._collections:
                if self._client is None:
                    self._client = _http(self._url) if self._url else _embedded(self._folder / "chroma")
                collection = self._client.get_collection(_named(self._name, kind), embedding_function=None)
                _check(collection, self._stamp)
                self._collections[kind] = collection
            return self._collections[kind]


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


def _changed(folder: Path, base: Path) -> dict[str, bool]:
    """Refs whose vector differs between two parts: True where there is a new one, False where it is gone."""
    table = sqlite3.connect(folder / "passages.db")
    table.execute("ATTACH ? AS base", (str(base / "passages.db"),))
    same = "SELECT 1 FROM base.passage old WHERE old.ref = new.ref AND old.key = new.key"
    new = f"SELECT ref FROM main.passage new WHERE NOT EXISTS ({same})"
    gone = "SELECT ref FROM base.passage WHERE ref NOT IN (SELECT ref FROM main.passage)"
    changed = {ref: False for (ref,) in table.execute(gone)} | {ref: True for (ref,) in table.execute(new)}
    table.close()
    return changed


def _add(
    client: Any,
    folder: Path,
    name: str,
    stamp: Stamp,
    changed: dict[str, bool] | None,
    progress: Callable[[int, int], None],
) -> None:
    """Fills the collections from the matrices: everything, or only what `changed`."""
    table = sqlite3.connect(folder / "passages.db")
    total = table.execute("SELECT count(*) FROM passage").fetchone()[0] if changed is None else sum(changed.values())
    done = 0
    about = {"embedder": stamp.name, "dimension": stamp.dimension, "checksum": stamp.checksum}
    for kind in KINDS:
        refs = table.execute("SELECT ref, place FROM passage WHERE kind = ? ORDER BY place", (kind,)).fetchall()
        if changed is None:
            collection = client.create_collection(
                _named(name, kind), metadata=about, configuration=SEARCH, embedding_function=None
            )
        else:
            (collection,) = (c for c in client.list_collections() if c.name.endswith(f"-{kind}"))
            collection.modify(name=_named(name, kind))
            refs = [(ref, place) for ref, place in refs if changed.get(ref)]
            marker = "#description" if kind == "description" else "#review:"
            gone = [ref for ref, there in changed.items() if not there and marker in ref]
            for start in range(0, len(gone), BATCH):
                collection.delete(ids=gone[start : start + BATCH])
        matrix = np.load(folder / f"{kind}.npy", mmap_mode="r")
        for start in range(0, len(refs), BATCH):
            some = refs[start : start + BATCH]
            collection.upsert(ids=[ref for ref, _ in some], embeddings=matrix[[place for _, place in some]])
            done += len(some)
            progress(done, total)
    table.close()


def _named(name: str, kind: Kind) -> str:
    return f"chatrec-{name}-{kind}"


def _check(collection: Any, stamp: Stamp) -> None:
    """Raises StoreError where a collection is not of the embedder that the manifest names."""
    about = collection.metadata or {}
    if (about.get("dimension"), about.get("checksum")) != (stamp.dimension, stamp.checksum):
        raise StoreError(
            f"The Chroma collection {collection.name} was made with another embedder.",
            mend="Index again with --reset.",
        )


def _embedded(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def _http(url: str) -> Any:
    import chromadb
    from chromadb.config import Settings

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError(
            "CHATREC_CHROMA_URL is not the address of a Chroma server.", mend="Write it as http://127.0.0.1:8000"
        )
    secure = parts.scheme == "https"
    with _mapped(url):
        return chromadb.HttpClient(
            host=parts.hostname,
            port=parts.port or (443 if secure else 8000),
            ssl=secure,
            settings=Settings(anonymized_telemetry=False),
        )


@contextmanager
def _server(url: str) -> Iterator[Any]:
    client = _http(url)
    with _mapped(url):
        yield client


@contextmanager
def _mapped(url: str) -> Iterator[None]:
    """Errors of Chroma as StoreError."""
    try:
        yield
    except (StoreError, GeneratorExit):
        raise
    except Exception as exc:  # Chroma raises its own tree, ValueError for an unreachable server, and httpx's errors
        parts = urlsplit(url)
        where = f"The Chroma server at {parts.hostname}:{parts.port or 8000}" if url else "The embedded Chroma"
        first = (str(exc).strip() or type(exc).__name__).splitlines()[0][:200]
        mend = (
            "Start it (chroma run --path DIR) or correct CHATREC_CHROMA_URL; if its data is lost, index with --reset."
            if url
            else "Make the index anew: chatrec index PATH --reset"
        )
        raise StoreError(f"{where} does not answer: {first}", mend=mend) from exc
