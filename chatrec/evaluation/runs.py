"""Rankings as TREC run files, `query Q0 item rank score tag` a line, to be measured by other programs or compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from chatrec.catalog.files import lines
from chatrec.catalog.records import Where, number_from
from chatrec.errors import BadRecord, EvaluationError

COLUMNS = 6

BLANK = re.compile(r"[\s%]")
"""What would break a line, or could be taken for an escape."""


def write(path: Path, rankings: Iterable[tuple[str, Sequence[tuple[str, float]]]], *, tag: str) -> None:
    """Writes (query id, ranking) pairs; blanks and per cent signs in ids are written as in addresses (`%20`).

    trec_eval reads scores as 32-bit floats, orders by them alone and breaks ties by id: a score that is no lower
    than the one before is lowered by the least step there is, so that it finds the ranks that are written.
    """
    try:
        with path.open("w", encoding="utf-8") as file:
            for query_id, ranking in rankings:
                last = np.float32(np.inf)
                for rank, (item_id, score) in enumerate(ranking, 1):
                    last = min(np.float32(score), np.nextafter(last, np.float32(-np.inf)))
                    file.write(f"{_written(query_id)} Q0 {_written(item_id)} {rank} {last!s} {_written(tag)}\n")
    except OSError as exc:
        raise EvaluationError(f"{path} cannot be written: {exc.strerror or exc}.", mend="Name another file.") from exc


def read(path: Path) -> dict[str, list[str]]:
    """Item ids by query id, best first: by score as trec_eval has it, ties by rank. Raises BadRecord."""
    entries: dict[str, dict[str, tuple[float, float]]] = {}
    for line, text in lines(path):
        if isinstance(text, BadRecord):
            raise text
        where = Where(str(path), line)
        cells = text.split()
        if len(cells) != COLUMNS:
            raise where.bad("", f"expected query Q0 item rank score tag, found {len(cells)} columns")
        query_id, _, item_id, rank, score, _ = cells
        found = entries.setdefault(unquote(query_id), {})
        if unquote(item_id) in found:
            raise where.bad("item", f"{item_id!r} was ranked for {query_id!r} already")
        found[unquote(item_id)] = -(number_from(score, "score", where) or 0.0), number_from(rank, "rank", where) or 0.0
    if not entries:
        raise EvaluationError(f"{path} has no line.", mend="Give a run file: query Q0 item rank score tag.")
    return {query_id: sorted(found, key=found.__getitem__) for query_id, found in entries.items()}


def _written(text: str) -> str:
    return BLANK.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)
