"""What tokens cost, from a dated table: unknown is unknown, never free."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from chatrec.types import Usage

FREE = ("local:", "fake:")
"""What runs in this process costs nothing a token."""


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("chatrec.llm") / "prices.toml").read_text(encoding="utf-8"))


def read_on() -> str:
    """The day on which the prices were what the table says."""
    return str(_table()["read_on"])


def cost(name: str, input_tokens: int, output_tokens: int) -> float | None:
    """US dollars for so many tokens of `provider:model`, at list price; None where the table has no such model.

    A name stands for those that begin with it and go on with a date or the like, the longest first. What providers
    take off for what they have read before is not known here, so that it is what it costs at most.
    """
    if name.startswith(FREE):
        return 0.0
    prices: dict[str, list[float]] = _table()["prices"]
    known = [entry for entry in prices if name == entry or name.startswith((f"{entry}-2", f"{entry}-latest"))]
    if not known:
        return None
    read, wrote = prices[max(known, key=len)]
    return (input_tokens * read + output_tokens * wrote) / 1_000_000


def usage_of(name: str, input_tokens: int, output_tokens: int) -> Usage:
    """What one answer of the model of that name used."""
    return Usage(input_tokens, output_tokens, cost(name, input_tokens, output_tokens), (name,) if name else ())
