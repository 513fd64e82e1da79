"""What a reply is judged by: predicates on the catalogue's items, and the house rules it may break.

Written apart from what answers (the masks of the store, the house rules as they are enforced), so that the judge
shares no fault with the judged; of the known scales it reads the names alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path

import chatrec.catalog
from chatrec.catalog import Item, Value
from chatrec.evaluation.scenarios.scenario import Scenario, Wanted
from chatrec.types import Recommendation, Reply

LONGEST_NAME = 60
"""Characters; a facet with a longer value than that is prose, in which words are looked for."""

DISCLOSED = re.compile(r"\b(?:sponsored|ad)\b")
"""What tells a reader that somebody pays for an item."""


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
        facet, start = str(rule["facet"]), _grade(rule["from"])
        steps = self._steps(facet, rule)
        place = {name: step for step, names in enumerate(steps) for name in names}
        if start not in place:  # numbers have an order of their own
            least = _number(plain(rule["from"]))
            numbers = [number for one in _several(held) if (number := _number(one)) is not None]
            return any(least is not None and number >= least for number in numbers)
        keys = [key for one in _several(held) if (key := _grade(one)) in place]
        return any(place[key] >= place[start] for key in keys) or (not keys and rule.get("unrated") == "restrict")

    def _steps(self, facet: str, rule: Mapping[str, object]) -> list[list[str]]:
        """The steps of an ordered facet, mildest first: as the rule tells them, else the known scale that holds most
        of the facet's values; none where the rule begins on no scale."""
        order = rule.get("order")
        if isinstance(order, list):
            return [[_grade(name)] for name in order]
        start = _grade(rule["from"])
        values = {_grade(one) for _, held in self._held.values() for one in _several(held.get(facet))}
        known = [scale for scale in _scales() if any(start in step for step in scale)]
        return max(known, key=lambda scale: len(values.intersection(chain.from_iterable(scale))), default=[])


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
        said = _whole(plain(one.item.title)).sub(" ", said)
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


def blocking(told: Iterable[Wanted], scenario: Scenario, shelf: Shelf) -> set[str]:
    """The facets of the hard wish that excludes most, where nothing meets them all: by itself, or without which most
    items fit; both are honest, and wishes may be equals."""
    wishes = [wish for wish in told if wish.strength == "hard"]
    alone = [0] * len(wishes)
    only = [0] * len(wishes)
    for item_id in shelf.fitting((), scenario):
        broken = [place for place, wish in enumerate(wishes) if not shelf.meets(item_id, wish)]
        for place in broken:
            alone[place] += 1
            only[place] += len(broken) == 1
    most = [counts for counts in (alone, only) if any(counts)]
    return {wish.facet for counts in most for wish, count in zip(wishes, counts, strict=True) if count == max(counts)}


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


def number_in(held: Value | None) -> bool:
    """Whether there is a number or a date to compare with."""
    return any(_number(one) is not None for one in _several(held))


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
    return bool(_whole(words).search(text))


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")


def _grade(value: object) -> str:
    """A value of an ordered facet, however its parts are joined and whatever is said of it in brackets."""
    text = re.sub(r"\s*\([^()]*\)$|^rated:?\s+", "", plain(value))
    return re.sub(r"[\s_‐-―-]", "", text)


@lru_cache(maxsize=1)
def _scales() -> list[list[list[str]]]:
    """The known scales, each as the names of its steps, mildest first."""
    told = Path(str(chatrec.catalog.__file__)).with_name("scales.toml").read_text(encoding="utf-8")
    scales = tomllib.loads(told)["scales"]
    return [[[_grade(name) for name in ([step] if isinstance(step, str) else step)] for step in one] for one in scales]


def _is_sponsored(item: Item, rule: Mapping[str, object]) -> bool:
    listed = rule.get("items")
    if isinstance(listed, list) and item.id in listed:
        return True
    held = _several(item.attributes.get(str(rule.get("facet", ""))))
    return any(plain(one) not in ("", "0", "false", "no", "none", "n") for one in held)


def _is_disclosed(shown: Recommendation, text: str) -> bool:
    """Whether what must be said with an item is there, and a sentence that names the item says that it is sponsored."""
    if not shown.disclosure.strip():
        return False
    title = _whole(plain(shown.item.title))
    for line in text.splitlines():
        said = plain(line)
        for found in title.finditer(said):
            before = re.split(r"[.!?]\s", said[: found.start()])[-1]
            after = re.split(r"[.!?](?:\s|$)", said[found.end() :])[0]
            if DISCLOSED.search(f"{before} {after}"):
                return True
    return False
