"""House rules: read strictly, understood over many catalogues, kept with theirs, and never broken by what is shown."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hash_embedder import HashEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrec import ChatRec, Settings
from chatrec.catalog import Item, Value, sample
from chatrec.catalog.policy import (
    Policy,
    Restricted,
    Sponsored,
    check_policy,
    policy_among,
    policy_from,
    read_policy,
)
from chatrec.catalog.scales import scale_of, steps_of
from chatrec.catalog.schema import Facet, profile
from chatrec.errors import CatalogError
from chatrec.rules import enforce, hidden, permitted, prevented, required
from chatrec.store import facets, house
from chatrec.store.index import build_generation
from chatrec.types import Recommendation, UserProfile

HEAT = {"facet": "heat", "from": "hot", "confirm": "likes it hot"}
EVERYTHING = {
    "hide": ["owned", "seen"],
    "available": {"facet": "shops"},
    "sponsored": {"items": ["a"], "facet": "paid"},
    "restricted": HEAT,
    "one_at_a_time": True,
    "never_claim": ["discount"],
}


def item(id: str, **attributes: Value) -> Item:
    return Item(id, id.title(), attributes=attributes)


DISHES = (
    item("a", heat="mild", shops=("North", "South"), price=3, paid=False),
    item("b", heat="Medium", shops=("South",), price=5, paid=True),
    item("c", heat="hot", shops=("North",), price=9),
    item("d", heat="hot", shops=("West",), price=12),
    item("e", heat="unknown", shops=("North",)),
    item("f", price=8),
)
SCHEMA = profile(DISHES)


def shown(*items: Item) -> list[Recommendation]:
    return [Recommendation(one, 1.0, {}) for one in items]


def ids(policy: Policy, profile: UserProfile | None = None) -> str:
    """The dishes that are left of all."""
    kept, _ = enforce(shown(*DISHES), policy=policy, profile=profile, schema=SCHEMA)
    return "".join(one.item.id for one in kept)


def of(**rules: Any) -> Policy:
    return policy_from(rules, where="policy.toml")


# Reading


def test_every_rule_is_read_and_none_is_in_force_by_itself() -> None:
    assert policy_from({}, where="x") == Policy()
    assert of(**EVERYTHING) == Policy(
        hide=frozenset(("owned", "seen")),
        available="shops",
        sponsored=Sponsored(frozenset("a"), "paid"),
        restricted=Restricted("heat", "hot", "likes it hot"),
        one_at_a_time=True,
        never_claim=("discount",),
    )


def test_a_file_has_the_keys_themselves_or_in_one_table(tmp_path: Path) -> None:
    plain, table = tmp_path / "plain.toml", tmp_path / "table.toml"
    plain.write_text('hide = ["seen"]\n')
    table.write_text('\ufeff[policy]\nhide = ["seen"]\n', encoding="utf-8")
    assert read_policy(plain) == read_policy(table) == Policy(hide=frozenset(["seen"]))
    (tmp_path / "empty.toml").touch()
    assert read_policy(tmp_path / "empty.toml") == Policy()


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"hidden": []}, ["'hidden'", "no such key", "hide, available, sponsored"]),
        ({"hide": "seen"}, ["'hide'", "list"]),
        ({"hide": ["bought"]}, ["'hide'", "owned, seen", "'bought'"]),
        ({"available": "shops"}, ["'available'", "table"]),
        ({"available": {}}, ["'available.facet'", "nothing"]),
        ({"available": {"facet": 3}}, ["'available.facet'", "3"]),
        ({"available": {"facet": "shops", "in": "x"}}, ["'available.in'", "There are: facet"]),
        ({"sponsored": {}}, ["'sponsored'", "items"]),
        ({"sponsored": {"items": [""]}}, ["'sponsored.items'"]),
        ({"sponsored": {"facet": " "}}, ["'sponsored.facet'"]),
        ({"restricted": {"facet": "heat", "from": "hot"}}, ["'restricted.confirm'"]),
        ({"restricted": {"facet": "heat", "confirm": "x"}}, ["'restricted.from'"]),
        ({"restricted": HEAT | {"order": ["mild", "warm"]}}, ["'restricted.from'", "mild, warm"]),
        ({"restricted": HEAT | {"order": ["hot", "Hot"]}}, ["'restricted.order'", "once"]),
        ({"restricted": HEAT | {"unrated": "no"}}, ["'restricted.unrated'", "allow"]),
        ({"one_at_a_time": 1}, ["'one_at_a_time'", "true or false", "1"]),
        ({"never_claim": ["--"]}, ["'never_claim'", "'--'"]),
        ({"never_claim": [3]}, ["'never_claim'"]),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_told_with_file_and_key(rules: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(CatalogError) as caught:
        of(**rules)
    assert [part for part in ("policy.toml", *told) if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"hide = [", "not TOML"),
        (b"\xff\xfe", "UTF-8"),
        (b"a = " + b"[" * 100_000, "TOML"),
        (b"#" * 2_000_000, "large"),
    ],
)
def test_a_file_that_is_none_is_told(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(content)
    with pytest.raises(CatalogError, match=told):
        read_policy(tmp_path / "p.toml")
    with pytest.raises(CatalogError, match="no file"):
        read_policy(tmp_path / "q.toml")


LOOSE = st.one_of(
    st.text(max_size=3), st.integers(), st.booleans(), st.none(), st.sampled_from(["owned", "heat", "hot"])
)
INNER = st.one_of(LOOSE, st.lists(LOOSE, max_size=3))
KEYS = st.sampled_from(["facet", "items", "from", "confirm", "order", "unrated"])


@given(
    st.dictionaries(st.sampled_from([*EVERYTHING, "other"]), st.one_of(INNER, st.dictionaries(KEYS, INNER, max_size=4)))
)
def test_any_mapping_is_a_policy_or_an_error_that_says_where(rules: dict[str, Any]) -> None:
    try:
        check_policy(policy_from(rules, where="some.toml"), SCHEMA, where="some.toml")
    except CatalogError as error:
        told = str(error)
    else:
        told = "some.toml: field none"
    assert told.startswith("some.toml: field ")


# Scales


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["R", "Not Rated", "PG", "PG-13", "G"], "G PG PG-13 R"),
        (["nc-17", "r", "Unrated"], "r nc-17"),
        (["18", "U", "12A", "15", "PG", "12"], "U PG 12 12A 15 18"),
        (["FSK 16", "FSK 6", "FSK 12"], "FSK 6|FSK 12|FSK 16"),
        (["16", "0", "6"], "0 6 16"),
        (["TV-MA", "TV-Y", "TV-14", "TV-PG"], "TV-Y TV-PG TV-14 TV-MA"),
        (["18", "3", "7", "16"], "3 7 16 18"),
        (["M", "E10+", "E", "T"], "E E10+ T M"),
        (["hard", "Easy", "medium"], "Easy medium hard"),
        (["advanced", "beginner", "intermediate"], "beginner intermediate advanced"),
        (["hot", "mild", "medium"], "mild medium hot"),
        (["very_loud", "average", "loud", "quiet"], "quiet average loud very_loud"),
        (["high", "low", "medium"], "low medium high"),
        (["$$$", "$", "$$$$", "$$"], "$ $$ $$$ $$$$"),
        (["€€", "€"], "€ €€"),
        (["££", "£"], "£ ££"),
        (["￥￥", "￥"], "￥ ￥￥"),
        (["XL", "S", "M", "2XL", "XS", "L"], "XS S M L XL 2XL"),
        (["formal", "casual", "dressy"], "casual dressy formal"),
        (["R (Restricted)", "PG (Parental Guidance)"], "PG (Parental Guidance)|R (Restricted)"),
    ],
)
def test_known_scales_order_a_facet_as_it_spells_its_values(values: list[str], order: str) -> None:
    expected = tuple(order.split("|") if "|" in order else order.split())
    assert all(scale_of(some) == expected for some in (values, values[::-1]))


@pytest.mark.parametrize(
    "values",
    [[], ["R"], ["R", "Not Rated"], ["PG-13", "pg 13"], ["red", "blue"], ["1-2", "3-5"],
     ["S", "M", "cotton", "wool", "silk", "linen"]],
)  # fmt: skip
def test_values_that_stand_on_no_scale_have_no_order(values: list[str]) -> None:
    assert scale_of(values) is None


def test_names_of_one_step_stand_together() -> None:
    assert steps_of(["PG 13", "R", "PG-13"]) == (("PG 13", "PG-13"), ("R",))
    assert scale_of(["TV-MA", "PG-13", "R", "TV-14"]) == ("PG-13", "TV-14", "TV-MA", "R")


@given(st.lists(st.one_of(st.text(max_size=6), st.sampled_from(["G", "pg", "PG-13", "R", "low", "high", "$", "18"]))))
def test_a_scale_makes_nothing_up_and_keeps_its_order(values: list[str]) -> None:
    order = scale_of(values) or ()
    assert set(order) <= set(values)
    assert len(set(order)) == len(order) != 1
    assert order in ((), scale_of(order))


# Against the catalogue


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"available": {"facet": "stores"}}, ["'available.facet'", "'stores'", "heat, paid, price, shops"]),
        ({"available": {"facet": "price"}}, ["'available.facet'", "is a number", "Facets of lists: shops"]),
        ({"sponsored": {"facet": "adverts"}}, ["'sponsored.facet'", "'adverts'"]),
        ({"restricted": {"facet": "hotness", "from": "hot", "confirm": "x"}}, ["'restricted.facet'", "'hotness'"]),
        ({"restricted": {"facet": "heat", "from": "scary", "confirm": "x"}}, ["'restricted.from'", "'scary'", "mild"]),
        ({"restricted": {"facet": "shops", "from": "West", "confirm": "x"}}, ["'restricted.facet'", "order = [...]"]),
        ({"restricted": {"facet": "heat", "from": "z", "confirm": "x", "order": ["y", "z"]}}, ["'restricted.facet'"]),
        ({"restricted": {"facet": "price", "from": 20, "confirm": "x"}}, ["'restricted.from'", "12", "'20'"]),
        ({"restricted": {"facet": "price", "from": "dear", "confirm": "x"}}, ["'restricted.from'", "number"]),
    ],
)
def test_a_rule_that_does_not_fit_the_catalogue_is_told(rules: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(CatalogError) as caught:
        check_policy(of(**rules), SCHEMA, where="policy.toml")
    assert [part for part in ("policy.toml", *told) if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    "rule",
    [
        {"facet": "heat", "from": "very hot"},  # a step on which nothing stands just now
        {"facet": "heat", "from": "unknown", "order": ["mild", "unknown"]},
        {"facet": "shops", "from": "South", "order": ["West", "North", "South"]},
        {"facet": "price", "from": 9},
        {"facet": "paid", "from": True},
    ],
)
def test_rules_that_fit(rule: dict[str, Any]) -> None:
    check_policy(of(**EVERYTHING | {"restricted": rule | {"confirm": "x"}}), SCHEMA)


# Each rule


def test_nothing_owned_or_seen_is_shown_where_that_is_hidden() -> None:
    ann = UserProfile("ann", owns=frozenset("ab"), seen=frozenset("c"))
    assert (hidden(of(hide=["owned"]), ann), hidden(of(hide=["seen"]), ann)) == (ann.owns, ann.seen)
    assert hidden(of(hide=["owned", "seen"]), None) == hidden(Policy(), ann) == frozenset()
    assert ids(of(hide=["owned", "seen"]), ann) == "def"
    assert ids(Policy(), ann) == "abcdef"


def test_only_what_the_user_has_access_to_where_that_is_known() -> None:
    policy = of(available={"facet": "shops"})
    north = UserProfile("ann", access=frozenset(["  north "]))
    assert ids(policy, north) == "ace"
    assert ids(policy, UserProfile("ann")) == ids(policy, UserProfile("ann", access=frozenset([" "]))) == "abcdef"
    assert ids(policy) == "abcdef"
    assert [(c.facet, c.op) for c in required(policy, north, SCHEMA)] == [("shops", "any")]
    assert required(policy, UserProfile("ann"), SCHEMA) == ()


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ({"facet": "heat", "from": "hot"}, "abef"),
        ({"facet": "heat", "from": "medium"}, "aef"),
        ({"facet": "heat", "from": "HOT", "unrated": "restrict"}, "ab"),
        ({"facet": "heat", "from": "very hot"}, "abcdef"),
        ({"facet": "price", "from": 9}, "abef"),
        ({"facet": "price", "from": 9, "unrated": "restrict"}, "abf"),
        ({"facet": "price", "from": 5, "order": [12, 9, 5, 3]}, "cdef"),
        ({"facet": "price", "from": 5, "order": [12, 9, 5, 3], "unrated": "restrict"}, "cd"),
        ({"facet": "shops", "from": "South", "order": ["West", "North", "South"]}, "cdef"),
        ({"facet": "paid", "from": True}, "acdef"),
    ],
)
def test_restricted_items_wait_until_they_are_confirmed(rule: dict[str, Any], left: str) -> None:
    policy = of(restricted=rule | {"confirm": "Yes please"})
    assert ids(policy) == left
    assert ids(policy, UserProfile("ann", confirmed=frozenset(["other"]))) == left
    assert ids(policy, UserProfile("ann", confirmed=frozenset(["yes  please"]))) == "abcdef"
    said = UserProfile("ann", confirmed=frozenset(["YES PLEASE"]))
    assert (ids(policy, said), required(policy, said, SCHEMA)) == ("abcdef", ())
    assert "".join(met(DISHES, policy, None)) == left


def test_another_spelling_of_a_restricted_value_is_restricted_too() -> None:
    items = [item("a", rating="PG-13"), item("b", rating="pg 13"), item("c", rating="Rated R"), item("d", rating="G")]
    schema = profile(items)
    policy = of(restricted={"facet": "rating", "from": "PG-13", "confirm": "x"})
    kept, notes = enforce(shown(*items), policy=policy, profile=None, schema=schema)
    assert [one.item.id for one in kept] == ["d"]
    assert [(note.kind, note.count) for note in notes] == [("prevented_restricted", 3)]
    assert met(items, policy, None) == ["d"]


def test_what_is_paid_for_is_disclosed_and_nothing_else() -> None:
    policy = of(sponsored={"items": ["d"], "facet": "paid"})
    liar = Recommendation(DISHES[0], 1.0, {}, disclosure="Sponsored")
    kept, notes = enforce(
        [liar, *shown(*DISHES[1:])], policy=policy, profile=None, schema=SCHEMA
    )  # fmt: skip
    assert {one.item.id: one.disclosure for one in kept if one.disclosure} == {"b": "Sponsored", "d": "Sponsored"}
    assert notes == ()


@pytest.mark.parametrize(
    ("value", "said"), [(True, 1), ("yes", 1), (2, 1), (("Acme",), 1), (False, 0), ("No", 0), (0, 0), ((), 0)]
)
def test_a_facet_says_who_pays_in_many_ways(value: Value, said: int) -> None:
    one = item("x", paid=value)
    policy = of(sponsored={"facet": "paid"})
    kept, _ = enforce(shown(one), policy=policy, profile=None, schema=profile([one]))
    assert bool(kept[0].disclosure) == bool(said)


def test_each_breach_that_was_prevented_is_counted_by_its_rule() -> None:
    ann = UserProfile("ann", owns=frozenset("c"), access=frozenset(["north", "south"]))
    kept, notes = enforce(shown(*DISHES), policy=of(**EVERYTHING), profile=ann, schema=SCHEMA)
    assert [one.item.id for one in kept] == ["a"]
    assert {note.kind: note.count for note in notes} == {
        "prevented_hide": 1,  # c
        "prevented_available": 2,  # d, f
        "prevented_restricted": 2,  # c, d
        "prevented_one_at_a_time": 2,  # b, e
    }
    assert next(note.text for note in notes) == "1 item you already have or know was left out."
    assert enforce(shown(DISHES[0]), policy=of(**EVERYTHING), profile=ann, schema=SCHEMA)[1] == ()
    assert prevented("never_claim", 2).kind == "prevented_never_claim"


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ("It has no faults.", True),
        ("A DISCOUNT is on.", False),
        ("Discounts!", False),
        ("the discount’s on", False),
        ("_discount_", False),
        ("dis\u00adcount, dis\u200bcount", False),
        ("discounted", True),
        ("With free shipping.", False),
        ("with free-shipping", False),
        ("Free\u00a0Shipping", False),
        ("free\u2011shipping", False),
        ("freeshipping", False),
        ("free **shipping**", False),
        ("Entry is free, shipping is not.", True),
        ("carefree shipping", True),
        ("100% off", False),
        ("1100% off", True),
        ("best price", False),
        ("the best prices", False),
        ("two-year warranties", False),
        ("You can't lose", False),
        ("you can’t lose", False),
    ],
)
def test_words_that_are_never_said_however_they_are_written(said: str, allowed: bool) -> None:
    words = ["discount", "free shipping", "100% off", "best prices", "warranty", "can't lose"]
    assert permitted(said, of(never_claim=words)) is allowed
    assert permitted(said, Policy())


# Whatever is recommended

VALUES = st.one_of(
    st.sampled_from(["G", "PG", "pg-13", "PG 13", "R", "NC-17", "Not Rated", "north", "South", "18", "true", ""]),
    st.integers(-5, 20), st.floats(allow_nan=True), st.booleans(), st.text(max_size=3),
    st.lists(st.sampled_from(["north", "North ", "south", "R", "PG", "7"]), max_size=3).map(tuple),
)  # fmt: skip
ITEMS = st.builds(
    lambda id, attributes: Item(id, "T", attributes=attributes),
    st.sampled_from("abcdefgh"),
    st.dictionaries(st.sampled_from(["rating", "shops", "age", "paid"]), VALUES),
)
PROFILES = st.builds(
    lambda *sets: UserProfile("ann", *sets),
    st.frozensets(st.sampled_from("abcdefgh")),
    st.frozensets(st.sampled_from("abcdefgh")),
    st.frozensets(st.sampled_from(["NORTH", "south", ""])),
    st.frozensets(st.sampled_from(["adult", "Adult ", "other"])),
)
STEPS = ["G", "PG", "PG-13", "R", "NC-17"]
RATED = {"rating": Facet("rating", "category", 9, (*STEPS[::-1], "PG 13", "Not Rated")),
         "shops": Facet("shops", "list", 9, ("north", "south")), "paid": Facet("paid", "boolean", 9, ("true", "false")),
         "age": Facet("age", "number", 9, ("3", "18"), 3.0, 18.0)}  # fmt: skip
POLICIES = st.builds(
    lambda hide, available, one, start, unrated: of(
        hide=hide,
        **({"available": {"facet": "shops"}} if available else {}),
        sponsored={"items": ["a", "b"]},
        restricted={"confirm": "adult", "unrated": unrated}
        | ({"facet": "rating", "from": start} if isinstance(start, str) else {"facet": "age", "from": start}),
        one_at_a_time=one,
    ),
    st.lists(st.sampled_from(["owned", "seen"])),
    st.booleans(),
    st.booleans(),
    st.one_of(st.sampled_from(STEPS), st.integers(3, 18)),
    st.sampled_from(["allow", "restrict"]),
)


def rated(one: Item, rule: Restricted) -> list[bool]:
    """For each rating of an item whether it is restricted, told in another way than the rules do."""
    value = one.attributes.get(rule.facet, ())
    texts = [str(each) for each in (value if isinstance(value, tuple) else (value,))]
    if rule.facet == "age":
        numbers = [float(text) for text in texts if text.removeprefix("-").replace(".", "").isdecimal()]
        return [number >= float(rule.start) for number in numbers]
    places = {step.replace("-", "").lower(): place for place, step in enumerate(STEPS)}
    names = [text.replace("-", "").replace(" ", "").lower() for text in texts]
    return [places[name] >= STEPS.index(rule.start) for name in names if name in places]


@settings(max_examples=300)
@given(st.lists(ITEMS), POLICIES, st.one_of(st.none(), PROFILES))
def test_no_breach_gets_through_whatever_is_recommended(
    items: list[Item], policy: Policy, profile: UserProfile | None
) -> None:
    kept, notes = enforce(shown(*items), policy=policy, profile=profile, schema=RATED)
    words = {text.strip().lower() for text in (profile.confirmed if profile else ())}
    for one in kept:
        assert not (profile and "owned" in policy.hide and one.item.id in profile.owns)
        assert not (profile and "seen" in policy.hide and one.item.id in profile.seen)
        if policy.available and profile and profile.access - {""}:
            held = one.item.attributes.get("shops", ())
            texts = {text.strip().lower() for text in (held if isinstance(held, tuple) else (str(held),))}
            assert texts & {text.lower() for text in profile.access}
        if "adult" not in words:
            assert not any(rated(one.item, policy.restricted))
        assert (one.disclosure == "Sponsored") == (one.item.id in "ab")
    assert len(kept) <= (1 if policy.one_at_a_time else len(items))
    rest = iter(items)
    assert all(any(one.item is other for other in rest) for one in kept), "in their order"
    assert bool(notes) == (len(kept) < len(items))
    assert enforce(kept, policy=policy, profile=profile, schema=RATED) == (kept, ())


def met(items: Iterable[Item], policy: Policy, profile_: UserProfile | None) -> list[str]:
    """The ids of the items that the store finds under what the rules require."""
    items, schema = list(items), profile(items)
    with tempfile.TemporaryDirectory() as folder:
        facets.build(Path(folder), items, schema)
        mask = facets.Facets(Path(folder), len(items)).mask(required(policy, profile_, schema))
    return [one.id for one in itertools.compress(items, mask)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "heat": st.sampled_from(["mild", "Mild", "medium", "hot", "HOT", "very hot", "extra-hot", "unknown"]),
                "shops": st.lists(st.sampled_from(["North", "South"]), min_size=1).map(tuple),
                "age": st.integers(0, 20),
            },
        ),
        min_size=1,
    ),
    st.sampled_from(
        [{"facet": "heat", "from": "hot"}, {"facet": "heat", "from": "mild"}, {"facet": "age", "from": 16}]
    ),
    st.sampled_from(["allow", "restrict"]),
    st.one_of(st.none(), PROFILES),
)
def test_what_is_required_finds_all_that_may_be_shown_and_nothing_else(
    attributes: list[dict[str, Value]], rule: dict[str, Any], unrated: str, ann: UserProfile | None
) -> None:
    heats = [item(heat, heat=heat) for heat in ("mild", "hot")]  # an order to be known
    items = [
        *(item(f"i{n}", **each) for n, each in enumerate(attributes)),
        *heats,
        item("old", age=20, shops=("East",)),
    ]
    policy = of(available={"facet": "shops"}, restricted=rule | {"unrated": unrated, "confirm": "adult"})
    kept, _ = enforce(shown(*items), policy=policy, profile=ann, schema=profile(items))
    assert met(items, policy, ann) == [one.item.id for one in kept]


# Kept with the catalogue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "catalogs" / "dishes"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def index(folder: Path, policy: Path | None = None, *, items: Iterable[Item] = DISHES, **more: Any) -> str:
    return build_generation(folder, items, HashEmbedder(), policy=policy, **more).generation


def test_rules_are_kept_with_the_catalogue_until_others_are_given(folder: Path, tmp_path: Path) -> None:
    first = index(folder, written(tmp_path / "a.toml", 'hide = ["seen"]'))
    assert house.in_force(folder) == of(hide=["seen"])
    assert index(folder) == first
    index(folder, mode="reset")
    assert house.in_force(folder) == of(hide=["seen"])
    index(folder, written(tmp_path / "b.toml", "one_at_a_time = true"))
    assert house.in_force(folder) == of(one_at_a_time=True)
    index(folder, written(tmp_path / "c.toml", ""))
    assert house.in_force(folder) == Policy()


@pytest.mark.parametrize("text", ["hidden = []", "hide = [", 'available = { facet = "stores" }'])
def test_bad_rules_change_nothing(folder: Path, tmp_path: Path, text: str) -> None:
    bad = written(tmp_path / "bad.toml", text)
    with pytest.raises(CatalogError, match=r"bad\.toml"):
        index(folder, bad)
    assert not (folder / "CURRENT").exists()
    assert house.in_force(folder) == Policy()
    first = index(folder, written(tmp_path / "good.toml", 'available = { facet = "shops" }'))
    before = (folder / "policy.toml").read_text()
    with pytest.raises(CatalogError, match=r"bad\.toml"):
        index(folder, bad, items=[item("new", shops=("East",))])
    assert ((folder / "CURRENT").read_text(), (folder / "policy.toml").read_text()) == (first, before)


def test_an_update_that_the_rules_do_not_fit_is_refused(folder: Path, tmp_path: Path) -> None:
    first = index(folder, written(tmp_path / "a.toml", 'available = { facet = "shops" }'))
    with pytest.raises(CatalogError, match=r"available\.facet"):
        index(folder, items=[item("chair", legs=4)], mode="reset")
    assert (folder / "CURRENT").read_text() == first
    index(folder, written(tmp_path / "b.toml", ""), items=[item("chair", legs=4)], mode="reset")
    assert house.in_force(folder) == Policy()


def test_rules_changed_by_hand_hold_at_once_and_bad_ones_are_told(folder: Path, tmp_path: Path) -> None:
    index(folder, written(tmp_path / "a.toml", 'hide = ["seen"]'))
    assert house.in_force(folder) is house.in_force(folder), "read once"
    time.sleep(0.01)
    written(folder / "policy.toml", 'hide = ["owned"]')
    assert house.in_force(folder) == of(hide=["owned"])
    written(folder / "policy.toml", 'available = { facet = "stores" }')
    with pytest.raises(CatalogError, match="stores"):
        house.in_force(folder)
    (folder / "policy.toml").unlink()
    assert house.in_force(folder) == Policy()


def test_a_policy_is_found_in_what_is_indexed(tmp_path: Path) -> None:
    shop, other = tmp_path / "shop", tmp_path / "other"
    there = written(shop / "policy.toml", "")
    other.mkdir()
    assert policy_among([shop, other]) == ([shop, other], there)
    assert policy_among([other, there]) == ([other], there)
    assert policy_among([shop, there]) == ([shop], there)
    assert policy_among([other]) == ([other], None)
    assert policy_among([shop], given=other / "mine.toml") == ([shop], other / "mine.toml")
    written(other / "policy.toml", "")
    with pytest.raises(CatalogError, match="--policy"):
        policy_among([shop, other])
    assert policy_among([shop, other], given=there)[1] == there


def test_a_folder_with_rules_beside_its_records_is_indexed(
    embedder_home: Path, tmp_path: Path
) -> None:  # fmt: skip
    shop = Path(__file__).parent / "formats" / "movielens" / "sample_latest"
    for path in shop.iterdir():
        written(tmp_path / "shop" / path.name, path.read_text(encoding="utf-8"))
    written(tmp_path / "shop" / "policy.toml", 'never_claim = ["discount"]')
    rec = ChatRec(Settings(home=tmp_path / "home", llm="builtin"))
    rec.__dict__["embedder"] = HashEmbedder()
    assert rec.policy == Policy()
    assert rec.index(tmp_path / "shop").change.items > 0
    assert rec.policy == of(never_claim=["discount"])
    rec.close()


def test_the_command_takes_rules_tells_them_and_refuses_bad_ones(embedder_home: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "models").symlink_to(embedder_home / "models")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATREC_")}
    env = kept | {"CHATREC_HOME": str(tmp_path / "home"), "CHATREC_LLM": "builtin", "COLUMNS": "200"}

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("chatrec")), *arguments]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=200, check=False)

    items = written(tmp_path / "few.jsonl", "".join(sample.films().read_text("utf-8").splitlines(keepends=True)[:12]))
    written(tmp_path / "bad.toml", 'available = { facet = "shops" }')
    refused = call("index", str(items), "--catalog", "few", "--policy", "bad.toml")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "bad.toml: field 'available.facet'" in refused.stderr
    assert "few" not in call("catalogs", "list").stdout
    written(tmp_path / "good.toml", 'hide = ["seen"]\navailable = { facet = "services" }')
    done = call("index", str(items), "--catalog", "few", "--policy", "good.toml")
    assert done.returncode == 0, done.stderr
    line = "hides what is seen; available by services"
    assert f"House rules: {line}" in done.stdout
    assert any("house rules of few" in told and line in told for told in call("doctor").stdout.splitlines())
