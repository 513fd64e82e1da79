"""Data sets that everybody measures on, looked for by their file names; none of them is part of chatrec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog import Record
from chatrec.catalog.files import objects
from chatrec.catalog.source import open_records, open_source
from chatrec.errors import BadRecord, EvaluationError
from chatrec.evaluation.recommenders.dataset import DataSet, of_records

NAMED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "ml-100k": (("ml-100k",), ("ml-100k.inter", "ml-100k.details.json")),
    "movielens-small": (("ml-latest-small",), ("movielens_small.csv", "movies.jsonl")),
}
"""Name -> the sets of files that it may consist of, the first that is there counts: MovieLens' own folder, or a file of
interactions and one of items. Each may be compressed (.gz) and lie anywhere below the folder."""

ALIASES = {"movielens": "movielens-small"}


def read_data(
    sources: Sequence[str | Path],
    *,
    folder: Path | None = None,
    embed: Callable[[Sequence[str]], NDArray[np.float32]] | None = None,
) -> DataSet:
    """The data set of that name, looked for in `folder`, or of these files: interactions, and items where there are
    some. Raises EvaluationError where it is not there, CatalogError for files that cannot be read."""
    names = [ALIASES.get(str(source), str(source)) for source in sources]
    if len(names) == 1 and names[0] in NAMED:
        return of_records(names[0], _named(names[0], folder), embed=embed)
    missing = [path for path in map(Path, names) if not path.exists()]
    if missing:
        raise EvaluationError(
            f"There is no file {missing[0]}.", mend=f"Name files, or one of: {', '.join(NAMED)} (with --folder)."
        )
    name = "+".join(Path(path).name for path in names)
    return of_records(name, open_source([Path(path) for path in names]).records(), embed=embed)


def _named(name: str, folder: Path | None) -> Iterator[Record]:
    for files in NAMED[name]:
        found = [_found(folder, file) for file in files] if folder else []
        if found and found[0]:
            return chain.from_iterable(_records(path) for path in found if path)
    wanted = " or ".join(" and ".join(files) for files in NAMED[name])
    where = f"in the folder {folder}" if folder else "as no folder was named"
    raise EvaluationError(
        f"The data set {name} is not there, {where}; it is not part of chatrec.",
        mend=f"Fetch it from its publisher and name the folder that holds {wanted} with --folder.",
    )


def _found(folder: Path | None, name: str) -> Path | None:
    places = sorted(path for end in ("", ".gz") for path in folder.rglob(name + end)) if folder else []
    return places[0] if places else None


def _records(path: Path) -> Iterable[Record]:
    if ".details." in path.name:
        return open_records(_detailed(path)).records()
    return open_source([path]).records()


def _detailed(path: Path) -> Iterator[dict[str, Any]]:
    """The items of a file of details, in the fields of a catalogue; what is a list there is a facet."""
    for _, entry in objects(path):
        if isinstance(entry, BadRecord):
            raise entry
        lists = {name: value for name, value in entry.items() if isinstance(value, list)}
        title, description = str(entry.get("movie_title", "")), str(entry.get("description") or "")
        yield {"id": str(entry["movie_id"]), "title": title, "description": description, **lists}
