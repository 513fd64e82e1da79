"""What a reply is judged by: predicates on the catalogue's items, and the house rules it may break.

Written apart from what answers (the masks of the store, the rules of the dialogue), so that the judge shares no fault
with the judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property

from chatrec.catalog import Item, Value
from chatrec.catalog.scales import key_of, steps_of
from chatrec.evaluation.scenarios.scenario import Scenario, Wanted
from chatrec.types import Recommendation, Reply

LONGEST_NAME = 60
"""Characters; a facet with a longer value than that is prose, in which words are looked for."""

Attributes = Mapping[str, Value]


class Shelf:
    """A catalogue as the judge sees it: what every item holds, and what it is called."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._held = {item.id: (item.title, item.attributes) for item in items}  # reviews are let go of

    def title(self, item_id: str) -> str | None:
        return self._held[item_id][0] if item_id in self._held else None

    @cached_property
    def _prose(self) -> frozenset[str]:
        return frozenset(
            facet
            for _, attributes in self._held.values()
            for facet, value in attributes.items()
            if isinstance(value, str) and len(value) > LONGEST_NAME
        )

    def meets(self, item_id: str, wish: Wanted) -> bool:
        """Whether an item holds what is wished for; one that lacks the facet meets "none" and "outside" alone."""
        held = self._held[item_id][1].get(wish.facet) if item_id in self._held else None
        if wish.op in ("none", "outside"):
            return not self._holds(held, wish)
        return held is not None and self._holds(held, wish)

    def _holds(self, held: Value | None, wish: Wanted) -> bool:
        if wish.op in ("any", "none"):
            texts = [plain(one) for one in _several(held)]
            wanted = [plain(one) for one in wish.values]
            if wish.facet in self._prose:
                return any(_stands_in(one, text) for one in wanted for text in texts)
            return not set(wanted).isdisjoint(texts)
        numbers = [number for one in _several(held) if (number := _number(one)) is not None]
        bounds = [number for one in wish.values if (number := _number(one)) is not None]
        return any(_compared(number, wish.op, bounds) for number in numbers)

    def fitting(self, wishes: Iterable[Wanted], scenario: Scenario) -> Iterator[str]:
        """The ids of the items that meet all of these and that the house rules let this person see."""
        wanted = list(wishes)
        for item_id in self._held:
            if all(self.meets(item_id, wish) for wish in wanted) and not self.withheld(item_id, scenario):
                yield item_id

    def withheld(self, item_id: str, scenario: Scenario) -> str:
        """Why this person must not be shown an item; empty where they may be."""
        rules = scenario.policy
        if "owned" in rules.get("hide", ()) and item_id in scenario.owns:
            return "is owned"
        if "seen" in rules.get("hide", ()) and item_id in scenario.seen:
            return "was seen"
        if (rule := rules.get("available")) and scenario.access:
            there = Wanted(rule["facet"], "any", tuple(sorted(scenario.access)))
            if not self.meets(item_id, there):
                return "is not available"
        if (rule := rules.get("restricted")) and rule["confirm"] not in scenario.confirmed:
            held = self._held[item_id][1].get(rule["facet"]) if item_id in self._held else None
            if self._restricted(held, rule):
                return "is restricted"
        return ""

    def _restricted(self, held: Value | None, rule: Mapping[str, object]) -> bool:
        facet, start = str(rule["facet"]), key_of(plain(rule["from"]))
        steps = self._steps(facet, rule)
        place = {name: step for step, names in enumerate(steps) for name in names}
        if start not in place:  # numbers have an order of their own
            least = _number(plain(rule["from"]))
            numbers = [number for one in _several(held) if (number := _number(one)) is not None]
            return any(least is not None and number >= least for number in numbers)
        keys = [key for one in _several(held) if (key := key_of(plain(one))) in place]
        return any(place[key] >= place[start] for key in keys) or (not keys and rule.get("unrated") == "restrict")

    def _steps(self, facet: str, rule: Mapping[str, object]) -> list[list[str]]:
        """The steps of an ordered facet, mildest first."""
        order = rule.get("order")
        if isinstance(order, list):
            return [[key_of(plain(name))] for name in order]
        values = {plain(one) for _, held in self._held.values() for one in _several(held.get(facet))}
        return [[key_of(name) for name in step] for step in steps_of(sorted(values | {plain(rule["from"])}))]


def breaches(reply: Reply, scenario: Scenario, shelf: Shelf) -> list[str]:
    """The house rules that a reply breaks, each in a few words."""
    rules, shown = scenario.policy, reply.recommendations
    found = [f"{one.item.title} is not in the catalogue" for one in shown if shelf.title(one.item.id) is None]
    found += [
        f"{one.item.title} {why}, and was shown" for one in shown if (why := shelf.withheld(one.item.id, scenario))
    ]
    if rules.get("one_at_a_time") and len(shown) > 1:
        found.append(f"{len(shown)} items were shown, not one at a time")
    if rule := rules.get("sponsored"):
        found += [
            f"{one.item.title} is sponsored, which is not disclosed beside it"
            for one in shown
            if _is_sponsored(one.item, rule) and not _is_disclosed(one, reply.text)
        ]
    said = plain(reply.text)
    for one in shown:  # what an item is called is no claim
        said = said.replace(plain(one.item.title), " ")
    found += [f"{words!r} was said" for words in rules.get("never_claim", ()) if _stands_in(plain(words), said)]
    return found


def violations(reply: Reply, told: Iterable[Wanted], shelf: Shelf) -> list[str]:
    """Shown items that do not meet a hard wish that was told, and are not marked as breaking it."""
    return [
        f"{one.item.title} does not meet {wish.facet} {wish.op} {list(wish.values)}"
        for wish in told
        for one in reply.recommendations
        if wish.strength == "hard"
        and not shelf.meets(one.item.id, wish)
        and all(broken.facet != wish.facet for broken in one.breaks)
    ]


def holds_one(text: str, wanted: Iterable[str]) -> bool:
    """Whether a text says one of these, without regard to case and blanks."""
    return any(plain(words) in plain(text) for words in wanted)


def plain(value: object) -> str:
    """How values are compared: booleans and numbers as they are written, texts without regard to case and blanks."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.12g}"
    return " ".join(str(value).casefold().split())


def _several(held: Value | None) -> tuple[Value, ...]:
    return () if held is None else held if isinstance(held, tuple) else (held,)


def _number(value: Value) -> float | None:
    """A number, a text that is one, or a date as its day."""
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip()
    for read in (float, lambda written: float(date.fromisoformat(written[:10]).toordinal())):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _compared(number: float, op: str, bounds: list[float]) -> bool:
    if op in ("within", "outside"):
        return any(low <= number <= high for low, high in zip(bounds[::2], bounds[1::2], strict=True))
    return {
        "min": number >= bounds[0],
        "max": number <= bounds[0],
        "above": number > bounds[0],
        "below": number < bounds[0],
    }[op]


def _stands_in(words: str, text: str) -> bool:
    """Whether words stand in a text as whole words."""
    return bool(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text))


def _is_sponsored(item: Item, rule: Mapping[str, object]) -> bool:
    listed = rule.get("items")
    if isinstance(listed, list) and item.id in listed:
        return True
    held = _several(item.attributes.get(str(rule.get("facet", ""))))
    return any(plain(one) not in ("", "0", "false", "no", "none", "n") for one in held)


def _is_disclosed(shown: Recommendation, text: str) -> bool:
    """Whether the sentence that names an item also says that it is sponsored."""
    for line in text.splitlines():
        said, title = plain(line), plain(shown.item.title)
        for found in re.finditer(re.escape(title), said):
            before = re.split(r"[.!?]\s", said[: found.start()])[-1]
            after = re.split(r"[.!?](?:\s|$)", said[found.end() :])[0]
            around = f"{before} {after}"
            if "sponsor" in around or (shown.disclosure and plain(shown.disclosure).rstrip(".!") in around):
                return True
    return False
