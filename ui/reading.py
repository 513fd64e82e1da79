"""Files that visitors hand in: taken over under a safe name, read apart, and deleted whatever happens."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chatrec.catalog import Record
from chatrec.catalog.apart import Limits, Understood, records_of, understood
from chatrec.catalog.source import suffixes
from chatrec.errors import CatalogError

LONGEST_NAME = 60
KEPT_SECONDS = 3600.0
"""How long a file that nobody indexes or discards is kept."""

MOST = 20
"""How many files are kept at a time, of all visitors together."""


def allowed() -> list[str]:
    """What the names of files may end in."""
    return sorted({*suffixes(), *(f"{suffix}.gz" for suffix in suffixes()), ".gz"})


def safe_name(name: str) -> str:
    """The name of a file without folders and without anything but letters, digits and ._-; its suffix stays."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name.replace("\\", "/").rpartition("/")[2]).lstrip(".-")
    return plain[-LONGEST_NAME:].lstrip(".-") or "file"


def name_for(file: str) -> str:
    """The name of a catalogue that a file suggests."""
    stem = safe_name(file).lower().removesuffix(".gz").rpartition(".")[0] or safe_name(file)
    return re.sub(r"^[^A-Za-z0-9]+", "", stem)[:40] or "catalogue"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file that was read: what it is called, and what was understood of it."""

    id: str
    name: str
    understood: Understood
    folder: tempfile.TemporaryDirectory[str]
    since: float

    def records(self) -> Iterator[Record]:
        return records_of(Path(self.folder.name) / "records")


class Desk:
    """Where files are handed in. What is read is kept for an hour at most; the file itself is deleted at once."""

    def __init__(self, *, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._kept: dict[str, HandedIn] = {}

    def take(self, path: Path, *, largest: int) -> HandedIn:
        """Reads a file of at most `largest` bytes, and deletes it. Raises CatalogError where it is none of ours."""
        name = safe_name(path.name)
        kept = tempfile.TemporaryDirectory(prefix="chatrec-upload-")  # deleted with this process at the latest
        folder = Path(kept.name)
        try:
            self._check(path, name, largest)
            shutil.move(path, folder / name)
            with self._one_at_a_time:  # each may use much memory
                found = understood(folder / name, folder / "records", limits=self._limits)
            (folder / name).unlink()
            handed = HandedIn(secrets.token_urlsafe(16), name, found, kept, time.monotonic())
            self._keep(handed)
        except BaseException:  # for cleaning up only: whatever it was goes on
            kept.cleanup()
            raise
        finally:
            path.unlink(missing_ok=True)
        return handed

    def of(self, id: str) -> HandedIn:
        """What was handed in. Raises CatalogError where it was discarded in the meantime."""
        with self._lock:
            handed = self._kept.get(id)
        if handed is None:
            raise CatalogError("That file is not kept any more.", mend="Choose it again.")
        return handed

    def discard(self, id: str | None) -> None:
        with self._lock:
            handed = self._kept.pop(id or "", None)
        if handed:
            handed.folder.cleanup()

    def _check(self, path: Path, name: str, largest: int) -> None:
        known = suffixes()
        if not name.lower().removesuffix(".gz").endswith(tuple(known)):
            raise CatalogError(
                f"{name} is of no kind that can be read.", mend=f"Its name should end in {', '.join(known)}, or .gz."
            )
        if path.stat().st_size > largest:
            raise CatalogError(
                f"{name} is larger than {largest >> 20:,} MB.", mend="Give a part of it, or index it by: chatrec index"
            )

    def _keep(self, handed: HandedIn) -> None:
        with self._lock:
            self._kept[handed.id] = handed
            oldest = list(self._kept.values())
        late = [each for each in oldest if each.since < time.monotonic() - KEPT_SECONDS]
        for each in {each.id: each for each in (*late, *oldest[:-MOST])}:
            self.discard(each)
