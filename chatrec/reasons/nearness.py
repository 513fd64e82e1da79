"""How near a sentence comes to what is asked for, by meaning rather than by words."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from chatrec.types import Query

Embed: TypeAlias = Callable[[str], Any]
"""A text's vector of unit length."""

Near: TypeAlias = Callable[[str], float]


def nearness(query: Query, embed: Embed | None) -> Near:
    """The cosine of a sentence and the latest request; 0 where there is no embedder, or nothing was said."""
    if embed is None or not query.text.strip():
        return lambda sentence: 0.0

    @cache
    def wanted() -> Any:
        return embed(query.text)

    return lambda sentence: float(embed(sentence) @ wanted())
