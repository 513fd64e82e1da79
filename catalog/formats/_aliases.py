"""Other names of the columns `id` and `title`, used where a source has exactly one of them and not ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

V = TypeVar("V")

ALIASES = {"id": ("item_id", "product_id", "asin", "sku"), "title": ("name", "product_name", "item_name")}


def aliases(columns: Collection[str]) -> dict[str, str]:
    """Our name -> the column that is taken for it; nothing for those that are there."""
    found = {}
    for ours, others in ALIASES.items():
        theirs = [name for name in others if name in columns]
        if ours not in columns and len(theirs) == 1:
            found[ours] = theirs[0]
    return found


def renamed(entry: Mapping[str, V], names: Mapping[str, str]) -> dict[str, V]:
    """The entry under our names."""
    ours = {theirs: name for name, theirs in names.items()}
    return {ours.get(name, name): value for name, value in entry.items()}


def told(names: Mapping[str, str]) -> str:
    """What was taken for what, to be added to a reason."""
    return "".join(f"; {theirs} is taken for the {ours}" for ours, theirs in names.items())
