"""The facts of an item that meet what was asked for, in natural words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chatrec.catalog import Item
from chatrec.catalog.schema import Facet, comparable, profile
from chatrec.catalog.vocabulary import words_of
from chatrec.grounds import WHOLE, Fact, facts_of, meeting
from chatrec.holding import meets
from chatrec.prompts import phrases
from chatrec.reasons.wishes import Wish
from chatrec.sentences import content_words
from chatrec.types import Constraint, Query
from chatrec.wording import name_of

KNOWN = 3
"""How many facts are told where no condition asks for more."""

CODED = re.compile(r"(?<=[^\W\d_])_(?=[^\W\d_])")
"""What a program writes: "full_bar"."""


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as it is told."""

    ref: str
    text: str


def meeting_facts(
    item: Item, query: Query, wishes: Sequence[Wish], schema: Mapping[str, Facet]
) -> tuple[list[Told], frozenset[str]]:
    """A fact for every condition that the item meets, then those that hold a word of the latest wishes, and the words
    of the request that they answer."""
    facts = {fact.ref: fact for fact in facts_of(item)}
    found: dict[str, Fact] = {}
    answered: set[str] = set()
    missed: set[str] = set()
    for constraint in (*query.constraints, *query.preferences, *_ordered(query)):
        ref = f"{item.id}#fact:{constraint.facet}"
        if ref in facts and meets(item, constraint):
            found[ref] = _narrowed(facts[ref], constraint, found.get(ref))
            answered |= content_words(constraint.text)
        elif not meets(item, constraint):
            missed.add(ref)
    asked = " ".join(wish.text for wish in wishes if wish.weight == 1)
    for fact in meeting(item, replace(query, text=asked, constraints=())):
        named = frozenset[str]().union(*_named(fact, content_words(asked)))
        if fact.ref in missed or not named - answered or len(found) >= KNOWN:
            continue
        found.setdefault(fact.ref, fact)
        answered |= named
    told = sorted(found.values(), key=lambda fact: _facet(item, fact, schema).measure != "year")
    return [Told(fact.ref, _in_words(fact, _facet(item, fact, schema))) for fact in told], frozenset(answered)


def known(item: Item, schema: Mapping[str, Facet]) -> list[Told]:
    """A few facts of an item of which nothing else can be said."""
    return [Told(fact.ref, _in_words(fact, _facet(item, fact, schema))) for fact in facts_of(item)[:KNOWN]]


def _ordered(query: Query) -> Iterator[Constraint]:
    """The least or the most of a number is told of every item that has one."""
    if query.order:
        yield Constraint(query.order.facet, "min", (-math.inf,))


def _narrowed(fact: Fact, constraint: Constraint, before: Fact | None) -> Fact:
    """Of a long list the values that are asked for, those of an earlier condition as well."""
    values = fact.text.split(", ")
    if constraint.op != "any" or len(values) <= WHOLE:
        return fact
    wanted = set(map(comparable, constraint.values)) | set(before.text.casefold().split(", ") if before else ())
    return replace(fact, text=", ".join(value for value in values if comparable(value) in wanted) or fact.text)


def _named(fact: Fact, asked: frozenset[str]) -> Iterator[frozenset[str]]:
    """The words asked for of every value of which they are half at least."""
    for value in fact.text.split(", "):
        held = content_words(value)
        if held and 2 * len(held & asked) >= len(held):
            yield held & asked


def _facet(item: Item, fact: Fact, schema: Mapping[str, Facet]) -> Facet:
    """What is known of the fact's facet; without a catalogue's profile, what the item itself tells."""
    name = fact.ref.rpartition("#fact:")[2]
    return schema.get(name) or profile([replace(item, attributes={name: item.attributes[name]})])[name]


def _in_words(fact: Fact, facet: Facet) -> str:
    some = phrases("reasons")
    if facet.kind == "number" and fact.text != "1":
        kinds = [f"{words_of(facet.name)[0]} {facet.unit}", f"{facet.measure} {facet.unit}"] if facet.unit else []
        for kind in (*kinds, facet.measure):
            if found := some.get(f"told {kind}"):
                return found[0].format_map({"value": fact.text, "unit": facet.unit})
    unit = f" {facet.unit}" if facet.kind == "number" and facet.unit else ""
    return f"{name_of(facet.name, facet)}: {CODED.sub(' ', fact.text).removesuffix('.')}{unit}"
