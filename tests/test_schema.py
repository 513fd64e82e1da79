"""The facets that are found in a catalogue's items."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrec.catalog import Item, Value
from chatrec.catalog.schema import FEW, MOST_VALUES, Facet, day, from_json, profile, to_json


def facet(*values: Value | None) -> Facet:
    items = (Item(str(n), "T", attributes={} if value is None else {"x": value}) for n, value in enumerate(values))
    return profile(items)["x"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2.5, 3], "number"),
        (["2020-01-02", "2021-12-31T10:00:00Z"], "date"),
        ([True, False], "boolean"),
        (["True", "false"], "boolean"),
        (["red", "blue", "red"], "category"),
        ([f"code {n}" for n in range(FEW + 1)], "text"),
        (["A sentence that goes on for so long that nobody would choose by it.", "red"], "text"),
        ([("a", "b"), ("b",)], "list"),
        ([("a",), "b", 3], "list"),
        ([1, "one", 1], "category"),
        (["2020-01-02", "soon"], "category"),
        (["2020-13-40", "2020-01-02 was a good day"], "category"),
    ],
)
def test_what_a_facet_is(values: list[Any], kind: str) -> None:
    assert facet(*values).kind == kind


def test_numbers_and_dates_have_bounds_and_others_none() -> None:
    assert (facet(3, None, -1.5).low, facet(3, None, -1.5).high) == (-1.5, 3.0)
    assert (facet("2020-01-02", "2020-02-02").low, facet("2020-01-02").high) == (day("2020-01-02"), day("2020-01-02"))
    assert (facet("red").low, facet("red").high) == (None, None)


def test_values_stand_most_common_first_then_by_name() -> None:
    assert facet("b", "a", "c", "c", None).values == ("c", "a", "b")
    assert facet(("x", "y"), ("y",), "z").values == ("y", "x", "z")
    assert facet(True, False, True).values == ("true", "false")
    assert facet(1234567.0, 1234568).values == ("1234567", "1234568")
    assert facet("b", None, None).count == 1


def test_a_text_lists_no_values_and_a_category_at_most_two_hundred() -> None:
    assert facet(*(f"code {n}" for n in range(1000))).values == ()
    assert len(facet(*(f"code {n}" for n in range(1000)), *(f"code {n}" for n in range(1000))).values) == MOST_VALUES


VALUES = st.one_of(
    st.text(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.dates().map(str), st.lists(st.text()).map(tuple),
)  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES)))
def test_a_schema_survives_json_and_the_order_of_items_does_not_matter(attributes: list[dict[str, Any]]) -> None:
    items = [Item(str(n), "T", attributes=each) for n, each in enumerate(attributes)]
    schema = profile(items)
    assert from_json(json.loads(json.dumps(to_json(schema), allow_nan=False))) == schema
    assert profile(reversed(items)) == schema
    assert {name: found.count for name, found in schema.items()} == {
        name: sum(name in each for each in attributes)
        for name in sorted({name for each in attributes for name in each})
    }


def test_a_hundred_thousand_items_take_little_memory() -> None:
    def items() -> Iterator[Item]:
        for n in range(100_000):
            yield Item(str(n), "T", attributes={"sku": f"sku {n}", "year": n % 90, "notes": f"{n} " * 100})

    tracemalloc.start()
    schema = profile(items())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {name: found.kind for name, found in schema.items()} == {"sku": "text", "year": "number", "notes": "text"}
    assert peak < 20 * 2**20
