"""Pictures that stand in the catalogue itself, given out by the page's own server; none is fetched from elsewhere."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import quote

from chatrec.catalog import Item

LARGEST = 500_000
"""Bytes; what is larger is no picture for a card."""

DATA = re.compile(r"data:(image/(?:png|jpeg|webp|gif));base64,([A-Za-z0-9+/=\s]+)")
"""Only what is drawn and never run. An address of another host is not a picture here: showing it would tell that host
who reads, and a path would open the disk."""


@dataclass(frozen=True, slots=True)
class Picture:
    """`kind` is its media type."""

    kind: str
    content: bytes


def picture_of(item: Item) -> Picture | None:
    """The first facet of the item that holds one; None where none does."""
    for value in item.attributes.values():
        if isinstance(value, str) and len(value) <= 2 * LARGEST and (found := DATA.fullmatch(value.strip())):
            try:
                content = base64.b64decode(found[2], validate=False)
            except binascii.Error:
                continue
            if 0 < len(content) <= LARGEST:
                return Picture(found[1], content)
    return None


def address_of(item: Item) -> str:
    """Where the page finds the item's picture; empty where it has none."""
    return f"picture/{quote(item.id, safe='')}" if picture_of(item) else ""
