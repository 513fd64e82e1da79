"""A stand-in for ChatRec that the page can be forced with: slow streams, errors, hostile text, no index on disk."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.account import Scored
from chatrec.catalog import Item, Review
from chatrec.catalog.schema import profile
from chatrec.conversations import Conversation, Conversations
from chatrec.dialogue.editing import Change
from chatrec.errors import ChatRecError
from chatrec.session import Session, turn_of
from chatrec.settings import Settings
from chatrec.types import (
    CardsEvent,
    Claim,
    DialogueState,
    DoneEvent,
    ErrorEvent,
    Event,
    Evidence,
    Explanation,
    Recommendation,
    ReorderEvent,
    Reply,
    StageEvent,
    TextEvent,
    Turn,
)
from chatrec.users import User

Script = Callable[[str, Sequence[Item]], Iterator[Event]]


def recommended(item: Item) -> Recommendation:
    evidence = (
        Evidence(f"{item.id}#description", item.id, item.description, 0.9),
        *(Evidence(f"{item.id}#review:{each.id}", item.id, each.text, 0.5) for each in item.reviews),
    )
    claim = Claim(item.description.partition(".")[0] + ".", (f"{item.id}#description",))
    return Recommendation(item, 1.0, {}, evidence, Explanation((claim,)))


def answering(message: str, items: Sequence[Item]) -> Iterator[Event]:
    """A turn in which nothing goes wrong."""
    shown = tuple(recommended(item) for item in items[:3])
    yield StageEvent("finding")
    yield CardsEvent(shown)
    yield StageEvent("writing")
    yield TextEvent(f"These {len(shown)} answer you best:")
    for each in shown:
        yield TextEvent(each.explanation.text, each.item.id)
    lines = [f"{place}. {each.item.title}: {each.explanation.text}" for place, each in enumerate(shown, 1)]
    text = "\n".join([f"These {len(shown)} answer you best:", *lines])
    opening = f"These {len(shown)} answer you best:"
    yield DoneEvent(Reply(text, shown, DialogueState(turn=1), opening=opening, timings={"finding": 12.0}))


class Gated(Conversations):
    """Cleared, `readable` makes whoever asks for what was said before wait."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.readable = threading.Event()
        self.readable.set()

    def load(self, session_id: str) -> Conversation | None:
        self.readable.wait(20)
        return super().load(session_id)


class StandIn:
    """Answers every message as `script` says; keeps turns in memory."""

    def __init__(self, items: Sequence[Item], script: Script = answering, *, catalog: str = "tests") -> None:
        self.items = {item.id: item for item in items}
        self.schema = profile(items)
        self.script = script
        self.conversations = Gated("sqlite://")
        self.begun: list[str] = []
        self.lock = threading.Lock()
        self.touched: Collection[str] = ()
        self.readable = self.conversations.readable
        self.model = None
        self.settings = Settings(catalog=catalog, ui_upload_mb=0)

    @property
    def kept(self) -> dict[str, list[Turn]]:
        """What was said in every session."""
        return {id: list(self.conversations.start(id).turns) for id in self.begun}

    def catalogs(self) -> list[str]:
        return [self.settings.catalog]

    def forget(self, *, user: str | None = None, session: str | None = None) -> int:
        return self.conversations.forget(user=user, session=session)

    def rooms(self, *, speaking: bool = True) -> Any:
        items = SimpleNamespace(
            get=lambda ids: [self.items[each] for each in ids if each in self.items],
            titles=lambda: [(item.id, item.title, None) for item in self.items.values()],
        )
        snapshot = SimpleNamespace(
            items=items,
            count=len(self.items),
            generation="1",
            schema=self.schema,
            numbers={},
            facet_texts=dict,
            aspects=SimpleNamespace(of=lambda _: ()),
        )
        return SimpleNamespace(retriever=SimpleNamespace(snapshot=snapshot))

    def user(self, id: str) -> User:
        return User(id, self.conversations)

    def session(self, id: str | None = None, *, user: str | None = None) -> StandInSession:
        return StandInSession(self, id or secrets.token_urlsafe(16), user=user)


class StandInSession(Session):
    """Of the real one everything but the turns themselves."""

    def __init__(self, rec: StandIn, id: str, *, user: str | None) -> None:
        super().__init__(id, user=user, conversations=rec.conversations, rooms=rec.rooms, catalog=rec.settings.catalog)
        self.rec = rec

    @property
    def state(self) -> DialogueState:
        """Never waits: a turn that runs asks for it as well."""
        kept = super(Gated, self.rec.conversations).load(self.id)
        return kept.state if kept else DialogueState()

    def changes(self) -> tuple[Change, ...]:
        return ()

    def fitting(self) -> NDArray[np.bool_]:
        return np.ones(len(self.rec.items), dtype=bool)

    def scores(self) -> tuple[Scored, ...]:
        return ()

    def stream(
        self, message: str | None, *, touched: Collection[str] = (), felt: tuple[str, str] | None = None
    ) -> Generator[Event, None, None]:
        """As the real one: kept when it is done, and when it is closed after its cards; an error leaves no trace."""
        shown: tuple[Recommendation, ...] = ()
        try:
            self.rec.touched = touched
            for event in self.rec.script(message, tuple(self.rec.items.values())):
                if isinstance(event, CardsEvent | ReorderEvent):
                    shown = event.recommendations
                if isinstance(event, DoneEvent):
                    event = self._finished(message, event.reply)
                    shown = ()
                yield event
        except GeneratorExit:
            if shown:
                self._stopped(message, shown)
            raise
        except ChatRecError as error:
            yield ErrorEvent(error)

    def _finished(self, message: str, reply: Reply) -> DoneEvent:
        with self.rec.lock:
            before = self.state
            done = replace(reply, state=replace(reply.state, turn=before.turn + 1))
            self._keep_turn(before, turn_of(message, done))
        return DoneEvent(done)

    def _stopped(self, message: str, shown: Sequence[Recommendation]) -> None:
        text = "\n".join(f"{place}. {each.item.title}" for place, each in enumerate(shown, 1))
        with self.rec.lock:
            before = self.state
            ids = tuple(each.item.id for each in shown)
            self._keep_turn(before, Turn(before.turn + 1, message, text, ids, stopped=True))

    def _keep_turn(self, before: DialogueState, turn: Turn) -> None:
        self._keep(before, replace(before, turn=turn.number), turn)
        if self.id not in self.rec.begun:
            self.rec.begun.append(self.id)


def item(id: str, title: str, description: str, review: str, **attributes: Any) -> Item:
    return Item(id, title, description, attributes, (Review(id, "1", review),))
