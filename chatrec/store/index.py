"""Builds generations: records into the item database, and from that the parts that are not there yet."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from chatrec.catalog import Record
from chatrec.embedding import Embedder
from chatrec.errors import CatalogNotFound, StoreError
from chatrec.store import aspects, house, manifest, parts, vectors
from chatrec.store.embeddings import Embeddings
from chatrec.store.failure import told
from chatrec.store.house import HouseRules
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
    """What an indexing did. `embedded` counts the passages that had to be embedded; `without_text` lists ids; `aspects`
    names what the reviews judge, the commonest first."""

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
    aspects: tuple[str, ...] = ()


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
    policy: Path | None = None,
    progress: Progress | None = None,
) -> IndexReport:
    """Brings the catalogue in `folder` up to date with `records`, and makes that the generation that is served.

    "update" adds and changes; "sync" also removes what the records lack, of each kind of record they have; "reset"
    starts from nothing. `policy` is a file of house rules to hold from now on; None: those that hold already do. Until
    the last moment the old generation is served, whatever happens. Raises what reading the records raises, CatalogError
    for rules that do not fit, StoreLocked while somebody else indexes, StoreError where the disk or Chroma fails.
    """
    tell = progress or (lambda *_: None)

    def change(ingest: Ingest) -> None:
        tell("reading", 0, 0)
        ingest.add(records, progress=lambda number: tell("reading", number, 0))
        if mode == "sync":
            ingest.remove_unseen()

    rules = house.rules_for(folder, policy)
    return _updated(folder, change, embedder, chroma_url, fresh=mode == "reset", tell=tell, rules=rules)


def delete_items(folder: Path, ids: Collection[str], embedder: Embedder, *, chroma_url: str = "") -> IndexReport:
    """Removes items; ids that there are none of are ignored. Raises CatalogNotFound before any indexing."""
    open_snapshot(folder, stamp=embedder.stamp, chroma_url=chroma_url).close()

    def change(ingest: Ingest) -> None:
        ingest.remove(ids)

    return _updated(folder, change, embedder, chroma_url, fresh=False, tell=lambda *_: None, rules=HouseRules())


def _updated(
    folder: Path,
    change: Callable[[Ingest], None],
    embedder: Embedder,
    url: str,
    *,
    fresh: bool,
    tell: Progress,
    rules: HouseRules,
) -> IndexReport:
    with told(folder), writing(folder):
        before = _before(folder, fresh=fresh)
        scratch = folder / "parts" / ".items"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        try:
            counts = _ingested(folder, scratch / "items.db", before, change)
            rules.check(scratch / "items.db")
            if before and _stands(before, embedder, url) and counts.nothing:
                rules.keep(folder)
                return _report(folder, before, counts, embedded=0)
            if fresh:
                (folder / "embeddings.db").unlink(missing_ok=True)
            return _published(folder, scratch, counts, embedder, url, before, tell, rules)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            if not manifest.current(folder):  # nothing half-written, but for what was embedded
                shutil.rmtree(folder / "parts", ignore_errors=True)


def _stands(before: Manifest, embedder: Embedder, url: str) -> bool:
    """Whether a generation need not be built again while its items stay as they are."""
    return before.stamp.matches(embedder.stamp) and before.server == bool(url) and parts.up_to_date(before.parts)


def _before(folder: Path, *, fresh: bool) -> Manifest | None:
    """What is built upon: what is served now; nothing for a new catalogue, or one that is started over."""
    generation = "" if fresh else manifest.current(folder)
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
    folder: Path,
    scratch: Path,
    counts: Counts,
    embedder: Embedder,
    url: str,
    before: Manifest | None,
    tell: Progress,
    rules: HouseRules,
) -> IndexReport:
    """Builds every part that is not there yet from the item database in `scratch`, and swaps the pointer."""
    stamp = embedder.stamp
    items = Items(scratch / "items.db")
    cache = Embeddings(folder / "embeddings.db", embedder)
    try:
        embedded = cache.fill(
            lambda: parts.texts_of(items),
            progress=lambda done, total: tell("embedding", done, total),
        )
        base = folder / "parts" / before.parts["vectors"] if before and before.stamp.matches(stamp) else None
        builder = parts.Builder(folder, items, cache, stamp=stamp, url=url, tell=tell)
        serial = int(manifest.current(folder).partition("-")[0] or 0) + 1
        generation = f"{serial:06d}-{builder.digest}"
        names = builder.build(generation, base=base, reuse=before is not None)
        cache.prune(entry.key for entry in builder.entries())
        count = len(items.ids)
    finally:
        items.close()
        cache.close()
    names["items"] = manifest.part(
        folder, f"items-{generation}", lambda target: _moved(scratch / "items.db", target / "items.db")
    )
    about = Manifest(generation, names, stamp, count, builder.passages, bool(url))
    rules.keep(folder)  # first: what is new must not be shown under rules that do not know of it
    manifest.publish(folder, about)
    gone = [name for name in manifest.sweep(folder) if name.startswith("vectors-")]
    if url:
        vectors.drop(url, (f"{folder.name}-{name}" for name in gone))
    return _report(folder, about, counts, embedded=embedded)


def _moved(source: Path, target: Path) -> None:
    source.rename(target)


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
        aspects=aspects.names_in(folder / "parts" / about.parts["aspects"]),
    )
