"""What is said, by the sentence, once the house rules have let it through; and why an item was recommended."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from chatrec import replies
from chatrec.dialogue.state import query_of
from chatrec.drafts import Draft
from chatrec.examples import examples_of
from chatrec.explainer import Said, explain
from chatrec.retriever import PASSAGES, passages_of
from chatrec.rooms import Rooms
from chatrec.rules import permitted
from chatrec.types import (
    DialogueState,
    Event,
    Evidence,
    Example,
    Explanation,
    Note,
    NoteEvent,
    Query,
    Recommendation,
    TextEvent,
    Usage,
)

T = TypeVar("T")

WRITTEN = 3
"""Of how many items a language model writes unasked; the others' reasons are composed, and written on demand."""


def tell(rooms: Rooms, query: Query, draft: Draft, *, examples: Sequence[Example]) -> Iterator[Event]:
    """Why each item was recommended, claim by claim."""
    pieces = explain(
        query,
        draft.recommendations,
        model=rooms.writer,
        limit=rooms.limit,
        written=WRITTEN,
        together=rooms.together,
        examples=examples,
        schema=rooms.retriever.snapshot.schema,
        aspects=rooms.retriever.snapshot.aspects.of,
        embed=rooms.retriever.embed,
    )
    for piece in _timed(pieces, draft, "writing"):
        if isinstance(piece, Note):
            yield from noted([piece], draft)
        elif isinstance(piece, Usage):
            draft.usage += piece
        else:
            yield from release(rooms, draft, piece)


def explanation_of(rooms: Rooms, state: DialogueState, item_id: str) -> Explanation:
    """Why an item answers what a conversation has come to, from all that was written about it."""
    item = rooms.item(item_id)
    if item is None:
        return Explanation()
    query = query_of(state)
    evidence = tuple(Evidence(ref, item_id, text) for ref, text in passages_of(item).items())
    draft = Draft(state, recommendations=(Recommendation(item, 0.0, {}, evidence[:PASSAGES]),))
    for _ in tell(rooms, query, draft, examples=examples_for(rooms, query)):
        pass
    return Explanation(tuple(draft.claims.get(item_id, ())))


def examples_for(rooms: Rooms, query: Query) -> Sequence[Example]:
    """Past dialogues for a language model that can learn from them; a small one is asked about one item at a time."""
    ranks = rooms.ranker.asks and rooms.ranker.mode == "listwise"
    if not query.talk or not (ranks or (rooms.writer and rooms.together > 1)):
        return ()
    return examples_of(rooms.retriever.snapshot, replace(query, vector=rooms.retriever.embed(query.talk)))


def release(rooms: Rooms, draft: Draft, said: Said) -> Iterator[Event]:
    """A claim that the house rules let through."""
    if not permitted(said.claim.text, rooms.policy):
        draft.held_back += 1
        return
    draft.claims.setdefault(said.item_id, []).append(said.claim)
    yield TextEvent(said.claim.text, said.item_id)


def say(rooms: Rooms, draft: Draft, text: str) -> Iterator[TextEvent]:
    """The sentences that a reply opens with, or others where the house rules forbid them."""
    if not permitted(text, rooms.policy):
        draft.held_back += 1
        text, draft.about = replies.held_back(), ()
    draft.opening = text
    yield TextEvent(text)


def noted(notes: Sequence[Note], draft: Draft) -> list[NoteEvent]:
    """Takes notes down; the events are those of kinds that were not noted in this turn before."""
    return [NoteEvent(note) for note in notes if draft.note(note)]


def _timed(pieces: Generator[T, None, None], draft: Draft, stage: str) -> Iterator[T]:
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
