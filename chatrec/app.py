"""ChatRec: reads the settings, wires every room, and is the object that Python programs hold."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from chatrec import learned
from chatrec.catalog import Record
from chatrec.catalog.policy import Policy, policy_among
from chatrec.catalog.source import Source, open_records, open_source
from chatrec.conversations import Conversations, new_session_id
from chatrec.dialogue.filters import constraints_from
from chatrec.dialogue.parse import Parser
from chatrec.dialogue.read import Reader
from chatrec.dialogue.titles import TitleIndex
from chatrec.embedding import Embedder, load_embedder
from chatrec.errors import CatalogError, CatalogNotFound, ConversationError, MessageError, SettingsError
from chatrec.learned_fusion import LearnedFusion
from chatrec.llm import Current, is_local, jobs
from chatrec.ranking import LISTWISE_WEIGHT, POINTWISE_WEIGHT, Ranker
from chatrec.retriever import Retriever, open_routes
from chatrec.rooms import Rooms
from chatrec.session import Session
from chatrec.settings import Settings
from chatrec.store import house
from chatrec.store import index as store
from chatrec.turn import WRITTEN, run_turn
from chatrec.types import DialogueState, DoneEvent, Mention, Reply, UserProfile
from chatrec.weighing import name_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from chatrec.training import TrainingReport

Mode = Literal["update", "sync", "reset"]

REMEMBERED = 5_000
"""Texts whose vectors are kept: requests, and sentences that were looked at to explain an item."""


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
        liked = self._marked_good(retriever.snapshot) if feedback else None
        with closing(retriever.snapshot):
            return training.train(
                retriever,
                self.folder,
                liked=liked,
                recommenders=recommenders,
                ranker=self.judge() if ranking else None,
                seed=seed,
                progress=progress,
            )

    def _marked_good(self, snapshot: store.Snapshot) -> Any:
        """Sessions by items, 1 where an item was marked good."""
        from scipy.sparse import csr_matrix

        good = [
            (session, place)
            for session, item_id in self.conversations.marked_good(self.settings.catalog)
            if (place := snapshot.items.row(item_id)) is not None
        ]
        sessions = {session: number for number, session in enumerate(dict.fromkeys(session for session, _ in good))}
        where = ([sessions[session] for session, _ in good], [place for _, place in good])
        return csr_matrix((np.ones(len(good)), where), shape=(len(sessions), snapshot.count))

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
                self._rooms, self._served, self._speaking = self._wired(), serving, None
            if speaking and (model := self.model) is not self._speaking:
                self._rooms, self._speaking = self._voiced(self._rooms, model), model
            if self._rooms.policy != (policy := self.policy):  # a policy.toml that was edited holds from the next turn
                self._rooms = replace(self._rooms, policy=policy)
            return self._rooms if speaking else self._voiced(self._rooms, None)

    def _wired(self) -> Rooms:
        retriever = self._retriever(learned.current(self.folder))
        items, known = retriever.snapshot.items, retriever.snapshot.popularity.known
        weights = dict(zip(items.ids, known.tolist(), strict=True))  # of namesakes the best known is meant
        return Rooms(
            retriever,
            Reader(
                Parser(retriever.snapshot.schema, retriever.snapshot.facet_texts()),
                TitleIndex(retriever.snapshot.items.titles(), weights),
            ),
            self.settings.n,
            self.settings.llm_timeout,
            diversity=self.settings.diversity,
            asks=self.settings.asks,
        )

    def _voiced(self, rooms: Rooms, model: BaseChatModel | None) -> Rooms:
        """The rooms with the language model doing what it is there for."""
        given = jobs(self.settings, model)
        return replace(
            rooms,
            ranker=self.ranker(model) if "rank" in given else Ranker(),
            writer=model if "explain" in given else None,
            together=1 if is_local(model) else WRITTEN,
            listener=model if "understand" in given else None,
        )

    def ranker(self, model: BaseChatModel | None) -> Ranker:
        """The language model's say in the order: as set, else as measured for the catalogue, else as is usual.

        A local one has none unless it is asked for or was measured to help: it takes longer than people wait.
        """
        if self.settings.ranking == "none" or model is None:
            return Ranker()
        ranker = self.judge(model)
        known = learned.about(self.folder).get("ranking") or {}
        if self.settings.ranking_weight is not None:
            return ranker.weighing(self.settings.ranking_weight)
        if (known.get("language_model"), known.get("mode")) == (name_of(model), ranker.mode):
            return ranker.weighing(known["weight"])
        wanted = self.settings.ranking != "auto" or "rank" in self.settings.llm_for
        return ranker if wanted or not is_local(model) else Ranker()

    def judge(self, model: BaseChatModel | None = None) -> Ranker:
        """The language model as a judge of candidates, in the way it can. Raises SettingsError without any."""
        model = model or self.model
        if model is None:
            raise SettingsError("There is no language model to rank with.", mend="Name one by CHATREC_LLM.")
        mode = self.settings.ranking
        if mode in ("auto", "none"):
            mode = "pointwise" if is_local(model) else "listwise"
        usual = {"pointwise": POINTWISE_WEIGHT, "listwise": LISTWISE_WEIGHT}
        return Ranker(model, mode, usual[mode], self.settings.llm_timeout)  # type: ignore[arg-type]  # no "auto"

    def _retriever(self, trained: str) -> Retriever:
        """Over the generation that is current, with what the training of that name learned; empty: none."""
        snapshot = store.open_snapshot(self.folder, stamp=self.embedder.stamp, chroma_url=self.settings.chroma_url)
        knowledge = learned.opened(snapshot, self.folder, trained)
        weights = self.settings.route_weights()
        return Retriever(
            snapshot,
            routes=open_routes(weights, snapshot, knowledge),
            weights={name: weight for name, weight in weights.items() if weight is not None},
            embed=lru_cache(maxsize=REMEMBERED)(self.embedder.embed_query),
            fusion=LearnedFusion.load(knowledge.fusion) if knowledge.fusion else None,
        )

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


class User:
    """A user's profile: `owns` and `seen` (item ids, never recommended again), `saved` (item ids to come back to),
    `access` and `confirmed` (words)."""

    def __init__(self, id: str, conversations: Conversations) -> None:
        self.id = id
        self._conversations = conversations

    @property
    def profile(self) -> UserProfile:
        return self._conversations.user(self.id)

    def add(
        self,
        *,
        owns: Iterable[str] = (),
        seen: Iterable[str] = (),
        access: Iterable[str] = (),
        confirmed: Iterable[str] = (),
        saved: Iterable[str] = (),
    ) -> UserProfile:
        """The profile with these added, kept."""
        known = self.profile
        changed = replace(
            known,
            owns=known.owns | set(owns),
            seen=known.seen | set(seen),
            access=known.access | set(access),
            confirmed=known.confirmed | set(confirmed),
            saved=known.saved | set(saved),
        )
        self._conversations.save_user(changed)
        return changed

    def remove(self, *, seen: Iterable[str] = (), saved: Iterable[str] = ()) -> UserProfile:
        """The profile without these, kept."""
        known = self.profile
        changed = replace(known, seen=known.seen - set(seen), saved=known.saved - set(saved))
        self._conversations.save_user(changed)
        return changed


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
