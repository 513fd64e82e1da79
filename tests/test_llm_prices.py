"""What a turn costs: known prices, unknown ones, and their sum."""

from __future__ import annotations

import datetime

import pytest

from chatrec.fake_llm import FakeChatModel
from chatrec.llm import ask
from chatrec.llm.fallback import InOrder
from chatrec.llm.link import Link
from chatrec.llm.prices import cost, read_on
from chatrec.types import Usage


def test_the_table_is_dated() -> None:
    assert datetime.date.fromisoformat(read_on()) > datetime.date(2026, 1, 1)


@pytest.mark.parametrize(
    ("name", "dollars"),
    [
        ("openai:gpt-5-mini", 0.25 + 2.0),
        ("openai:gpt-5-mini-2025-08-07", 0.25 + 2.0),
        ("anthropic:claude-opus-4-5-20251101", 5.0 + 25.0),
        ("openai:gpt-5.4", 2.5 + 15.0),
        ("openai:gpt-5.4-mini", 0.75 + 4.5),
        ("openai:gpt-5.4-mega", None),
        ("openai:gpt-5-mini2", None),
        ("nobody:some-model", None),
        ("", None),
        ("local:some-file", 0.0),
        ("fake:scripted", 0.0),
    ],
)
def test_a_million_tokens_each_way(name: str, dollars: float | None) -> None:
    assert cost(name, 1_000_000, 1_000_000) == dollars


def test_sums() -> None:
    known, unknown = Usage(10, 5, 0.25, ("a",)), Usage(1, 1, None, ("b",))
    assert Usage() + known == known
    assert (known + known).cost == 0.5
    assert known + unknown == Usage(11, 6, None, ("a", "b"))
    assert (known + Usage(0, 0, None)).cost == 0.25  # no tokens were used: there is nothing unknown
    assert (Usage(0, 0, None) + Usage()).cost == 0.0


def test_an_answer_says_what_it_cost_and_by_whom() -> None:
    model = InOrder(links=(Link("openai:gpt-5-mini", lambda: FakeChatModel(answers=["one two three"])),))
    usage = ask(model, [("user", "four words to read")], limit=5).usage
    assert usage == Usage(4, 3, pytest.approx((4 * 0.25 + 3 * 2.0) / 1e6), ("openai:gpt-5-mini",))
    assert ask(FakeChatModel(answers=["a b"]), [("user", "?")], limit=5).usage.cost is None
