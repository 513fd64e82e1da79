"""What turning items down teaches: values that the rejected items share and the accepted ones lack lose weight."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog.schema import Facet, comparable
from chatrec.steering.question import is_telling
from chatrec.store.index import Snapshot
from chatrec.types import Constraint, DialogueState, Lesson

PRIOR = 1.0
"""Items assumed beside those judged, which hold a value as often as the catalogue does."""

SURE = 2.0
"""A value that r rejected items hold is believed with r² / (r² + SURE): one says little, three say much."""

RARE = 0.03
"""Of the catalogue; a value so rare that only one rejected item holds tells of that item, not of the wish."""

UNLIKELY = 10
"""That the rejected lie all on one side of what was shown besides by chance is less likely than one in so many."""

LEAST = 0.15
"""A lesson of less weight is noise."""

MOST = 16
"""Lessons, the weightiest ones."""

SHIFT = 150.0
"""How many places a lesson of weight 1 moves an item down."""

RAISE = 50.0
"""How many places a preference that is met moves an item up."""

TO = ".."

Rows = NDArray[np.int64]


def lessons_of(snapshot: Snapshot, state: DialogueState) -> tuple[Lesson, ...]:
    """What the items turned down and taken so far in a conversation teach."""
    return learn(
        snapshot,
        rejected=[mention.item_id for mention in (*state.rejected, *state.disliked)],
        accepted=[mention.item_id for mention in (*state.liked, *state.accepted)],
        wanted=state.constraints,
        shown=[mention.item_id for mention in state.shown],
    )


def learn(
    snapshot: Snapshot,
    *,
    rejected: Sequence[str],
    accepted: Sequence[str],
    wanted: Sequence[Constraint],
    shown: Sequence[str] = (),
) -> tuple[Lesson, ...]:
    """The lessons of all that was rejected and accepted (or liked) so far, the weightiest first; `shown` were seen and
    not turned down.

    The weight of a value is the smoothed log-odds of holding it, of the rejected against the catalogue and against
    those shown, whichever is more (log-odds with an informative prior: Monroe, Colaresi and Quinn, "Fightin' Words",
    2008; that judged items move a query at all is Rocchio's relevance feedback, 1971), brought into 0..1, times the
    share of the accepted that lack it. Of numbers and dates the value is the range "low..high", one end open, in
    which all of two or more rejected lie: apart from all accepted and, where these are enough, from those shown, or,
    with none accepted, on one side of the catalogue's middle; open ends are left empty ("1990..", "..2.5"). Nothing
    that the user asked for is a lesson: no value of an "any", and no range of a number on which there is a condition.
    """
    bad = _rows(snapshot, rejected)
    good = _rows(snapshot, accepted)
    neutral = _rows(snapshot, [item_id for item_id in shown if item_id not in {*rejected, *accepted}])
    if not len(bad):
        return ()
    asked = {(each.facet, comparable(value)) for each in wanted if each.op == "any" for value in each.values}
    bounded = {each.facet for each in wanted}
    found: list[Lesson] = []
    for name, facet in snapshot.schema.items():
        if not is_telling(facet) or (facet.kind in ("number", "date") and name in bounded):
            continue
        for value in _shared(snapshot, facet, bad, good, neutral):
            if (name, value) not in asked:
                found.append(Lesson(name, value, _weight(snapshot, facet, value, bad, good, neutral)))
    told = [lesson for lesson in found if lesson.weight >= LEAST]
    return tuple(sorted(told, key=lambda lesson: (-lesson.weight, lesson.facet, lesson.value))[:MOST])


def penalties(snapshot: Snapshot, lessons: Sequence[Lesson], rows: Rows) -> NDArray[np.float32]:
    """The summed weight of the lessons that each of these rows falls under."""
    total = np.zeros(len(rows), dtype=np.float32)
    for lesson in lessons:
        facet = snapshot.schema.get(lesson.facet)
        if facet is not None:
            total += np.float32(lesson.weight) * _holding(snapshot, facet, lesson.value)[rows]
    return total


def soften(
    snapshot: Snapshot,
    ranking: Sequence[tuple[str, float]],
    *,
    lessons: Sequence[Lesson],
    preferences: Sequence[Constraint],
) -> list[tuple[str, float]]:
    """The ranking with every item moved down by what was learned against it (`SHIFT` places times its penalty) and up
    by `RAISE` places for each preference that it meets; equals stay in their order.

    What moves are places, as in rank fusion, since scores of different fusions have no common scale. The scores stay
    those of the places: they are dealt out anew from the greatest down, each made the next smaller number where it
    would not be less than the one before.
    """
    if not ranking or not (lessons or preferences):
        return list(ranking)
    known = [(at, row) for at, (item_id, _) in enumerate(ranking) if (row := snapshot.items.row(item_id)) is not None]
    at, rows = np.array(known, dtype=np.int64).reshape(-1, 2).T
    places = np.arange(len(ranking), dtype=np.float64)
    places[at] += SHIFT * penalties(snapshot, lessons, rows)
    for preference in preferences:
        met = snapshot.mask([preference], ())
        if met is not None:
            places[at] -= RAISE * met[rows]
    order = np.argsort(places, kind="stable").tolist()
    scores = _falling(sorted((score for _, score in ranking), reverse=True))
    return [(ranking[place][0], score) for place, score in zip(order, scores, strict=True)]


def _falling(scores: Sequence[float]) -> Iterator[float]:
    last = math.inf
    for score in scores:
        last = score if score < last else math.nextafter(last, -math.inf)
        yield last


def _shared(snapshot: Snapshot, facet: Facet, bad: Rows, good: Rows, neutral: Rows) -> Iterator[str]:
    """What rejected items have in common: texts, or the range their numbers lie in."""
    if facet.kind in ("number", "date"):
        yield from _side(snapshot, facet, bad, good, neutral)
        return
    values, codes, _ = snapshot.held(facet.name, bad)
    for code, count in zip(*(found.tolist() for found in np.unique(codes, return_counts=True)), strict=True):
        if count > 1 or _holding(snapshot, facet, values[code]).mean() >= RARE:
            yield values[code]


def _side(snapshot: Snapshot, facet: Facet, bad: Rows, good: Rows, neutral: Rows) -> Iterator[str]:
    """The range of all rejected, where they lie apart from the others or, without any, off the catalogue's middle."""
    column = snapshot.numbers.get(facet.name)
    if column is None:
        return
    turned_down, liked, seen = (column[rows][np.isfinite(column[rows])] for rows in (bad, good, neutral))
    if len(turned_down) < 2 or len(turned_down) < len(bad):
        return
    low, high = float(turned_down.min()), float(turned_down.max())
    for others in (np.concatenate([liked, seen]), liked):
        if len(others) and (len(others) == len(liked) or math.comb(len(bad) + len(others), len(bad)) >= UNLIKELY):
            if low > others.max():
                yield f"{_end((low + float(others.max())) / 2, facet)}{TO}"
                return
            if high < others.min():
                yield f"{TO}{_end((high + float(others.min())) / 2, facet)}"
                return
    known = column[np.isfinite(column)]
    above, below = float((known >= low).mean()), float((known <= high).mean())
    if not len(liked) and min(above, below) <= 0.5:
        yield f"{_end(low, facet)}{TO}" if above <= below else f"{TO}{_end(high, facet)}"


def _weight(snapshot: Snapshot, facet: Facet, value: str, bad: Rows, good: Rows, neutral: Rows) -> float:
    holding = _holding(snapshot, facet, value)
    base = float(holding.mean())
    if base >= 1.0:  # what all hold tells nothing
        return 0.0

    def odds(rows: Rows) -> float:
        share = (float(holding[rows].sum()) + PRIOR * base) / (len(rows) + PRIOR)
        return math.log(share / (1.0 - share))

    more = odds(bad) - max(odds(bad[:0]), odds(neutral))
    sure = float(holding[bad].sum()) ** 2
    lacking = 1.0 - (float(holding[good].mean()) if len(good) else 0.0)
    return round(max(0.0, 1.0 - math.exp(-more)) * sure / (sure + SURE) * lacking, 4)


def _holding(snapshot: Snapshot, facet: Facet, value: str) -> NDArray[np.bool_]:
    """Which items a lesson on that value is about."""
    constraint = Constraint(facet.name, "any", (value,))
    if facet.kind in ("number", "date"):
        low, _, high = value.partition(TO)
        bounds = tuple(_bound(text, end, facet) for text, end in ((low, -math.inf), (high, math.inf)))
        constraint = Constraint(facet.name, "within", bounds)
    mask = snapshot.mask([constraint], ())
    assert mask is not None  # it is None for no condition only
    return mask


def _end(number: float, facet: Facet) -> str:
    return date.fromordinal(int(number)).isoformat() if facet.kind == "date" else f"{number:.12g}"


def _bound(text: str, end: float, facet: Facet) -> float | str:
    """An end of a range as it was written; what cannot be read bounds nothing, and no item lies in it."""
    if not text.strip():
        return end
    if facet.kind == "date":
        return text
    try:
        return float(text)
    except ValueError:
        return math.nan


def _rows(snapshot: Snapshot, item_ids: Sequence[str]) -> Rows:
    rows = [row for item_id in dict.fromkeys(item_ids) if (row := snapshot.items.row(item_id)) is not None]
    return np.array(rows, dtype=np.int64)
