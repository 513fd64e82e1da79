"""From a loose mapping to an Item, a Review, an Interaction or a Dialogue, with the types of its facets inferred."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from chatrec.catalog import Dialogue, Interaction, Item, Review, Utterance, Value
from chatrec.errors import BadRecord

LONGEST_TEXT = 1_000_000
"""Characters of a description or a review; nobody writes more, and what is longer is something else."""

LONGEST_ID = 512

DEEPEST = 3
"""How deep attributes may be nested; inner names are joined by dots."""

LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")

UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, lone surrogates, and what is written to hide or turn around other text; joiners stay."""


class Where:
    """Where a record came from, to be told when it is bad."""

    def __init__(self, file: str, line: int) -> None:
        self.file, self.line = file, line

    def bad(self, field: str, expected: str, *, mend: str = "") -> BadRecord:
        return BadRecord(self.file, self.line, field, expected, mend=mend)


def item_from(mapping: Mapping[str, Any], *, file: str = "records", line: int = 0) -> Item:
    """An item from `id`, `title`, `description`, `reviews`, and everything else as attributes. Raises BadRecord.

    An object called `attributes` is taken for more of them; other objects become facets with names joined by dots.
    """
    where = Where(file, line)
    if not isinstance(mapping, Mapping):
        raise where.bad("", f"expected an object with an id and a title, found {_kind(mapping)}")
    item_id = id_from(mapping.get("id"), "id", where)
    title = " ".join(text_from(mapping.get("title"), "title", where, required=True).split())
    description = text_from(mapping.get("description"), "description", where)
    reviews = tuple(_reviews(mapping.get("reviews"), item_id, where))
    attributes: dict[str, Value] = {}
    for name, value in mapping.items():
        if name not in ("id", "title", "description", "reviews"):
            loose = value if name == "attributes" and isinstance(value, Mapping) else {name: value}
            for key, entry in loose.items():
                attributes |= _attribute(clean(str(key)), entry, where, depth=1)
    return Item(item_id, title, description, attributes, reviews)


def review_from(mapping: Mapping[str, Any], item_id: str, *, where: Where, field: str = "text") -> Review:
    """A review from `text` and, where there are any, `id`, `rating` and `source`. Raises BadRecord."""
    text = text_from(mapping.get("text"), field, where, required=True)
    given = mapping.get("id")
    review_id = content_id(text) if given in (None, "") else id_from(as_text(given), f"{field}.id", where)
    rating = number_from(mapping.get("rating"), "rating", where)
    return Review(item_id, review_id, text, rating, text_from(mapping.get("source"), "source", where))


def interaction_from(mapping: Mapping[str, Any], *, where: Where) -> Interaction:
    """An interaction from `user`, `item` and, where there are any, `rating` and `timestamp`. Raises BadRecord."""
    return Interaction(
        id_from(as_text(mapping.get("user")), "user", where),
        id_from(as_text(mapping.get("item")), "item", where),
        number_from(mapping.get("rating"), "rating", where),
        number_from(mapping.get("timestamp"), "timestamp", where),
    )


def dialogue_from(mapping: Mapping[str, Any], *, where: Where) -> Dialogue:
    """A dialogue from `id` and `utterances`, each with `role`, `text` and maybe `items`. Raises BadRecord."""
    dialogue_id = id_from(as_text(mapping.get("id")), "id", where)
    said = mapping.get("utterances")
    if not isinstance(said, list) or not all(isinstance(entry, Mapping) for entry in said):
        raise where.bad("utterances", "expected a list of objects with role and text")
    utterances = []
    for place, entry in enumerate(said):
        if entry.get("role") not in ("user", "assistant"):
            raise where.bad(f"utterances[{place}].role", f'expected "user" or "assistant", found {entry.get("role")!r}')
        items = entry.get("items") or []
        if not isinstance(items, list):
            raise where.bad(f"utterances[{place}].items", "expected a list of item ids")
        ids = tuple(id_from(item, f"utterances[{place}].items", where) for item in items)
        text = text_from(entry.get("text"), f"utterances[{place}].text", where)
        utterances.append(Utterance(entry["role"], text, ids))
    return Dialogue(dialogue_id, tuple(utterances))


def id_from(value: Any, field: str, where: Where) -> str:
    if not isinstance(value, str):
        mend = f'Write it in quotes: "{value}".' if isinstance(value, int) and not isinstance(value, bool) else ""
        raise where.bad(field, f"expected a text, found {_kind(value)}", mend=mend)
    cleaned = " ".join(clean(value).split())
    if not cleaned:
        raise where.bad(field, "expected an id, found an empty text")
    if len(cleaned) > LONGEST_ID:
        raise where.bad(field, f"expected at most {LONGEST_ID} characters, found {len(cleaned):,}")
    return cleaned


def text_from(value: Any, field: str, where: Where, *, required: bool = False) -> str:
    if value is None and not required:
        return ""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "\n".join(value)
    if not isinstance(value, str):
        raise where.bad(field, f"expected a text, found {_kind(value)}")
    if len(value) > LONGEST_TEXT:
        raise where.bad(
            field,
            f"expected at most {LONGEST_TEXT:,} characters, found {len(value):,}",
            mend="Shorten it, or leave the record out with --skip-bad.",
        )
    cleaned = clean(value).strip()
    if required and not cleaned:
        raise where.bad(field, "expected a text, found an empty one")
    return cleaned


def number_from(value: Any, field: str, where: Where) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise where.bad(field, f"expected a number, found {value!r:.60}")
    return number


def clean(text: str) -> str:
    """The text without control characters and lone surrogates; every kind of line end becomes a newline."""
    return text if text.isprintable() else UNSEEN.sub("", LINE_END.sub("\n", text))


def inferred(cell: str) -> Value | None:
    """What a cell of a table holds: a number, a boolean, a list written as JSON, or text; None where it is blank."""
    text = clean(cell).strip()
    if not text:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text[0] == "[" and text[-1] == "]":
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return tuple(str(entry) for entry in listed) if isinstance(listed, list) else text
    if not text.lstrip("+-").startswith("0") or text.lstrip("+-0").startswith(".") or text.strip("0") == "":
        try:
            number = float(text)
        except ValueError:
            return text
        if math.isfinite(number) and not any(char in text for char in "_nN"):
            return int(text) if text.lstrip("+-").isdecimal() and len(text) <= 15 else number
    return text


def content_id(text: str) -> str:
    """An id for a review whose source has none: a hash of its text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _reviews(value: Any, item_id: str, where: Where) -> Iterator[Review]:
    if value is None:
        return
    if not isinstance(value, list):
        raise where.bad("reviews", f"expected a list, found {_kind(value)}")
    seen: set[str] = set()
    for place, entry in enumerate(value):
        mapping = {"text": entry} if isinstance(entry, str) else entry
        if not isinstance(mapping, Mapping):
            raise where.bad(f"reviews[{place}]", f"expected a text or an object with a text, found {_kind(entry)}")
        if not str(mapping.get("text") or "").strip():
            continue
        review = review_from(mapping, item_id, where=where, field=f"reviews[{place}].text")
        if review.id not in seen:
            seen.add(review.id)
            yield review


def _attribute(name: str, value: Any, where: Where, *, depth: int) -> dict[str, Value]:
    """One column as facets: absent values as none, lists as tuples of texts, objects as several facets.

    A field without a name, such as the row numbers some programs write, is left out.
    """
    value = value.tolist() if hasattr(value, "tolist") else value  # NumPy's
    if value is None or not name.strip():
        return {}
    if isinstance(value, Mapping):
        if depth > DEEPEST:
            raise where.bad(name, f"expected at most {DEEPEST} levels of objects")
        inner: dict[str, Value] = {}
        for key, entry in value.items():
            inner |= _attribute(f"{name}.{clean(str(key))}", entry, where, depth=depth + 1)
        return inner
    if isinstance(value, list | tuple | set | frozenset):
        texts = tuple(_listed(entry, name, where) for entry in value if entry is not None)
        kept = tuple(text for text in texts if text)
        return {name: kept} if kept else {}
    plain = _plain(value, name, where)
    return {} if plain == "" else {name: plain}


def _plain(value: Any, name: str, where: Where) -> str | int | float | bool:
    """One value of a facet in Python's own types. Raises BadRecord."""
    if isinstance(value, bool):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        if abs(value) > 2**63 - 1:
            raise where.bad(name, "expected a number that fits 64 bits")
        return value
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            raise where.bad(name, f"expected a number, found {value}")
        return float(value)
    return text_from(value, name, where)


def _listed(entry: Any, name: str, where: Where) -> str:
    """One entry of a list as text."""
    if isinstance(entry, list | tuple | Mapping):
        raise where.bad(name, f"expected a list of texts or numbers, found {_kind(entry)} in it")
    plain = _plain(entry, name, where)
    return str(plain).lower() if isinstance(plain, bool) else str(as_text(plain))


def as_text(value: Any) -> Any:
    """Numbers as text, for ids and list entries that a source writes as numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _kind(value: Any) -> str:
    names = {type(None): "nothing", bool: "a boolean", int: "a number", float: "a number", str: "a text"}
    return names.get(type(value), "a list" if isinstance(value, list | tuple) else "an object")
