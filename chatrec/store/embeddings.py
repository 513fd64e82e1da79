"""Every text embedded so far, by its hash: what makes indexing incremental, and resumable after kill -9."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chatrec.embedding import Embedder

CHUNK = 256
"""Texts embedded between two commits: what a kill can cost."""


class Embeddings:
    """A cache from text to vector for one embedder, as float16, in a SQLite file that one writer holds."""

    def __init__(self, path: Path, embedder: Embedder) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS vector (hash BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID")
        self._embedder = embedder
        stamp = embedder.stamp
        self._salt = f"{stamp.checksum} {stamp.engine} {stamp.dimension} ".encode()

    def key(self, text: str) -> bytes:
        return hashlib.sha256(self._salt + text.encode("utf-8", "surrogatepass")).digest()

    def fill(self, texts: Callable[[], Iterable[str]], *, progress: Callable[[int, int], None]) -> int:
        """Embeds those of `texts()` that are not there yet; returns how many that were."""
        missing = len(self._missing(texts()))
        done = 0
        if missing:
            progress(0, missing)
        for chunk in self._chunks(texts()):
            vectors = self._embedder.embed(list(chunk.values())).astype(np.float16)
            rows = [(key, vector.tobytes()) for key, vector in zip(chunk, vectors, strict=True)]
            with self._db:
                self._db.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?)", rows)
            done += len(chunk)
            progress(done, missing)
        return done

    def get(self, keys: Sequence[bytes]) -> NDArray[np.float32]:
        """The vectors of these keys, all of which must be there, of unit length."""
        found = np.empty((len(keys), self._embedder.stamp.dimension), dtype=np.float32)
        for place, key in enumerate(keys):
            (data,) = self._db.execute("SELECT data FROM vector WHERE hash = ?", (key,)).fetchone()
            found[place] = np.frombuffer(data, dtype=np.float16)
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
        return found

    def prune(self, used: Iterable[bytes]) -> None:
        """Forgets every vector but these."""
        with self._db:
            self._db.execute("CREATE TEMP TABLE used (hash BLOB PRIMARY KEY) WITHOUT ROWID")
            self._db.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((key,) for key in used))
            self._db.execute("DELETE FROM vector WHERE hash NOT IN (SELECT hash FROM used)")

    def close(self) -> None:
        self._db.close()

    def _missing(self, texts: Iterable[str]) -> set[bytes]:
        return {key for key in map(self.key, texts) if not self._has(key)}

    def _chunks(self, texts: Iterable[str]) -> Iterator[dict[bytes, str]]:
        chunk: dict[bytes, str] = {}
        for text in texts:
            key = self.key(text)
            if key in chunk or self._has(key):
                continue
            chunk[key] = text
            if len(chunk) == CHUNK:
                yield chunk
                chunk = {}
        if chunk:
            yield chunk

    def _has(self, key: bytes) -> bool:
        return self._db.execute("SELECT 1 FROM vector WHERE hash = ?", (key,)).fetchone() is not None
