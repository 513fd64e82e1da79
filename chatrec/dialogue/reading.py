"""What one message was read as saying, before it changes anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chatrec.catalog import Item
from chatrec.types import Constraint, Order

Act: TypeAlias = Literal[
    "recommend", "refine", "reject", "accept", "ask", "compare", "why", "undo", "restart", "greet", "thanks",
    "out of scope", "surprise",
]  # fmt: skip

Attitude: TypeAlias = Literal["liked", "disliked", "seen", "rejected"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a message is read against: `shown` the last list, `about` the items talked of last, `asked` the facet of
    the question that is open, `item` what the catalogue knows of an id."""

    shown: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    asked: str = ""
    item: Callable[[str], Item | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Reading:
    """`constraints`, hard and soft, carry the words they were read from; `dropped` are facets whose conditions no
    longer hold, `declined` ones about which the user does not mind; `felt` what the user feels about which item;
    `items` those that the message is about; `rest` the words that were not understood otherwise."""

    act: Act = "recommend"
    constraints: tuple[Constraint, ...] = ()
    order: Order | None = None
    dropped: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    felt: tuple[tuple[Attitude, str], ...] = ()
    items: tuple[str, ...] = ()
    rest: str = ""
    instead: bool = False
    """What is said replaces what was said before of the same facets."""
