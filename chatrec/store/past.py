"""Past dialogues on disk: who was where in a talk when which items had been named, to vote with and to learn from."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog import Dialogue
from chatrec.moments import memories
from chatrec.store import words
from chatrec.store.items import Items
from chatrec.store.words import Words


def build(folder: Path, items: Items) -> None:
    """Writes the memories of all dialogues: their ids, their words (BM25), and which items each had named."""
    dialogues = list(items.dialogues())
    found = [memory for dialogue in dialogues for memory in memories(dialogue)]
    about = {"memories": [memory.id for memory in found], "dialogues": [memory.dialogue_id for memory in found]}
    (folder / "memories.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    words.build(folder, (memory.text for memory in found))
    _save(folder / "votes.npz", [memory.items for memory in found], items)
    _save(folder / "sets.npz", [_named(dialogue) for dialogue in dialogues], items)
    (folder / "sets.json").write_text(json.dumps([dialogue.id for dialogue in dialogues]), encoding="utf-8")


class Past:
    """The past dialogues of one generation, or those of them that are not hidden.

    A memory is a dialogue up to one moment; memories are counted from 0, in the order of `ids`; `number` finds them.
    """

    def __init__(self, folder: Path, *, hidden: Collection[str] = frozenset()) -> None:
        about = json.loads((folder / "memories.json").read_text(encoding="utf-8"))
        self.ids: list[str] = about["memories"]
        self._dialogues: list[str] = about["dialogues"]
        self._folder = folder
        self._hidden = frozenset(hidden)
        self.number = {memory: number for number, memory in enumerate(self.ids)}
        self._words = Words(folder, range(len(self.ids)))

    def without(self, dialogue_ids: Collection[str]) -> Past:
        """The same, these dialogues hidden as well: what is learned for a dialogue is learned without it."""
        return Past(self._folder, hidden=self._hidden | set(dialogue_ids))

    @cached_property
    def mask(self) -> NDArray[np.bool_] | None:
        """Which memories may be used; None: all."""
        if not self._hidden:
            return None
        return np.asarray([dialogue not in self._hidden for dialogue in self._dialogues], dtype=bool)

    @cached_property
    def votes(self) -> Any:
        """Memories by items (a scipy CSR matrix), 1 where the item had been named; columns in the order of rows."""
        return _load(self._folder / "votes.npz")

    @cached_property
    def sets(self) -> Any:
        """Dialogues by items, 1 where a dialogue names the item; the hidden ones are left out."""
        ids = json.loads((self._folder / "sets.json").read_text(encoding="utf-8"))
        return _load(self._folder / "sets.npz")[[dialogue not in self._hidden for dialogue in ids]]

    def search(self, text: str, k: int) -> list[tuple[int, float]]:
        """(memory, BM25 score) of the `k` memories nearest by words, best first."""
        return self._words.search(text, k, mask=self.mask)


def _named(dialogue: Dialogue) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item_id for utterance in dialogue.utterances for item_id in utterance.items))


def _save(path: Path, named: Iterable[tuple[str, ...]], items: Items) -> None:
    from scipy.sparse import csr_matrix, save_npz

    rows = [[row for item_id in ids if (row := items.row(item_id)) is not None] for ids in named]
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.asarray([row for some in rows for row in some], dtype=np.int32)
    shape = (len(rows), len(items.ids))
    save_npz(path, csr_matrix((np.ones(len(columns), dtype=np.float32), columns, starts), shape=shape))


def _load(path: Path) -> Any:
    from scipy.sparse import load_npz

    return load_npz(path).tocsr()
