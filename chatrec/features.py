"""What a learned fusion may know of each candidate: every route's score and rank, and how the item fits the query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.store.index import Snapshot
from chatrec.types import Hit, Query

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Features:
    """Candidates by features: `matrix` is rows by names, NaN where something cannot be said."""

    item_ids: Sequence[str]
    names: tuple[str, ...]
    matrix: Floats


def features_of(query: Query, hits: Mapping[str, Sequence[Hit]], snapshot: Snapshot) -> Features:
    """Of every item that a route found, in the order of rows. Names say what they are of: `score:<route>`,
    `rank:<route>`, `asked:<facet>` (values the request names), `shared:<facet>` (with the items named),
    `value:<facet>` and `distance:<facet>` (a number, and how far from the median of the items named), `praised:asked`
    (what the reviews say of the aspects that the request wants to be good), `praised:whole` (what they say on the
    whole), and the rest.
    """
    row_of = snapshot.items.row
    found = {name: np.asarray([row_of(hit.item_id) for hit in some], dtype=np.int64) for name, some in hits.items()}
    rows = np.unique(np.concatenate(list(found.values()))) if found else np.zeros(0, dtype=np.int64)
    columns: dict[str, Any] = {}
    for name, own in found.items():
        columns |= _route(name, hits[name], np.searchsorted(rows, own), len(rows))
    liked = [row for item_id in query.liked if (row := row_of(item_id)) is not None]
    columns |= dict(_facets(query, snapshot, rows, liked))
    columns |= dict(_numbers(snapshot, rows, liked))
    columns |= dict(_texts(query, snapshot, rows))
    columns |= _praise(query, snapshot, rows)
    columns["popularity"] = snapshot.popularity.known[rows]
    for name, value in _context(query, liked).items():
        columns[name] = np.full(len(rows), value)
    matrix = np.column_stack([np.asarray(column, dtype=np.float32) for column in columns.values()])
    return Features([snapshot.items.ids[row] for row in rows.tolist()], tuple(columns), matrix)


def _route(name: str, hits: Sequence[Hit], places: NDArray[np.int64], count: int) -> dict[str, Floats]:
    score, rank = np.full((2, count), np.nan, dtype=np.float32)
    score[places] = [hit.score for hit in hits]
    rank[places] = [hit.rank for hit in hits]
    return {f"score:{name}": score, f"rank:{name}": rank}


def _facets(
    query: Query, snapshot: Snapshot, rows: NDArray[np.int64], liked: Sequence[int]
) -> Iterator[tuple[str, Floats]]:
    space = snapshot.facet_space
    asked = space.asked(query.wishes)
    nothing = np.full(len(rows), np.nan, dtype=np.float32)
    for table in space.tables:
        codes = asked.get(table.name)
        yield f"asked:{table.name}", table.holding(codes)[rows] if codes else nothing
        yield f"shared:{table.name}", table.shared(liked)[rows] if liked else nothing


def _numbers(
    snapshot: Snapshot, rows: NDArray[np.int64], liked: Sequence[int]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for name, column in snapshot.numbers.items():
        values = np.asarray(column[rows])
        theirs = np.asarray(column[list(liked)]) if liked else np.zeros(0)
        theirs = theirs[np.isfinite(theirs)]
        yield f"value:{name}", values
        yield f"distance:{name}", np.abs(values - (np.median(theirs) if len(theirs) else np.nan))


def _texts(query: Query, snapshot: Snapshot, rows: NDArray[np.int64]) -> Iterator[tuple[str, Floats]]:
    nothing = np.full(len(rows), np.nan, dtype=np.float32)
    centre = snapshot.vectors.centre(query.liked)
    yield "cosine:request", nothing if query.vector is None else snapshot.vectors.cosines(query.vector, rows)
    yield "cosine:liked", nothing if centre is None else snapshot.vectors.cosines(centre, rows)


def _praise(query: Query, snapshot: Snapshot, rows: NDArray[np.int64]) -> dict[str, Any]:
    asked = snapshot.aspects.praised(query.wishes)
    nothing = np.full(len(rows), np.nan, dtype=np.float32)
    return {"praised:asked": nothing if asked is None else asked[rows], "praised:whole": snapshot.aspects.tone[rows]}


def _context(query: Query, liked: Sequence[int]) -> dict[str, float]:
    """The same for every candidate: what the routes can be trusted with depends on how much has been said."""
    said = (query.text, *query.history)
    return {"liked": len(liked), "turns": len(said), "characters": sum(map(len, said))}
