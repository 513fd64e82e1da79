"""What to offer when nothing meets every condition: which condition excludes most, and which items miss by least."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog.schema import Facet, comparable, day
from chatrec.store.index import Snapshot
from chatrec.types import Constraint

WHOLLY = 1.0
"""How far an item is from a condition where that cannot be measured: as far as most items are from one another."""

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """`blocking` is the condition without which most items fit, `left` of them; `nearest` are items with the
    conditions that each breaks."""

    blocking: Constraint
    left: int
    nearest: tuple[tuple[str, tuple[Constraint, ...]], ...]


def relax(
    snapshot: Snapshot,
    constraints: Sequence[Constraint],
    excluded: Collection[str] = (),
    *,
    rules: Sequence[Constraint] = (),
    ranking: Sequence[tuple[str, float]] | None = None,
    n: int = 3,
) -> Relaxation | None:
    """What blocks, and the nearest `n` items, where nothing meets all of `constraints`; None where something does, or
    where nothing is left to offer. Neither `rules` nor `excluded` are ever relaxed.

    The condition to name is that of the maximal succeeding subquery (Godfrey, "Minimization in cooperative response to
    failing database queries", 1997; for recommenders McSherry, "Retrieval failure and recovery in recommender
    systems", 2005): the one without which most items fit; among equals the one that excludes most by itself, then the
    one said first. The items offered all break as few conditions as any does; in turn over what they break, those that
    miss it by least come first, then those higher in `ranking` (without one: better known).
    """
    wanted = list({(each.facet, each.op, each.values): each for each in constraints}.values())
    allowed = snapshot.mask(rules, excluded)
    allowed = np.ones(snapshot.count, dtype=bool) if allowed is None else allowed
    broken = np.array([~_met(snapshot, constraint) for constraint in wanted]).reshape(len(wanted), snapshot.count)
    missed = broken.sum(axis=0)
    if not wanted or not allowed.any() or (missed[allowed] == 0).any():
        return None
    only = (broken & (missed == 1) & allowed).sum(axis=1).tolist()
    alone = (broken & allowed).sum(axis=1).tolist()
    blocking = max(range(len(wanted)), key=lambda place: (only[place], alone[place], -place))
    rows = np.flatnonzero(allowed & (missed == missed[allowed].min()))
    far = np.zeros(len(rows))
    for place, constraint in enumerate(wanted):
        far += np.where(broken[place, rows], _distance(snapshot, constraint, rows), 0.0)
    order = rows[np.lexsort((rows, _places(snapshot, rows, ranking), far))]
    nearest = [
        (snapshot.items.ids[row], tuple(wanted[place] for place in np.flatnonzero(broken[:, row])))
        for row in _in_turn(order.tolist(), broken, n)
    ]
    return Relaxation(wanted[blocking], only[blocking], tuple(nearest))


def _met(snapshot: Snapshot, constraint: Constraint) -> Mask:
    mask = snapshot.mask([constraint], ())
    assert mask is not None  # it is None for no condition only
    return mask


def _in_turn(rows: Sequence[int], broken: Mask, n: int) -> Iterator[int]:
    """`n` of these rows, in order, taking turns among what they break."""
    queues: dict[bytes, list[int]] = {}
    for row in rows:
        queues.setdefault(broken[:, row].tobytes(), []).append(row)
    turns = sorted((turn, at, row) for at, queue in enumerate(queues.values()) for turn, row in enumerate(queue[:n]))
    yield from (row for _, _, row in turns[:n])


def _places(snapshot: Snapshot, rows: NDArray[np.int64], ranking: Sequence[tuple[str, float]] | None) -> Floats:
    """Where each row stands in the ranking; those that are not in it share the last place."""
    if ranking is None:
        return -np.asarray(snapshot.popularity.known[rows], dtype=np.float64)
    place_of = {item_id: float(place) for place, (item_id, _) in enumerate(ranking)}
    return np.array([place_of.get(snapshot.items.ids[row], float(len(ranking))) for row in rows.tolist()])


def _distance(snapshot: Snapshot, constraint: Constraint, rows: NDArray[np.int64]) -> Floats:
    """By how much each row misses a condition that it breaks: numbers in units of the facet's spread, steps of a scale
    in units of its length, anything else, and what is not known, `WHOLLY`; never more than that."""
    facet = snapshot.schema.get(constraint.facet)
    wholly = np.full(len(rows), WHOLLY)
    if facet and facet.scale and constraint.op == "any":
        return _steps_off(snapshot, facet, constraint, rows)
    column = snapshot.numbers.get(constraint.facet)
    if column is None or constraint.op in ("none", "outside"):
        return wholly
    known = column[np.isfinite(column)]
    spread = float(np.subtract(*np.percentile(known, (90, 10)))) if len(known) else 0.0
    spread = spread or (float(np.ptp(known)) if len(known) else 0.0)
    bounds = [float(value) if isinstance(value, int | float) else day(value) for value in constraint.values]
    far = wholly
    for bound in bounds if spread else ():  # fmin: NaN, of a row or a bound, is as far as anything
        far = np.fmin(far, np.abs(column[rows] - bound) / spread)
    return far


def _steps_off(snapshot: Snapshot, facet: Facet, constraint: Constraint, rows: NDArray[np.int64]) -> Floats:
    step_of = {comparable(value): step for step, value in enumerate(facet.scale)}
    wanted = np.array([step_of[comparable(value)] for value in constraint.values if comparable(value) in step_of])
    far = np.full(len(rows), WHOLLY)
    values, codes, places = snapshot.held(facet.name, rows)
    for code, place in zip(codes.tolist(), places.tolist(), strict=True):
        step = step_of.get(values[code])
        if step is not None and len(wanted):
            far[place] = min(far[place], float(np.abs(wanted - step).min()) / len(step_of))
    return far
