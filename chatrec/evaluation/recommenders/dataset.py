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
from scipy.sparse import block_diag, csr_matrix

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
    timed: bool = True
    """Whether a user's interactions are in order of time; if not, recommender models are told of no order."""

    others: tuple[DataSet, ...] = ()
    """Other domains, to pre-train on."""

    def only(self, kept: NDArray[np.bool_] | Ints) -> DataSet:
        """The same users and items with only these interactions, chosen or by place, users in their order."""
        return replace(self, users=self.users[kept], items=self.items[kept])

    def histories(self) -> list[Ints]:
        """Every user's items in order of time."""
        return np.split(self.items, np.cumsum(np.bincount(self.users, minlength=self.count))[:-1])

    def training(self) -> TrainingData:
        """What recommender models are handed; the ids of other domains' items begin with the domain's name."""
        shape = (self.count, len(self.item_ids))
        used = csr_matrix((np.ones(len(self.items), dtype=np.float32), (self.users, self.items)), shape=shape)
        own = TrainingData(
            self.item_ids,
            used,
            sequences=self.histories() if self.timed else (),
            texts=self.texts,
            vectors=self.vectors,
            facets=self.facets,
        )
        return _joined(own, self.others) if self.others else own

    @cached_property
    def digest(self) -> str:
        """Names all that is in it."""
        others = [(other.name, other.digest) for other in self.others]
        told = [self.item_ids, self.texts, self.facets, self.timed, others]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
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


def _joined(own: TrainingData, others: Sequence[DataSet]) -> TrainingData:
    """What is to be recommended for, and after it the items and users of the other domains. Raises EvaluationError
    where one of them has texts, vectors and facets and another has not."""
    parts = [own, *(other.training() for other in others)]
    if len({(bool(part.texts), part.vectors is not None, bool(part.facets)) for part in parts}) > 1:
        raise EvaluationError(
            "Only some of the data sets have texts.", mend="Name a file of items beside each file of interactions."
        )
    before = np.cumsum([0, *(len(part.item_ids) for part in parts)])
    names = ["", *(other.name for other in others)]
    return TrainingData(
        [f"{name}:{item}" if name else item for name, part in zip(names, parts, strict=True) for item in part.item_ids],
        csr_matrix(block_diag([part.interactions for part in parts])),
        sequences=[used + at for part, at in zip(parts, before, strict=False) for used in part.sequences],
        texts=[text for part in parts for text in part.texts],
        vectors=None if own.vectors is None else np.concatenate([part.vectors for part in parts]),
        facets=[facets for part in parts for facets in part.facets],
        domains=[name for name, part in zip(names, parts, strict=True) for _ in part.sequences],
    )


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
