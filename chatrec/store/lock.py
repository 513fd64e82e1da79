"""One writer at a time, and its name for the one who has to wait."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from chatrec.errors import StoreLocked


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Holds the catalogue's lock. Raises StoreLocked, naming the owner, while another process or thread does.

    The lock itself is the operating system's, so it is gone when its owner is killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock", thread_local=False)
    owner = folder / "lock.owner"
    try:
        lock.acquire(timeout=0)
    except Timeout as exc:
        try:
            who = owner.read_text(encoding="utf-8")
        except OSError:
            who = "another process"
        raise StoreLocked(
            f"The catalogue {folder.name!r} is being indexed by {who}.",
            mend="Wait until it has finished; talking to the catalogue goes on meanwhile.",
        ) from exc
    try:
        since = time.strftime("%H:%M:%S")
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()} since {since}", encoding="utf-8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()
