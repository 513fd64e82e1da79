"""What a turn looks like: events gathered into HTML while it runs, and the same for a turn that was kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chatrec.types import (
    CardsEvent,
    Claim,
    DoneEvent,
    ErrorEvent,
    Event,
    Note,
    NoteEvent,
    Recommendation,
    ReorderEvent,
    StageEvent,
    Suggestion,
    TextEvent,
    Usage,
)
from chatrec.ui.cards import BARE, Frame, card, text
from chatrec.ui.used import used

STAGES = {
    "understanding": "Reading your message",
    "finding": "Searching the catalogue",
    "ranking": "Choosing",
    "writing": "Writing down why",
}
STOPPED = "Stopped."
UNSAID = '<h2 class="said unsaid">What fits now</h2>'
"""Stands above a reply that no message asked for."""
BUSY, FINISHED = (f'<article class="turn" aria-busy="{busy}"' for busy in ("true", "false"))


@dataclass
class TurnView:
    """One turn on the page. `take` each event, then read `html`; `settle` once that was shown."""

    message: str
    frame: Frame = BARE
    number: int = 0
    opening: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """What the user is asked, below the cards."""
    cards: tuple[Recommendation, ...] = ()
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    stage: str = ""
    error: str = ""
    stopped: bool = False
    done: bool = False
    foot: str = ""
    """HTML that stands below a finished reply that is kept."""
    suggestions: Sequence[Suggestion] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    settled: dict[str, int] = field(default_factory=dict)
    """How many claims of each item were shown before; what came since appears softly."""

    def take(self, event: Event) -> None:
        if isinstance(event, StageEvent):
            self.stage = event.stage
        elif isinstance(event, CardsEvent | ReorderEvent):
            self.cards = event.recommendations
        elif isinstance(event, TextEvent) and event.item_id:
            self.claims.setdefault(event.item_id, []).append(Claim(event.text, ()))
        elif isinstance(event, TextEvent):
            (self.asked if self.cards and self.opening else self.opening).append(event.text)
        elif isinstance(event, NoteEvent):
            self.notes.append(event.note)
        elif isinstance(event, ErrorEvent):
            self.error, self.cards, self.opening, self.asked, self.done = str(event.error), (), [], [], True
        elif isinstance(event, DoneEvent):
            self._finish(event)

    def _finish(self, event: DoneEvent) -> None:
        """Only the finished reply says which quotes its claims rest on."""
        reply = event.reply
        self.done, self.stopped, self.number = True, reply.stopped, reply.state.turn
        self.cards, self.suggestions = reply.recommendations, reply.suggestions
        self.timings, self.usage = reply.timings, reply.usage
        self.claims = {shown.item.id: list(shown.explanation.claims) for shown in self.cards}

    def stop(self) -> None:
        self.stopped = self.done = True

    def settle(self) -> None:
        self.settled = {item_id: len(claims) for item_id, claims in self.claims.items()} | {"": len(self.cards)}

    @property
    def html(self) -> str:
        if not self.message and not self.cards and self.opening:
            words = text(" ".join(self.opening))
            return f'{FINISHED} data-turn="{self.number}" data-edit><p class="note edit">{words}</p></article>'
        said = f'<h2 class="said" dir="auto"><span class="unseen">You: </span>{text(self.message)}</h2>'
        return (
            f'{FINISHED if self.done else BUSY} data-turn="{self.number}">{said if self.message else UNSAID}'
            f'<div class="reply">{"".join(self._parts())}</div></article>'
        )

    def _parts(self) -> list[str]:
        parts = [f'<p class="opening" dir="auto">{text(said)}</p>' for said in self.opening]
        parts += [self._cards()] if self.cards else []
        parts += [f'<p class="opening asked" dir="auto">{text(said)}</p>' for said in self.asked]
        parts += [f'<p class="note">{text(note.text)}</p>' for note in self.notes]
        if self.error:
            parts.append(f'<p class="error" role="alert">{text(self.error)}</p>')
        if self.stopped:
            parts.append(f'<p class="note">{STOPPED if self.cards else STOPPED + " Nothing of this is kept."}</p>')
        if self.done:
            return [*parts, self._chips(), self.foot if self.number else "", used(self.usage, self.timings)]
        return [*parts, self._progress()]

    def _cards(self) -> str:
        entries = "".join(
            card(
                shown,
                claims=(claims := self.claims.get(shown.item.id, [])),
                writing=not self.done,
                fresh=0 if self.done else len(claims) - self.settled.get(shown.item.id, 0),
                frame=self.frame,
            )
            for shown in self.cards
        )
        fresh = " fresh" if not self.done and not self.settled.get("") else ""
        return f'<ol class="cards{fresh}">{entries}</ol>'

    def _chips(self) -> str:
        chips = "".join(
            f'<button type="button" class="chip" data-say="{text(each.message)}" data-kind="{each.kind}">'
            f"{text(each.label)}</button>"
            for each in self.suggestions
        )
        return f'<div class="chips" role="group" aria-label="Suggested next messages">{chips}</div>' if chips else ""

    def _progress(self) -> str:
        """The stage in words, and where it stands among the four."""
        names = list(STAGES)
        at = names.index(self.stage) if self.stage in names else -1
        steps = "".join(
            f'<li class="{"past" if place < at else "present" if place == at else "to-come"}"></li>'
            for place in range(len(names))
        )
        words = text(STAGES.get(self.stage, self.stage or "Waiting"))
        return (
            f'<div class="progress"><ol class="steps" aria-hidden="true">{steps}</ol><p class="stage">{words}</p></div>'
        )
