"""Passages by their vectors: in Chroma, and as a matrix beside it for what Chroma is slow at."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.embedding import Stamp
from chatrec.errors import StoreError
from chatrec.store import chroma, passages
from chatrec.store.passages import KINDS, Entry, Kind, Lookup, Passages, cosines

BATCH = 2_000
"""Vectors added in one call; Chroma takes at most 5,461."""

OVERFETCH = 500
"""How many passages of items that a mask excludes are fetched in vain before an exact search is the cheaper way."""

REBUILD_SHARE = 0.3
"""Share of changed passages above which Chroma's collection is made anew rather than copied and mended."""

SEARCH = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 24}}


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage found: its `ref`, the id of what it is of (an item, a past dialogue's memory), and the cosine to what
    was searched for."""

    ref: str
    owner_id: str
    score: float


def build(
    folder: Path,
    entries: Iterable[Entry],
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
    count = passages.write(folder, entries, lookup, dimension=stamp.dimension)
    if url:
        with chroma.server(url) as client:
            for kind in KINDS:
                with suppress(Exception):  # what a killed attempt has left; most often there is nothing
                    client.delete_collection(_named(name, kind))
            _add(client, folder, name, stamp, None, progress)
        return
    changed = passages.changed(folder, base) if base and (base / "chroma").is_dir() else None
    if base and changed is not None and len(changed) <= REBUILD_SHARE * max(count, 1):
        shutil.copytree(base / "chroma", folder / "chroma")
    else:
        changed = None
    client = chroma.embedded(folder / "chroma")
    try:
        _add(client, folder, name, stamp, changed, progress)
    finally:
        client.close()


def drop(url: str, names: Iterable[str]) -> None:
    """Deletes the collections of parts that are gone from a Chroma server."""
    with chroma.server(url) as client:
        for name in names:
            for kind in KINDS:
                with suppress(Exception):  # another process may have been quicker
                    client.delete_collection(_named(name, kind))


class Vectors:
    """One generation's passages. Safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        *,
        ids: Mapping[Kind, Sequence[str]],
        row: Callable[[str], int | None],
        name: str,
        stamp: Stamp,
        url: str,
    ) -> None:
        """`ids` names by kind whose passages they are, in the order of rows; `row` finds an item's."""
        self._row = row
        self._folder, self._ids, self._name, self._stamp, self._url = folder, ids, name, stamp, url
        self._lock = threading.Lock()
        self._client: Any = None
        self._collections: dict[Kind, Any] = {}
        self._passages = Passages(folder)

    def search(
        self, vector: NDArray[np.float32], k: int, *, kind: Kind, mask: NDArray[np.bool_] | None
    ) -> list[Passage]:
        """The `k` passages nearest to a unit-length vector, of rows that `mask` allows, best first.

        Chroma is asked where the mask leaves nearly all; where it excludes more, what is left is scored exactly,
        which costs less than a filter in Chroma at any size a laptop holds.
        """
        rows = self._passages.rows[kind]
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
        places = {item_id: self._places[row] for item_id in item_ids if (row := self._row(item_id)) is not None}
        have = [item_id for item_id in item_ids if places.get(item_id, -1) >= 0]
        chosen = np.asarray([places[item_id] for item_id in have], dtype=np.int64)
        return have, np.asarray(self._passages.matrix["description"][chosen], dtype=np.float32)

    def centre(self, item_ids: Sequence[str]) -> NDArray[np.float32] | None:
        """The mean of these items' description vectors at unit length; None where none of them has one."""
        _, vectors = self.of_items(item_ids)
        if not len(vectors):
            return None
        mean = vectors.mean(axis=0)
        return np.asarray(mean / (np.linalg.norm(mean) or 1.0), dtype=np.float32)

    def cosines(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of a unit-length vector to the descriptions of the items of these rows; NaN without one."""
        places = self._places[rows]
        scores = np.full(len(rows), np.nan, dtype=np.float32)
        have = places >= 0
        scores[have] = cosines(self._passages.matrix["description"], vector, places[have])
        return scores

    def reviews(self) -> NDArray[np.int64]:
        """How many reviews every item has."""
        return np.bincount(self._passages.rows["review"], minlength=len(self._ids["review"]))

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """Where each row's description stands in the matrix; -1 where it has none."""
        places = np.full(len(self._ids["description"]), -1, dtype=np.int64)
        rows = self._passages.rows["description"]
        places[rows] = np.arange(len(rows))
        return places

    def close(self) -> None:
        self._passages.close()
        with self._lock:
            if self._client is not None and not self._url:
                self._client.close()
            self._client = None
            self._collections = {}

    def _asked(self, vector: NDArray[np.float32], k: int, kind: Kind) -> list[tuple[Passage, int]]:
        """Chroma's answer with each passage's row, ties by ref."""
        with chroma.mapped(self._url):
            answer = self._collection(kind).query(query_embeddings=[vector], n_results=k, include=["distances"])
        scored = [(ref, 1.0 - distance) for ref, distance in zip(answer["ids"][0], answer["distances"][0], strict=True)]
        rows = self._passages.rows_of([ref for ref, _ in scored])
        found = [(Passage(ref, self._ids[kind][rows[ref]], score), rows[ref]) for ref, score in scored if ref in rows]
        return sorted(found, key=lambda pair: (-pair[0].score, pair[0].ref))

    def _exact(
        self, vector: NDArray[np.float32], k: int, kind: Kind, allowed: NDArray[np.bool_] | None
    ) -> list[Passage]:
        places = np.arange(len(self._passages.rows[kind])) if allowed is None else np.flatnonzero(allowed)
        scores = cosines(self._passages.matrix[kind], vector, places)
        best = np.argpartition(-scores, min(k, len(scores)) - 1)[:k]
        refs = self._passages.refs_of(kind, places[best])
        found = [
            Passage(refs[place], self._ids[kind][self._passages.rows[kind][place]], float(score))
            for place, score in zip(places[best].tolist(), scores[best], strict=True)
        ]
        return sorted(found, key=lambda passage: (-passage.score, passage.ref))

    def _collection(self, kind: Kind) -> Any:
        with self._lock:
            if kind not in self._collections:
                if self._client is None:
                    if not self._url and not (self._folder / "chroma").is_dir():  # which Chroma would make, empty
                        raise StoreError("This generation of the index is gone.", mend="Open the catalogue again.")
                    self._client = chroma.http(self._url) if self._url else chroma.embedded(self._folder / "chroma")
                collection = self._client.get_collection(_named(self._name, kind), embedding_function=None)
                _check(collection, self._stamp)
                self._collections[kind] = collection
            return self._collections[kind]


def _add(
    client: Any,
    folder: Path,
    name: str,
    stamp: Stamp,
    changed: dict[tuple[str, str], bool] | None,
    progress: Callable[[int, int], None],
) -> None:
    """Fills the collections from the matrices: everything, or only what `changed`."""
    listed = {kind: passages.refs(folder, kind) for kind in KINDS}
    total = sum(map(len, listed.values())) if changed is None else sum(changed.values())
    done = 0
    about = {"embedder": stamp.name, "dimension": stamp.dimension, "checksum": stamp.checksum}
    for kind in KINDS:
        refs = listed[kind]
        if changed is None:
            collection = client.create_collection(
                _named(name, kind), metadata=about, configuration=SEARCH, embedding_function=None
            )
        else:
            (collection,) = (c for c in client.list_collections() if c.name.endswith(f"-{kind}"))
            collection.modify(name=_named(name, kind))
            refs = [(ref, place) for ref, place in refs if changed.get((kind, ref))]
            gone = [ref for (of, ref), there in changed.items() if not there and of == kind]
            for start in range(0, len(gone), BATCH):
                collection.delete(ids=gone[start : start + BATCH])
        matrix = np.load(folder / f"{kind}.npy", mmap_mode="r")
        for start in range(0, len(refs), BATCH):
            some = refs[start : start + BATCH]
            collection.upsert(ids=[ref for ref, _ in some], embeddings=matrix[[place for _, place in some]])
            done += len(some)
            progress(done, total)


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
