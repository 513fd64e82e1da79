"""`chatrec chat`: a conversation in the terminal, streamed sentence by sentence."""

from __future__ import annotations

import sys
from contextlib import closing, suppress
from importlib import import_module

from rich.console import Console

from chatrec.app import ChatRec
from chatrec.commands import plain
from chatrec.session import Session
from chatrec.types import CardsEvent, ErrorEvent, NoteEvent, Recommendation, ReorderEvent, TextEvent


def run(*, catalog: str, session: str, user: str) -> None:
    with suppress(ImportError):
        import_module("readline")  # input() then has arrow keys and a history
    rec = ChatRec.from_env(catalog=catalog or None)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    count = rec.rooms().retriever.snapshot.count
    talk = rec.session(session or None, user=user or None)
    for turn in talk.turns:
        if turn.message:  # an edit has none
            console.print(f"> {plain(turn.message)}", style="dim")
        console.print(plain(turn.reply), style="dim")
    console.print(f"{count:,} items in {rec.settings.catalog!r}. Say what you are looking for; Ctrl-D ends.")
    while (message := _read(console)) is not None:
        if message.strip():
            _turn(talk, message, console)
    console.print(f"Go on with this conversation: chatrec chat --session {talk.id}")
    rec.close()


def _read(console: Console) -> str | None:
    """A line the user typed; None at the end."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        if not line:
            return None
        console.print(f"> {plain(line.rstrip())}")
        return line
    try:
        return input("> ")
    except (EOFError, KeyboardInterrupt):
        console.print()
        return None


def _turn(talk: Session, message: str, console: Console) -> None:
    """One turn; Ctrl-C stops it."""
    shown: dict[str, Recommendation] = {}
    told: set[str] = set()
    with closing(talk.stream(message)) as events:
        try:
            for event in events:
                if isinstance(event, CardsEvent | ReorderEvent):
                    shown = {card.item.id: card for card in event.recommendations}
                elif isinstance(event, TextEvent):
                    _say(event, shown, told, console)
                elif isinstance(event, NoteEvent):
                    console.print(plain(event.note.text), style="dim")
                elif isinstance(event, ErrorEvent):
                    console.print(plain(str(event.error)), style="red")
        except KeyboardInterrupt:
            console.print("Stopped.", style="dim")


def _say(event: TextEvent, shown: dict[str, Recommendation], told: set[str], console: Console) -> None:
    if event.item_id in shown and event.item_id not in told:
        told.add(event.item_id)
        place = list(shown).index(event.item_id) + 1
        card = shown[event.item_id]
        disclosed = f" ({card.disclosure})" if card.disclosure else ""
        console.print(f"{place}. {plain(card.item.title)}{plain(disclosed)}", style="bold")
    console.print(f"   {plain(event.text)}" if event.item_id else plain(event.text))
