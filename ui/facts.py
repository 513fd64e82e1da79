"""What a card tells of an item in a line: a few short facets, those that matter for the request first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatrec.catalog import Item, Value
from chatrec.catalog.schema import Facet
from chatrec.types import DialogueState
from chatrec.wording import name_of

FACTS = 5
LONGEST_FACT = 40
TOLD = ("price", "score")
"""What the facets measure that stand on every card, where the item has them."""

SPEAKING = ("price", "duration")
"""What is measured so that its unit says what it is."""

_NOT_FACTS = ("url", "link", "image", "picture", "photo", "thumbnail", "poster", "gtin", "sku", "asin")


@dataclass(frozen=True, slots=True)
class Fact:
    """A facet by its name in words and as it is read on a card; `matters`: the request is about it."""

    name: str
    text: str
    matters: bool = False


def matters(state: DialogueState) -> frozenset[str]:
    """The facets that a conversation has come to speak of."""
    ordered = {state.order.facet} if state.order else set()
    return frozenset(known.facet for known in state.constraints) | ordered


def facts(
    item: Item, *, schema: Mapping[str, Facet] | None = None, first: Collection[str] = frozenset()
) -> tuple[Fact, ...]:
    """A few of them: those of `first`, then a year, a price and a rating, then the others as the catalogue has them."""
    known = schema or {}
    found = []
    for place, (name, value) in enumerate(item.attributes.items()):
        facet = known.get(name)
        if read := _read(name, value, facet):
            called = name_of(name, facet)
            told = 0 if name in first else 1 if _is_year(name) else 2 if facet and facet.measure in TOLD else 3
            found.append((told, place, Fact(called, read, name in first)))
    found.sort(key=lambda entry: entry[:2])
    return tuple(fact for _, _, fact in found[: max(FACTS, sum(fact.matters for _, _, fact in found))])


def _read(name: str, value: Value, facet: Facet | None) -> str:
    """Empty for what is too long, or nothing to read."""
    if any(part in name.lower() for part in _NOT_FACTS):
        return ""
    label = name_of(name, facet)
    if isinstance(value, bool):
        return label if value else ""
    if isinstance(value, int | float):
        number = f"{value:,}" if abs(value) >= 10_000 else f"{value}"
        if _is_year(name) or (facet and facet.unit and facet.measure in SPEAKING):
            return f"{number}{_unit(facet)}"  # 92 min, 1.99 EUR
        return f"{label} {number}{_unit(facet)}"
    words = ", ".join(_few(value)) if isinstance(value, tuple) else value.strip()
    return words if len(words) <= LONGEST_FACT and "://" not in words and not words.startswith("data:") else ""


def _unit(facet: Facet | None) -> str:
    return f" {facet.unit}" if facet and facet.unit else ""


def _few(values: Sequence[str]) -> Iterator[str]:
    """The first values that fit into a fact."""
    room = LONGEST_FACT
    for value in values[:3]:
        room -= len(value) + 2
        if room >= 0:
            yield value


def _is_year(name: str) -> bool:
    return name.lower().endswith("year")
