"""What has been learned for a catalogue: recommender models and a fusion, as `chatrec train` left them on disk."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from chatrec import plugins
from chatrec.errors import StoreError, TrainingError
from chatrec.recommenders import Recommender, TrainingData, sequences_of
from chatrec.store import manifest
from chatrec.store.index import Snapshot

T = TypeVar("T")

MODELS = ("ease", "cooccurrence")
"""The recommender models that training always fits."""

QUICK = ("content", "cooccurrence", "ease", "itemknn", "mf_als", "mf_bpr", "popularity")
"""Recommender models that are fitted when they are first asked for; the others take minutes, and PyTorch."""

FORMAT = 1


def current(folder: Path) -> str:
    """Which training of the catalogue in `folder` is in use; empty where there was none."""
    pointer = folder / "TRAINED"
    return pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else ""


def publish(folder: Path, name: str) -> None:
    """Makes the training `trained/<name>` the one in use, at once for every process."""
    manifest.written(folder / "TRAINED", name)


def about(folder: Path) -> dict[str, Any]:
    """What the training in use wrote down of itself; empty without one. Raises StoreError for what is damaged."""
    name = current(folder)
    if not name:
        return {}
    try:
        known: dict[str, Any] = json.loads((folder / "trained" / name / "about.json").read_text(encoding="utf-8"))
        if known["format"] != FORMAT:
            raise ValueError("another format")
    except (OSError, ValueError, KeyError) as exc:
        raise StoreError("What was learned for this catalogue is damaged.", mend="Run: chatrec train") from exc
    return known


class Learned:
    """Routes are handed this beside the snapshot. Safe to share between threads.

    A recommender model that was trained is read from `folder`; any other is fitted on the snapshot's interactions and
    past dialogues when it is first asked for, with seed 0, if that is quick or `eager` names it.
    """

    def __init__(self, snapshot: Snapshot, folder: Path | None = None, *, eager: Collection[str] = ()) -> None:
        self._snapshot, self._folder, self._eager = snapshot, folder, eager
        self._lock = threading.Lock()
        self._models: dict[str, Recommender] = {}

    def has(self, name: str) -> bool:
        """Whether this recommender model can be had without an unforeseen wait."""
        return name in self._eager or bool(self._folder and (self._folder / name).is_dir())

    def recommender(self, name: str) -> Recommender:
        """The fitted recommender model of that name (`mf-als` is the file `mf_als`).

        Raises TrainingError where it has to be trained first.
        """
        name = name.replace("-", "_")
        with self._lock:
            if name not in self._models:
                kind = plugins.load("recommenders", name)
                if self._folder and (self._folder / name).is_dir():
                    self._models[name] = kind.load(self._folder / name)
                elif name not in QUICK and name not in self._eager:
                    raise TrainingError(
                        f"The recommender model {name} has not been trained for this catalogue.",
                        mend=f"Run: chatrec train --recommender {name}",
                    )
                else:
                    self._models[name] = kind()
                    self._models[name].fit(training_data(self._snapshot), seed=0)
            return self._models[name]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to learn from: neither interactions nor past dialogues."""
        return not self._snapshot.interactions.nnz and not self._snapshot.past.sets.nnz

    @property
    def fusion(self) -> Path | None:
        """The folder of the learned fusion; None where there is none, or it did worse than the untrained one."""
        return self._folder / "fusion" if self._folder and (self._folder / "fusion").is_dir() else None


def opened(snapshot: Snapshot, folder: Path, training: str) -> Learned:
    """With what the training of that name learned for the catalogue in `folder`; empty: with nothing."""
    return Learned(snapshot, folder / "trained" / training if training else None)


def training_data(snapshot: Snapshot, *more: Any) -> TrainingData:
    """Who used what and which past dialogue named what, one row each, and `more` such rows (users by items); what is
    written about the items is read when a recommender model first looks at it."""
    parts = [csr_matrix(part) for part in (snapshot.interactions, snapshot.past.sets, *more)]
    sequences = [sequences_of(part) for part in parts]
    if snapshot.sequences is not None:
        sequences[0] = snapshot.sequences
    ids = snapshot.items.ids
    return TrainingData(
        ids,
        csr_matrix(vstack(parts)),
        sequences=[sequence for some in sequences for sequence in some],
        texts=Later(len(ids), snapshot.texts),
        vectors=_vectors(snapshot),
        facets=Later(len(ids), snapshot.facets_of_items),
    )


def _vectors(snapshot: Snapshot) -> NDArray[np.float32] | None:
    """The vectors of the descriptions, a row an item, zeros where there is none; None where no item has one."""
    have, known = snapshot.vectors.of_items(snapshot.items.ids)
    if not have:
        return None
    vectors = np.zeros((snapshot.count, known.shape[1]), dtype=np.float32)
    vectors[np.isin(np.asarray(snapshot.items.ids), have)] = known  # both in the order of rows
    return vectors


class Later(Sequence[T]):
    """A sequence of known length that is read when an element is first asked for."""

    def __init__(self, length: int, read: Callable[[], Sequence[T]]) -> None:
        self._length, self._read = length, read

    @cached_property
    def _all(self) -> Sequence[T]:
        return self._read()

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        return self._all[place]
