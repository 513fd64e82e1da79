"""One turn: a message goes down through the rooms as plain functions, and events come back up."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from chatrec import replies
from chatrec.answering import Answer, about_item, compare, why
from chatrec.dialogue.state import applied, checked, query_of, setting_of, show, unwelcome
from chatrec.drafts import Draft
from chatrec.examples import examples_of
from chatrec.explainer import Said, explain
from chatrec.llm import fallback_note
from chatrec.ranking import settled
from chatrec.retriever import PASSAGES, passages_of
from chatrec.rooms import Rooms
from chatrec.rules import enforce, permitted, required
from chatrec.steering.lessons import learn
from chatrec.steering.question import CONSIDERED, best_question
from chatrec.steering.relaxing import Relaxation, relax
from chatrec.types import (
    Asked,
    Candidate,
    CardsEvent,
    Claim,
    Constraint,
    DialogueState,
    DoneEvent,
    Event,
    Evidence,
    Example,
    Explanation,
    Note,
    NoteEvent,
    Query,
    Recommendation,
    ReorderEvent,
    StageEvent,
    StateEvent,
    TextEvent,
    Usage,
    UserProfile,
)
from chatrec.understanding import understood
from chatrec.wording import break_in_words

T = TypeVar("T")

WRITTEN = 3
"""Of how many items a language model writes unasked; the others' reasons are composed, and written on demand."""

SURPRISING = 60
"""Of how many candidates a surprise is one."""

THIN = 3
"""So many conditions and items named are no longer a thin wish."""

MANY = 4
"""So many times as many items as are shown are many."""

FINDS = frozenset({"recommend", "refine", "reject", "surprise", "undo"})
"""The acts that are answered with items."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a turn looks for, and the conditions that the house, not the user, sets."""

    query: Query
    rules: tuple[Constraint, ...]
    profile: UserProfile | None
    n: int


def run_turn(
    rooms: Rooms,
    state: DialogueState,
    message: str | None,
    *,
    profile: UserProfile | None = None,
    constraints: Sequence[Constraint] = (),
    n: int | None = None,
    draft: Draft | None = None,
) -> Generator[Event, None, None]:
    """Every event of one turn, `DoneEvent` last; nothing is stored, and `state` is not changed.

    `message` None: nothing is said, the state and the constraints speak for themselves.

    Raises MessageError for a message that cannot be answered, and what the operator must mend.
    """
    draft = draft or Draft(state)
    yield StageEvent("understanding")
    with draft.timed("understanding"):
        draft.state = _understood(rooms, state, message, draft)
        wanted = _wanted(rooms, draft.state, profile, constraints, n)
    yield StateEvent(draft.state)
    yield from map(NoteEvent, draft.notes.values())
    intent = draft.state.intent
    if intent in FINDS:
        yield from _find(rooms, wanted, draft)
    elif intent in ("ask", "compare", "why"):
        yield from _answer(rooms, wanted.query, message or "", draft)
    else:
        yield from _say(rooms, draft, replies.fixed(intent, _accepted(rooms, draft.state)))
    if stood_in := fallback_note(rooms.listener or rooms.ranker.model or rooms.writer, draft.usage):
        yield from _noted([stood_in], draft)
    yield DoneEvent(draft.reply())


def _understood(rooms: Rooms, state: DialogueState, message: str | None, draft: Draft) -> DialogueState:
    if message is None:
        return replace(state, turn=state.turn + 1, intent="recommend")
    message, setting = checked(message), setting_of(state, rooms.item)
    reading = rooms.reader.read(message, setting)
    reading, notes, used = understood(reading, message, setting, rooms.reader, model=rooms.listener, limit=rooms.limit)
    _noted(notes, draft)
    draft.usage += used
    new = applied(state, reading, rooms.reader)
    if new.intent != "undo" and (new.rejected, new.disliked, new.liked, new.accepted) != (
        state.rejected,
        state.disliked,
        state.liked,
        state.accepted,
    ):
        rejected = [mention.item_id for mention in (*new.rejected, *new.disliked)]
        accepted = [mention.item_id for mention in (*new.liked, *new.accepted)]
        shown = [mention.item_id for mention in new.shown]
        snapshot = rooms.retriever.snapshot
        lessons = learn(snapshot, rejected=rejected, accepted=accepted, wanted=new.constraints, shown=shown)
        new = replace(new, lessons=lessons)
    return new


def _wanted(
    rooms: Rooms, state: DialogueState, profile: UserProfile | None, constraints: Sequence[Constraint], n: int | None
) -> _Wanted:
    query = query_of(state, profile, constraints=constraints)
    rules = required(rooms.policy, profile, rooms.retriever.snapshot.schema)
    query = replace(query, constraints=(*query.constraints, *rules))
    return _Wanted(query, rules, profile, 1 if rooms.policy.one_at_a_time else n or rooms.n)


def _find(rooms: Rooms, wanted: _Wanted, draft: Draft) -> Generator[Event, None, None]:
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
        examples = _examples(rooms, wanted.query)
    if rooms.ranker.asks and not (wanted.query.order or surprises):
        yield from _reorder(rooms, wanted, candidates, before, draft, examples=examples)
    yield StageEvent("writing")
    yield from _say(rooms, draft, replies.opening(draft.state.intent, len(draft.recommendations)))
    yield from _explain(rooms, wanted.query, draft, examples=examples)
    yield from _ask(rooms, wanted, draft)


def _chosen(candidates: Sequence[Candidate]) -> list[Recommendation]:
    return [Recommendation(each.item, each.score, each.hits, each.evidence) for each in candidates]


def _show(rooms: Rooms, wanted: _Wanted, chosen: Sequence[Recommendation], draft: Draft) -> Iterator[Event]:
    """Puts the items that the house rules let through into the reply."""
    schema = rooms.retriever.snapshot.schema
    draft.recommendations, prevented = enforce(chosen, policy=rooms.policy, profile=wanted.profile, schema=schema)
    draft.state = show(draft.state, draft.recommendations)
    yield CardsEvent(draft.recommendations)
    yield from _noted(prevented, draft)


def _noted(notes: Sequence[Note], draft: Draft) -> list[NoteEvent]:
    """Takes notes down; the events are those of kinds that were not noted in this turn before."""
    return [NoteEvent(note) for note in notes if draft.note(note)]


def _examples(rooms: Rooms, query: Query) -> Sequence[Example]:
    """Past dialogues for a language model that can learn from them; a small one is asked about one item at a time."""
    ranks = rooms.ranker.asks and rooms.ranker.mode == "listwise"
    if not query.talk or not (ranks or (rooms.writer and rooms.together > 1)):
        return ()
    return examples_of(rooms.retriever.snapshot, replace(query, vector=rooms.retriever.embed(query.talk)))


def _reorder(
    rooms: Rooms,
    wanted: _Wanted,
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
    yield from _noted(ranking.notes, draft)


def _refuse(rooms: Rooms, wanted: _Wanted, draft: Draft) -> Generator[Event, None, None]:
    """Says that nothing fits, which condition excludes most, and offers what breaks the fewest, each break named."""
    own = [constraint for constraint in wanted.query.constraints if constraint not in wanted.rules]
    snapshot = rooms.retriever.snapshot
    excluded = unwelcome(draft.state, wanted.profile)
    found = relax(snapshot, own, excluded, rules=wanted.rules, n=min(wanted.n, 3))
    if found is None or not found.nearest:
        yield from _say(rooms, draft, replies.nothing_left(bool(own)))
        return
    draft.blocking = found.blocking
    yield from _show(rooms, wanted, _near(rooms, found), draft)
    yield StageEvent("writing")
    yield from _say(rooms, draft, replies.refusal(found, snapshot.schema))
    for shown in draft.recommendations:
        for broken in shown.breaks:
            text = break_in_words(broken, shown.item, facet=snapshot.schema.get(broken.facet))
            claim = Claim(f"{text[:1].upper()}{text[1:]}.", (f"{shown.item.id}#fact:{broken.facet}",))
            yield from _claim(rooms, draft, Said(shown.item.id, claim))


def _near(rooms: Rooms, found: Relaxation) -> list[Recommendation]:
    items = {item.id: item for item in rooms.retriever.snapshot.items.get([item_id for item_id, _ in found.nearest])}
    return [Recommendation(items[item_id], 0.0, {}, breaks=breaks) for item_id, breaks in found.nearest]


def _explain(rooms: Rooms, query: Query, draft: Draft, *, examples: Sequence[Example]) -> Iterator[Event]:
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
            yield from _noted([piece], draft)
        elif isinstance(piece, Usage):
            draft.usage += piece
        else:
            yield from _claim(rooms, draft, piece)


def explanation_of(rooms: Rooms, state: DialogueState, item_id: str) -> Explanation:
    """Why an item answers what a conversation has come to, from all that was written about it."""
    item = rooms.item(item_id)
    if item is None:
        return Explanation()
    query = query_of(state)
    evidence = tuple(Evidence(ref, item_id, text) for ref, text in passages_of(item).items())
    draft = Draft(state, recommendations=(Recommendation(item, 0.0, {}, evidence[:PASSAGES]),))
    for _ in _explain(rooms, query, draft, examples=_examples(rooms, query)):
        pass
    return Explanation(tuple(draft.claims.get(item_id, ())))


def _claim(rooms: Rooms, draft: Draft, said: Said) -> Iterator[Event]:
    """A claim that the house rules let through."""
    if not permitted(said.claim.text, rooms.policy):
        draft.held_back += 1
        return
    draft.claims.setdefault(said.item_id, []).append(said.claim)
    yield TextEvent(said.claim.text, said.item_id)


def _ask(rooms: Rooms, wanted: _Wanted, draft: Draft) -> Iterator[Event]:
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


def _answer(rooms: Rooms, query: Query, message: str, draft: Draft) -> Iterator[Event]:
    """What is asked about items, from what the catalogue says of them."""
    yield StageEvent("writing")
    with draft.timed("writing"):
        schema = rooms.retriever.snapshot.schema
        items = [item for item_id in draft.state.about if (item := rooms.item(item_id))]
        if draft.state.intent == "compare" and len(items) > 1:
            given = compare(items[:3], schema=schema, first=rooms.reader.parser.named(message))
        elif draft.state.intent == "why" and items:
            aspects, embed = rooms.retriever.snapshot.aspects.of, rooms.retriever.embed
            given = why(items[0], query=query, schema=schema, aspects=aspects, embed=embed)
        elif items:
            question = rooms.reader.question(message, setting_of(draft.state, rooms.item))
            facets = rooms.reader.parser.asked_of(question, items[0])
            given = about_item(
                question,
                items[0],
                schema=schema,
                embed=rooms.retriever.embed,
                facets=facets,
                aspects=rooms.retriever.snapshot.aspects.of(items[0].id),
            )
        else:
            given = Answer(replies.fixed("which", ""), ())
    draft.about = given.claims
    yield from _say(rooms, draft, given.text)


def _accepted(rooms: Rooms, state: DialogueState) -> str:
    item = rooms.item(state.about[0]) if state.intent == "accept" and state.about else None
    return item.title if item else ""


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


def _say(rooms: Rooms, draft: Draft, text: str) -> Iterator[TextEvent]:
    if not permitted(text, rooms.policy):
        draft.held_back += 1
        text, draft.about = replies.held_back(), ()
    draft.opening = text
    yield TextEvent(text)
