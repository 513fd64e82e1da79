"""Users, sessions, turns and feedback, kept in SQLite or Postgres: one transaction a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from chatrec.conversations.values import (
    Conversation,
    FeedbackRow,
    SessionSummary,
    checked_session_id,
    checked_user_id,
    new_session_id,
    storable,
    title_of,
)
from chatrec.errors import ConversationError
from chatrec.types import DialogueState, Turn, UserProfile

if TYPE_CHECKING:
    from chatrec.conversations.database import Database

__all__ = ["Conversation", "Conversations", "FeedbackRow", "SessionSummary", "new_session_id"]

LONGEST_COMMENT = 2000
LARGEST_TURN = 2**31  # what an integer column holds
LONGEST_ITEM_ID = 1024


class Conversations:
    """The conversations of one database. Safe to share between threads; several processes may use one database.

    Nothing is opened before the first call. Every method raises ConversationError where the database cannot be
    reached, is of a newer schema, or stays busy; MissingPackage where Postgres is asked for without its driver.
    """

    def __init__(self, url: str | Path) -> None:
        """`url` is a SQLAlchemy address of SQLite or Postgres, or the path of a SQLite file."""
        self._url = url
        self._lock = Lock()
        self._opened: Database | None = None

    def start(self, session_id: str, user: str | None = None, *, catalog: str = "") -> Conversation:
        """The session of that id as it stands, or a new one, of which nothing is kept before its first turn.

        Raises ConversationError for a malformed id, or where the session is another user's, or about another catalogue
        than `catalog`. One of which nobody knows what it is about, as old ones are, goes with any.
        """
        kept = self.load(session_id) or Conversation(session_id)
        return replace(kept, user=_agreed(kept.user, user), catalog=_about(kept.catalog, catalog))

    def load(self, session_id: str) -> Conversation | None:
        """The session of that id; None where no turn of it has been kept."""
        with self._database.reading() as rows:
            return rows.conversation(checked_session_id(session_id))

    def owner(self, session_id: str) -> str | None:
        """The user of a session; None where there is no such session, or nobody is named."""
        with self._database.reading() as rows:
            return rows.belonging(checked_session_id(session_id))[0]

    def commit(
        self,
        session_id: str,
        user: str | None,
        state: DialogueState,
        turn: Turn,
        *,
        expected_turn: int,
        catalog: str = "",
    ) -> None:
        """Keeps a finished turn and the state it led to, or nothing at all.

        `expected_turn` counts the turns the session had when this one began. Raises ConversationError where it has
        another number by now: somebody else went on with it, or it was forgotten.
        """
        if not turn.number == state.turn == expected_turn + 1:
            raise ValueError(f"turn {turn.number} with state {state.turn} does not follow turn {expected_turn}")
        checked_session_id(session_id)
        with self._database.writing() as rows:
            begun = expected_turn > 0 or rows.begin_session(session_id, turn.message or turn.reply)
            owner, about = rows.belonging(session_id)
            named, about = _agreed(owner, user), _about(about, catalog)
            if not (
                begun and rows.advance(session_id, user=named, catalog=about, state=state, expected_turn=expected_turn)
            ):
                raise ConversationError(
                    "This conversation was continued elsewhere, or forgotten, in the meantime.",
                    mend="Send the message again.",
                )
            rows.add_turn(session_id, turn)

    def list_sessions(self, user: str, *, search: str = "") -> list[SessionSummary]:
        """The user's sessions, the one with the last turn first.

        `search` keeps those in whose title, or in what was said on either side, each of its words stands.
        """
        words = search.casefold().split()
        with self._database.reading() as rows:
            found = rows.sessions(checked_user_id(user))
            said = rows.said(user) if words and found else {}
        return [line for line in found if not words or _holds(words, line, said.get(line.id, ()))]

    def rename(self, session_id: str, title: str) -> None:
        """Gives a session another title, made one line and cut. Raises ConversationError for an unknown session."""
        with self._database.writing() as rows:
            if not rows.rename(checked_session_id(session_id), title_of(title)):
                raise ConversationError("There is no such session.", mend="Send a message first.")

    def user(self, user_id: str) -> UserProfile:
        """What is known of the user; an empty profile for one never seen."""
        with self._database.reading() as rows:
            return rows.user(checked_user_id(user_id))

    def save_user(self, profile: UserProfile) -> None:
        """Puts the profile in the place of what was known of that user."""
        checked_user_id(profile.id)
        with self._database.writing() as rows:
            rows.save_user(profile)

    def feedback(self, session_id: str, turn: int, item_id: str, value: Literal[-1, 1], text: str = "") -> None:
        """A vote on an item of a turn, or on the turn where `item_id` is empty; a later vote replaces it.

        `text` is cut to 2,000 characters. Raises ConversationError for an unknown turn or another value.
        """
        if value not in (-1, 1):
            raise ConversationError("Feedback is good or bad.", mend="Give the value 1 or -1.")
        checked_session_id(session_id)
        with self._database.writing() as rows:
            if not (0 < turn < LARGEST_TURN and rows.has_turn(session_id, turn)):
                raise ConversationError(f"There is no turn {turn} in that session.", mend="Turns count from 1.")
            rows.vote(
                session_id,
                turn,
                item_id=storable(item_id, LONGEST_ITEM_ID),
                value=int(value),
                text=storable(text, LONGEST_COMMENT),
            )

    def withdraw(self, session_id: str, turn: int, item_id: str) -> None:
        """Takes a vote back; nothing happens where there is none."""
        with self._database.writing() as rows:
            rows.withdraw(checked_session_id(session_id), min(turn, LARGEST_TURN - 1), item_id=item_id)

    def feedback_rows(self, session_id: str = "") -> list[FeedbackRow]:
        """Every vote, or those of one session; the oldest first."""
        with self._database.reading() as rows:
            return rows.votes(session_id=checked_session_id(session_id) if session_id else "")

    def marked_good(self, catalog: str) -> list[tuple[str, str]]:
        """(session, item) of what was marked good in conversations about a catalogue, or about none that is known.

        A good reply speaks for the items it recommended. A vote on an item itself counts before that, and of two on
        one item in one session the later.
        """
        with self._database.reading() as rows:
            votes = list(rows.voted(catalog))
        of_replies = {(vote.session_id, item): vote.value for vote, turn in votes if not vote.item_id
                      for item in turn.item_ids}  # fmt: skip
        of_items = {(vote.session_id, vote.item_id): vote.value for vote, _ in votes if vote.item_id}
        return [pair for pair, value in {**of_replies, **of_items}.items() if value > 0]

    def forget(self, user: str | None = None, session: str | None = None) -> int:
        """Deletes every trace of a user with all their sessions, or of one session; returns how many rows that were.

        With SQLite the deleted text is also removed from the files, which rewrites them. Raises ConversationError
        unless exactly one of the two is named, or where the rows are gone but others keep the files busy.
        """
        if bool(user) == bool(session):
            raise ConversationError("Nothing was forgotten.", mend="Name either a user or a session.")
        with self._database.writing() as rows:
            if session:
                gone = rows.forget_session(checked_session_id(session))
            else:
                gone = rows.forget_user(checked_user_id(user or ""))
        self._database.scrub()
        return gone

    def close(self) -> None:
        """Closes every connection; a later call opens them anew."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    @property
    def _database(self) -> Database:
        with self._lock:
            if self._opened is None:
                from chatrec.conversations.database import Database  # here, since SQLAlchemy takes its time to import

                self._opened = Database(self._url)
            return self._opened


def _agreed(owner: str | None, user: str | None) -> str | None:
    """The user of a session that belongs to `owner`, or to nobody yet, and is now used by `user`, or by somebody."""
    if owner and user and owner != user:
        raise ConversationError("That session is another user's.", mend="Start a new session.")
    return owner or (checked_user_id(user) if user else None)


def _about(kept: str, catalog: str) -> str:
    """The catalogue of a session that is about `kept`, or about nobody knows what, and now goes on with `catalog`."""
    if kept and catalog and kept != catalog:
        raise ConversationError(
            f"That conversation is about the catalogue {kept!r}, not about {catalog!r}.",
            mend=f"Go on with it in {kept!r}, or start a new one.",
        )
    return kept or catalog


def _holds(words: Sequence[str], line: SessionSummary, said: Sequence[Turn]) -> bool:
    text = "\n".join((line.title, *(side for turn in said for side in (turn.message, turn.reply)))).casefold()
    return all(word in text for word in words)
