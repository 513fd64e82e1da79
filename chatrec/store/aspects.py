"""The aspects of a generation: what they are called, and for every item which of its reviews praise or blame them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.aspects.counting import Matcher, tone
from chatrec.aspects.finding import Noun, find
from chatrec.aspects.merging import merged
from chatrec.aspects.sentiment import tokens_of
from chatrec.aspects.values import Aspect
from chatrec.catalog import Item
from chatrec.store.items import Items

VERSION = 1
"""Counts up when the same reviews give other aspects."""

LONGEST = 6_000
"""Characters of a review that are read."""

DOUBT = 2
"""So many reviews that say neither are thought to be added to those of each item, whose few reviews may err."""

LEARNED_FROM = 20_000
"""Reviews, spread over the catalogue, among which aspects are looked for."""

SAID = ("rows", "aspects", "places", "judged")
"""What is kept of each time that a review names an aspect."""

Counts = NDArray[np.int64]
Embed = Callable[[Sequence[str]], NDArray[np.float32]]


def build(folder: Path, items: Items, embed: Embed, *, progress: Callable[[int, int], None]) -> None:
    """Finds the aspects in the reviews of all items and writes down how each review speaks of each."""
    total = sum(_written(review.text) for item in items.all() for review in item.reviews)
    step = max(1, -(-total // LEARNED_FROM))
    nouns = find(
        [_tokens(review.text) for review in item.reviews[(-row) % step :: step]] for row, item in enumerate(items.all())
    )
    nouns = merged(nouns, embed([noun.name for noun in nouns])) if nouns else []
    names = [{"name": noun.name, "keys": noun.keys} for noun in nouns]
    (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    _tables(folder, items.all(), nouns, len(items.ids), lambda done: progress(done, total))


def _tables(
    folder: Path, items: Iterable[Item], nouns: Sequence[Noun], count: int, progress: Callable[[int], None]
) -> None:
    """`said`: an entry for each aspect that a review names, in the order of rows; `tones`: how many reviews a row
    has, and how many of these praise and blame on the whole."""
    matcher = Matcher([noun.keys for noun in nouns])
    said: list[tuple[int, int, int, int]] = []
    tones = np.zeros((count, 3), dtype=np.int32)
    done = 0
    for row, item in enumerate(items):
        entries = []
        for place, review in enumerate(item.reviews):
            if not _written(review.text):
                continue
            tokens = _tokens(review.text)
            whole = tone(tokens)
            tones[row] += (1, whole > 0, whole < 0)
            entries += [(row, number, place, judged) for number, judged in matcher.judged(tokens).items()]
            done += 1
            if done % 500 == 0:
                progress(done)
        said += sorted(entries)
    table = np.asarray(said, dtype=np.int32).reshape(-1, 4)
    columns: dict[str, Any] = dict(zip(SAID, table.T, strict=True))
    np.savez(folder / "said.npz", **columns)
    np.save(folder / "tones.npy", tones)


def _tokens(text: str) -> list[str]:
    return tokens_of(text[:LONGEST])


def _written(text: str) -> bool:
    return bool(text.strip())


def names_in(folder: Path) -> tuple[str, ...]:
    """The names of the aspects that were written there, the commonest first."""
    return tuple(entry["name"] for entry in _read(folder))


def _read(folder: Path) -> list[dict[str, Any]]:
    known: list[dict[str, Any]] = json.loads((folder / "names.json").read_text("utf-8"))
    return known


class Aspects:
    """One generation's aspects; opened when first asked. `folder` None: the generation was indexed without them."""

    def __init__(self, folder: Path | None, items: Items) -> None:
        self._folder, self._items = folder, items

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Their names, the commonest first; empty where reviews have none, or were indexed before there were any."""
        return tuple(entry["name"] for entry in self._known)

    def of(self, item_id: str) -> tuple[Aspect, ...]:
        """How the reviews of an item speak of each aspect they name, the best supported first."""
        row = self._items.row(item_id)
        if row is None or not self.names:
            return ()
        start, end = self._starts[row : row + 2]
        if start == end:
            return ()
        (item,) = self._items.get([item_id])
        found: dict[int, list[tuple[str, int]]] = {}
        for entry in range(start, end):
            ref = f"{item_id}#review:{item.reviews[self._said['places'][entry]].id}"
            found.setdefault(int(self._said["aspects"][entry]), []).append((ref, int(self._said["judged"][entry])))
        reviews = int(self._tones[row, 0])
        some = [_aspect(self._known[number], entries, reviews) for number, entries in found.items()]
        return tuple(sorted(some, key=lambda one: (-one.praise - one.complaint, -one.mentions, one.name)))

    def praised(self, text: str) -> NDArray[np.float64] | None:
        """How much more praise than complaint the reviews of every row have for the aspects that a text wants to be
        good ("great service"): from -1 to 1, nearer to 0 the fewer reviews speak of them. None where it wants none."""
        asked = [number for number, judged in self._matcher.judged(tokens_of(text)).items() if judged > 0]
        return np.mean([_leaning(*self.balance(number)) for number in asked], axis=0) if asked else None

    @cached_property
    def tone(self) -> NDArray[np.float64]:
        """The same for praise on the whole; NaN where no review has any tone."""
        praise, blame = self._tones[:, 1], self._tones[:, 2]
        return np.where(praise + blame > 0, _leaning(praise, blame), np.nan)

    def balance(self, number: int) -> tuple[Counts, Counts]:
        """How many reviews of every row praise an aspect, and how many complain of it."""
        chosen = self._said["aspects"] == number
        rows, judged = self._said["rows"][chosen], self._said["judged"][chosen]
        count = len(self._starts) - 1
        return np.bincount(rows[judged > 0], minlength=count), np.bincount(rows[judged < 0], minlength=count)

    @cached_property
    def _known(self) -> list[dict[str, Any]]:
        return [] if self._folder is None else _read(self._folder)

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher([entry["keys"] for entry in self._known])

    @cached_property
    def _said(self) -> Mapping[str, Counts]:
        if self._folder is None:
            return {name: np.zeros(0, dtype=np.int64) for name in SAID}
        with np.load(self._folder / "said.npz", allow_pickle=False) as kept:
            return {name: kept[name].astype(np.int64) for name in SAID}

    @cached_property
    def _starts(self) -> Counts:
        """Where the entries of each row begin, and where the last ends."""
        return np.searchsorted(self._said["rows"], np.arange(len(self._items.ids) + 1))

    @cached_property
    def _tones(self) -> Counts:
        if self._folder is None:
            return np.zeros((len(self._items.ids), 3), dtype=np.int64)
        tones: Counts = np.load(self._folder / "tones.npy", allow_pickle=False).astype(np.int64)
        return tones


def _leaning(praise: Counts, complaint: Counts) -> NDArray[np.float64]:
    return np.asarray((praise - complaint) / (praise + complaint + DOUBT), dtype=np.float64)


def _aspect(known: Mapping[str, Any], entries: Sequence[tuple[str, int]], reviews: int) -> Aspect:
    praised = tuple(ref for ref, judged in entries if judged > 0)
    complained = tuple(ref for ref, judged in entries if judged < 0)
    also = tuple(" ".join(key) for key in known["keys"][1:])
    return Aspect(known["name"], len(praised), len(complained), len(entries), reviews, praised, complained, also)
