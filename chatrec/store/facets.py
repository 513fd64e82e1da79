"""Facets as columns on disk, memory-mapped, and the masks that constraints make of them."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatrec.catalog import Item, Value
from chatrec.catalog.schema import Facet, comparable, day, from_json, to_json
from chatrec.store.facet_space import FacetSpace, FacetTable
from chatrec.types import Constraint

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]


def build(folder: Path, items: Iterable[Item], schema: Mapping[str, Facet]) -> None:
    """Writes a column for each facet: numbers as they are, texts as codes into the facet's sorted values."""
    columns: dict[str, _Writer] = {name: _Writer(facet) for name, facet in schema.items()}
    for item in items:
        for name, column in columns.items():
            column.add(item.attributes.get(name))
    for place, (_, column) in enumerate(sorted(columns.items())):
        column.save(folder / str(place))
    (folder / "schema.json").write_text(json.dumps(to_json(schema), ensure_ascii=False), encoding="utf-8")


@dataclass(frozen=True)
class _Held:
    """A facet of texts turned round: `rows` of the items that hold `values[i]` stand from `starts[i]` on; and as it
    was: the `codes` of the values that row i holds stand from `firsts[i]` on."""

    values: list[str]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    codes: NDArray[np.int32]
    firsts: NDArray[np.int64]

    def of(self, text: str) -> NDArray[np.int64]:
        place = bisect_left(self.values, text)
        if place == len(self.values) or self.values[place] != text:
            return self.rows[:0]
        return self.rows[self.starts[place] : self.starts[place + 1]]

    def containing(self, text: str) -> NDArray[np.int64]:
        """Rows of the values in which `text` stands as whole words."""
        pattern = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
        places = [place for place, value in enumerate(self.values) if pattern.search(value)]
        return np.concatenate(
            [self.rows[:0], *(self.rows[self.starts[place] : self.starts[place + 1]] for place in places)]
        )


class Facets:
    """The columns of one generation; each is opened when a constraint first asks for it, and stays open."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count
        self.schema = from_json(json.loads((folder / "schema.json").read_text(encoding="utf-8")))
        self._places = {name: str(place) for place, name in enumerate(sorted(self.schema))}
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._held: dict[str, _Held] = {}

    def mask(self, constraints: Iterable[Constraint]) -> Mask:
        """Which rows meet every constraint; a facet the catalogue lacks is met by none but op "none" and "outside"."""
        allowed = np.ones(self._count, dtype=bool)
        for constraint in constraints:
            met = self._met(constraint)
            allowed &= ~met if constraint.op in ("none", "outside") else met
        return allowed

    def numbers(self) -> dict[str, NDArray[np.float64]]:
        """The columns of numbers and dates (as days) by facet, NaN where an item has none."""
        return {name: self._column(name) for name, facet in self.schema.items() if facet.kind in ("number", "date")}

    def texts(self) -> dict[str, list[tuple[str, int]]]:
        """The values of every facet that holds no numbers, as they are compared, with how many items hold each."""
        found: dict[str, list[tuple[str, int]]] = {}
        for name, facet in self.schema.items():
            if facet.kind not in ("number", "date"):
                values, codes, _ = self._texts(name)
                found[name] = list(zip(values, np.bincount(codes, minlength=len(values)).tolist(), strict=True))
        return found

    def held(self, name: str, rows: Rows) -> tuple[list[str], Rows, Rows]:
        """The values of a facet of texts, and of every value that one of these rows holds its code and the place of
        the row among `rows`."""
        held = self._holding(name)
        counts = held.firsts[rows + 1] - held.firsts[rows]
        before = np.repeat(np.cumsum(counts) - counts, counts)
        at = np.repeat(held.firsts[rows], counts) + np.arange(len(before)) - before
        return held.values, held.codes[at].astype(np.int64), np.repeat(np.arange(len(rows)), counts)

    def space(self, *, most: int) -> FacetSpace:
        """The `most` commonest facets of lists and categories as matrices."""
        from bm25s.stopwords import STOPWORDS_EN

        chosen = [facet for facet in self.schema.values() if facet.kind in ("list", "category")]
        chosen = sorted(chosen, key=lambda facet: (-facet.count, facet.name))[:most]
        return FacetSpace([self._table(facet.name) for facet in chosen], ignored=frozenset(STOPWORDS_EN))

    def _table(self, name: str) -> FacetTable:
        values, codes, starts = self._texts(name)
        held = csr_matrix((np.ones(len(codes)), codes, np.append(starts, len(codes))), shape=(self._count, len(values)))
        return FacetTable.of(name, values, held)

    def _met(self, constraint: Constraint) -> Mask:
        """Rows that hold one of the values, or lie on the right side of the bound."""
        facet = self.schema.get(constraint.facet)
        if facet is None:
            return np.zeros(self._count, dtype=bool)
        if facet.kind not in ("number", "date"):
            met = np.zeros(self._count, dtype=bool)
            held = self._holding(facet.name)
            for value in constraint.values:
                met[held.of(comparable(value)) if facet.kind != "text" else held.containing(comparable(value))] = True
            return met
        column = self._column(facet.name)
        wanted = [_number(value) for value in constraint.values]
        if constraint.op == "min":
            return np.asarray(column >= wanted[0])
        if constraint.op == "max":
            return np.asarray(column <= wanted[0])
        if constraint.op in ("above", "below"):
            return np.asarray(column > wanted[0] if constraint.op == "above" else column < wanted[0])
        if constraint.op in ("within", "outside"):
            ranges = zip(wanted[::2], wanted[1::2], strict=True)
            return np.asarray(np.any([(column >= low) & (column <= high) for low, high in ranges], axis=0))
        return np.asarray(np.isin(column, [value for value in wanted if not np.isnan(value)]))

    def _column(self, name: str) -> NDArray[np.float64]:
        if name not in self._numbers:  # two threads may both open it: the same file, mapped twice
            self._numbers[name] = np.asarray(np.load(self._folder / self._places[name] / "numbers.npy", mmap_mode="r"))
        return self._numbers[name]

    def _holding(self, name: str) -> _Held:
        if name not in self._held:
            values, codes, starts = self._texts(name)
            rows = np.repeat(np.arange(self._count), np.diff(starts, append=len(codes)))
            bounds = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(values)))])
            firsts = np.append(starts, len(codes))
            self._held[name] = _Held(values, rows[np.argsort(codes, kind="stable")], bounds, codes, firsts)
        return self._held[name]

    def _texts(self, name: str) -> tuple[list[str], NDArray[np.int32], NDArray[np.int64]]:
        """A facet's sorted values, every item's codes into them, and where each item's codes start."""
        folder = self._folder / self._places[name]
        values: list[str] = json.loads((folder / "values.json").read_text(encoding="utf-8"))
        return values, np.load(folder / "codes.npy"), np.load(folder / "starts.npy")


class _Writer:
    """One facet's column while it is filled row by row."""

    def __init__(self, facet: Facet) -> None:
        self._numeric = facet.kind in ("number", "date")
        self._numbers: list[float] = []
        self._codes: list[int] = []
        self._starts: list[int] = [0]
        self._code_of: dict[str, int] = {}

    def add(self, value: Value | None) -> None:
        if self._numeric:
            self._numbers.append(np.nan if value is None or isinstance(value, tuple) else _number(value))
            return
        texts = () if value is None else value if isinstance(value, tuple) else (value,)
        for text in dict.fromkeys(comparable(text) for text in texts):
            self._codes.append(self._code_of.setdefault(text, len(self._code_of)))
        self._starts.append(len(self._codes))

    def save(self, folder: Path) -> None:
        folder.mkdir()
        if self._numeric:
            np.save(folder / "numbers.npy", np.asarray(self._numbers, dtype=np.float64))
            return
        values = sorted(self._code_of)
        place = np.empty(len(values), dtype=np.int32)
        for new, text in enumerate(values):
            place[self._code_of[text]] = new
        np.save(folder / "codes.npy", place[np.asarray(self._codes, dtype=np.int64)])
        np.save(folder / "starts.npy", np.asarray(self._starts[:-1], dtype=np.int64))
        (folder / "values.json").write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")


def _number(value: object) -> float:
    """A number as it is, an ISO date as its day, NaN for what is neither."""
    if isinstance(value, bool | int | float):
        return float(value)
    return day(str(value))
