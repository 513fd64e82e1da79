"""The turns being answered: each in a thread of its own, followed by as many pages as look, stopped by one word."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Generator, Iterator
from contextlib import closing, suppress
from typing import Protocol

from chatrec.errors import ConversationError
from chatrec.types import CardsEvent, DoneEvent, ErrorEvent, Event

LONGEST_END = 30.0
"""Seconds to wait for a turn that was stopped: it may be waiting for a language model."""

_log = logging.getLogger(__name__)


class Answering(Protocol):
    """`Session.stream`."""

    def __call__(self, message: str | None, *, touched: Collection[str]) -> Generator[Event, None, None]: ...


class Running:
    """One turn. It runs to its end whether or not somebody follows: a reloaded page picks it up again."""

    def __init__(self, message: str | None, answer: Answering, *, after: Running | None = None) -> None:
        """`message` None: nothing is said. `after` is the turn before of the same session: a stopped one may still be
        waiting for somebody's answer."""
        self.message = message or ""
        self.touched: set[str] = set()
        """Ids of the cards that somebody turned to, which a later order leaves where they are."""
        self.stopped = False
        self._stream = answer(message, touched=self.touched)
        self._after = after
        self._events: list[Event] = []
        self._open = True
        self._changed = threading.Condition()
        self.thread = threading.Thread(target=self._work, name="chatrec-turn", daemon=True)

    def follow(self) -> Iterator[list[Event]]:
        """Every event from the first on, as many at a time as there are; ends with the turn, or when it is stopped."""
        seen = 0
        while True:
            with self._changed:
                while len(self._events) == seen and self._open:
                    self._changed.wait()
                fresh, still_open = self._events[seen:], self._open
            if fresh:
                seen += len(fresh)
                yield fresh
            if not still_open:
                return

    def stop(self) -> None:
        """Ends the turn for those who follow it now, and for its rooms as soon as they can be interrupted."""
        with self._changed:
            if self._open:
                self.stopped, self._open = True, False
                self._changed.notify_all()

    def _work(self) -> None:
        if self._after:
            self._after.thread.join()
            self._after = None
        try:
            with closing(self._stream):
                if not self.stopped:
                    self._run()
        except Exception:  # noqa: BLE001 - the edge: whoever reads the page gets a sentence, the log the rest
            _log.exception("A turn failed.")
            self._tell(
                ErrorEvent(ConversationError("Something went wrong in here.", mend="Ask again, or differently."))
            )
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _run(self) -> None:
        for event in self._stream:
            if self._tell(event):
                continue
            if isinstance(event, CardsEvent):
                # Nobody saw these cards, so the session must not keep them as shown: a failed turn leaves no trace.
                with suppress(StopIteration):
                    self._stream.throw(ConversationError("The turn was stopped."))
            return

    def _tell(self, event: Event) -> bool:
        """Whether anybody may still read it."""
        with self._changed:
            if self._open:
                self._events.append(event)
                # After its last event a turn cannot be stopped any more.
                self._open = not isinstance(event, DoneEvent | ErrorEvent)
                self._changed.notify_all()
                return True
            return False


class Turns:
    """The running turns of every session; one session has one at a time, a second waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Running] = {}

    def start(self, session_id: str, message: str | None, answer: Answering) -> Running:
        with self._lock:
            self._running = {id: turn for id, turn in self._running.items() if turn.thread.is_alive()}
            turn = Running(message, answer, after=self._running.get(session_id))
            self._running[session_id] = turn
            turn.thread.start()
        return turn

    def of(self, session_id: str) -> Running | None:
        """The turn that is being answered in this session."""
        with self._lock:
            turn = self._running.get(session_id)
        return turn if turn and turn.thread.is_alive() else None

    def stop(self, session_id: str) -> None:
        if turn := self.of(session_id):
            turn.stop()

    def touch(self, session_id: str, item_id: str) -> None:
        if turn := self.of(session_id):
            turn.touched.add(item_id)

    def end(self, session_id: str) -> None:
        """Stops the turn of a session and waits for it, so that it keeps nothing after what is done next."""
        with self._lock:
            turn = self._running.pop(session_id, None)
        if turn:
            turn.stop()
            turn.thread.join(LONGEST_END)
