"""How items differ: the facts in which they do, and what reviewers hold for and against each; no winner."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from chatrec.answering.facts import Told, told_of
from chatrec.answering.opinions import opinions, top_of
from chatrec.answering.values import Answer, answer, named, sentence
from chatrec.catalog import Item
from chatrec.catalog.schema import Facet, day
from chatrec.types import Claim

MOST_ITEMS = 3
MOST_FACTS = 5
MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class Beside:
    """A facet of several items side by side: what each has, in the items' order, empty where that is not known."""

    label: str
    values: tuple[str, ...]

    @property
    def differ(self) -> bool:
        return len(set(self.values)) > 1


def compare(items: Sequence[Item], *, schema: Mapping[str, Facet], first: Collection[str] = ()) -> Answer:
    """The facts in which two or three items differ, those of the facets `first` before the others, most telling first;
    then a praise and a complaint of each."""
    some = list({item.id: item for item in items}.values())
    if len(some) < 2:
        return Answer(sentence("too few"))
    some = some[:MOST_ITEMS]
    claims = _differences(some, schema, first)
    top = top_of(some)
    claims += [claim for item in some for claim in opinions(item, top=top, by=named(item))]
    if not claims:
        return Answer(sentence("no difference", items=" and ".join(map(named, some))))
    return answer(*claims)


def side_by_side(
    items: Sequence[Item], *, schema: Mapping[str, Facet], first: Collection[str] = ()
) -> tuple[Beside, ...]:
    """What two or more of the items have: the facets `first`, then those in which they differ, most telling first,
    then those in which they are alike."""
    told = [{one.facet.name: one for one in told_of(item, schema)} for item in items]
    names = [name for name in schema if sum(name in one for one in told) > 1]

    def place(name: str) -> tuple[bool, bool, float, str]:
        known = [one[name] for one in told if name in one]
        telling = _telling(known)
        return name not in first, telling == 0 and len(known) == len(told), -telling, name

    rows = []
    for name in sorted(names, key=place)[:MOST_ROWS]:
        label = next(one[name].label for one in told if name in one)
        values = tuple(one[name].text if name in one else "" for one in told)
        rows.append(Beside(f"{label[:1].upper()}{label[1:]}", values))
    return tuple(rows)


def _differences(items: Sequence[Item], schema: Mapping[str, Facet], first: Collection[str]) -> list[Claim]:
    told = [{one.facet.name: one for one in told_of(item, schema)} for item in items]
    shared = [name for name in told[0] if all(name in other for other in told)]
    weights = {name: _telling([one[name] for one in told]) for name in shared}
    chosen = sorted(
        (name for name in shared if weights[name] > 0), key=lambda name: (name not in first, -weights[name], name)
    )
    return [_difference(items, [one[name] for one in told]) for name in chosen[:MOST_FACTS]]


def _difference(items: Sequence[Item], told: Sequence[Told]) -> Claim:
    values = "; ".join(f"{named(item)} – {one.text}" for item, one in zip(items, told, strict=True))
    label = told[0].label
    text = sentence("differ", Facet=label[:1].upper() + label[1:], values=values)
    return Claim(text, tuple(f"{item.id}#fact:{one.facet.name}" for item, one in zip(items, told, strict=True)))


def _telling(told: Sequence[Told]) -> float:
    """How far apart the values are, from 0 to 1; where hardly two items share a value, a difference tells little."""
    facet = told[0].facet
    apart = max(_apart(one, other) for one, other in combinations(told, 2))
    if facet.kind in ("number", "date", "boolean"):
        return apart
    return apart * max(0.1, 1 - len(facet.values) / max(facet.count, 1))


def _apart(one: Told, other: Told) -> float:
    facet = one.facet
    if facet.kind in ("number", "date") and facet.low is not None and facet.high is not None:
        numbers = [_number(told) for told in (one, other)]
        # The root, as single items far out would make every other difference look small.
        return math.sqrt(min(1.0, abs(numbers[0] - numbers[1]) / ((facet.high - facet.low) or 1.0)))
    first, second = ({value.casefold() for value in told.values} for told in (one, other))
    return 1 - len(first & second) / len(first | second)


def _number(told: Told) -> float:
    return day(told.value) if isinstance(told.value, str) else float(told.values[0])
