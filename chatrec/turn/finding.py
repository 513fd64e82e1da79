"""Items, their order and their reasons; or what comes nearest, where nothing fits."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from random import Random

from chatrec import replies
from chatrec.dialogue.state import show, unwelcome
from chatrec.drafts import Draft
from chatrec.explainer import Said
from chatrec.ranking import settled
from chatrec.rooms import Rooms
from chatrec.rules import enforce
from chatrec.steering.relaxing import Relaxation, relax
from chatrec.turn.following import ask
from chatrec.turn.telling import examples_for, noted, release, say, tell
from chatrec.turn.wanted import Wanted
from chatrec.types import (
    Candidate,
    CardsEvent,
    Claim,
    DialogueState,
    Event,
    Example,
    Recommendation,
    ReorderEvent,
    StageEvent,
)
from chatrec.wording import break_in_words

SURPRISING = 60
"""Of how many candidates a surprise is one."""


def find(rooms: Rooms, wanted: Wanted, draft: Draft) -> Generator[Event, None, None]:
    """Items, their order and their reasons; or what comes nearest, where nothing fits."""
    yield StageEvent("finding")
    with draft.timed("finding"):
        surprises = draft.state.intent == "surprise"
        candidates = rooms.retrieve(wanted.query, SURPRISING if surprises else wanted.n)
        if surprises:
            candidates = Random(draft.state.turn).sample(candidates, len(candidates))
        if not candidates:  # what was shown and not turned down may come again before nothing does
            shown = {mention.item_id for mention in draft.state.shown} - unwelcome(draft.state, wanted.profile)
            wanted = replace(wanted, query=replace(wanted.query, excluded=wanted.query.excluded - shown))
            candidates = rooms.retrieve(wanted.query, wanted.n)
    if not candidates:
        yield from _refuse(rooms, wanted, draft)
        return
    yield StageEvent("ranking")
    before = draft.state
    with draft.timed("ranking"):
        chosen = _chosen(candidates[: wanted.n])
    yield from _show(rooms, wanted, chosen, draft)
    with draft.timed("ranking"):
        examples = examples_for(rooms, wanted.query)
    if rooms.ranker.asks and not (wanted.query.order or surprises):
        yield from _reorder(rooms, wanted, candidates, before, draft, examples=examples)
    yield StageEvent("writing")
    yield from say(rooms, draft, replies.opening(draft.state.intent, len(draft.recommendations)))
    yield from tell(rooms, wanted.query, draft, examples=examples)
    yield from ask(rooms, wanted, draft)


def _chosen(candidates: Sequence[Candidate]) -> list[Recommendation]:
    return [Recommendation(each.item, each.score, each.hits, each.evidence) for each in candidates]


def _show(rooms: Rooms, wanted: Wanted, chosen: Sequence[Recommendation], draft: Draft) -> Iterator[Event]:
    """Puts the items that the house rules let through into the reply."""
    schema = rooms.retriever.snapshot.schema
    draft.recommendations, prevented = enforce(chosen, policy=rooms.policy, profile=wanted.profile, schema=schema)
    draft.state = show(draft.state, draft.recommendations)
    yield CardsEvent(draft.recommendations)
    yield from noted(prevented, draft)


def _reorder(
    rooms: Rooms,
    wanted: Wanted,
    candidates: Sequence[Candidate],
    before: DialogueState,
    draft: Draft,
    *,
    examples: Sequence[Example],
) -> Generator[Event, None, None]:
    """The cards as the language model would have them; `before` is the state before any was shown."""
    with draft.timed("ranking"):
        ranking = rooms.ranker.rank(wanted.query, candidates, n=wanted.n, examples=examples)
    draft.usage += ranking.usage
    schema = rooms.retriever.snapshot.schema
    ordered = settled(draft.recommendations, _chosen(ranking.candidates), touched=draft.touched)
    allowed, _ = enforce(ordered, policy=rooms.policy, profile=wanted.profile, schema=schema)
    if [shown.item.id for shown in allowed] != [shown.item.id for shown in draft.recommendations]:
        draft.recommendations, draft.state = allowed, show(before, allowed)
        yield ReorderEvent(allowed)
    yield from noted(ranking.notes, draft)


def _refuse(rooms: Rooms, wanted: Wanted, draft: Draft) -> Generator[Event, None, None]:
    """Says that nothing fits, which condition excludes most, and offers what breaks the fewest, each break named."""
    own = [constraint for constraint in wanted.query.constraints if constraint not in wanted.rules]
    snapshot = rooms.retriever.snapshot
    excluded = unwelcome(draft.state, wanted.profile)
    found = relax(snapshot, own, excluded, rules=wanted.rules, n=min(wanted.n, 3))
    if found is None or not found.nearest:
        yield from say(rooms, draft, replies.nothing_left(bool(own)))
        return
    draft.blocking = found.blocking
    yield from _show(rooms, wanted, _near(rooms, found), draft)
    yield StageEvent("writing")
    yield from say(rooms, draft, replies.refusal(found, snapshot.schema))
    for shown in draft.recommendations:
        for broken in shown.breaks:
            text = break_in_words(broken, shown.item, facet=snapshot.schema.get(broken.facet))
            claim = Claim(f"{text[:1].upper()}{text[1:]}.", (f"{shown.item.id}#fact:{broken.facet}",))
            yield from release(rooms, draft, Said(shown.item.id, claim))


def _near(rooms: Rooms, found: Relaxation) -> list[Recommendation]:
    items = {item.id: item for item in rooms.retriever.snapshot.items.get([item_id for item_id, _ in found.nearest])}
    return [Recommendation(items[item_id], 0.0, {}, breaks=breaks) for item_id, breaks in found.nearest]
