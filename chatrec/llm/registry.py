"""The local language models that can be fetched, each with its checksum; `registry.toml` is the list."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from rapidfuzz import process

from chatrec.errors import SettingsError

MAGIC = b"GGUF"


@dataclass(frozen=True, slots=True)
class Hub:
    """A repository of a model hub, at one revision."""

    repository: str
    revision: str


@dataclass(frozen=True, slots=True)
class Packages:
    """A file in parts of `part_size` bytes, the last one shorter, each in a wheel of its own.

    `{}` in `name` is the number of the part, `inside` the pattern of the part's path below the package.
    """

    name: str
    version: str
    parts: int
    part_size: int
    inside: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A language model, and where its file is to be had."""

    name: str
    file: str
    size: int
    sha256: str
    licence: str
    publisher: str
    about: str
    hub: Hub | None = None
    packages: Packages | None = None


@cache
def _read() -> tuple[str, dict[str, Entry]]:
    known: dict[str, Any] = tomllib.loads((files("chatrec.llm") / "registry.toml").read_text(encoding="utf-8"))
    made = {}
    for name, row in known["models"].items():
        hub, packages = row.pop("hub", None), row.pop("packages", None)
        made[name] = Entry(name, **row, hub=hub and Hub(**hub), packages=packages and Packages(**packages))
    return known["default"], made


def entries() -> tuple[Entry, ...]:
    """Every model, the default first."""
    default, known = _read()
    return (known[default], *(entry for entry in known.values() if entry.name != default))


def entry(name: str = "") -> Entry:
    """The model of that name, the default without one. Raises SettingsError, naming the nearest."""
    default, known = _read()
    if (name or default) not in known:
        nearest = process.extractOne(name, sorted(known))[0]
        raise SettingsError(
            f"There is no local language model {name!r} to fetch.",
            mend=f"The nearest is {nearest}; chatrec llm list names all.",
        )
    return known[name or default]


def entry_of(path: Path) -> Entry | None:
    """The model that a file says it is, by its name."""
    return next((known for known in entries() if known.file == path.name), None)


def check(path: Path) -> Entry | None:
    """The model in a file, whole and genuine; None where the file is somebody's own and looks like one.

    Raises SettingsError. A file is read through once, and again when it has changed.
    """
    try:
        state = path.stat()
    except OSError as exc:
        raise SettingsError(f"There is no file {path}.", mend="chatrec llm pull fetches a model.") from exc
    problem = _problem(path, state.st_size, state.st_mtime_ns)
    if problem:
        raise SettingsError(problem, mend="Wait until it is copied, or fetch it anew with: chatrec llm pull")
    return entry_of(path)


@cache
def _problem(path: Path, size: int, changed: int) -> str:
    """What is wrong with a file of that size and time of change; empty where nothing is."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return f"{path.name} is no GGUF file."
        known = entry_of(path)
        if known is None:
            return ""
        if size != known.size:
            return f"{path.name} is not whole: {size:,} of {known.size:,} bytes."
        file.seek(0)
        if hashlib.file_digest(file, "sha256").hexdigest() != known.sha256:
            return f"{path.name} is not the file that {known.publisher} published: its checksum is another."
    return ""
