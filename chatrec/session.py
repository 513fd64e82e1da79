"""One conversation: a message goes down through the rooms as plain functions, and events come back up."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from chatrec.conversations import Conversations
from chatrec.dialogue.state import checked, query_of, show, understand
from chatrec.dialogue.titles import TitleIndex
from chatrec.diversity import diversify
from chatrec.errors import ChatRecError, ConversationError
from chatrec.explainer import explain
from chatrec.ranker import rank
from chatrec.retriever import Retriever
from chatrec.types import (
    Candidate,
    CardsEvent,
    Claim,
    Constraint,
    DialogueState,
    DoneEvent,
    ErrorEvent,
    Event,
    Explanation,
    Note,
    NoteEvent,
    Query,
    Recommendation,
    Reply,
    StageEvent,
    StateEvent,
    TextEvent,
    Turn,
    Usage,
    UserProfile,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

T = TypeVar("T")

CANDIDATES = 20
"""How many candidates the ranker chooses from."""


@dataclass(frozen=True)
class Rooms:
    """What one turn goes through, all of one generation of the store."""

    retriever: Retriever
    titles: TitleIndex
    model: BaseChatModel | None
    n: int
    limit: float
    """Seconds that each request to the language model may take."""
    diversity: float = 0.0
    """What likeness to the items above counts against an item, from 0 (nothing) to 1 (everything)."""

    def retrieve(self, query: Query, n: int) -> list[Candidate]:
        """What the ranker chooses from, the `n` first of them not all alike."""
        candidates = self.retriever.retrieve(query, max(CANDIDATES, n))
        if not self.diversity:
            return candidates
        ids, vectors = self.retriever.snapshot.vectors.of_items([candidate.item.id for candidate in candidates])
        return diversify(candidates, dict(zip(ids, vectors, strict=True)), n=n, strength=self.diversity)


@dataclass
class _Draft:
    """A reply while it is being made."""

    state: DialogueState
    recommendations: tuple[Recommendation, ...] = ()
    opening: str = ""
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.timings[stage] = self.timings.get(stage, 0.0) + 1000 * (time.perf_counter() - begun)

    def reply(self, *, stopped: bool = False) -> Reply:
        explained = tuple(
            replace(shown, explanation=Explanation(tuple(self.claims.get(shown.item.id, ()))))
            for shown in self.recommendations
        )
        lines = [
            f"{place}. {shown.item.title}" + (f": {shown.explanation.text}" if shown.explanation.claims else "")
            for place, shown in enumerate(explained, 1)
        ]
        text = "\n".join(part for part in (self.opening, *lines) if part)
        return Reply(text, explained, self.state, tuple(self.notes), dict(self.timings), self.usage, stopped)


def run_turn(
    rooms: Rooms,
    state: DialogueState,
    message: str | None,
    *,
    profile: UserProfile | None = None,
    constraints: Sequence[Constraint] = (),
    n: int | None = None,
    draft: _Draft | None = None,
) -> Generator[Event, None, None]:
    """Every event of one turn, `DoneEvent` last; nothing is stored, and `state` is not changed.

    `message` None: nothing is said, the state and the constraints speak for themselves.

    Raises MessageError for a message that cannot be answered, and what the operator must mend.
    """
    draft = draft or _Draft(state)
    yield StageEvent("understanding")
    with draft.timed("understanding"):
        if message is None:
            draft.state = replace(state, turn=state.turn + 1, intent="recommend")
        else:
            draft.state = understand(state, checked(message), rooms.titles)
        query = query_of(draft.state, profile, constraints=constraints)
    yield StateEvent(draft.state)
    if draft.state.intent == "recommend":
        yield StageEvent("finding")
        with draft.timed("finding"):
            candidates = rooms.retrieve(query, n or rooms.n)
        yield from _present(rooms, query, candidates, draft, n or rooms.n)
    else:
        yield from _say(draft, _ANSWERS[draft.state.intent])
    yield DoneEvent(draft.reply())


def _present(
    rooms: Rooms, query: Query, candidates: Sequence[Candidate], draft: _Draft, n: int
) -> Generator[Event, None, None]:
    """Orders the candidates, shows the first `n` and explains them."""
    if not candidates:
        yield from _say(draft, _nothing(query))
        return
    yield StageEvent("ranking")
    with draft.timed("ranking"):
        ranking = rank(query, candidates, n=n, model=rooms.model, limit=rooms.limit)
    draft.usage += ranking.usage
    draft.recommendations = tuple(Recommendation(c.item, c.score, c.hits, c.evidence) for c in ranking.candidates)
    draft.state = show(draft.state, draft.recommendations)
    yield CardsEvent(draft.recommendations)
    for note in ranking.notes:
        draft.notes.append(note)
        yield NoteEvent(note)
    yield StageEvent("writing")
    yield from _say(draft, _opening(len(draft.recommendations)))
    pieces = explain(query, draft.recommendations, model=rooms.model, limit=rooms.limit)
    for piece in _timed(pieces, draft, "writing"):
        if isinstance(piece, Note):
            draft.notes.append(piece)
            yield NoteEvent(piece)
        elif isinstance(piece, Usage):
            draft.usage += piece
        else:
            draft.claims.setdefault(piece.item_id, []).append(piece.claim)
            yield TextEvent(piece.claim.text, piece.item_id)


def _timed(pieces: Generator[T, None, None], draft: _Draft, stage: str) -> Iterator[T]:
    """The same pieces, the time spent waiting for each added to `stage`; closes `pieces` when closed."""
    try:
        while True:
            with draft.timed(stage):
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece
    finally:
        pieces.close()


def _say(draft: _Draft, text: str) -> Iterator[TextEvent]:
    draft.opening = text
    yield TextEvent(text)


_ANSWERS = {
    "greet": "Hello. Tell me what you are in the mood for, or name something you liked.",
    "restart": "All forgotten. What are you looking for?",
}


def _opening(count: int) -> str:
    return "This one answers you best:" if count == 1 else f"These {count} answer you best:"


def _nothing(query: Query) -> str:
    if query.constraints:
        facets = ", ".join(dict.fromkeys(constraint.facet for constraint in query.constraints))
        return f"Nothing in the catalogue meets every condition ({facets}). Loosen one of them and ask again."
    return (
        "There is nothing left in the catalogue that you have not seen or turned down. Say “start over” to begin anew."
    )


class Session:
    """A conversation that is kept: each finished turn is committed before its `DoneEvent` is given out.

    `rooms` is asked at the start of each turn, so that a turn reads one generation from start to end.
    """

    def __init__(self, id: str, *, user: str | None, conversations: Conversations, rooms: Callable[[], Rooms]) -> None:
        self.id = id
        self.user = user
        self._conversations = conversations
        self._rooms = rooms

    @property
    def state(self) -> DialogueState:
        """The state after the last finished turn, as the database has it."""
        return self._conversations.start(self.id, self.user).state

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self._conversations.start(self.id, self.user).turns

    def send(self, message: str) -> Reply:
        """The reply to `message`. Raises what `stream` reports as an ErrorEvent."""
        for event in self.stream(message):
            if isinstance(event, ErrorEvent):
                raise event.error
            if isinstance(event, DoneEvent):
                return event.reply
        raise ConversationError("The turn ended without a reply.", mend="Send the message again.")

    def stream(self, message: str) -> Generator[Event, None, None]:
        """The events of one turn, in order, `DoneEvent` or `ErrorEvent` last.

        A turn that fails leaves no trace. Closing the stream stops the turn and cancels what it asked of others:
        before its cards nothing is kept, after them the turn is kept, marked stopped.
        """
        draft = None
        try:
            kept = self._conversations.start(self.id, self.user)
            before = kept.state
            draft = _Draft(before)
            profile = self._conversations.user(kept.user) if kept.user else None
            with closing(run_turn(self._rooms(), before, message, profile=profile, draft=draft)) as events:
                for event in events:
                    if isinstance(event, DoneEvent):
                        self._commit(before, message, event.reply)
                        draft = None
                    yield event
        except GeneratorExit:
            if draft and draft.recommendations:
                self._commit(before, message, draft.reply(stopped=True))
            raise
        except ChatRecError as error:
            yield ErrorEvent(error)

    def _commit(self, before: DialogueState, message: str, reply: Reply) -> None:
        turn = Turn(
            number=reply.state.turn,
            message=message,
            reply=reply.text,
            item_ids=tuple(shown.item.id for shown in reply.recommendations),
            notes=reply.notes,
            stopped=reply.stopped,
        )
        self._conversations.commit(self.id, self.user, reply.state, turn, expected_turn=before.turn)
