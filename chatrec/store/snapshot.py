"""One generation of a catalogue, to read from: what a turn sees from start to end."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog import Dialogue
from chatrec.catalog.schema import Facet
from chatrec.embedding import Stamp
from chatrec.errors import CatalogNotFound, EmbedderMismatch, StoreError
from chatrec.store import manifest, popularity
from chatrec.store.aspects import Aspects
from chatrec.store.facet_space import FacetSpace
from chatrec.store.facets import Facets, Rows
from chatrec.store.failure import told
from chatrec.store.items import Items
from chatrec.store.past import Past
from chatrec.store.popularity import Popularity
from chatrec.store.vectors import Vectors
from chatrec.store.words import Words, text_of
from chatrec.types import Constraint

FACETS = 10
"""How many facets of a sort are used to compare items and to weigh routes: the commonest."""


class Snapshot:
    """Safe to share between threads, and whole even while the catalogue is indexed anew."""

    def __init__(self, folder: Path, about: manifest.Manifest, *, chroma_url: str) -> None:
        parts = {kind: folder / "parts" / name for kind, name in about.parts.items()}
        self.generation = about.generation
        self.count = about.count
        self.items = Items(parts["items"] / "items.db")
        self.aspects = Aspects(parts.get("aspects"), self.items)
        self.past = Past(parts["dialogues"])
        self.vectors = Vectors(
            parts["vectors"],
            ids={"description": self.items.ids, "review": self.items.ids, "dialogue": self.past.ids},
            name=f"{folder.name}-{about.parts['vectors']}",
            stamp=about.stamp,
            url=chroma_url if about.server else "",
            row=self.items.row,
        )
        self.words = Words(parts["words"], self.items.ids)
        self._facets = Facets(parts["facets"], about.count)
        self._interactions = parts["interactions"] / "interactions.npz"

    @property
    def schema(self) -> dict[str, Facet]:
        return self._facets.schema

    def mask(self, constraints: Iterable[Constraint], excluded: Collection[str]) -> NDArray[np.bool_] | None:
        """Which rows may come back: those that meet every constraint and are not excluded; None: all of them."""
        wanted = tuple(constraints)
        rows = [row for item_id in excluded if (row := self.items.row(item_id)) is not None]
        if not wanted and not rows:
            return None
        allowed = self._facets.mask(wanted)
        allowed[rows] = False
        return allowed

    def facet_texts(self) -> dict[str, list[tuple[str, int]]]:
        """Every facet's texts as they are compared, with how many items hold each."""
        return self._facets.texts()

    def held(self, facet: str, rows: Rows) -> tuple[list[str], Rows, Rows]:
        """The values of a facet of texts as they are compared, and of every value that one of these rows holds its
        place among them and the place of the row among `rows`."""
        return self._facets.held(facet, rows)

    @cached_property
    def facet_space(self) -> FacetSpace:
        return self._facets.space(most=FACETS)

    @cached_property
    def numbers(self) -> dict[str, NDArray[np.float64]]:
        """The columns of numbers and dates by facet, a value a row, NaN where there is none; the commonest facets."""
        schema = self.schema
        columns = self._facets.numbers()
        return {name: columns[name] for name in sorted(columns, key=lambda name: (-schema[name].count, name))[:FACETS]}

    @cached_property
    def popularity(self) -> Popularity:
        return popularity.of(self._interactions.parent, self)

    @cached_property
    def interactions(self) -> Any:
        """Users by items (a scipy CSR matrix): the rating where there is one, else 1; columns in the order of rows."""
        from scipy.sparse import load_npz

        return load_npz(self._interactions).tocsr()

    @cached_property
    def sequences(self) -> list[NDArray[np.int64]] | None:
        """The rows of the items that each user of `interactions` used, in order of time, the latest last; None where
        an older version indexed, which did not keep the order."""
        path = self._interactions.with_name("sequences.npz")
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as kept:
            return np.split(kept["items"], np.cumsum(kept["counts"])[:-1]) if len(kept["counts"]) else []

    def texts(self) -> list[str]:
        """What every item is found by, in the order of rows: its title, the texts of its facets, its description."""
        return [text_of(item) for item in self.items.all()]

    def facets_of_items(self) -> list[dict[str, tuple[str, ...]]]:
        """The values of every facet of texts that each item holds, as they are compared, in the order of rows."""
        found: list[dict[str, tuple[str, ...]]] = [{} for _ in range(self.count)]
        for name, facet in sorted(self.schema.items()):
            if facet.kind in ("list", "category"):
                values, codes, rows = self.held(name, np.arange(self.count))
                for code, row in zip(codes.tolist(), rows.tolist(), strict=True):
                    found[row][name] = (*found[row].get(name, ()), values[code])
        return found

    def without(self, dialogue_ids: Collection[str]) -> Snapshot:
        """The same, as if these past dialogues had never been: what is learned for a dialogue is learned without it."""
        other = copy.copy(self)
        other.past = self.past.without(dialogue_ids)
        other.__dict__.pop("popularity", None)
        return other

    def dialogues(self) -> Iterator[Dialogue]:
        return self.items.dialogues()

    def close(self) -> None:
        self.items.close()
        self.vectors.close()


def open_snapshot(folder: Path, *, stamp: Stamp | None = None, chroma_url: str = "") -> Snapshot:
    """The generation that is served now, to be searched with vectors of `stamp` (None: with none).

    Raises CatalogNotFound before any indexing, EmbedderMismatch where the index was built with another embedder.
    """
    with told(folder):
        generation = manifest.current(folder)
        if not generation:
            raise CatalogNotFound(
                f"There is no catalogue {folder.name!r} yet.",
                mend=f"Make it with: chatrec index PATH --catalog {folder.name}",
            )
        about = manifest.read(folder, generation)
        if stamp and not stamp.matches(about.stamp):
            raise EmbedderMismatch(
                f"The catalogue {folder.name!r} was indexed with the embedder {about.stamp.name}"
                f" ({about.stamp.checksum[:8]}), not with {stamp.name} ({stamp.checksum[:8]}).",
                mend=f"Set CHATREC_EMBEDDER={about.stamp.name}, or index its files again.",
            )
        if about.server != bool(chroma_url):
            raise StoreError(
                f"The vectors of {folder.name!r} lie in {'a Chroma server' if about.server else 'its own folder'}.",
                mend="Set CHATREC_CHROMA_URL to that server."
                if about.server
                else "Unset CHATREC_CHROMA_URL, or index its files again to put them into the server.",
            )
        try:
            return Snapshot(folder, about, chroma_url=chroma_url)
        except FileNotFoundError as exc:
            raise StoreError(
                f"A part of the index in {folder} is missing.", mend="Make it anew: chatrec index PATH --reset"
            ) from exc
