"""ChatRec: reads the settings, wires every room, and is the object that Python programs hold."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chatrec import learned
from chatrec.catalog import Record
from chatrec.catalog.policy import Policy, policy_among
from chatrec.catalog.source import Source, open_records, open_source
from chatrec.conversations import Conversations, new_session_id
from chatrec.dialogue.filters import constraints_from
from chatrec.embedding import Embedder, load_embedder
from chatrec.errors import CatalogError, CatalogNotFound, ConversationError, MessageError
from chatrec.llm import Current
from chatrec.retriever import Retriever
from chatrec.rooms import Rooms
from chatrec.session import Session
from chatrec.settings import Settings
from chatrec.store import house
from chatrec.store import index as store
from chatrec.turn import run_turn
from chatrec.types import DialogueState, DoneEvent, Mention, Reply
from chatrec.users import User
from chatrec.wiring import judging, open_retriever, voiced, wired

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from chatrec.training import TrainingReport

Mode = Literal["update", "sync", "reset"]


@dataclass(frozen=True)
class IndexReport:
    """What an indexing did to the catalogue (`change`), what it took its files for, and the records it left out."""

    change: store.IndexReport
    source: Source


class ChatRec:
    """One catalogue to talk to. Safe to share between threads; every room is made when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.RLock()
        self._rooms: Rooms | None = None
        self._served: tuple[object, ...] = ()
        self._own: BaseChatModel | None = None
        self._speaking: BaseChatModel | None = None

    @classmethod
    def from_env(cls, *, catalog: str | None = None) -> ChatRec:
        """With the settings of the environment and `.env`; `catalog` overrides `CHATREC_CATALOG`."""
        settings = Settings.from_env()
        return cls(settings.model_copy(update={"catalog": catalog}) if catalog else settings)

    def beside(self, catalog: str) -> ChatRec:
        """Another catalogue to talk to, which may not be indexed yet; all but its rooms is shared with this one."""
        other = ChatRec(self.settings.model_copy(update={"catalog": catalog}))
        other._own = self._own
        shared = {name: getattr(self, name) for name in ("embedder", "conversations", "_current")}
        other.__dict__.update(shared)
        return other

    # Cataloguing

    def index(
        self,
        source: str | Path | Sequence[str | Path] | Iterable[Mapping[str, Any] | Record],
        *,
        format: str = "auto",
        mode: Mode = "update",
        on_bad: Literal["raise", "skip"] = "raise",
        policy: str | Path | None = None,
        progress: store.Progress | None = None,
    ) -> IndexReport:
        """Brings the catalogue up to date with files, folders or records; what is served meanwhile stays whole.

        `mode` "update" adds and changes, "sync" also removes what the source no longer has, "reset" starts over.
        `policy` is a file of house rules to hold from now on; None: a `policy.toml` in one of the folders that are
        indexed, else the rules that hold already. Raises CatalogError for unusable input, StoreLocked while somebody
        else is indexing.
        """
        if mode == "sync" and on_bad == "skip":
            raise CatalogError(
                "What is bad cannot be left out of a sync: its items would be removed.",
                mend="Correct the bad records, or update without removing.",
            )
        opened, rules = _opened(source, format=format, on_bad=on_bad, policy=policy)
        change = store.build_generation(
            self.folder,
            opened.records(),
            self.embedder,
            chroma_url=self.settings.chroma_url,
            mode=mode,
            policy=rules,
            progress=progress,
        )
        return IndexReport(change, opened)

    def delete(self, ids: Collection[str]) -> store.IndexReport:
        """Removes items from the catalogue; unknown ids are ignored."""
        return store.delete_items(self.folder, ids, self.embedder, chroma_url=self.settings.chroma_url)

    def train(
        self,
        *,
        dialogues: Sequence[str | Path] = (),
        interactions: Sequence[str | Path] = (),
        feedback: bool = False,
        recommenders: Sequence[str] = (),
        ranking: bool = False,
        seed: int = 0,
        progress: store.Progress | None = None,
    ) -> TrainingReport:
        """Learns from the catalogue's interactions and past dialogues: who finds what, and how to weigh the routes.

        Files named here are added to the catalogue first. `feedback` learns as well from what was marked good in kept
        conversations about this catalogue, items and whole replies (which speak for the items they recommended), a row
        a session, without its words and without keeping it anywhere else. `recommenders` names recommender models to
        fit as well, to be routes that need no fitting when they serve. `ranking` measures as
        well what the language model's say in the order is worth, which takes it minutes to hours. A fusion that does
        worse on the hold-out than the untrained one is not put to use. Raises TrainingError where there is nothing to
        learn from, StoreLocked while somebody indexes or trains.
        """
        from chatrec import training

        if dialogues or interactions:
            self.index([*dialogues, *interactions], progress=progress)
        retriever = self._retriever("")  # neither a language model nor what was learned before is needed
        good = self.conversations.marked_good(self.settings.catalog) if feedback else ()
        with closing(retriever.snapshot):
            return training.train(
                retriever,
                self.folder,
                liked=training.rows_of(good, retriever.snapshot.items) if feedback else None,
                recommenders=recommenders,
                ranker=judging(self.settings, self.model) if ranking else None,
                seed=seed,
                progress=progress,
            )

    # Talking

    def session(self, id: str | None = None, *, user: str | None = None) -> Session:
        """A conversation: a new one (its id is 128 random bits), or the one that `id` names, resumed."""
        return Session(
            id or new_session_id(),
            user=user,
            conversations=self.conversations,
            rooms=self.rooms,
            catalog=self.settings.catalog,
        )

    def recommend(
        self, text: str, n: int = 5, liked: Sequence[str] = (), filters: Mapping[str, Any] | None = None
    ) -> Reply:
        """One answer without a conversation; nothing of it is kept.

        `liked` are ids of items the user likes; where there are some, `text` may be empty. `filters` are conditions
        on facets: `{"price": {"max": 90}, "colour": ["red", "blue"]}` (any of), `{"colour": {"none": ["green"]}}`.
        """
        if n < 1:
            raise MessageError(f"n is {n}; it says how many items to recommend.", mend="Ask for at least 1.")
        rooms = replace(self.rooms(), asks=False)  # nobody is there to answer
        items = rooms.retriever.snapshot.items
        unknown = [item_id for item_id in liked if items.row(item_id) is None]
        if unknown:
            raise MessageError(f"The catalogue has no item {unknown[0]!r}.", mend="`liked` takes ids of its items.")
        state = DialogueState(liked=tuple(Mention(item_id, 0) for item_id in liked))
        constraints = constraints_from(filters or {}, rooms.retriever.snapshot.schema)
        message = text if text.strip() or not liked else None
        for event in run_turn(rooms, state, message, constraints=constraints, n=n):
            if isinstance(event, DoneEvent):
                return event.reply
        raise MessageError("The turn ended without a reply.", mend="Send the message again.")

    # People

    def user(self, id: str) -> User:
        """What is known of a user, to read and to change."""
        return User(id, self.conversations)

    def forget(self, *, user: str | None = None, session: str | None = None) -> int:
        """Deletes every trace of a user with all their sessions, and of a session; returns the rows deleted."""
        if user is None and session is None:
            raise ConversationError("Nothing to forget was named.", mend="Pass user=..., session=... or both.")
        gone = self.conversations.forget(session=session) if session is not None else 0
        return gone + (self.conversations.forget(user=user) if user is not None else 0)

    # The rooms

    @property
    def folder(self) -> Path:
        """Where the catalogue's index lives."""
        return store.catalog_folder(self.settings.home, self.settings.catalog)

    @property
    def policy(self) -> Policy:
        """The house rules of the catalogue. Raises CatalogError where its `policy.toml` was spoilt by hand."""
        return house.in_force(self.folder)

    @cached_property
    def embedder(self) -> Embedder:
        with self._lock:
            return load_embedder(self.settings)

    @property
    def model(self) -> BaseChatModel | None:
        """The language model; None where it runs without one. May be set to a LangChain chat model of one's own.

        With `auto` a local one that was not there at first is taken up once it has come.
        """
        return self._own or self._current()

    @model.setter
    def model(self, model: BaseChatModel) -> None:
        self._own = model

    @cached_property
    def _current(self) -> Current:
        return Current(self.settings)

    @cached_property
    def conversations(self) -> Conversations:
        with self._lock:
            url = self.settings.database_url.get_secret_value()
            return Conversations(url or self.settings.home / "conversations.db")

    def rooms(self, *, speaking: bool = True) -> Rooms:
        """What a turn goes through, of the generation that is current now. Raises CatalogNotFound before any.

        `speaking` False: without a language model, and none is made or loaded for it.
        """
        with self._lock:
            current = store.current_generation(self.folder)
            if not current:
                raise CatalogNotFound(
                    f"There is no catalogue {self.settings.catalog!r} yet.",
                    mend=f"Make it with: chatrec index PATH --catalog {self.settings.catalog}",
                )
            serving = (current, learned.current(self.folder))
            if self._rooms is None or self._served != serving:
                self._rooms = wired(self.settings, self._retriever(serving[1]))
                self._served, self._speaking = serving, None
            if speaking and (model := self.model) is not self._speaking:
                self._rooms, self._speaking = voiced(self._rooms, self.settings, self.folder, model), model
            if self._rooms.policy != (policy := self.policy):  # a policy.toml that was edited holds from the next turn
                self._rooms = replace(self._rooms, policy=policy)
            return self._rooms if speaking else voiced(self._rooms, self.settings, self.folder, None)

    def _retriever(self, trained: str) -> Retriever:
        return open_retriever(self.settings, self.folder, self.embedder, trained)

    def catalogs(self) -> list[str]:
        """The names of the catalogues indexed under `CHATREC_HOME`."""
        return store.list_catalogs(self.settings.home)

    def remove_catalog(self, name: str) -> None:
        """Deletes a catalogue's index; conversations about it stay. Raises CatalogNotFound."""
        store.remove_catalog(self.settings.home, name, chroma_url=self.settings.chroma_url)

    def close(self) -> None:
        """Gives back files and connections; the object must not be used afterwards."""
        with self._lock, suppress(AttributeError):
            if self._rooms:
                self._rooms.retriever.snapshot.close()
            if "conversations" in self.__dict__:
                self.conversations.close()


def _opened(
    source: Any, *, format: str, on_bad: Literal["raise", "skip"], policy: str | Path | None
) -> tuple[Source, Path | None]:
    """The records of a source, and the file of house rules that comes with it."""
    rules = Path(policy) if policy else None
    entries: Any = [source] if isinstance(source, str | Path) else source
    entries = list(entries) if isinstance(entries, list | tuple) else entries
    if isinstance(entries, list) and entries and all(isinstance(entry, str | Path) for entry in entries):
        paths, rules = policy_among(map(Path, entries), given=rules)
        return open_source(paths, format=format, skip_bad=on_bad == "skip"), rules
    return open_records(entries, skip_bad=on_bad == "skip"), rules
