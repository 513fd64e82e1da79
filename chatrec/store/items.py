"""Items, reviews, interactions and dialogues in SQLite: the truth that everything else is derived from."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from chatrec.catalog import Dialogue, Item, Review, Utterance, Value

SCHEMA = """
CREATE TABLE item (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, description TEXT NOT NULL,
    attributes TEXT NOT NULL, hash BLOB NOT NULL
);
CREATE TABLE review (
    item_id TEXT NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, text TEXT NOT NULL, rating REAL,
    source TEXT NOT NULL, loose INTEGER NOT NULL, PRIMARY KEY (item_id, id)
) WITHOUT ROWID;
CREATE TABLE interaction (
    user_id TEXT NOT NULL, item_id TEXT NOT NULL, rating REAL, timestamp REAL, PRIMARY KEY (user_id, item_id)
) WITHOUT ROWID;
CREATE TABLE dialogue (id TEXT PRIMARY KEY, utterances TEXT NOT NULL) WITHOUT ROWID;
"""

FETCHED = 500
"""Items read in one query."""


def to_json(attributes: dict[str, Value]) -> str:
    return json.dumps(attributes, ensure_ascii=False)


def from_json(text: str) -> dict[str, Value]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(text).items()}


class Items:
    """One generation's items, read from disk as they are asked for; ids and their rows alone are kept in memory.

    Safe to share between threads.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        self._lock = threading.Lock()

    @cached_property
    def ids(self) -> Sequence[str]:
        """Every id, in the order of rows that masks and matrices use."""
        return [item_id for (item_id,) in self._rows("SELECT id FROM item ORDER BY row")]

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {item_id: row for row, item_id in enumerate(self.ids)}

    def row(self, item_id: str) -> int | None:
        return self._row_of.get(item_id)

    def get(self, item_ids: Sequence[str]) -> list[Item]:
        """The items of these ids in their order, with their reviews; unknown ids are left out."""
        found: dict[str, Item] = {}
        for start in range(0, len(item_ids), FETCHED):
            found |= {item.id: item for item in self._some(item_ids[start : start + FETCHED])}
        return [found[item_id] for item_id in item_ids if item_id in found]

    def all(self) -> Iterator[Item]:
        """Every item in the order of rows, a few hundred in memory at a time."""
        for start in range(0, len(self.ids), FETCHED):
            yield from self.get(self.ids[start : start + FETCHED])

    def titles(self) -> list[tuple[str, str, int | None]]:
        """(id, title, year) of every item; None where it has no whole number called `year`."""
        year = "CASE json_type(attributes, '$.year') WHEN 'integer' THEN json_extract(attributes, '$.year') END"
        return self._rows(f"SELECT id, title, {year} FROM item ORDER BY row")

    def dialogues(self) -> Iterator[Dialogue]:
        return map(_dialogue, self._rows("SELECT id, utterances FROM dialogue ORDER BY id"))

    def dialogue(self, dialogue_id: str) -> Dialogue | None:
        return next(map(_dialogue, self._rows("SELECT id, utterances FROM dialogue WHERE id = ?", [dialogue_id])), None)

    def interactions(self) -> list[tuple[str, str, float | None, float | None]]:
        """(user, item, rating, timestamp) of every interaction with an item there is."""
        return self._rows(
            "SELECT user_id, item_id, rating, timestamp FROM interaction JOIN item ON item.id = item_id"
            " ORDER BY user_id, item_id"
        )

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _some(self, item_ids: Sequence[str]) -> Iterator[Item]:
        marks = ",".join("?" * len(item_ids))
        reviews: dict[str, list[Review]] = {}
        for row in self._rows(
            f"SELECT item_id, id, text, rating, source FROM review WHERE item_id IN ({marks})"
            " ORDER BY item_id, loose, place, id",
            item_ids,
        ):
            reviews.setdefault(row[0], []).append(Review(*row))
        for item_id, title, description, attributes in self._rows(
            f"SELECT id, title, description, attributes FROM item WHERE id IN ({marks})", item_ids
        ):
            yield Item(item_id, title, description, from_json(attributes), tuple(reviews.get(item_id, ())))

    def _rows(self, query: str, parameters: Iterable[str] = ()) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            return self._connection.execute(query, tuple(parameters)).fetchall()


def _dialogue(row: tuple[str, str]) -> Dialogue:
    dialogue_id, utterances = row
    return Dialogue(
        dialogue_id, tuple(Utterance(role, text, tuple(items)) for role, text, items in json.loads(utterances))
    )
