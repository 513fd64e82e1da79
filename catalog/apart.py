"""Reads a file of unknown origin in a process of its own, with limits on memory, time and what it writes.

Started as a program (`python -m chatrec.catalog.apart FILE RECORDS ITEMS`) it is that process: it writes what it read
to RECORDS, a JSON line a record, and says on its output what it understood.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from chatrec.catalog import Dialogue, Interaction, Item, Record, Review, Utterance
from chatrec.catalog.schema import Facet, from_json, profile, to_json
from chatrec.catalog.source import open_source
from chatrec.errors import CatalogError, ChatRecError

SHOWN = 5
"""How many of the first items are told."""

TOLD = 20
"""How many bad records are told; all are counted."""

KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Item, Review, Interaction, Dialogue)}


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process may use: bytes of address space, seconds of processor and of patience, bytes it writes, items.

    What it writes is what it read, unzipped: so it also bounds what a small file may unfold to.
    """

    memory: int = 3 * 2**30
    seconds: int = 120
    written: int = 2**30
    items: int = 200_000


@dataclass(frozen=True, slots=True)
class Understood:
    """What a file was taken for and why, what is in it, its first items and its facets, and what is bad in it.

    `bad` are sentences that name file, line and field, at most 20; `bad_count` counts all.
    """

    format: str
    why: str
    counts: Mapping[str, int]
    first: tuple[Item, ...]
    facets: Mapping[str, Facet]
    bad: tuple[str, ...]
    bad_count: int

    @property
    def items(self) -> int:
        return self.counts.get("Item", 0)


def understood(path: Path, records: Path, *, limits: Limits = Limits()) -> Understood:
    """Reads the file `path` apart, into the file `records`. Its name, without the folder, is what errors tell.

    Raises CatalogError for a file in no known format, damaged, or beyond the limits.
    """
    command = [sys.executable, "-I", "-m", __name__, path.name, str(records.resolve()), json.dumps(asdict(limits))]
    try:
        ran = subprocess.run(
            command,
            cwd=path.parent,
            env={},  # no secret of this process is that one's business
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limits.seconds,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as exc:
        raise _too_much(f"longer than {limits.seconds} seconds") from exc
    try:
        told = json.loads(ran.stdout)
    except ValueError as exc:
        raise _ended(ran.returncode, limits) from exc
    if "what" in told:
        raise CatalogError(told["what"], mend=told["mend"])
    first = tuple(record for record in map(_record, told.pop("first")) if isinstance(record, Item))
    return Understood(**{**told, "first": first, "facets": from_json(told["facets"]), "bad": tuple(told["bad"])})


def records_of(path: Path) -> Iterator[Record]:
    """The records that `understood` wrote to a file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield _record(json.loads(line))


def _ended(status: int, limits: Limits) -> CatalogError:
    """What became of a process that told nothing."""
    if status == -signal.SIGXCPU:
        return _too_much(f"longer than {limits.seconds} seconds")
    if status in (-signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT):
        return _too_much("more memory than is given to it")
    return CatalogError("The file could not be read.", mend="Check that it is whole, or index it by chatrec index.")


def _too_much(what: str) -> CatalogError:
    return CatalogError(
        f"The file was given up: reading it took {what}.", mend="Give less of it, or index it by: chatrec index FILE"
    )


def _as_json(record: Record) -> dict[str, Any]:
    return {"kind": type(record).__name__, **asdict(record)}


def _record(document: dict[str, Any]) -> Record:
    known = dict(document)
    kind = known.pop("kind")
    if kind == "Item":
        attributes = known["attributes"].items()
        known["attributes"] = {name: tuple(value) if isinstance(value, list) else value for name, value in attributes}
        known["reviews"] = tuple(Review(**each) for each in known["reviews"])
    elif kind == "Dialogue":
        said = known["utterances"]
        known["utterances"] = tuple(Utterance(**{**each, "items": tuple(each["items"])}) for each in said)
    record: Record = KINDS[kind](**known)
    return record


# The process


def _main(path: str, records: str, limits: Limits) -> dict[str, Any]:
    for limit, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, limits.written),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    try:
        return _read(Path(path), Path(records), limits)
    except ChatRecError as error:
        told: ChatRecError = error
    except MemoryError:
        told = _too_much("more memory than is given to it")
    except OSError:  # of our own file: formats map those of the file that is read
        what = f"The file was given up: it unfolds to more than {limits.written >> 20:,} MB."
        told = CatalogError(what, mend="Give less of it.")
    return {"what": told.what, "mend": told.mend}


def _read(path: Path, records: Path, limits: Limits) -> dict[str, Any]:
    source = open_source([path], skip_bad=True)
    counts: Counter[str] = Counter()
    with records.open("w", encoding="utf-8") as file:
        for record in source.records():
            counts[type(record).__name__] += 1
            if counts["Item"] > limits.items:
                raise CatalogError(
                    f"There are more than {limits.items:,} items in it.", mend="Index it by: chatrec index FILE"
                )
            file.write(json.dumps(_as_json(record)) + "\n")
    facets = profile(record for record in records_of(records) if isinstance(record, Item))
    first = islice((record for record in records_of(records) if isinstance(record, Item)), SHOWN)
    return {
        "format": source.files[0].format,
        "why": source.files[0].why,
        "counts": counts,
        "first": [_as_json(_shortened(item)) for item in first],
        "facets": to_json(facets),
        "bad": [str(bad) for bad in source.bad[:TOLD]],
        "bad_count": source.bad_count,
    }


def _shortened(item: Item) -> Item:
    return replace(item, description=item.description[:500], reviews=())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_main(sys.argv[1], sys.argv[2], Limits(**json.loads(sys.argv[3])))))
