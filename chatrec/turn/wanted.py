"""What a turn looks for."""

from __future__ import annotations

from dataclasses import dataclass

from chatrec.types import Constraint, Query, UserProfile


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a turn looks for, and the conditions that the house, not the user, sets."""

    query: Query
    rules: tuple[Constraint, ...]
    profile: UserProfile | None
    n: int
