"""A catalogue's facets, profiled from its items: what each is called, what it holds, how often, from where to where."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal, TypeAlias

from chatrec.catalog import Item, Value
from chatrec.catalog.scales import scale_of
from chatrec.catalog.vocabulary import measure_of, names_of, unit_of

Kind: TypeAlias = Literal["number", "date", "boolean", "category", "list", "text"]

MOST_VALUES = 200
"""How many of a facet's values a profile names."""

TRACKED = 50_000
"""How many different values of a facet are counted; what comes later is no longer told apart."""

LONGEST_CATEGORY = 60
"""Characters; a facet with longer values is text, to read and not to choose by."""

REPEATED = 1.2
"""How often the values of a category stand on average; names and numbers of single items do not repeat."""

FEW = 20
"""So few different values are a category however rarely they repeat."""

LONGEST_IN_HOURS = 24
"""A duration without a unit that goes beyond is in minutes."""

CURRENCIES = "€$£¥￥₩₹"

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?")


@dataclass(frozen=True, slots=True)
class Facet:
    """`count` items have it; `values` are the most common ones, most common first; `low` and `high` bound numbers.

    Dates are bounded as days (`datetime.date.toordinal`). A facet is a "category" where its texts are short and
    repeat, else "text"; "list" where at least one item has a list of texts; "boolean" also where texts say true or
    false. `measure` says what it tells ("duration", "price", "year", "language", ...; empty where that is not known),
    `unit` in what ("min", "EUR"), `names` what people call it, `scale` the order of its values, least first, where they
    have one. A third of the items that have a number lie up to `thirds[0]`, a third from `thirds[1]` on.
    """

    name: str
    kind: Kind
    count: int
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    measure: str = ""
    unit: str = ""
    names: tuple[str, ...] = ()
    scale: tuple[str, ...] = ()
    thirds: tuple[float, ...] = ()


def profile(items: Iterable[Item]) -> dict[str, Facet]:
    """The facets of these items by name, in alphabetical order; one pass."""
    columns: dict[str, _Column] = {}
    for item in items:
        for name, value in item.attributes.items():
            columns.setdefault(name, _Column()).add(value)
    return {name: columns[name].facet(name) for name in sorted(columns)}


def to_json(schema: Mapping[str, Facet]) -> list[dict[str, Any]]:
    return [asdict(facet) for facet in schema.values()]


def from_json(rows: Iterable[Mapping[str, Any]]) -> dict[str, Facet]:
    return {row["name"]: _facet_from(row) for row in rows}


def _facet_from(row: Mapping[str, Any]) -> Facet:
    """What people call a facet is read anew: a vocabulary that has grown needs no indexing."""
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return replace(Facet(**known), names=names_of(row["name"], row.get("measure", "")))


def comparable(value: object) -> str:
    """How values of facets are compared: without regard to case and spaces; booleans are "true" and "false"."""
    return " ".join(str(value).casefold().split())


def texts_of(item: Item, facet: str) -> tuple[str, ...]:
    """What an item holds of a facet of texts, as it is compared."""
    value = item.attributes.get(facet, ())
    return tuple(map(comparable, value if isinstance(value, tuple) else (value,)))


def day(text: str) -> float:
    """An ISO date as a number of days, NaN for anything else."""
    if not ISO_DATE.fullmatch(text):
        return math.nan
    try:
        return float(date.fromisoformat(text[:10]).toordinal())
    except ValueError:
        return math.nan


def _scale(values: Collection[str]) -> tuple[str, ...]:
    """The order of a category's values, least first: grades written as numbers, or one of the scales that are known."""
    if len(values) > 1 and all(value.isdecimal() for value in values):
        return tuple(sorted(values, key=int))
    if len(values) > 1 and all(value and value == value[0] * len(value) and value[0] in CURRENCIES for value in values):
        return tuple(sorted(values, key=lambda value: (len(value), value)))
    return scale_of(values) or ()


def _unit(name: str, measure: str, high: float | None) -> str:
    return unit_of(name)[0] or ("min" if measure == "duration" and (high or 0) > LONGEST_IN_HOURS else "")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


class _Column:
    """What has been seen of one facet so far."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.values: Counter[str] = Counter()
        self.longest = 0
        self.low, self.high = math.inf, -math.inf

    def add(self, value: Value) -> None:
        if isinstance(value, tuple):
            self.kinds["list"] += 1
            self._count(value)
        elif isinstance(value, bool):
            self.kinds["boolean"] += 1
            self._count([str(value).lower()])
        elif isinstance(value, int | float):
            self.kinds["number"] += 1
            self._bound(float(value))
            self._count([f"{value:.12g}"])
        elif value.lower() in ("true", "false"):
            self.kinds["boolean"] += 1
            self._count([value.lower()])
        else:
            days = day(value)
            self.kinds["text" if math.isnan(days) else "date"] += 1
            self._bound(days)
            self._count([value])

    def _count(self, values: Iterable[str]) -> None:
        for value in values:
            self.longest = max(self.longest, len(value))
            if len(value) <= LONGEST_CATEGORY and (value in self.values or len(self.values) < TRACKED):
                self.values[value] += 1

    def _bound(self, value: float) -> None:
        if not math.isnan(value):
            self.low, self.high = min(self.low, value), max(self.high, value)

    def facet(self, name: str) -> Facet:
        kind = self._kind()
        bounded = kind in ("number", "date")
        common = sorted(self.values.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]
        values = () if kind == "text" else tuple(value for value, _ in common)
        low, high = (self.low, self.high) if bounded else (None, None)
        measure = (
            ""
            if kind in ("boolean", "text")
            else measure_of(name, numeric=kind == "number", texts=values, low=low, high=high)
        )
        return Facet(
            name,
            kind,
            count=sum(self.kinds.values()),
            values=values,
            low=low,
            high=high,
            measure="year" if kind == "date" else measure,
            unit=_unit(name, measure, high) if kind == "number" else "",
            names=names_of(name, "year" if kind == "date" else measure),
            scale=_scale(values) if kind == "category" else (),
            thirds=self._thirds() if bounded else (),
        )

    def _thirds(self) -> tuple[float, ...]:
        """By the values that are counted: those of a facet with more than are tracked are a sample."""
        counted = sorted(
            (number, count)
            for text, count in self.values.items()
            if not math.isnan(number := day(text) if ISO_DATE.fullmatch(text) else _number(text))
        )
        total, passed, thirds = sum(count for _, count in counted), 0, list[float]()
        for number, count in counted:
            passed += count
            while len(thirds) < 2 and passed >= total * (len(thirds) + 1) / 3:
                thirds.append(number)
        return tuple(thirds)

    def _kind(self) -> Kind:
        if "list" in self.kinds:
            return "list"
        if len(self.kinds) == 1:
            for kind in ("number", "date", "boolean"):
                if kind in self.kinds:
                    return kind
        repeated = sum(self.values.values()) >= REPEATED * len(self.values) or len(self.values) <= FEW
        return "category" if repeated and self.longest <= LONGEST_CATEGORY else "text"
