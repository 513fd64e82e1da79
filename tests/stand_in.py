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
from chatrec.app import User
from chatrec.catalog import Item, Review
from chatrec.catalog.schema import profile
from chatrec.dialogue.editing import Change
from chatrec.errors import ChatRecError
from chatrec.session import turn_of
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
    UserProfile,
)

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


class Profiles:
    """What is known of users, as the conversation database keeps it."""

    def __init__(self) -> None:
        self.known: dict[str, UserProfile] = {}

    def user(self, user_id: str) -> UserProfile:
        return self.known.get(user_id, UserProfile(user_id))

    def save_user(self, profile: UserProfile) -> None:
        self.known[profile.id] = profile


class StandIn:
    """Answers every message as `script` says; keeps turns in memory."""

    def __init__(self, items: Sequence[Item], script: Script = answering, *, catalog: str = "tests") -> None:
        self.items = {item.id: item for item in items}
        self.schema = profile(items)
        self.profiles = Profiles()
        self.script = script
        self.kept: dict[str, list[Turn]] = {}
        self.lock = threading.Lock()
        self.touched: Collection[str] = ()
        self.readable = threading.Event()
        """Cleared, whoever asks for what was said before waits."""
        self.readable.set()
        self.model = None
        self.settings = SimpleNamespace(catalog=catalog, llm="auto", n=5)

    def rooms(self, *, speaking: bool = True) -> Any:
        items = SimpleNamespace(
            get=lambda ids: [self.items[each] for each in ids if each in self.items],
            titles=lambda: [(item.id, item.title, None) for item in self.items.values()],
        )
        snapshot = SimpleNamespace(
            items=items,
            count=len(self.items),
            schema=self.schema,
            generation="1",
            numbers={},
            facet_texts=dict,
            aspects=SimpleNamespace(of=lambda _: ()),
        )
        return SimpleNamespace(retriever=SimpleNamespace(snapshot=snapshot))

    def user(self, id: str) -> User:
        return User(id, self.profiles)  # type: ignore[arg-type]  # only its profiles are asked for

    def session(self, id: str | None = None, *, user: str | None = None) -> StandInSession:
        return StandInSession(self, id or secrets.token_urlsafe(16))


class StandInSession:
    def __init__(self, rec: StandIn, id: str) -> None:
        self.rec = rec
        self.id = id

    @property
    def turns(self) -> tuple[Turn, ...]:
        self.rec.readable.wait(20)
        return tuple(self.rec.kept.get(self.id, ()))

    @property
    def state(self) -> DialogueState:
        return DialogueState(turn=len(self.rec.kept.get(self.id, ())))

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
                    state = replace(event.reply.state, turn=len(self.turns) + 1)
                    event = DoneEvent(replace(event.reply, state=state))
                    with self.rec.lock:
                        self.rec.kept.setdefault(self.id, []).append(turn_of(message, event.reply))
                    shown = ()
                yield event
        except GeneratorExit:
            if shown:
                text = "\n".join(f"{place}. {each.item.title}" for place, each in enumerate(shown, 1))
                self._keep(message, text, shown, stopped=True)
            raise
        except ChatRecError as error:
            yield ErrorEvent(error)

    def _keep(self, message: str, text: str, shown: Sequence[Recommendation], *, stopped: bool) -> None:
        with self.rec.lock:
            turns = self.rec.kept.setdefault(self.id, [])
            ids = tuple(each.item.id for each in shown)
            turns.append(Turn(len(turns) + 1, message, text, ids, stopped=stopped))


def item(id: str, title: str, description: str, review: str, **attributes: Any) -> Item:
    return Item(id, title, description, attributes, (Review(id, "1", review),))
