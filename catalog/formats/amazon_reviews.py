"""Amazon Reviews 2023 (Hou et al.): item metadata files and review files, JSON Lines, told apart by name or content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import first_object, objects, stem
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, content_id, id_from, interaction_from, item_from, review_from
from chatrec.errors import BadRecord

TITLE = "Amazon Reviews 2023, item metadata or reviews"

KEPT = ("main_category", "average_rating", "rating_number", "price", "store", "categories")
"""Fields of the metadata that become facets as they are; `details` gives one each."""


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith((".jsonl", ".json")):
        return ""
    first = first_object(path)
    if "parent_asin" not in first:
        return ""
    return "its lines have a parent_asin and " + ("a user_id: reviews" if "user_id" in first else "a title: items")


def read(path: Path) -> Iterator[Record | BadRecord]:
    yield from each(path, objects(path), _records)


def _records(value: Any, where: Where) -> Iterator[Record]:
    if not isinstance(value, dict) or "parent_asin" not in value:
        raise where.bad("parent_asin", "expected an object with a parent_asin")
    if "user_id" in value:
        yield from _review(value, where)
    else:
        yield _item(value, where)


def _item(value: dict[str, Any], where: Where) -> Record:
    texts = [text for name in ("description", "features") for text in value.get(name) or [] if isinstance(text, str)]
    details = {name: detail for name, detail in (value.get("details") or {}).items() if isinstance(detail, str)}
    mapping = {
        "id": value["parent_asin"],
        "title": value.get("title") or value["parent_asin"],
        "description": "\n".join(texts),
        **details,
        **{name: value.get(name) for name in KEPT},
        "image": _image(value),
    }
    mapping["price"] = _price(value.get("price"))
    return item_from(mapping, file=where.file, line=where.line)


def _review(value: dict[str, Any], where: Where) -> Iterator[Record]:
    """What was written, where there is any text, and that it was bought or used."""
    item_id = id_from(value["parent_asin"], "parent_asin", where)
    said = ". ".join(str(value[name]).strip() for name in ("title", "text") if str(value.get(name) or "").strip())
    user, time = value["user_id"], value.get("timestamp")
    if said:
        mapping = {"id": content_id(f"{user} {time} {said}"), "text": said, "rating": value.get("rating")}
        yield review_from({**mapping, "source": "Amazon"}, item_id, where=where)
    seconds = time / 1000 if isinstance(time, int | float) else None
    yield interaction_from(
        {"user": user, "item": item_id, "rating": value.get("rating"), "timestamp": seconds}, where=where
    )


def _price(value: Any) -> float | None:
    try:
        return float(str(value).replace("$", "").replace(",", "").split("-")[0])
    except ValueError:
        return None


def _image(value: dict[str, Any]) -> str | None:
    for image in value.get("images") or []:
        if isinstance(image, dict) and isinstance(image.get("large"), str):
            return str(image["large"])
    return None
