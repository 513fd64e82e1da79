"""Written claims, true and false ones: how many false ones the checker catches, how many true ones it refuses."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chatrec.catalog import Item
from chatrec.catalog.files import objects
from chatrec.claims import why_not
from chatrec.errors import EvaluationError
from chatrec.grounds import grounds_of, leanings_of
from chatrec.retriever import passages_of
from chatrec.rooms import Rooms
from chatrec.types import Evidence


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """Every row of the JSON Lines files in a folder. Raises EvaluationError where there is none."""
    found = [dict(row) for path in sorted(folder.glob("*.jsonl")) for _, row in objects(path)]
    if not found:
        raise EvaluationError(f"{folder} holds no rows.", mend="Name a folder with files of JSON Lines.")
    return found


def judged_claims(rooms: Rooms, rows: Iterable[dict[str, Any]]) -> tuple[float | None, float | None]:
    """The share of false claims that are caught, and of true ones that are refused; None where the catalogue has none
    of their items."""
    refused: dict[bool, list[bool]] = {True: [], False: []}
    for row in rows:
        item = rooms.item(row["item_id"])
        if item is not None:
            refused[bool(row["supported"])].append(bool(_refused(item, row)))
    return _share(refused[False]), _share(refused[True])


def _refused(item: Item, row: dict[str, Any]) -> str:
    evidence = tuple(Evidence(ref, item.id, text) for ref, text in passages_of(item).items())
    grounds = grounds_of(item, evidence)
    known = {"title": item.title, "request": row["message"], "reviews": len(item.reviews)}
    return why_not(row["sentence"], row["refs"], grounds, ratings=leanings_of(item), **known)


def _share(found: list[bool]) -> float | None:
    return sum(found) / len(found) if found else None
