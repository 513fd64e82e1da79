"""Records into a copy of the item database: what is added, changed, removed, and what stays."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Literal

from chatrec.catalog import Dialogue, Interaction, Item, Record, Review
from chatrec.store.items import to_json

REPORTED_EVERY = 500

KINDS = {"item": "id", "review": "item_id, id", "interaction": "user_id, item_id", "dialogue": "id"}
"""Table -> its key."""


@dataclass
class Counts:
    """Items added, changed, removed and unchanged; `others` counts changed reviews, interactions and dialogues."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    others: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.added or self.changed or self.removed or self.others)


class Ingest:
    """Writes records into an open database, in one transaction that the caller commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.counts = Counts()
        for table, key in KINDS.items():
            names = [name.strip() for name in key.split(",")]
            columns = ", ".join(names)
            self._db.execute(f"CREATE TEMP TABLE seen_{table} ({columns}, PRIMARY KEY ({columns})) WITHOUT ROWID")

    def add(self, records: Iterable[Record], *, progress: Callable[[int], None]) -> None:
        put: dict[type, Callable[..., None]] = {
            Item: self._item,
            Review: self._loose_review,
            Interaction: self._interaction,
            Dialogue: self._dialogue,
        }
        for number, record in enumerate(records, 1):
            put[type(record)](record)
            if number % REPORTED_EVERY == 0:
                progress(number)

    def remove(self, item_ids: Iterable[str]) -> None:
        """Removes items and what was written about them; their interactions stay, in case they come back."""
        for item_id in item_ids:
            self.counts.removed += self._db.execute("DELETE FROM item WHERE id = ?", (item_id,)).rowcount
            self._db.execute("DELETE FROM review WHERE item_id = ?", (item_id,))

    def remove_unseen(self) -> None:
        """Removes what the records did not have, of each kind of which they had any."""
        for table, key in KINDS.items():
            if not self._db.execute(f"SELECT EXISTS (SELECT 1 FROM seen_{table})").fetchone()[0]:
                continue
            unseen = f"FROM {table} WHERE ({key}) NOT IN (SELECT {key} FROM seen_{table})"
            if table == "item":
                self.remove([item_id for (item_id,) in self._db.execute(f"SELECT id {unseen}").fetchall()])
            else:
                self.counts.others += self._db.execute(f"DELETE {unseen}").rowcount

    def _item(self, item: Item) -> None:
        digest = _digest(item)
        known = self._db.execute("SELECT hash FROM item WHERE id = ?", (item.id,)).fetchone()
        self._db.execute("INSERT OR IGNORE INTO seen_item VALUES (?)", (item.id,))
        self._db.executemany(
            "INSERT OR IGNORE INTO seen_review VALUES (?, ?)", [(item.id, review.id) for review in item.reviews]
        )
        if known and known[0] == digest:
            self.counts.unchanged += 1
            return
        self.counts.changed += bool(known)
        self.counts.added += not known
        self._db.execute(
            "INSERT INTO item (id, title, description, attributes, hash) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO"
            " UPDATE SET title = excluded.title, description = excluded.description,"
            " attributes = excluded.attributes, hash = excluded.hash",
            (item.id, item.title, item.description, to_json(dict(item.attributes)), digest),
        )
        self._db.execute("DELETE FROM review WHERE item_id = ? AND NOT loose", (item.id,))
        for place, review in enumerate(item.reviews):
            self._review(review, place=place, loose=False)

    def _loose_review(self, review: Review) -> None:
        """A review that came by itself; its item may come later, or have come before."""
        self._db.execute("INSERT OR IGNORE INTO seen_review VALUES (?, ?)", (review.item_id, review.id))
        self.counts.others += self._review(review, place=0, loose=True)

    def _review(self, review: Review, *, place: int, loose: bool) -> int:
        return self._db.execute(
            "INSERT INTO review (item_id, id, place, text, rating, source, loose) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET place = excluded.place, text = excluded.text, rating = excluded.rating,"
            " source = excluded.source, loose = excluded.loose WHERE text <> excluded.text"
            " OR rating IS NOT excluded.rating OR source <> excluded.source",
            (review.item_id, review.id, place, review.text, review.rating, review.source, loose),
        ).rowcount

    def _interaction(self, interaction: Interaction) -> None:
        values = tuple(getattr(interaction, field.name) for field in fields(interaction))
        self._db.execute("INSERT OR IGNORE INTO seen_interaction VALUES (?, ?)", values[:2])
        self.counts.others += self._db.execute(
            "INSERT INTO interaction (user_id, item_id, rating, timestamp) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET rating = excluded.rating, timestamp = excluded.timestamp WHERE rating IS NOT excluded.rating"
            " OR timestamp IS NOT excluded.timestamp",
            values,
        ).rowcount

    def _dialogue(self, dialogue: Dialogue) -> None:
        self._db.execute("INSERT OR IGNORE INTO seen_dialogue VALUES (?)", (dialogue.id,))
        said = json.dumps([(u.role, u.text, u.items) for u in dialogue.utterances], ensure_ascii=False)
        self.counts.others += self._db.execute(
            "INSERT INTO dialogue (id, utterances) VALUES (?, ?) ON CONFLICT DO UPDATE SET"
            " utterances = excluded.utterances WHERE utterances <> excluded.utterances",
            (dialogue.id, said),
        ).rowcount


Mode = Literal["update", "sync", "reset"]


def _digest(item: Item) -> bytes:
    reviews = [(review.id, review.text, review.rating, review.source) for review in item.reviews]
    whole = json.dumps([item.title, item.description, to_json(dict(item.attributes)), reviews], ensure_ascii=False)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()
