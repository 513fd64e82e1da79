"""What a language model thinks of candidates."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatrec.types import Note, Usage


@dataclass(frozen=True, slots=True)
class Judgement:
    """A score for each candidate, higher is better, None where nothing was said of it; and what happened."""

    scores: tuple[float | None, ...]
    notes: tuple[Note, ...] = ()
    usage: Usage = field(default_factory=Usage)
