"""Next messages worth sending: what the last reply makes likely, each tried before it is offered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, TypeAlias

from chatrec.catalog import Item
from chatrec.catalog.schema import Facet, comparable, texts_of
from chatrec.catalog.vocabulary import measures
from chatrec.steering.question import is_telling
from chatrec.store.index import Snapshot
from chatrec.types import Constraint, DialogueState, Query, Question, Suggestion
from chatrec.untrusted import showable
from chatrec.wording import name_of

Tried = Callable[[str], tuple[DialogueState, Query]]
"""The state that a message would lead to, and what would be looked for then."""

MOST = 6
MOST_OPTIONS, MOST_RELAXED, MOST_COMPARED, MOST_WITHOUT = 3, 2, 3, 1

Way: TypeAlias = Literal["less", "more"]

COMPARED: Mapping[str, Way] = {
    "duration": "less", "pages": "less", "price": "less", "year": "more", "score": "more", "maturity": "less",
    "noise": "less", "difficulty": "less", "weight": "less", "distance": "less", "size": "less",
}  # fmt: skip
"""What a facet measures -> which way most people would have it changed, in the order of how often they do: an
assumption, learned from nothing. Where nothing lies that way, the other one is offered."""

SHARED = 0.6
"""Of the items shown; what so many hold is worth doing without."""

WORDINGS = 2
"""Of a comparison, the usual ones."""

LONGEST_VALUE = 24
"""Characters; a chip is read at a glance."""


def suggest(
    snapshot: Snapshot,
    state: DialogueState,
    *,
    tried: Tried,
    shown: Sequence[Item] = (),
    question: Question | None = None,
    blocking: Constraint | None = None,
) -> tuple[Suggestion, ...]:
    """At most `MOST` messages, the most likely first: answers to the `question`, letting go of what is `blocking`,
    critiques of the items `shown`, a surprise.

    That users steer by unit critiques of what they see ("cheaper", "newer"), offered with the items, is from
    McGinty and Reilly, "On the evolution of critiquing recommenders" (Recommender Systems Handbook, 2011). A message
    is offered only if reading it changes the state as it says, keeps every other condition, and leaves items to show.
    """
    found: list[Suggestion] = []
    for kind, most in (
        (_options(question), MOST_OPTIONS),
        (_relaxed(snapshot, state, blocking), MOST_RELAXED),
        (_compared(snapshot, state, shown), MOST_COMPARED),
        (_without(snapshot, state, shown), MOST_WITHOUT),
    ):
        holding = (each for each in kind if _holds(snapshot, state, each, tried))
        found += islice(_one_a_facet(holding), most)
    surprise = Suggestion("Surprise me", "Surprise me", "surprise")
    kept = found[: MOST - 1]
    return (*kept, surprise) if shown and not blocking and _holds(snapshot, state, surprise, tried) else tuple(kept)


def _options(question: Question | None) -> Iterator[Suggestion]:
    for option in question.options if question else ():
        yield Suggestion(_capital(option), option, "option", question.facet if question else "")


def _relaxed(snapshot: Snapshot, state: DialogueState, blocking: Constraint | None) -> Iterator[Suggestion]:
    """Letting go of what blocks first, then of the other conditions, the latest first."""
    if blocking is None:
        return
    others = sorted((known for known in state.constraints if known.strength == "hard"), key=lambda each: -each.turn)
    for name in dict.fromkeys(each.facet for each in (blocking, *others)):
        facet = snapshot.schema.get(name)
        called = [name_of(name, facet), *(facet.names if facet else ())]
        for words in dict.fromkeys(called):
            yield Suggestion(f"Any {words}", f"The {words} does not matter", "relax", name)


def _compared(snapshot: Snapshot, state: DialogueState, shown: Sequence[Item]) -> Iterator[Suggestion]:
    """More or less of a number or a scale that the items shown have."""
    by_measure: dict[str, list[Facet]] = {}
    for facet in snapshot.schema.values():
        if (facet.kind in ("number", "date") or facet.scale) and is_telling(facet):
            by_measure.setdefault(facet.measure, []).append(facet)
    ordered = state.order.facet if state.order else ""
    for measure, way in COMPARED.items():
        for facet in by_measure.get(measure, ()):
            if facet.name == ordered or not any(facet.name in item.attributes for item in shown):
                continue
            other: Way = "less" if way == "more" else "more"
            for direction in (way, other):
                said = measures()[measure].less if direction == "less" else measures()[measure].more
                for words in said[:WORDINGS]:
                    yield Suggestion(_capital(words), f"something {words}", direction, facet.name)


def _without(snapshot: Snapshot, state: DialogueState, shown: Sequence[Item]) -> Iterator[Suggestion]:
    """Without what most of the items shown hold and nobody asked for, the commonest first."""
    wanted = {comparable(value) for known in state.constraints for value in known.values}
    for name, facet in snapshot.schema.items():
        if facet.kind != "list" or facet.measure not in ("kind", "") or facet.scale or not is_telling(facet):
            continue
        written = {comparable(value): value for value in facet.values}
        counts = Counter(value for item in shown for value in set(texts_of(item, name)))
        for value, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            words = written.get(value, "")
            fit = words and value not in wanted and len(words) <= LONGEST_VALUE and showable(words)
            if fit and count > 1 and count >= SHARED * len(shown):
                yield Suggestion(f"Less {words.lower()}", f"less {words.lower()}", "without", name)


def _one_a_facet(suggestions: Iterator[Suggestion]) -> Iterator[Suggestion]:
    """The first of each facet, but for the options of a question, which are all of one."""
    seen: set[str] = set()
    for each in suggestions:
        if each.kind == "option" or each.facet not in seen:
            seen.add(each.facet)
            yield each


def _holds(snapshot: Snapshot, state: DialogueState, suggestion: Suggestion, tried: Tried) -> bool:
    """Whether sending it does what it says, and nothing else."""
    new, query = tried(suggestion.message)
    if suggestion.kind == "surprise":
        return new.intent == "surprise" and new.constraints == state.constraints
    others = [known for known in state.constraints if known.facet != suggestion.facet]
    if not all(known in new.constraints for known in others) or new.rejected != state.rejected:
        return False
    if len(new.constraints) - len([known for known in new.constraints if known.facet == suggestion.facet]) > len(
        others
    ):
        return False
    if suggestion.kind == "relax":
        return all(known.facet != suggestion.facet for known in new.constraints)
    fresh = [each for each in new.constraints if each.facet == suggestion.facet and each.turn == new.turn]
    if not fresh or not any(_as_promised(each, suggestion) for each in fresh):
        return False
    mask = snapshot.mask(query.constraints, query.excluded)
    return mask is None or bool(mask.any())


def _as_promised(constraint: Constraint, suggestion: Suggestion) -> bool:
    if suggestion.kind == "more":
        return constraint.op in ("above", "any")
    if suggestion.kind == "less":
        return constraint.op in ("below", "any")
    if suggestion.kind == "without":
        unwanted = suggestion.message.removeprefix("less ")
        return constraint.op == "none" and unwanted in {comparable(value) for value in constraint.values}
    return constraint.op not in ("none", "outside") or suggestion.message == "no"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
