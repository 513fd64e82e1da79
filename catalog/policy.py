"""A catalogue's house rules, read strictly from its `policy.toml` and checked against its facets."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from chatrec.catalog.files import opened
from chatrec.catalog.scales import key_of, steps_of
from chatrec.catalog.schema import Facet
from chatrec.catalog.tables import Table
from chatrec.errors import BadRecord, CatalogError

FILE = "policy.toml"

Hidden = Literal["owned", "seen"]
Unrated = Literal["allow", "restrict"]

LONGEST = 1_000_000
"""Bytes of a policy file that are read; nobody writes more rules."""


@dataclass(frozen=True, slots=True)
class Sponsored:
    """Which items somebody pays for: those of these ids, and those whose facet says so."""

    items: frozenset[str] = frozenset()
    facet: str = ""


@dataclass(frozen=True, slots=True)
class Restricted:
    """Items from step `start` of an ordered facet on are shown once the user has confirmed `confirm`.

    `order` are the facet's values, mildest first; empty: a known scale, or the order of numbers. `unrated` says what
    holds for items that stand on no step.
    """

    facet: str
    start: str
    confirm: str
    order: tuple[str, ...] = ()
    unrated: Unrated = "allow"


@dataclass(frozen=True, slots=True)
class Policy:
    """House rules; what is not given is not in force. `available` is the list facet that says where to have an item."""

    hide: frozenset[Hidden] = frozenset()
    available: str = ""
    sponsored: Sponsored | None = None
    restricted: Restricted | None = None
    one_at_a_time: bool = False
    never_claim: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join(_described(self)) or "none"


def read_policy(path: Path) -> Policy:
    """The rules in a TOML file: its keys, or those of its one table `[policy]`. Raises CatalogError."""
    return parsed(policy_text(path), where=str(path))


def policy_text(path: Path) -> str:
    """What stands in a policy file. Raises CatalogError for one that cannot be read as text."""
    with opened(path) as file:
        raw = file.read(LONGEST + 1)
    if len(raw) > LONGEST:
        raise CatalogError(f"{path} is too large for house rules.", mend="Name the file that holds them.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise CatalogError(f"{path} is not written in UTF-8.", mend="Convert it first.") from exc


def parsed(text: str, *, where: str) -> Policy:
    """The rules in the text of a policy file. Raises CatalogError."""
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise CatalogError(f"{where} is not TOML: {exc}.", mend="Correct that line.") from exc
    return policy_from(Table(where, "", told).table("policy") if list(told) == ["policy"] else told, where=where)


def policy_from(mapping: Mapping[str, Any], *, where: str) -> Policy:
    """The rules of a mapping; `where` is told with what is wrong. Raises CatalogError for anything that is no rule."""
    rules = Table(where, "", mapping)
    rules.only("hide", "available", "sponsored", "restricted", "one_at_a_time", "never_claim")
    return Policy(
        hide=frozenset(rules.choices("hide", get_args(Hidden))),
        available=_available(rules.inner("available")),
        sponsored=_sponsored(rules.inner("sponsored")),
        restricted=_restricted(rules.inner("restricted")),
        one_at_a_time=rules.boolean("one_at_a_time"),
        never_claim=tuple(rules.texts("never_claim", spoken=True)),
    )


def policy_among(paths: Iterable[Path], *, given: Path | None = None) -> tuple[list[Path], Path | None]:
    """The paths that are no `policy.toml`, and the policy: the one `given`, else the one among them or in a folder.

    Raises CatalogError where none is given and there are several.
    """
    every = list(paths)
    found = [path if path.name == FILE else path / FILE for path in every]
    there = list(dict.fromkeys(path for path in found if path.is_file()))
    if len(there) > 1 and not given:
        mend = "Say with --policy which one is to hold."
        raise CatalogError(f"There are several house rules: {' and '.join(map(str, there))}.", mend=mend)
    return [path for path in every if path not in there], given or next(iter(there), None)


def check_policy(policy: Policy, schema: Mapping[str, Facet], *, where: str = FILE) -> None:
    """Raises CatalogError for a rule about a facet that the catalogue lacks or that is of another kind."""
    if policy.available:
        facet = _facet(policy.available, "available.facet", schema, where)
        if facet.kind != "list":
            lists = ", ".join(name for name, other in schema.items() if other.kind == "list") or "none"
            expected = f"expected a facet of lists, and {facet.name!r} is a {facet.kind}"
            raise BadRecord(where, 0, "available.facet", expected, mend=f"Facets of lists: {lists}.")
    if policy.sponsored and policy.sponsored.facet:
        _facet(policy.sponsored.facet, "sponsored.facet", schema, where)
    if policy.restricted:
        order_of(policy.restricted, schema, where=where)


def order_of(
    rule: Restricted, schema: Mapping[str, Facet], *, where: str = FILE
) -> tuple[tuple[tuple[str, ...], ...], int]:
    """The steps of a restricted facet, mildest first, each as the catalogue spells it, and from which on it holds.

    No steps where the facet holds numbers, which have an order of their own. Raises CatalogError.
    """
    facet = _facet(rule.facet, "restricted.facet", schema, where)
    if facet.kind == "number" and not rule.order:
        _least(rule, facet, where)
        return (), 0
    names = facet.values
    start = key_of(rule.start)
    if rule.order:
        spelt = {key_of(name): tuple(v for v in names if key_of(v) == key_of(name)) for name in rule.order}
        steps = tuple(spelt[key_of(name)] or (name,) for name in rule.order)
        known = any(spelt.values())
    elif facet.kind == "boolean":
        steps, known = (("false",), ("true",)), True
    else:
        steps = steps_of(names)
        if not any(start == key_of(name) for step in steps for name in step):
            steps = steps_of((*names, rule.start))  # a step that no item stands on just now is one all the same
        known = bool(steps)
    values = ", ".join(names[:20]) or "no values to choose by"
    if not known:
        mend = f"Write it down, mildest first: order = [...]. {facet.name!r} has: {values}."
        raise BadRecord(where, 0, "restricted.facet", f"no order of the values of {facet.name!r} is known", mend=mend)
    for place, step in enumerate(steps):
        if any(start == key_of(name) for name in step):
            return steps, place
    expected = f"expected a value of {facet.name!r} that has a place in its order, found {rule.start!r}"
    raise BadRecord(where, 0, "restricted.from", expected, mend=f"There are: {values}.")


def _least(rule: Restricted, facet: Facet, where: str) -> None:
    """Raises CatalogError unless the rule begins at a number that some item may reach."""
    try:
        number = float(rule.start)
    except ValueError:
        number = math.nan
    high = facet.high if facet.high is not None else math.inf
    if not (math.isfinite(number) and number <= high):
        expected = f"expected a number up to {high:g}, as {facet.name!r} holds them, found {rule.start!r}"
        raise BadRecord(where, 0, "restricted.from", expected)


def _facet(name: str, field: str, schema: Mapping[str, Facet], where: str) -> Facet:
    if name not in schema:
        mend = "It has: " + (", ".join(schema) or "none")
        raise BadRecord(where, 0, field, f"the catalogue has no facet {name!r}", mend=mend)
    return schema[name]


def _available(table: Table | None) -> str:
    if table is None:
        return ""
    table.only("facet")
    return table.text("facet")


def _sponsored(table: Table | None) -> Sponsored | None:
    if table is None:
        return None
    table.only("items", "facet")
    found = Sponsored(frozenset(table.texts("items")), table.text("facet", optional=True))
    if found == Sponsored():
        raise table.bad("", "expected items, a facet, or both")
    return found


def _restricted(table: Table | None) -> Restricted | None:
    if table is None:
        return None
    table.only("facet", "from", "confirm", "order", "unrated")
    order, start = tuple(table.texts("order", plain=True)), table.plain("from")
    keys = [key_of(name) for name in order]
    if len(set(keys)) < len(keys):
        raise table.bad("order", "expected every value once")
    if order and key_of(start) not in keys:
        raise table.bad("from", f"expected a value of its order, found {start!r}", mend=f"Order: {', '.join(order)}.")
    unrated: Unrated = "restrict" if table.choice("unrated", get_args(Unrated)) == "restrict" else "allow"
    return Restricted(table.text("facet"), start, table.text("confirm"), order, unrated)


def _described(policy: Policy) -> Iterable[str]:
    """Each rule in a few words."""
    if policy.hide:
        yield f"hides what is {' or '.join(sorted(policy.hide))}"
    if policy.available:
        yield f"available by {policy.available}"
    if policy.sponsored:
        yield "sponsored is disclosed"
    if rule := policy.restricted:
        yield f"{rule.facet} from {rule.start} on after {rule.confirm!r} is confirmed"
    if policy.one_at_a_time:
        yield "one at a time"
    if policy.never_claim:
        yield f"never claims {', '.join(policy.never_claim)}"
