"""A reply while it is being made."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from chatrec.rules import prevented
from chatrec.types import (
    Claim,
    Constraint,
    DialogueState,
    Explanation,
    Note,
    Question,
    Recommendation,
    Reply,
    Suggestion,
    Usage,
)


@dataclass
class Draft:
    """`claims` are those about the items recommended, `about` those of an answer; `notes` are by kind; `held_back`
    counts sentences that the house rules forbid; `touched` are ids of cards that stay where they are."""

    state: DialogueState
    recommendations: tuple[Recommendation, ...] = ()
    opening: str = ""
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    about: tuple[Claim, ...] = ()
    question: Question | None = None
    blocking: Constraint | None = None
    suggestions: tuple[Suggestion, ...] = ()
    notes: dict[str, Note] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    held_back: int = 0
    touched: Collection[str] = ()

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.timings[stage] = self.timings.get(stage, 0.0) + 1000 * (time.perf_counter() - begun)

    def note(self, note: Note) -> bool:
        """Takes a note down; of a kind that there is already only the count is added, and it is told by False."""
        known = self.notes.get(note.kind)
        self.notes[note.kind] = replace(known, count=known.count + note.count) if known else note
        return known is None

    def reply(self, *, stopped: bool = False) -> Reply:
        explained = tuple(
            replace(shown, explanation=Explanation(tuple(self.claims.get(shown.item.id, ()))))
            for shown in self.recommendations
        )
        lines = [_line(place, shown) for place, shown in enumerate(explained, 1)]
        asked = [self.question.text] if self.question else []
        notes = [*self.notes.values(), *([prevented("never_claim", self.held_back)] if self.held_back else [])]
        return Reply(
            "\n".join(part for part in (self.opening, *lines, *asked) if part),
            explained,
            self.state,
            tuple(notes),
            dict(self.timings),
            self.usage,
            stopped,
            self.about,
            self.question,
            self.blocking,
            self.opening,
            self.suggestions,
        )


def _line(place: int, shown: Recommendation) -> str:
    """What must be disclosed stands in the sentence that names the item."""
    named = f"{shown.item.title} ({shown.disclosure})" if shown.disclosure else shown.item.title
    return f"{place}. {named}" + (f": {shown.explanation.text}" if shown.explanation.claims else "")
