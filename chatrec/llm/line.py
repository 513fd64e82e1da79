"""A line to wait in: one at a time, first come first served, whichever session it is from."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

GLANCE = 0.05
"""Seconds between two looks whether who waits has given up."""


class Line:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self, given_up: threading.Event) -> Iterator[bool]:
        """Waits for its turn, which lasts as long as the context; False, out of the line, once `given_up` is set."""
        own = threading.Event()
        with self._lock:
            self._waiting.append(own)
            self._waiting[0].set()
        try:
            while not (mine := own.wait(GLANCE)) and not given_up.is_set():
                pass
            yield mine
        finally:
            with self._lock:
                self._waiting.remove(own)
                if self._waiting:
                    self._waiting[0].set()

    @property
    def length(self) -> int:
        """How many are served or waiting."""
        return len(self._waiting)
