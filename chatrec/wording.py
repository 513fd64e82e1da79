"""Conditions in words: what one asks for, and what an item has instead."""

from __future__ import annotations

from chatrec.catalog import Item
from chatrec.catalog.schema import Facet, comparable
from chatrec.catalog.vocabulary import UNITS, words_of
from chatrec.sentences import shortened
from chatrec.types import Constraint, Order
from chatrec.untrusted import showable

VALUES = 3
"""Values of a list that are told."""

LONGEST_VALUE = 60
"""Characters."""


def break_in_words(constraint: Constraint, item: Item, *, facet: Facet | None = None) -> str:
    """What an item has where a condition asks for something else: "weight: 130 g, you asked for at most 120 g"."""
    value = item.attributes.get(constraint.facet, ())
    held = list(value) if isinstance(value, tuple) else [value]
    if constraint.op == "none":  # what the item has besides does not matter
        unwanted = {comparable(each) for each in constraint.values}
        held = [each for each in held if comparable(each) in unwanted] or held
    said = [text for each in held if (text := _written(each))]
    told = ", ".join(said[:VALUES]) + (f" and {len(said) - VALUES} more" if len(said) > VALUES else "")
    has = f"{told}{_unit(facet)}" if told else "not known"
    return f"{name_of(constraint.facet, facet)}: {has}, you asked for {wish_in_words(constraint, facet)}"


def wish_in_words(constraint: Constraint, facet: Facet | None = None) -> str:
    """What a condition asks for, without the facet's name: "at most 120 g"."""
    values = [_written(value) for value in constraint.values]
    unit = _unit(facet)
    if constraint.op in ("within", "outside"):
        pairs = zip(values[::2], values[1::2], strict=True)
        ranges = " or ".join(f"{low} to {high}" if low != high else low for low, high in pairs) + unit
        return ranges if constraint.op == "within" else f"not {ranges}"
    listed = " or ".join(value for value in values if value) or "something else"
    before = {"any": "", "none": "not ", "min": "at least ", "max": "at most ", "above": "over ", "below": "under "}
    return before[constraint.op] + listed + unit


ENDS = {
    "duration": ("shortest", "longest"),
    "price": ("cheapest", "dearest"),
    "year": ("oldest", "newest"),
    "weight": ("lightest", "heaviest"),
}
"""What the least and the most of a measure are called."""


def order_in_words(order: Order, facet: Facet | None = None) -> str:
    """What is to come first: "the cheapest first", "the lowest calories first"."""
    least, most = ENDS.get(facet.measure if facet else "", ("", ""))
    end = least if order.direction == "least" else most
    general = f"{'lowest' if order.direction == 'least' else 'highest'} {name_of(order.facet, facet)}"
    return f"the {end or general} first"


def name_of(column: str, facet: Facet | None = None) -> str:
    """A facet's name in words: "contentRating" is "content rating", and "weight_kg", told in kg, "weight"."""
    words = words_of(column)
    units = UNITS[facet.unit][1] if facet and facet.unit in UNITS else frozenset[str]()
    return " ".join([word for word in words if word not in units] or words) or column


def _written(value: object) -> str:
    """A value as it may be shown; empty where it may not."""
    if isinstance(value, bool) or str(value).lower() in ("true", "false"):
        return "yes" if str(value).lower() == "true" else "no"
    if isinstance(value, int | float):
        return f"{value:.12g}"
    text = shortened(" ".join(str(value).split()), LONGEST_VALUE)
    return text if showable(text) else ""


def _unit(facet: Facet | None) -> str:
    return f" {facet.unit}" if facet and facet.unit else ""
