"""What was found in a run, as the command and its JSON tell it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class GroundingReport:
    """`outside_catalog` counts replies that name what the catalogue does not have. `written` claims are a language
    model's, `replaced` the share of its sentences that were not fit to be shown. `unchecked` counts attacks that the
    bare answer carried out."""

    turns: int = 0
    outside_catalog: int = 0
    claims: int = 0
    written: int = 0
    valid_refs: float = 1.0
    quotes_found: float = 1.0
    replaced: float = 0.0
    attacks: int = 0
    attacks_succeeded: int = 0
    unchecked: int | None = None
    twins_refused: int | None = None
    claims_caught: float | None = None
    false_alarms: float | None = None

    def to_json(self) -> dict[str, Any]:
        """What was measured; what was not asked for is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}
