"""What a turn looks like: events gathered into HTML while it runs, or a kept turn put together again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chatrec.catalog import Item
from chatrec.types import (
    CardsEvent,
    Claim,
    DoneEvent,
    ErrorEvent,
    Event,
    Evidence,
    Note,
    NoteEvent,
    Recommendation,
    ReorderEvent,
    StageEvent,
    TextEvent,
    Turn,
)
from chatrec.ui.cards import card, text

STAGES = {
    "understanding": "Reading your message",
    "finding": "Searching the catalogue",
    "ranking": "Choosing",
    "writing": "Writing down why",
}
STOPPED = "Stopped."
BUSY, FINISHED = (f'<article class="turn" aria-busy="{busy}">' for busy in ("true", "false"))


@dataclass
class TurnView:
    """One turn on the page. `take` each event, then read `html`."""

    message: str
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
    number: int = 0
    """Of the turn once it is kept; 0 before."""
    foot: str = ""
    """HTML that stands below a finished reply."""

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
        self.done, self.stopped, self.number = True, event.reply.stopped, event.reply.state.turn
        self.cards = event.reply.recommendations
        self.claims = {shown.item.id: list(shown.explanation.claims) for shown in self.cards}

    def stop(self) -> None:
        self.stopped = self.done = True

    @property
    def html(self) -> str:
        entries = "".join(
            card(shown, claims=self.claims.get(shown.item.id, ()), writing=not self.done) for shown in self.cards
        )
        parts = [f'<p class="opening" dir="auto">{text(said)}</p>' for said in self.opening]
        parts += [f'<ol class="cards">{entries}</ol>'] if entries else []
        parts += [f'<p class="opening asked" dir="auto">{text(said)}</p>' for said in self.asked]
        parts += [f'<p class="note">{text(note.text)}</p>' for note in self.notes]
        if self.error:
            parts.append(f'<p class="error" role="alert">{text(self.error)}</p>')
        if self.stopped:
            parts.append(f'<p class="note">{STOPPED if self.cards else STOPPED + " Nothing of this is kept."}</p>')
        if self.done and self.number:
            parts.append(self.foot)
        if not self.done:
            parts.append(f'<p class="stage">{text(STAGES.get(self.stage, self.stage or "Waiting"))}</p>')
        return (
            f"{FINISHED if self.done else BUSY}"
            f'<h2 class="said" dir="auto"><span class="unseen">You: </span>{text(self.message)}</h2>'
            f'<div class="reply">{"".join(parts)}</div></article>'
        )


DISCLOSED = re.compile(r" \((\w+)\)(?=:|$)")
"""Stands after a title in a kept reply."""


def kept(turn: Turn, items: Mapping[str, Item]) -> TurnView:
    """A turn of an earlier visit. Of its reply the words are kept, of its evidence the catalogue's own description.

    A line of the reply that names the item in its place becomes that item's card; any other stays a line.
    """
    view = TurnView(turn.message, notes=list(turn.notes), done=True, stopped=turn.stopped, number=turn.number)
    lines = turn.reply.splitlines()
    for place, item_id in enumerate(turn.item_ids, 1):
        item = items.get(item_id)
        begin = f"{place}. {item.title}" if item else None
        line = next((each for each in lines if begin and each.startswith(begin)), None)
        if item is None or begin is None or line is None:
            continue
        lines.remove(line)
        evidence = (Evidence(f"{item_id}#description", item_id, item.description),)
        disclosed = DISCLOSED.match(line.removeprefix(begin))
        begin += disclosed.group() if disclosed else ""
        view.cards += (Recommendation(item, 0.0, {}, evidence, disclosure=disclosed[1] if disclosed else ""),)
        if why := line.removeprefix(begin).removeprefix(":").strip():
            view.claims[item_id] = [Claim(why, ())]
    if view.cards and len(lines) > 1 and lines[-1].endswith("?"):
        view.asked = [lines.pop()]
    view.opening = lines
    return view
