"""The catalogues that scenarios talk about, as the product answers them, in memory: nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from chatrec.app import ChatRec
from chatrec.catalog.policy import policy_from
from chatrec.errors import EvaluationError
from chatrec.evaluation.scenarios.outcome import Shelf
from chatrec.evaluation.scenarios.run import Opened, Respond, World
from chatrec.evaluation.scenarios.scenario import Scenario
from chatrec.rooms import Rooms
from chatrec.settings import Settings
from chatrec.turn import run_turn
from chatrec.types import DialogueState, DoneEvent, Reply, UserProfile


def indexed(settings: Settings) -> Opened:
    """Catalogues indexed under these settings, whatever catalogue they name themselves.

    A language model takes part where the settings name one; `auto` is none here, so that the figures of one machine
    are those of another, and nothing is loaded that explains to nobody.
    """

    @contextmanager
    def opened(name: str) -> Iterator[World]:
        rec = ChatRec(settings.model_copy(update={"catalog": name}))
        try:
            rooms = rec.rooms(speaking=settings.llm.strip() != "auto")
            yield World(Shelf(rooms.retriever.snapshot.items.all()), lambda scenario: assistant(rooms, scenario))
        finally:
            rec.close()

    return opened


def assistant(rooms: Rooms, scenario: Scenario) -> Respond:
    """What answers a scenario's person: the rooms of a catalogue, under the scenario's house rules."""
    ruled = replace(rooms, policy=policy_from(scenario.policy, where=scenario.id))
    profile = UserProfile(
        scenario.id, owns=scenario.owns, seen=scenario.seen, access=scenario.access, confirmed=scenario.confirmed
    )

    def respond(state: DialogueState, message: str) -> Reply:
        for event in run_turn(ruled, state, message, profile=profile):
            if isinstance(event, DoneEvent):
                return event.reply
        raise EvaluationError("The turn ended without a reply.", mend="Hold the conversation again.")

    return respond
