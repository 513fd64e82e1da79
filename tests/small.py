"""Small catalogues behind a whole ChatRec, in a moment: no embedding model is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from catalogues import FILMS, LAMPS, RESTAURANTS, Row
from hash_embedder import HashEmbedder

from chatrec import ChatRec, Settings

ROWS = {"films": FILMS, "restaurants": RESTAURANTS, "lamps": LAMPS}
TIMES = 4


def small(home: Path, name: str) -> ChatRec:
    """The catalogue of that name, each of its items a few times over, with numbers a little apart."""
    rec = ChatRec(Settings(home=home, catalog=name, llm="builtin"))
    rec.embedder = HashEmbedder()
    rec.index([record for time in range(TIMES) for record in records(ROWS[name], time)])
    return rec


def records(rows: Sequence[tuple[str, Row]], time: int) -> list[dict[str, object]]:
    made: list[dict[str, object]] = []
    for title, row in rows:
        name = title if not time else f"{title} {'I' * (time + 1)}"
        numbers = {
            key: value + time
            for key, value in row.items()
            if isinstance(value, int | float) and not isinstance(value, bool) and key != "rating"
        }
        reviews = [
            {"id": "1", "text": f"I was glad of {name}. It is a delight, and I recommend it.", "rating": 5},
            {"id": "2", "text": f"I was sorry about {name}. It is a dreadful disappointment.", "rating": 1},
        ]
        listed = {key: list(value) if isinstance(value, tuple) else value for key, value in row.items()}
        made.append(
            {
                "id": name.lower().replace(" ", "-"),
                "title": name,
                "description": f"{name} is what it says. Nothing else is quite like {name}.",
                "reviews": reviews,
                **listed,
                **numbers,
            }
        )
    return made
