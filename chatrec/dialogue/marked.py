"""What has been read of a message so far, and which of its characters that took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chatrec.types import Constraint, Order


@dataclass
class Marked:
    """`used` are places that something was read from, `silent` those of them that would mislead a search;
    `references` are items that were described and not named, `described` where and which."""

    text: str
    constraints: list[Constraint] = field(default_factory=list)
    order: Order | None = None
    used: list[tuple[int, int]] = field(default_factory=list)
    silent: list[tuple[int, int]] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    described: list[tuple[int, int, str]] = field(default_factory=list)

    def free(self, start: int, end: int) -> bool:
        return all(end <= low or start >= high for low, high in self.used)

    def take(self, start: int, end: int, *, silent: bool = False) -> None:
        """`silent`: words that would mislead a search, such as what is not wanted."""
        self.used.append((start, end))
        self.silent += [(start, end)] if silent else []

    @property
    def rest(self) -> str:
        """The words that nothing was read from."""
        return blanked(self.text, self.used)

    @property
    def words(self) -> str:
        """The words to search with."""
        return blanked(self.text, self.silent)


def blanked(text: str, places: Iterable[tuple[int, int]]) -> str:
    kept = list(text)
    for low, high in places:
        kept[low:high] = " " * (high - low)
    return " ".join("".join(kept).split())
