"""Generations: which parts make up the catalogue, and the one pointer that says which generation is served."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from chatrec.embedding import Stamp
from chatrec.errors import StoreError

FORMAT = 3
"""Counts up when what is on disk changes its meaning."""

GRACE = 60.0
"""Seconds that a generation's parts stay on disk after the next was published: turns that began before it end first."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation. `parts` maps a kind ("items", "facets", "vectors", "words", "aspects", "interactions",
    "dialogues") to its folder; what was indexed before there were aspects has none."""

    generation: str
    parts: dict[str, str]
    stamp: Stamp
    count: int
    passages: int
    server: bool
    """Whether the vectors lie in a Chroma server."""


def current(folder: Path) -> str:
    """The generation that is served; empty where the catalogue has none."""
    try:
        return (folder / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def read(folder: Path, generation: str) -> Manifest:
    """Raises StoreError for a manifest that is damaged or of a newer chatrec."""
    path = folder / "generations" / f"{generation}.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        if about.pop("format") != FORMAT:
            raise StoreError(
                f"The index in {folder} was written by another version of chatrec.",
                mend="Use that version, or index again with --reset.",
            )
        return Manifest(**{**about, "stamp": Stamp(**about["stamp"])})
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise StoreError(f"The index in {folder} is damaged.", mend="Make it anew: chatrec index PATH --reset") from exc


def publish(folder: Path, manifest: Manifest) -> None:
    """Makes `manifest` the generation that is served, at once for every process."""
    written(folder / "generations" / f"{manifest.generation}.json", json.dumps({**asdict(manifest), "format": FORMAT}))
    written(folder / "CURRENT", manifest.generation)


def written(path: Path, text: str) -> None:
    """Writes a file whole: after a crash it is the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def part(folder: Path, name: str, build: Callable[[Path], None]) -> str:
    """The part of that name, built by `build` in a scratch folder unless it is there already; returns the name."""
    target = folder / "parts" / name
    if not target.is_dir():
        scratch = folder / "parts" / f".building-{name}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        build(scratch)
        scratch.rename(target)
    return name


def sweep(folder: Path) -> list[str]:
    """Deletes generations and parts that are no longer needed; returns the names of the parts that went."""
    manifests = sorted((folder / "generations").glob("*.json"))
    served = manifests.pop()
    young = [path for path, after in pairwise((*manifests, served)) if time.time() - after.stat().st_mtime < GRACE]
    needed = {name for path in (served, *young) for name in _parts(folder, path.stem)}
    for path in set(manifests) - set(young):
        path.unlink(missing_ok=True)
    gone = [path for path in (folder / "parts").iterdir() if path.name not in needed]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in gone]


def _parts(folder: Path, generation: str) -> Iterable[str]:
    try:
        return read(folder, generation).parts.values()
    except StoreError:
        return ()
