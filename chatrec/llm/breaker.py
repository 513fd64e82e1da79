"""A circuit breaker: a language model that keeps failing is left alone for a while, so that it slows no more turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 2
"""So many requests in a row that failed, each after its retries, open the circuit."""

REST = 15.0
"""Seconds that it is open the first time; then one request tries, and each that fails doubles them."""

LONGEST_REST = 300.0


class Breaker:
    """Counts what one language model does, for every thread and session that asks it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rest = REST
        self._until = 0.0
        self._trying = False

    def admits(self) -> bool:
        """Whether a request may be made now. After a rest one may, and no other until that has come to an end."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            if self._trying or self._clock() < self._until:
                return False
            self._trying = True
            return True

    def rests(self) -> float:
        """Seconds until it is tried again; 0: it may be asked."""
        with self._lock:
            if self._failures < FAILURES:
                return 0.0
            return max(0.0, self._until - self._clock())

    def worked(self) -> None:
        with self._lock:
            self._failures, self._rest, self._trying = 0, REST, False

    def failed(self) -> None:
        with self._lock:
            if self._failures >= FAILURES and not self._trying:
                return  # it was under way when the circuit opened
            self._failures, self._trying = self._failures + 1, False
            if self._failures >= FAILURES:
                self._until = self._clock() + self._rest
                self._rest = min(2 * self._rest, LONGEST_REST)

    def left(self) -> None:
        """A request was given up before it told anything."""
        with self._lock:
            self._trying = False


_shared: dict[tuple[str, str], Breaker] = {}
_lock = threading.Lock()


def shared(name: str, address: str = "") -> Breaker:
    """The one breaker of this process for a language model at an address."""
    with _lock:
        return _shared.setdefault((name, address), Breaker())
