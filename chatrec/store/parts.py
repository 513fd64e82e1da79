"""What is derived from the item database: vectors, words, facet columns, aspects, interactions, one part each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog import Item
from chatrec.catalog.schema import profile
from chatrec.embedding import Stamp
from chatrec.moments import memories
from chatrec.store import aspects, facets, manifest, past, popularity, vectors, words
from chatrec.store.embeddings import Embeddings
from chatrec.store.items import Items
from chatrec.store.passages import Entry, Kind


def passages_of(item: Item) -> Iterator[tuple[Kind, str, str]]:
    """(kind, ref, text) of everything written about an item; what is blank is left out."""
    if item.description.strip():
        yield "description", f"{item.id}#description", item.description
    for review in item.reviews:
        if review.text.strip():
            yield "review", f"{item.id}#review:{review.id}", review.text


def embedded_of(item: Item) -> Iterator[tuple[Kind, str, str]]:
    """(kind, ref, text) of everything of an item that has a vector: the passages, its description together with its
    title and the texts of its facets, as people ask for all of them at once; an item without one still has those."""
    yield "description", f"{item.id}#{'description' if item.description.strip() else 'title'}", words.text_of(item)
    yield from (passage for passage in passages_of(item) if passage[0] != "description")


def texts_of(items: Items) -> Iterator[str]:
    """Every text that has a vector."""
    yield from (text for item in items.all() for _, _, text in embedded_of(item))
    yield from (memory.text for dialogue in items.dialogues() for memory in memories(dialogue))


def up_to_date(names: Mapping[str, str]) -> bool:
    """Whether parts of these names are all that this version would build; older ones may lack aspects."""
    return names.get("aspects", "").startswith(f"aspects-{aspects.VERSION}-")


class Builder:
    """Builds the parts of one generation. `digest` names its passages, `passages` counts them."""

    def __init__(
        self,
        folder: Path,
        items: Items,
        cache: Embeddings,
        *,
        stamp: Stamp,
        url: str,
        tell: Callable[[str, int, int], None],
    ) -> None:
        self._folder, self._items, self._cache = folder, items, cache
        self._stamp, self._url, self._tell = stamp, url, tell
        self.digest = ""
        self._suffix = ""
        self.passages = 0
        self._count()

    def build(self, generation: str, *, base: Path | None, reuse: bool) -> dict[str, str]:
        """The name of every part by kind, each built unless it is there already and `reuse` allows to take it."""
        self._tell("building", 0, 0)
        self._suffix = "" if reuse else f"-{generation.partition('-')[0]}"
        texts = _hash(words.text_of(item) for item in self._items.all())
        schema = profile(self._items.all())
        return {
            "vectors": self._vectors(base),
            "words": self._part(
                f"words-{texts}{self._suffix}",
                lambda target: words.build(target, map(words.text_of, self._items.all())),
            ),
            "facets": self._part(
                f"facets-{generation}", lambda target: facets.build(target, self._items.all(), schema)
            ),
            "aspects": self._aspects(),
            "dialogues": self._part(f"dialogues-{generation}", lambda target: past.build(target, self._items)),
            "interactions": self._part(f"interactions-{generation}", lambda target: _interactions(target, self._items)),
        }

    def entries(self) -> Iterator[Entry]:
        """The passages of all items in the order of rows, and the memories of all past dialogues."""
        for row, item in enumerate(self._items.all()):
            for kind, ref, text in embedded_of(item):
                yield Entry(row, kind, ref, self._cache.key(text))
        for number, memory in enumerate(m for dialogue in self._items.dialogues() for m in memories(dialogue)):
            yield Entry(number, "dialogue", f"dialogue:{memory.id}", self._cache.key(memory.text))

    def _count(self) -> None:
        digest = hashlib.sha256()
        for entry in self.entries():
            digest.update(f"{entry.row} {entry.ref} ".encode("utf-8", "surrogatepass") + entry.key)
            self.passages += entry.kind != "dialogue"
        self.digest = digest.hexdigest()[:12]

    def _vectors(self, base: Path | None) -> str:
        name = f"vectors-{self.digest}-{self._stamp.checksum[:8]}{'-server' if self._url else ''}{self._suffix}"
        return self._part(
            name,
            lambda target: vectors.build(
                target,
                self.entries(),
                self._cache.get,
                stamp=self._stamp,
                base=base,
                url=self._url,
                name=f"{self._folder.name}-{name}",
                progress=lambda done, total: self._tell("storing vectors", done, total),
            ),
        )

    def _aspects(self) -> str:
        """Named by the reviews, and by what reads them: other code and another embedder see other aspects."""
        texts = _hash(
            f"{row} {review.id} {review.text}" for row, item in enumerate(self._items.all()) for review in item.reviews
        )
        return self._part(
            f"aspects-{aspects.VERSION}-{texts}-{self._stamp.checksum[:8]}{self._suffix}",
            lambda target: aspects.build(
                target,
                self._items,
                self._embedded,
                progress=lambda done, total: self._tell("finding aspects", done, total),
            ),
        )

    def _embedded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._cache.fill(lambda: texts, progress=lambda *_: None)
        return self._cache.get([self._cache.key(text) for text in texts])

    def _part(self, name: str, build: Callable[[Path], None]) -> str:
        return manifest.part(self._folder, name, build)


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
    _sequences(folder, where, values, [time for *_, time in rows])
    popularity.build(folder, where[1], [time for *_, time in rows], len(items.ids))


def _sequences(
    folder: Path,
    where: tuple[Sequence[int], Sequence[int | None]],
    values: NDArray[np.float32],
    times: Sequence[float | None],
) -> None:
    """Writes every user's items in order of time, the latest last; what has no time comes first, ties as they stand."""
    users, items = np.asarray(where[0], dtype=np.int64), np.asarray(where[1], dtype=np.int64)
    when = np.asarray([-np.inf if time is None else time for time in times], dtype=np.float64)
    order = np.lexsort((when, users))
    order = order[values[order] > 0]
    counts = np.bincount(users[order], minlength=int(users.max(initial=-1)) + 1)
    np.savez(folder / "sequences.npz", items=items[order], counts=counts)
