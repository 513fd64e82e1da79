"""Holds the conversations of scenarios, one for each seeded phrasing, and says how each of them ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Literal, TypeAlias

from chatrec.errors import CatalogNotFound, EvaluationError
from chatrec.evaluation.scenarios.outcome import Shelf, blocking, breaches, holds_one, violations
from chatrec.evaluation.scenarios.person import Person
from chatrec.evaluation.scenarios.scenario import Scenario, read_scenarios
from chatrec.types import DialogueState, Reply

TURNS = 12
"""Messages after which a person gives up."""

SEEDS = 8

Respond: TypeAlias = Callable[[DialogueState, str], Reply]
"""An assistant: the reply to a message, with the state that it leaves."""

Told: TypeAlias = Callable[[str, int, int], None]
"""Stage, how much of it is done, how much there is."""

Failure: TypeAlias = Literal["violation", "rule", "answer", "turns", "error"]
"""How a conversation went wrong: a told wish was not met, a house rule broken, a question not answered, nothing to
accept came within the turns, or the assistant raised an error."""


@dataclass(frozen=True, slots=True)
class Run:
    """One conversation. `messages` are what was said and the replies; `why` tells of its `failure`, None: a success."""

    seed: int
    messages: tuple[tuple[str, str], ...] = ()
    failure: Failure | None = None
    why: tuple[str, ...] = ()
    first_fits: bool = False
    """Whether the item that was accepted stood first."""
    questions: int = 0
    refusals: int = 0
    """Replies that said that nothing fits, where something met all that was told."""
    mismarked: bool = False
    """Whether the item that was accepted, which meets every hard wish, was marked as breaking a condition."""
    milliseconds: tuple[float, ...] = ()


@dataclass(frozen=True)
class World:
    """A catalogue to talk about: its items, and the assistant that a scenario's person talks to."""

    shelf: Shelf
    assistant: Callable[[Scenario], Respond]


Opened: TypeAlias = Callable[[str], AbstractContextManager[World]]
"""Opens the catalogue of a name. Raises CatalogNotFound."""


@dataclass(frozen=True)
class Held:
    """A scenario and its conversations; none where its catalogue is not indexed."""

    scenario: Scenario
    runs: tuple[Run, ...] = ()


def evaluate_scenarios(
    folder: str | Path,
    opened: Opened,
    *,
    seeds: int = SEEDS,
    only: str = "",
    progress: Told | None = None,
) -> list[Held]:
    """Every scenario of a folder with its conversations; `only` those of a kind.

    Raises EvaluationError where there is nothing to hold, BadRecord for a scenario that is not as it must be.
    """
    scenarios = read_scenarios(folder)
    kinds = sorted({scenario.kind for scenario in scenarios})
    if only and only not in kinds:
        raise EvaluationError(f"There is no scenario of the kind {only!r}.", mend=f"There are: {', '.join(kinds)}.")
    scenarios = [scenario for scenario in scenarios if only in ("", scenario.kind)]
    by_catalog = sorted(scenarios, key=lambda scenario: (scenario.catalog, scenario.id))
    held: list[Held] = []
    for name, some in groupby(by_catalog, key=lambda scenario: scenario.catalog):
        for one in _in_catalog(name, list(some), opened, seeds):
            held.append(one)
            if progress:
                progress("talking", len(held), len(scenarios))
    return sorted(held, key=lambda one: one.scenario.id)


def _in_catalog(name: str, scenarios: Sequence[Scenario], opened: Opened, seeds: int) -> Iterator[Held]:
    """The conversations about one catalogue, which is opened once for all of them."""
    with ExitStack() as stack:
        try:
            there = stack.enter_context(opened(name))
        except CatalogNotFound:
            yield from map(Held, scenarios)
            return
        for scenario in scenarios:
            respond = there.assistant(scenario)
            runs = [hold(scenario, respond, shelf=there.shelf, seed=seed) for seed in range(seeds)]
            yield Held(scenario, tuple(runs))


def hold(scenario: Scenario, respond: Respond, *, shelf: Shelf, seed: int = 0) -> Run:
    """One conversation, to its end or to the first thing in it that goes wrong."""
    talk = _Talk(scenario, seed, shelf)
    state = DialogueState()
    said = talk.person.opening()
    for _ in range(TURNS):
        begun = time.perf_counter()
        try:
            reply = respond(state, said)
        except Exception as error:  # noqa: BLE001 - an edge: it ends this conversation, not the hundreds beside it
            talk.messages.append((said, ""))
            return talk.ended("error", [f"{type(error).__name__}: {error}"])
        talk.milliseconds.append(1000 * (time.perf_counter() - begun))
        talk.messages.append((said, _read(reply)))
        if over := talk.judged(reply):
            return over
        state, said = reply.state, talk.person.answer(reply)
    missed = "no reply told rightly what excludes most" if scenario.nothing_fits else "nothing was accepted"
    return talk.ended("turns", [f"{missed} within {TURNS} turns"])


@dataclass
class _Talk:
    """A conversation while it is held: what was said, and what it comes to."""

    scenario: Scenario
    seed: int
    shelf: Shelf
    messages: list[tuple[str, str]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    questions: int = 0
    refusals: int = 0

    def __post_init__(self) -> None:
        self.person = Person(self.scenario, seed=self.seed, shelf=self.shelf)

    def judged(self, reply: Reply) -> Run | None:
        """How the conversation ends with this reply; None: it goes on."""
        person, scenario = self.person, self.scenario
        self.questions += reply.question is not None
        self.refusals += reply.blocking is not None and self._fits_something()
        person.look(reply)
        if broken := breaches(reply, scenario, self.shelf):
            return self.ended("rule", broken)
        if unmet := violations(reply, person.told, self.shelf):
            return self.ended("violation", unmet)
        expects = person.asked.expects if person.asked else ()
        if expects and not holds_one(reply.text, expects):
            return self.ended("answer", [f"the reply says none of {', '.join(map(repr, expects))}"])
        if scenario.nothing_fits:
            return self.ended(first_fits=True) if self._refused(reply) and not person.scripted else None
        chosen = person.choice(reply)
        if chosen is None:
            return None
        marked = any(shown.item.id == person.listed[chosen].id and shown.breaks for shown in reply.recommendations)
        return self.ended(first_fits=chosen == 0, mismarked=marked)

    def ended(
        self,
        failure: Failure | None = None,
        why: Iterable[str] = (),
        *,
        first_fits: bool = False,
        mismarked: bool = False,
    ) -> Run:
        return Run(
            self.seed,
            tuple(self.messages),
            failure,
            tuple(why),
            first_fits,
            self.questions,
            self.refusals,
            mismarked,
            tuple(self.milliseconds),
        )

    def _refused(self, reply: Reply) -> bool:
        """Whether a reply says, rightly, that nothing fits: it names what excludes most, and marks what it shows."""
        if reply.blocking is None or self._fits_something() or not all(shown.breaks for shown in reply.recommendations):
            return False
        return reply.blocking.facet in blocking(self.person.told, self.scenario, self.shelf)

    def _fits_something(self) -> bool:
        told = [wish for wish in self.person.told if wish.strength == "hard"]
        return any(item_id not in self.person.turned_down for item_id in self.shelf.fitting(told, self.scenario))


def _read(reply: Reply) -> str:
    """A reply as it is read in a transcript: what it says, then what it shows and asks."""
    lines = [reply.text]
    lines += [
        f"   [{shown.item.title}]" + "".join(f" breaks {broken.facet}" for broken in shown.breaks)
        for shown in reply.recommendations
    ]
    if reply.blocking:
        lines.append(f"   [nothing fits: {reply.blocking.facet}]")
    if reply.question:
        lines.append(f"   [asks about {reply.question.facet}: {reply.question.text}]")
    return "\n".join(lines)
