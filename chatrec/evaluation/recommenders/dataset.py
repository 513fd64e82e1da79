"""Interactions to learn from and to be measured on, with what is written about their items."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatrec.catalog import Interaction, Item, Record
from chatrec.catalog.schema import comparable, profile
from chatrec.embedding import Embedder
from chatrec.errors import EvaluationError
from chatrec.recommenders import TrainingData
from chatrec.store.embeddings import Embeddings
from chatrec.store.words import text_of

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class DataSet:
    """One interaction a place of `users` and `items` (numbers of users, and of items in `item_ids`), user after user,
    each in order of time; of equal times the smaller item id first. Every interaction is a positive, whatever its
    rating.

    `item_ids` are in alphabetical order, so that ties break by item id; `texts`, `facets` and `vectors` are as in
    TrainingData. Only items that somebody used are in it.
    """

    name: str
    item_ids: tuple[str, ...]
    users: Ints
    items: Ints
    count: int
    """How many users there are, with or without an interaction."""

    texts: tuple[str, ...] = ()
    facets: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    vectors: NDArray[np.float32] | None = None

    def only(self, kept: NDArray[np.bool_]) -> DataSet:
        """The same users and items with only these interactions."""
        return replace(self, users=self.users[kept], items=self.items[kept])

    def histories(self) -> list[Ints]:
        """Every user's items in order of time."""
        return np.split(self.items, np.cumsum(np.bincount(self.users, minlength=self.count))[:-1])

    def training(self) -> TrainingData:
        """What recommender models are handed."""
        shape = (self.count, len(self.item_ids))
        used = csr_matrix((np.ones(len(self.items), dtype=np.float32), (self.users, self.items)), shape=shape)
        return TrainingData(
            self.item_ids,
            used,
            sequences=self.histories(),
            texts=self.texts,
            vectors=self.vectors,
            facets=self.facets,
        )

    @cached_property
    def digest(self) -> str:
        """Names all that is in it."""
        digest = hashlib.sha256(json.dumps([self.item_ids, self.texts, self.facets], sort_keys=True).encode())
        for array in (self.users, self.items, self.vectors):
            digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]


def of_records(
    name: str,
    records: Iterable[Record],
    *,
    embed: Callable[[Sequence[str]], NDArray[np.float32]] | None = None,
) -> DataSet:
    """A data set of a catalogue's records; `embed` makes the vectors of texts, where there are any.

    Of a user's several interactions with an item the first counts. Raises EvaluationError where there are none.
    """
    found: dict[tuple[str, str], float] = {}
    catalog: dict[str, Item] = {}
    for record in records:
        if isinstance(record, Item):
            catalog[record.id] = record
        elif isinstance(record, Interaction):
            when = -np.inf if record.timestamp is None else record.timestamp
            pair = (record.user_id, record.item_id)
            found[pair] = min(found.get(pair, when), when)
    if not found:
        raise EvaluationError(
            f"There are no interactions in {name}.", mend="Name files of user, item and timestamp, such as ratings."
        )
    user_ids, item_ids = (tuple(sorted({pair[place] for pair in found})) for place in (0, 1))
    user_of, item_of = ({key: number for number, key in enumerate(keys)} for keys in (user_ids, item_ids))
    rows = sorted((user_of[user], when, item_of[item]) for (user, item), when in found.items())
    written = [catalog.get(item_id) for item_id in item_ids]
    texts = tuple(text_of(item) if item else "" for item in written)
    return DataSet(
        name,
        item_ids,
        np.asarray([user for user, _, _ in rows], dtype=np.int64),
        np.asarray([item for _, _, item in rows], dtype=np.int64),
        len(user_ids),
        texts=texts if any(texts) else (),
        facets=_facets(written) if any(texts) else (),
        vectors=_vectors(texts, embed) if embed and any(texts) else None,
    )


def embedding(
    embedder: Callable[[], Embedder], path: Path, progress: Callable[[int, int], None]
) -> Callable[..., NDArray[np.float32]]:
    """A function from texts to unit vectors that keeps what it has embedded in the file `path`; the embedder is loaded
    when there is a text."""

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = Embeddings(path, embedder())
        try:
            kept.fill(lambda: texts, progress=progress)
            return kept.get([kept.key(text) for text in texts])
        finally:
            kept.close()

    return embed


def _facets(items: Sequence[Item | None]) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    """The values of every facet of texts, as they are compared."""
    schema = profile(item for item in items if item)
    names = sorted(name for name, facet in schema.items() if facet.kind in ("list", "category"))
    return tuple(
        {name: _compared(item.attributes[name]) for name in names if name in item.attributes} if item else {}
        for item in items
    )


def _compared(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(comparable(str(text)) for text in (value if isinstance(value, tuple) else (value,))))


def _vectors(texts: Sequence[str], embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> NDArray[np.float32]:
    written = [place for place, text in enumerate(texts) if text]
    known = embed([texts[place] for place in written])
    vectors = np.zeros((len(texts), known.shape[1]), dtype=np.float32)
    vectors[written] = known
    return vectors
