"""What is asked beside the items, and what may be said next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chatrec.dialogue.state import applied, query_of, setting_of
from chatrec.drafts import Draft
from chatrec.rooms import Rooms
from chatrec.steering.question import CONSIDERED, best_question
from chatrec.steering.suggesting import suggest
from chatrec.turn.wanted import Wanted
from chatrec.types import Asked, DialogueState, Event, Query, TextEvent

THIN = 3
"""So many conditions and items named are no longer a thin wish."""

MANY = 4
"""So many times as many items as are shown are many."""


def ask(rooms: Rooms, wanted: Wanted, draft: Draft) -> Iterator[Event]:
    """One question beside the items, where the wish is thin and many items would fit it."""
    state, snapshot = draft.state, rooms.retriever.snapshot
    told = len([known for known in state.constraints if known.strength == "hard"]) + len(state.liked)
    if not rooms.asks or told >= THIN or wanted.query.order:
        return
    candidates = rooms.retriever.best_known(wanted.query, CONSIDERED)
    if len(candidates) < MANY * wanted.n:
        return
    known = {known.facet for known in (*state.constraints, *wanted.rules)} | {asked.facet for asked in state.questions}
    with draft.timed("writing"):
        draft.question = best_question(snapshot, candidates, known=known)
    if draft.question:
        draft.state = replace(state, questions=(*state.questions, Asked(draft.question.facet, state.turn)))
        yield TextEvent(draft.question.text)


def propose(rooms: Rooms, wanted: Wanted, draft: Draft) -> None:
    """Next messages, each of which was tried on the state that the turn has come to."""
    if not rooms.asks:
        return
    setting = setting_of(draft.state, rooms.item)

    def tried(message: str) -> tuple[DialogueState, Query]:
        new = applied(draft.state, rooms.reader.read(message, setting), rooms.reader)
        query = query_of(new, wanted.profile)
        return new, replace(query, constraints=(*query.constraints, *wanted.rules))

    with draft.timed("writing"):
        draft.suggestions = suggest(
            rooms.retriever.snapshot,
            draft.state,
            tried=tried,
            shown=[shown.item for shown in draft.recommendations],
            question=draft.question,
            blocking=draft.blocking,
        )
