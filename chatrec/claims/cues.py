"""What the checks know of a language, read from a file."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "english.toml").read_text(encoding="utf-8"))


@cache
def cues(name: str) -> frozenset[str]:
    """The words of one list."""
    return frozenset(str(_read()[name]).split())


@cache
def groups(name: str) -> tuple[frozenset[str], ...]:
    """A list of lists of words."""
    return tuple(frozenset(each if isinstance(each, list) else each.split()) for each in _read()[name])


@cache
def phrases(name: str) -> tuple[str, ...]:
    return tuple(_read()[name])
