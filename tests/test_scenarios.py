"""The scripted conversations are sound: known keys, enough phrasings, wishes the catalogue can (or cannot) meet."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chatrec.catalog import sample

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.glob("**/*.toml"))
KINDS = {
    "constraints", "asked", "rejections", "named", "critiques", "changes", "questions", "soft", "nothing-fits", "rules",
}  # fmt: skip
KEYS = {
    "scenario": {"kind", "catalog", "nothing_fits", "user", "policy", "opening", "wishes", "likes", "then"},
    "user": {"owns", "seen", "access", "confirmed"},
    "policy": {"hide", "available", "sponsored", "restricted", "one_at_a_time", "never_claim"},
    "opening": {"say"},
    "wish": {"facet", "op", "values", "told", "strength", "say", "object"},
    "like": {"item", "say"},
    "then": {"say", "drops", "compared", "expects", "wishes"},
    "compared": {"facet", "op", "shown"},
    "expects": {"says"},
}
OPS: dict[str, Callable[[list[Any], list[Any]], bool]] = {
    "any": lambda held, values: bool(set(held) & set(values)),
    "none": lambda held, values: not set(held) & set(values),
    "min": lambda held, values: bool(held) and held[0] >= values[0],
    "max": lambda held, values: bool(held) and held[0] <= values[0],
    "below": lambda held, values: bool(held) and held[0] < values[0],
    "above": lambda held, values: bool(held) and held[0] > values[0],
    "within": lambda held, values: any(
        low <= each <= high for each in held for low, high in zip(values[::2], values[1::2], strict=True)
    ),
}
RATINGS = ["G", "PG", "PG-13", "R"]  # the order that "restricted" follows; "Not Rated" has no place in it
Table = Mapping[str, Any]


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def films() -> list[dict[str, Any]]:
    with Path(sample.films()).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def held(item: Table, facet: str) -> list[Any]:
    """The item's values of a facet; none where it lacks the facet."""
    value = item.get(facet)
    return value if isinstance(value, list) else [] if value is None else [value]


def meets(item: Table, wishes: Iterable[Table]) -> bool:
    return all(OPS[wish["op"]](held(item, wish["facet"]), wish["values"]) for wish in wishes)


def hard(wishes: Iterable[Table]) -> list[Table]:
    return [wish for wish in wishes if wish.get("strength", "hard") == "hard"]


def allowed(item: Table, scenario: Table) -> bool:
    """Whether the house rules let this person see the item."""
    user, policy = scenario.get("user", {}), scenario.get("policy", {})
    if any(item["id"] in user.get({"owned": "owns"}.get(rule, rule), []) for rule in policy.get("hide", [])):
        return False
    if (rule := policy.get("available")) and not set(held(item, rule["facet"])) & set(user.get("access", [])):
        return False
    rule = policy.get("restricted")
    if not rule or rule["confirm"] in user.get("confirmed", []):
        return True
    mild = RATINGS[: RATINGS.index(rule["from"])]
    return bool(set(held(item, rule["facet"])) & set(mild))


def stages(scenario: Table) -> list[list[Table]]:
    """The wishes in force at the opening and after each scripted message; comparisons are judged apart."""
    wishes = list(scenario.get("wishes", []))
    found = [wishes]
    for message in scenario.get("then", []):
        new = message.get("wishes", [])
        gone = {*message.get("drops", []), *(wish["facet"] for wish in new)}
        wishes = [wish for wish in wishes if wish["facet"] not in gone] + new
        found.append(wishes)
    return found


def tables(scenario: Table) -> list[tuple[str, Table]]:
    """Every table of the scenario with the name of its kind."""
    found: list[tuple[str, Table]] = [("scenario", scenario)]
    found += [(name, scenario[name]) for name in ("user", "policy", "opening") if name in scenario]
    found += [("wish", wish) for wish in scenario.get("wishes", [])]
    found += [("like", like) for like in scenario.get("likes", [])]
    for message in scenario.get("then", []):
        found += [("then", message)]
        found += [("wish", wish) for wish in message.get("wishes", [])]
        found += [(name, message[name]) for name in ("compared", "expects") if name in message]
    return found


def phrase_lists(scenario: Table) -> list[list[str]]:
    """Every list of phrasings; the wishes of a scripted message may leave theirs out, the message says them."""
    said = [table["say"] for name, table in tables(scenario) if name in {"opening", "like", "then"}]
    said += [wish["say"] for wish in scenario.get("wishes", [])]
    return said + [table["object"] for _, table in tables(scenario) if "object" in table]


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).with_suffix("").as_posix()


each = pytest.mark.parametrize("path", FILES, ids=name_of)
SAMPLE = [path for path in FILES if read(path)["catalog"] == "sample"]
each_of_sample = pytest.mark.parametrize("path", SAMPLE, ids=name_of)


@each
def test_keys_and_words_are_known(path: Path) -> None:
    scenario = read(path)
    for name, table in tables(scenario):
        assert set(table) <= KEYS[name], f"{name}: unknown {sorted(set(table) - KEYS[name])}"
        if name in {"wish", "compared"}:
            assert table["op"] in OPS
        assert table.get("told", "at once") in {"at once", "asked", "rejection"}
        assert table.get("strength", "hard") in {"hard", "soft"}
    assert scenario["kind"] in KINDS
    assert scenario.get("nothing_fits", False) == (scenario["kind"] == "nothing-fits")


@each
def test_everything_is_said_in_at_least_four_ways(path: Path) -> None:
    scenario = read(path)
    objections = [wish["object"] for wish in scenario.get("wishes", []) if "object" in wish]
    for ways in phrase_lists(scenario):
        assert len({way.casefold() for way in ways}) >= (2 if ways in objections else 4), ways
    told_now = any(wish.get("told", "at once") == "at once" for wish in scenario.get("wishes", []))
    assert all(("{wishes}" in way) == told_now for way in scenario["opening"]["say"])
    assert all("{title}" in way for like in scenario.get("likes", []) for way in like["say"])


def test_no_two_scenarios_share_a_name_or_a_list_of_phrases() -> None:
    names = Counter((path.parent.name, path.stem) for path in FILES)
    lists = Counter(tuple(sorted(ways)) for path in SAMPLE for ways in phrase_lists(read(path)))
    assert [name for name, count in names.items() if count > 1] == []
    assert [ways for ways, count in lists.items() if count > 1] == []


def test_the_sample_has_every_kind_in_both_halves() -> None:
    kinds = Counter((path.parent.name, read(path)["kind"]) for path in SAMPLE)
    assert len(SAMPLE) >= 60
    assert {half for half, _ in kinds} == {"locked", "open"}
    assert all(kinds[half, kind] >= 3 for half in ("locked", "open") for kind in KINDS)


@each_of_sample
def test_facets_values_and_items_exist(path: Path) -> None:
    scenario = read(path)
    facets = {facet for film in films() for facet in film}
    ids = {film["id"] for film in films()}
    for name, table in tables(scenario):
        if name in {"wish", "compared"}:
            assert table["facet"] in facets
        if name == "wish" and table["op"] in {"any", "none"}:
            known = {value for film in films() for value in held(film, table["facet"])}
            assert set(table["values"]) <= known
    user, policy = scenario.get("user", {}), scenario.get("policy", {})
    named = [*user.get("owns", []), *user.get("seen", []), *policy.get("sponsored", {}).get("items", [])]
    named += [like["item"] for like in scenario.get("likes", [])]
    assert set(named) <= ids
    if rule := policy.get("available"):
        assert set(user["access"]) <= {value for film in films() for value in held(film, rule["facet"])}


@each_of_sample
def test_something_fits_at_every_stage_unless_nothing_should(path: Path) -> None:
    scenario = read(path)
    named = {like["item"] for like in scenario.get("likes", [])}
    offered = [film for film in films() if allowed(film, scenario) and film["id"] not in named]
    left = [[film["id"] for film in offered if meets(film, hard(wishes))] for wishes in stages(scenario)]
    if scenario.get("nothing_fits"):
        assert left[-1] == []
    else:
        assert all(left)


@each_of_sample
def test_a_comparison_leaves_something_for_most_items_it_may_name(path: Path) -> None:
    """Which item is shown is not known here, so a comparison has to be answerable for nearly all that may be."""
    scenario = read(path)
    all_stages = stages(scenario)
    for number, message in enumerate(scenario.get("then", [])):
        if "compared" not in message:
            continue
        facet, op = message["compared"]["facet"], message["compared"]["op"]
        before = [film for film in films() if allowed(film, scenario) and meets(film, hard(all_stages[number]))]
        after = [film for film in films() if allowed(film, scenario) and meets(film, hard(all_stages[-1]))]
        answered = [shown for shown in before if any(OPS[op](held(film, facet), held(shown, facet)) for film in after)]
        assert len(answered) >= 0.8 * len(before), f"{facet}: {len(answered)} of {len(before)}"
