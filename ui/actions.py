"""What clicks inside of HTML ask for: page.js writes an action as JSON, and only what is one gets through."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Deed: TypeAlias = Literal["touch", "more", "not", "seen", "save", "saved", "why", "compare"]

DEEDS: tuple[str, ...] = get_args(Deed)
LONGEST_ACTION = 10_000
LONGEST_ID = 1024
MOST_ITEMS = 3
TURN = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Action:
    """`do` says what, `items` are ids of the items it is about, `text` the number of the turn that showed them."""

    do: Deed
    items: tuple[str, ...] = ()
    text: str = ""


def action_of(written: str) -> Action | None:
    """The action that a page wrote; None for anything else, which is left unanswered."""
    if len(written) > LONGEST_ACTION:
        return None
    try:
        found = json.loads(written)
    except ValueError:
        return None
    if not isinstance(found, dict) or found.keys() - {"do", "items", "text", "stamp"}:
        return None
    items, text = found.get("items", []), found.get("text", "")
    if found.get("do") not in DEEDS or not isinstance(text, str) or not isinstance(items, list):
        return None
    if text and not TURN.fullmatch(text):
        return None
    if len(items) > MOST_ITEMS or not all(isinstance(item, str) and 0 < len(item) <= LONGEST_ID for item in items):
        return None
    return Action(found["do"], tuple(items), text)
