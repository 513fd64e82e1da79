"""From files to cases: what is asked, and the items that would have been right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatrec.catalog import Dialogue
from chatrec.catalog.files import objects
from chatrec.catalog.records import Where, as_text, id_from, text_from
from chatrec.catalog.source import open_source
from chatrec.errors import BadRecord
from chatrec.moments import moments, query_of
from chatrec.types import Query


@dataclass(frozen=True, slots=True)
class Case:
    """A query and its samples, each the grades of the items that are right; `group` is what is resampled as one."""

    id: str
    group: str
    query: Query
    samples: tuple[Mapping[str, int], ...]


def read_dialogues(path: Path, *, format: str = "auto") -> list[Dialogue]:
    """The dialogues of a file in any format of the catalogue's. Raises BadRecord for a malformed row."""
    records = open_source([path], format=format).records()
    return [record for record in records if isinstance(record, Dialogue)]


def dialogue_cases(dialogues: Iterable[Dialogue]) -> list[Case]:
    """A case for each turn of the assistant that names new items; a sample for each of these items.

    This is the "new item" protocol of He et al. (CIKM'23): what was named before is neither a target nor ranked.
    """
    return [
        Case(moment.id, moment.dialogue_id, query_of(moment), tuple({item_id: 1} for item_id in moment.targets))
        for dialogue in dialogues
        for moment in moments(dialogue)
    ]


def request_cases(path: Path) -> list[Case]:
    """A case for each request: rows with `id`, `text` and `relevant`, the grades (0, 1, 2, …) by item id; `liked` may
    hold the ids of items that the text names with approval, which are no answers.

    Other fields are not read. Raises BadRecord for a malformed row.
    """
    cases: dict[str, Case] = {}
    for case, where in _requests(path):
        if case.id in cases:
            raise where.bad("id", f"{case.id!r} is the id of an earlier request already")
        cases[case.id] = case
    return list(cases.values())


def _requests(path: Path) -> Iterator[tuple[Case, Where]]:
    for line, value in objects(path):
        if isinstance(value, BadRecord):
            raise value
        where = Where(str(path), line)
        if not isinstance(value, Mapping):
            raise where.bad("", "expected an object with id, text and relevant")
        request_id = id_from(as_text(value.get("id")), "id", where)
        text = text_from(value.get("text"), "text", where, required=True)
        liked = tuple(id_from(item_id, "liked", where) for item_id in value.get("liked") or ())
        query = Query(text, liked=liked, excluded=frozenset(liked))
        yield Case(request_id, request_id, query, (_grades(value.get("relevant"), where),)), where


def _grades(value: Any, where: Where) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise where.bad("relevant", "expected an object: the grade of each item by its id")
    for item_id, grade in value.items():
        if not isinstance(grade, int) or isinstance(grade, bool) or grade < 0:
            raise where.bad(f"relevant.{item_id}", f"expected a grade (0, 1, 2, …), found {grade!r:.40}")
    grades = {id_from(item_id, "relevant", where): grade for item_id, grade in value.items() if grade}
    if not grades:
        raise where.bad("relevant", "expected at least one item with a grade above 0")
    return grades
