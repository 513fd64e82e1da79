"""Amazon Reviews 2023 (Hou et al.): item metadata and reviews, JSON Lines told apart by content; ratings as CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import first_object, header, objects, rows, stem
from chatrec.catalog.formats import each
from chatrec.catalog.markup import plain
from chatrec.catalog.records import (
    Where,
    content_id,
    id_from,
    interaction_from,
    item_from,
    number_from,
    review_from,
)
from chatrec.errors import BadRecord

TITLE = "Amazon Reviews 2023: item metadata, reviews, or ratings alone"
SUFFIXES = (".jsonl", ".json", ".ndjson", ".csv")

KEPT = ("main_category", "average_rating", "rating_number", "store", "categories")
"""Fields of the metadata that become facets as they are; `details` gives one each."""

RATED = {"user_id", "parent_asin", "rating", "timestamp"}

RESERVED = ("id", "title", "description", "reviews", "attributes")

AMOUNT = re.compile(r"\d+(?:\.\d+)?")


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith(SUFFIXES):
        return ""
    if stem(path).endswith(".csv"):
        return "its header has user_id and parent_asin: ratings" if set(header(path)) >= RATED else ""
    first = first_object(path)
    if "parent_asin" not in first:
        return ""
    return "its first line has a parent_asin and " + ("a user_id: reviews" if "user_id" in first else "a title: items")


def read(path: Path) -> Iterator[Record | BadRecord]:
    yield from each(path, rows(path) if stem(path).endswith(".csv") else objects(path), _records)


def _records(value: Any, where: Where) -> Iterator[Record]:
    if not isinstance(value, dict) or "parent_asin" not in value:
        raise where.bad("parent_asin", "expected an object with a parent_asin")
    if "user_id" in value:
        yield from _review(value, where)
    else:
        yield _item(value, where)


def _item(value: dict[str, Any], where: Where) -> Record:
    details = value.get("details")
    mapping: dict[str, Any] = {}
    for name, detail in details.items() if isinstance(details, dict) else ():
        if isinstance(detail, str) and name not in RESERVED:
            mapping[name] = detail
    mapping |= {name: value.get(name) for name in KEPT}
    mapping |= {
        "id": id_from(value["parent_asin"], "parent_asin", where),
        "title": value.get("title") or value["parent_asin"],
        "description": plain("\n".join([*_texts(value, "description"), *_texts(value, "features")])),
        "price": _price(value.get("price")),
        "image": _image(value),
    }
    return item_from(mapping, file=where.file, line=where.line)


def _review(value: dict[str, Any], where: Where) -> Iterator[Record]:
    """What was written, where there is any text, and that it was bought or used."""
    item_id = id_from(value["parent_asin"], "parent_asin", where)
    said = plain(". ".join(text.strip() for name in ("title", "text") for text in _texts(value, name)))
    user, time = value["user_id"], number_from(value.get("timestamp"), "timestamp", where)
    if said:
        mapping = {"id": content_id(f"{user} {time} {said}"), "text": said, "rating": value.get("rating")}
        yield review_from({**mapping, "source": "Amazon"}, item_id, where=where)
    seconds = None if time is None else time / 1000
    yield interaction_from(
        {"user": user, "item": item_id, "rating": value.get("rating"), "timestamp": seconds}, where=where
    )


def _texts(value: dict[str, Any], name: str) -> list[str]:
    """What a field says: a text, or a list of them."""
    given = value.get(name)
    texts = given if isinstance(given, list) else [given]
    return [text for text in texts if isinstance(text, str) and text.strip()]


def _price(value: Any) -> float | None:
    """The price, the lower end of a range; None where it is unknown or only said in words."""
    amount = AMOUNT.search(str(value).replace(",", ""))
    return float(amount[0]) if amount else None


def _image(value: dict[str, Any]) -> str | None:
    images = value.get("images")
    for image in images if isinstance(images, list) else []:
        if isinstance(image, dict) and isinstance(image.get("large"), str):
            return str(image["large"])
    return None
