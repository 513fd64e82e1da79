"""Foreign errors of disks and databases, mapped once to StoreError."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatrec.errors import StoreError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """What goes wrong inside with the disk under `folder` is raised as a StoreError that says what to do."""
    try:
        yield
    except (OSError, sqlite3.Error) as exc:
        if _is_full(exc):
            free = shutil.disk_usage(_existing(folder)).free / 2**20
            raise StoreError(
                f"The disk under {folder} is full ({free:,.0f} MiB free); the catalogue stays as it was.",
                mend="Free some space, or set CHATREC_HOME to a folder on another disk, and index again: what was"
                " embedded so far is kept.",
            ) from exc
        if isinstance(exc, PermissionError):
            raise StoreError(
                f"{exc.filename or folder} cannot be written or read.", mend="Check its owner and permissions."
            ) from exc
        if isinstance(exc, sqlite3.Error):
            raise StoreError(
                f"The index in {folder} cannot be used: {exc}.", mend="Make it anew: chatrec index PATH --reset"
            ) from exc
        raise


def _is_full(exc: BaseException) -> bool:
    if isinstance(exc, OSError):
        return exc.errno in FULL
    return "full" in str(exc) or "disk I/O error" in str(exc)


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
