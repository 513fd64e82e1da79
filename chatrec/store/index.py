"""Builds generations: records into the item database, and from that the parts that are not there yet."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from chatrec.catalog import Item, Record
from chatrec.embedding import Embedder
from chatrec.errors import CatalogNotFound, StoreError
from chatrec.store import facets, manifest, vectors, words
from chatrec.store.embeddings import Embeddings
from chatrec.store.failure import told
from chatrec.store.ingest import Counts, Ingest, Mode
from chatrec.store.items import SCHEMA, Items
from chatrec.store.lock import writing
from chatrec.store.manifest import Manifest
from chatrec.store.snapshot import Snapshot, open_snapshot

__all__ = [
    "IndexReport",
    "Progress",
    "Snapshot",
    "build_generation",
    "catalog_folder",
    "current_generation",
    "delete_items",
    "list_catalogs",
    "open_snapshot",
    "remove_catalog",
]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0: not known)."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What an indexing did. `embedded` counts the passages that had to be embedded; `without_text` lists ids."""

    generation: str
    items: int
    passages: int
    added: int
    changed: int
    removed: int
    unchanged: int
    embedded: int
    without_text: tuple[str, ...]
    interactions: int
    dialogues: int


def catalog_folder(home: Path, name: str) -> Path:
    """Where a catalogue lies. Raises StoreError for a name that is not a plain word."""
    if not NAME.fullmatch(name):
        raise StoreError(
            f"{name!r} cannot be the name of a catalogue.",
            mend="A name has up to 64 letters, digits and ._- characters and begins with a letter or digit.",
        )
    return home / "catalogs" / name


def list_catalogs(home: Path) -> list[str]:
    folders = (home / "catalogs").glob("*") if (home / "catalogs").is_dir() else ()
    return sorted(folder.name for folder in folders if manifest.current(folder))


def current_generation(folder: Path) -> str:
    """The generation that is served; empty where there is none."""
    return manifest.current(folder)


def remove_catalog(home: Path, name: str, *, chroma_url: str = "") -> None:
    """Deletes a catalogue's folder, and its collections in the Chroma server. Raises CatalogNotFound."""
    folder = catalog_folder(home, name)
    if not folder.is_dir():
        known = ", ".join(list_catalogs(home)) or "none yet"
        raise CatalogNotFound(f"There is no catalogue {name!r}.", mend=f"There are: {known}.")
    with told(folder), writing(folder):
        if chroma_url and (folder / "parts").is_dir():
            vectors.drop(chroma_url, (f"{name}-{part.name}" for part in (folder / "parts").glob("vectors-*")))
        (folder / "CURRENT").unlink(missing_ok=True)
        shutil.rmtree(folder / "parts", ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def build_generation(
    folder: Path,
    records: Iterable[Record],
    embedder: Embedder,
    *,
    chroma_url: str = "",
    mode: Mode = "update",
    progress: Progress | None = None,
) -> IndexReport:
    """Brings the catalogue in `folder` up to date with `records`, and makes that the generation that is served.

    "update" adds and changes; "sync" also removes what the records lack, of each kind of record they have; "reset"
    starts from nothing. Until the last moment the old generation is served, whatever happens. Raises what reading the
    records raises, StoreLocked while somebody else indexes, StoreError where the disk or Chroma fails.
    """
    tell = progress or (lambda *_: None)

    def change(ingest: Ingest) -> None:
        tell("reading", 0, 0)
        ingest.add(records, progress=lambda number: tell("reading", number, 0))
        if mode == "sync":
            ingest.remove_unseen()

    return _updated(folder, change, embedder, chroma_url, fresh=mode == "reset", tell=tell)


def delete_items(folder: Path, ids: Collection[str], embedder: Embedder, *, chroma_url: str = "") -> IndexReport:
    """Removes items; ids that there are none of are ignored. Raises CatalogNotFound before any indexing."""
    open_snapshot(folder, stamp=embedder.stamp, chroma_url=chroma_url).close()
    return _updated(folder, lambda ingest: ingest.remove(ids), embedder, chroma_url, fresh=False, tell=lambda *_: None)


def _updated(
    folder: Path, change: Callable[[Ingest], None], embedder: Embedder, url: str, *, fresh: bool, tell: Progress
) -> IndexReport:
    with told(folder), writing(folder):
        before = _before(folder)
        scratch = folder / "parts" / ".items"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        try:
            counts = _ingested(folder, scratch / "items.db", None if fresh else before, change)
            serving = before is not None and before.stamp.matches(embedder.stamp) and before.server == bool(url)
            if before and serving and counts.nothing and not fresh:
                return _report(folder, before, counts, embedded=0)
            return _published(folder, scratch, counts, embedder, url, before, tell)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _before(folder: Path) -> Manifest | None:
    """What is served now; None for a new catalogue, and for one that cannot be read and is made anew."""
    generation = manifest.current(folder)
    return manifest.read(folder, generation) if generation else None


def _ingested(folder: Path, path: Path, before: Manifest | None, change: Callable[[Ingest], None]) -> Counts:
    """Writes a changed copy of the item database to `path`."""
    if before:
        shutil.copyfile(folder / "parts" / before.parts["items"] / "items.db", path)
    db = sqlite3.connect(path)
    try:
        db.execute("PRAGMA synchronous=OFF")  # a copy that is thrown away unless everything succeeds
        db.execute("PRAGMA temp_store=FILE")
        if not before:
            db.executescript(SCHEMA)
        with db:
            ingest = Ingest(db)
            change(ingest)
        return ingest.counts
    finally:
        db.close()


def _published(
    folder: Path, scratch: Path, counts: Counts, embedder: Embedder, url: str, before: Manifest | None, tell: Progress
) -> IndexReport:
    """Builds every part that is not there yet from the item database in `scratch`, and swaps the pointer."""
    items = Items(scratch / "items.db")
    cache = Embeddings(folder / "embeddings.db", embedder)
    try:
        embedded = cache.fill(
            lambda: (text for item in items.all() for _, _, text in _passages(item)),
            progress=lambda done, total: tell("embedding", done, total),
        )
        tell("building", 0, 0)
        entries, passages, key = _entries(items, cache)
        stamp = embedder.stamp
        names = {"vectors": f"vectors-{key}-{stamp.checksum[:8]}{'-server' if url else ''}"}
        base = folder / "parts" / before.parts["vectors"] if before and before.stamp.matches(stamp) else None
        manifest.part(
            folder,
            names["vectors"],
            lambda target: vectors.build(
                target,
                entries,
                cache.get,
                stamp=stamp,
                base=base,
                url=url,
                name=f"{folder.name}-{names['vectors']}",
                progress=lambda done, total: tell("storing vectors", done, total),
            ),
        )
        names["words"] = manifest.part(
            folder,
            "words-" + _hash(words.text_of(item) for item in items.all()),
            lambda target: words.build(target, (words.text_of(item) for item in items.all())),
        )
        schema = facets.schema_of(items.all())
        serial = f"{int(before.generation.split('-')[0]) + 1 if before else 1:06d}"
        number = f"{serial}-{key}"
        names["facets"] = manifest.part(
            folder, f"facets-{number}", lambda target: facets.build(target, items.all(), schema)
        )
        names["interactions"] = manifest.part(
            folder, f"interactions-{number}", lambda target: _interactions(target, items)
        )
        cache.prune(entry.key for entry in entries())
    finally:
        count = len(items.ids)
        items.close()
        cache.close()
    names["items"] = manifest.part(folder, f"items-{number}", lambda target: _moved(scratch, target))
    about = Manifest(number, names, stamp, count, passages, bool(url))
    manifest.publish(folder, about)
    gone = [name for name in manifest.sweep(folder) if name.startswith("vectors-")]
    if url:
        vectors.drop(url, (f"{folder.name}-{name}" for name in gone))
    return _report(folder, about, counts, embedded=embedded)


def _moved(scratch: Path, target: Path) -> None:
    (scratch / "items.db").rename(target / "items.db")


def _passages(item: Item) -> Iterator[tuple[vectors.Kind, str, str]]:
    """(kind, ref, text) of everything written about an item; what is blank is left out."""
    if item.description.strip():
        yield "description", f"{item.id}#description", item.description
    for review in item.reviews:
        if review.text.strip():
            yield "review", f"{item.id}#review:{review.id}", review.text


def _entries(items: Items, cache: Embeddings) -> tuple[Callable[[], Iterator[vectors.Entry]], int, str]:
    """The passages of all items (to be gone through more than once), how many, and a hash over them."""

    def entries() -> Iterator[vectors.Entry]:
        for row, item in enumerate(items.all()):
            for kind, ref, text in _passages(item):
                yield vectors.Entry(row, kind, ref, cache.key(text))

    digest, count = hashlib.sha256(), 0
    for entry in entries():
        digest.update(f"{entry.row} {entry.ref} ".encode("utf-8", "surrogatepass") + entry.key)
        count += 1
    return entries, count, digest.hexdigest()[:12]


def _hash(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()[:12]


def _interactions(folder: Path, items: Items) -> None:
    from scipy.sparse import csr_matrix, save_npz

    rows = items.interactions()
    users = {user: place for place, user in enumerate(dict.fromkeys(user for user, *_ in rows))}
    values = np.asarray([1.0 if rating is None else rating for _, _, rating, _ in rows], dtype=np.float32)
    where = ([users[user] for user, *_ in rows], [items.row(item_id) for _, item_id, *_ in rows])
    save_npz(folder / "interactions.npz", csr_matrix((values, where), shape=(len(users), len(items.ids))))


def _report(folder: Path, about: Manifest, counts: Counts, *, embedded: int) -> IndexReport:
    path = folder / "parts" / about.parts["items"] / "items.db"
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        without = db.execute(
            "SELECT id FROM item WHERE trim(description) = '' AND id NOT IN (SELECT item_id FROM review) ORDER BY row"
        ).fetchall()
        (interactions,) = db.execute("SELECT count(*) FROM interaction").fetchone()
        (dialogues,) = db.execute("SELECT count(*) FROM dialogue").fetchone()
    finally:
        db.close()
    return IndexReport(
        generation=about.generation,
        items=about.count,
        passages=about.passages,
        added=counts.added,
        changed=counts.changed,
        removed=counts.removed,
        unchanged=counts.unchanged,
        embedded=embedded,
        without_text=tuple(item_id for (item_id,) in without),
        interactions=interactions,
        dialogues=dialogues,
    )
