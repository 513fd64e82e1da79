"""How well known every item is, and how much of that is recent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from chatrec.store.snapshot import Snapshot

LONG, SHORT = 1 / 2, 1 / 40
"""Half-lives of an interaction, as shares of the time that the interactions span: decades or weeks, as the data are."""

COUNTED = ("popularity", "rating_number", "rating_count", "ratings_count", "review_count", "reviews_count", "sales")
"""Facets that say how many people know an item; the first one there is counts."""

RATED = ("rating", "average_rating", "stars", "score")
"""Facets that say how good people found an item."""


@dataclass(frozen=True)
class Popularity:
    """Shares that sum to 1, a row an item: `known` of being well known, `recent` of what happened lately; all 0 where
    there is nothing to go by."""

    known: NDArray[np.float64]
    recent: NDArray[np.float64]


def build(folder: Path, rows: Sequence[int | None], times: Sequence[float | None], count: int) -> None:
    """Writes interactions an item: decayed slowly (`used`) and fast (`recent`), counted from the latest one.

    An interaction without a time is as old as the oldest.
    """
    place = np.asarray(rows, dtype=np.int64)
    when = np.asarray([np.nan if time is None else time for time in times], dtype=np.float64)
    known = when[np.isfinite(when)]
    span = float(np.ptp(known)) if len(known) else 0.0
    age = np.nan_to_num(known.max() - when, nan=span) / span if span else np.zeros(len(when))
    used = np.bincount(place, weights=0.5 ** (age / LONG), minlength=count)
    recent = np.bincount(place, weights=0.5 ** (age / SHORT), minlength=count) if span else np.zeros(count)
    np.savez(folder / "popularity.npz", used=used, recent=recent)


def of(folder: Path, snapshot: Snapshot) -> Popularity:
    """By behaviour where there is any: the mean of the shares in interactions and in past dialogues. Else by what the
    catalogue itself says: how many know an item, how many reviewed it, and how good they found it."""
    with np.load(folder / "popularity.npz", allow_pickle=False) as counted:
        used, recent = counted["used"], counted["recent"]
    named = np.asarray(snapshot.past.sets.sum(axis=0), dtype=np.float64).ravel()
    behaviour = [counts / counts.sum() for counts in (used, named) if counts.sum() > 0]
    known = np.mean(behaviour, axis=0) if behaviour else _told(snapshot)
    lately = recent / np.sqrt(used + 1.0)  # much lately, beside how much always
    return Popularity(known, lately / lately.sum() if lately.sum() > 0 else lately)


def _told(snapshot: Snapshot) -> NDArray[np.float64]:
    columns = snapshot.numbers
    counted = next((columns[name] for name in COUNTED if name in columns), None)
    counts = snapshot.vectors.reviews() if counted is None else np.maximum(np.nan_to_num(counted), 0.0)
    rated = next((columns[name] for name in RATED if name in columns), None)
    known = np.log1p(counts)
    if rated is not None and np.isfinite(rated).any():
        # Worse than half of the others halves it; unrated counts as middling.
        order = np.nan_to_num(rated, nan=float(np.nanmedian(rated)))
        known *= 0.5 + np.searchsorted(np.sort(order), order, side="right") / (2 * len(order))
    return known / known.sum() if known.sum() > 0 else known
