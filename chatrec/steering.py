"""What turning items down teaches: the values that the rejected share and the accepted lack become less welcome."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chatrec.store.index import Snapshot
from chatrec.types import Constraint, Lesson

MOST = 12
"""How many lessons are kept, the weightiest."""

LEAST = 0.2
"""A lesson of less weight is noise."""

PRIOR = 1.0
"""Items assumed beside those that were judged, half of them rejected."""

SHIFT = 40.0
"""How many places the full weight of a lesson moves an item down."""

RAISE = 60.0
"""How many places a preference that is met moves an item up."""

BINS = 3

Floats = NDArray[np.float64]


def learn(
    snapshot: Snapshot, *, rejected: Sequence[str], accepted: Sequence[str], wanted: Sequence[Constraint]
) -> tuple[Lesson, ...]:
    """The lessons of all that was rejected and accepted so far, the weightiest first.

    The weight of a value is how much more often the rejected hold it than the catalogue does, less what the accepted
    hold it more often: relevance feedback in the form of Rocchio, J. (1971), on facets rather than words.
    A value that the user asked for is never one.
    """
    bad, good = _rows(snapshot, rejected), _rows(snapshot, accepted)
    if not bad:
        return ()
    asked = {(known.facet, str(value).casefold()) for known in wanted if known.op == "any" for value in known.values}
    lessons = []
    for table in snapshot.facet_space.tables:
        held_bad, held_good = _held(table, bad), _held(table, good)
        for code, count in held_bad.items():
            value = table.values[code]
            if (table.name, value) in asked:
                continue
            base = (table.by_value.indptr[code + 1] - table.by_value.indptr[code]) / max(snapshot.count, 1)
            share = (count + PRIOR * base) / (len(bad) + PRIOR)
            liked = (held_good.get(code, 0) + PRIOR * base) / (len(good) + PRIOR)
            surprise = min(1.0, math.log(max(share / max(base, 1e-6), 1e-6)) / 3.0)  # e³ times as often: all of it
            sure = len(bad) / (len(bad) + 2.0)
            weight = sure * max(0.0, share - liked) * (0.5 + 0.5 * max(0.0, surprise))
            if weight >= LEAST:
                lessons.append(Lesson(table.name, value, round(float(weight), 4)))
    return tuple(sorted(lessons, key=lambda lesson: (-lesson.weight, lesson.facet, lesson.value))[:MOST])


def penalties(snapshot: Snapshot, lessons: Sequence[Lesson], rows: NDArray[np.int64]) -> Floats:
    """The summed weight of the lessons that each of these rows falls under."""
    total = np.zeros(snapshot.count)
    tables = {table.name: table for table in snapshot.facet_space.tables}
    for lesson in lessons:
        table = tables.get(lesson.facet)
        if table is not None and lesson.value in table.values:
            code = table.values.index(lesson.value)
            start, end = table.by_value.indptr[code : code + 2]
            total[table.by_value.indices[start:end]] += lesson.weight
    return total[rows]


def soften(
    snapshot: Snapshot,
    ranking: Sequence[tuple[str, float]],
    *,
    lessons: Sequence[Lesson],
    preferences: Sequence[Constraint],
) -> list[tuple[str, float]]:
    """The ranking with every item moved down by what was learned against it, and up by each preference that it meets.

    What moves are places, since the scores of different fusions have no common scale; the scores are dealt out anew,
    so that they still fall from place to place.
    """
    if not ranking or not (lessons or preferences):
        return list(ranking)
    rows = np.array([snapshot.items.row(item_id) for item_id, _ in ranking], dtype=np.int64)
    places = np.arange(len(ranking), dtype=np.float64)
    places += SHIFT * penalties(snapshot, lessons, rows)
    for preference in preferences:
        met = snapshot.mask([preference], ())
        places -= RAISE * (met[rows] if met is not None else 0.0)
    order = sorted(range(len(ranking)), key=lambda at: (places[at], at))
    return [(ranking[at][0], score) for at, (_, score) in zip(order, ranking, strict=True)]


def _rows(snapshot: Snapshot, item_ids: Sequence[str]) -> list[int]:
    return [row for item_id in dict.fromkeys(item_ids) if (row := snapshot.items.row(item_id)) is not None]


def _held(table: object, rows: Sequence[int]) -> Counter[int]:
    by_item = table.by_item  # type: ignore[attr-defined]
    held: Counter[int] = Counter()
    for row in rows:
        held.update(by_item.indices[by_item.indptr[row] : by_item.indptr[row + 1]].tolist())
    return held
