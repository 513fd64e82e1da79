"""Everything about catalogues: the records they are made of, how files of many formats become them, and their schema.

A format turns a file into an iterator of records, each one of `Item`, `Review`, `Interaction`, `Dialogue`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | tuple[str, ...]
"""What a facet of an item may hold; list-valued facets are tuples of strings."""


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody wrote about an item. Untrusted text. `rating` is on the source's own scale."""

    item_id: str
    id: str
    text: str
    rating: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be recommended. `attributes` holds the facets: whatever else the source says of it."""

    id: str
    title: str
    description: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True)
class Interaction:
    """Somebody used an item. `timestamp` is in seconds since 1970, UTC; None where the source does not say."""

    user_id: str
    item_id: str
    rating: float | None = None
    timestamp: float | None = None


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing said in a past dialogue. `role` is "user" or "assistant"; `items` are the ids named in it."""

    role: str
    text: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A past conversation, to learn from."""

    id: str
    utterances: tuple[Utterance, ...]


Record: TypeAlias = Item | Review | Interaction | Dialogue
