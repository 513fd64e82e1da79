"""The tables of the conversation database and every statement on them, within one transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from chatrec.conversations.as_json import (
    profile_from_json,
    profile_to_json,
    state_from_json,
    state_to_json,
    turn_from_json,
    turn_to_json,
)
from chatrec.conversations.values import Conversation, FeedbackRow, SessionSummary, title_of
from chatrec.types import DialogueState, Turn, UserProfile

METADATA = MetaData()

SCHEMA_VERSION = Table("chatrec_schema", METADATA, Column("version", Integer, primary_key=True, autoincrement=False))

USERS = Table(
    "users",
    METADATA,
    Column("id", String, primary_key=True),
    Column("profile", Text, nullable=False),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", String, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("title", Text, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("updated", Float(53), nullable=False),
    Column("turns", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("catalog", String),  # the catalogue it is about; NULL where schema 1 did not say
)

TURNS = Table(
    "turns",
    METADATA,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("created", Float(53), nullable=False),
    Column("turn", Text, nullable=False),
)

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("session_id", String, primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("item_id", String, primary_key=True),
    Column("value", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("created", Float(53), nullable=False),
    ForeignKeyConstraint(["session_id", "turn"], ["turns.session_id", "turns.number"], ondelete="CASCADE"),
)


SUMMARY = ("id", "title", "created", "updated", "turns")


class Rows:
    """The statements, on a connection whose transaction the caller begins and ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        self._insert: Any = dialect.insert  # both know ON CONFLICT, which plain SQLAlchemy does not offer

    def conversation(self, session_id: str) -> Conversation | None:
        found = self._connection.execute(select(SESSIONS).where(SESSIONS.c.id == session_id)).one_or_none()
        if found is None:
            return None
        rows = select(TURNS.c.turn).where(TURNS.c.session_id == session_id).order_by(TURNS.c.number)
        return Conversation(
            found.id,
            found.user_id,
            state_from_json(_loads(found.state)),
            tuple(turn_from_json(_loads(text)) for text in self._connection.scalars(rows)),
            found.title,
            found.catalog or "",
        )

    def belonging(self, session_id: str) -> tuple[str | None, str]:
        """The user of a session and its catalogue; None and empty where none is known."""
        columns = (SESSIONS.c.user_id, SESSIONS.c.catalog)
        found = self._connection.execute(select(*columns).where(SESSIONS.c.id == session_id)).one_or_none()
        return (found.user_id, found.catalog or "") if found else (None, "")

    def begin_session(self, session_id: str, message: str) -> bool:
        """Adds a session without turns, titled by its first message; False where there is one already."""
        now = time.time()
        values = {"id": session_id, "title": title_of(message), "created": now, "updated": now, "turns": 0, "state": ""}
        added = self._connection.execute(self._insert(SESSIONS).values(values).on_conflict_do_nothing())
        return bool(added.rowcount)

    def advance(
        self, session_id: str, *, user: str | None, catalog: str, state: DialogueState, expected_turn: int
    ) -> bool:
        """Puts the state of one more turn; False where the session does not have `expected_turn` turns (any more)."""
        values: dict[str, Any] = {
            "turns": expected_turn + 1,
            "updated": time.time(),
            "state": json.dumps(state_to_json(state)),
        }
        if user:
            empty = {"id": user, "profile": json.dumps(profile_to_json(UserProfile(user)))}
            self._connection.execute(self._insert(USERS).values(empty).on_conflict_do_nothing())
            values["user_id"] = user
        if catalog:
            values["catalog"] = catalog
        moved = self._connection.execute(
            update(SESSIONS).where(SESSIONS.c.id == session_id, SESSIONS.c.turns == expected_turn).values(values)
        )
        return bool(moved.rowcount)

    def add_turn(self, session_id: str, turn: Turn) -> None:
        text = json.dumps(turn_to_json(turn))
        values = {"session_id": session_id, "number": turn.number, "created": time.time(), "turn": text}
        self._connection.execute(self._insert(TURNS).values(values))

    def has_turn(self, session_id: str, number: int) -> bool:
        found = select(TURNS.c.number).where(TURNS.c.session_id == session_id, TURNS.c.number == number)
        return self._connection.scalar(found) is not None

    def sessions(self, user: str) -> list[SessionSummary]:
        columns = (*(SESSIONS.c[name] for name in SUMMARY), func.coalesce(SESSIONS.c.catalog, ""))
        mine = select(*columns).where(SESSIONS.c.user_id == user)
        newest_first = mine.order_by(SESSIONS.c.updated.desc(), SESSIONS.c.id)
        return [SessionSummary(*row) for row in self._connection.execute(newest_first)]

    def said(self, user: str) -> dict[str, list[Turn]]:
        """The turns of each of the user's sessions, by its id."""
        mine = select(TURNS.c.session_id, TURNS.c.turn).join(SESSIONS).where(SESSIONS.c.user_id == user)
        found: dict[str, list[Turn]] = {}
        for row in self._connection.execute(mine.order_by(TURNS.c.session_id, TURNS.c.number)):
            found.setdefault(row.session_id, []).append(turn_from_json(_loads(row.turn)))
        return found

    def rename(self, session_id: str, title: str) -> bool:
        renamed = update(SESSIONS).where(SESSIONS.c.id == session_id).values(title=title)
        return bool(self._connection.execute(renamed).rowcount)

    def user(self, user_id: str) -> UserProfile:
        text = self._connection.scalar(select(USERS.c.profile).where(USERS.c.id == user_id))
        return UserProfile(user_id) if text is None else profile_from_json(user_id, _loads(text))

    def save_user(self, profile: UserProfile) -> None:
        text = json.dumps(profile_to_json(profile))
        saved = self._insert(USERS).values(id=profile.id, profile=text)
        self._connection.execute(saved.on_conflict_do_update(index_elements=["id"], set_={"profile": text}))

    def vote(self, session_id: str, turn: int, *, item_id: str, value: int, text: str) -> None:
        """Keeps one vote an item and turn: a later one takes the place of an earlier one."""
        vote = {"value": value, "text": text, "created": time.time()}
        saved = self._insert(FEEDBACK).values(session_id=session_id, turn=turn, item_id=item_id, **vote)
        key = ["session_id", "turn", "item_id"]
        self._connection.execute(saved.on_conflict_do_update(index_elements=key, set_=vote))

    def withdraw(self, session_id: str, turn: int, *, item_id: str) -> None:
        key = (FEEDBACK.c.session_id == session_id, FEEDBACK.c.turn == turn, FEEDBACK.c.item_id == item_id)
        self._connection.execute(delete(FEEDBACK).where(*key))

    def votes(self, *, session_id: str = "") -> list[FeedbackRow]:
        """Every vote, or those of one session; the oldest first."""
        key = (FEEDBACK.c.session_id, FEEDBACK.c.turn, FEEDBACK.c.item_id)
        columns = (*key, FEEDBACK.c.value, FEEDBACK.c.text, FEEDBACK.c.created)
        wanted = select(*columns).order_by(FEEDBACK.c.created, *key)
        rows = self._connection.execute(wanted.where(FEEDBACK.c.session_id == session_id) if session_id else wanted)
        return [FeedbackRow(*row) for row in rows]

    def voted(self, catalog: str) -> Iterator[tuple[FeedbackRow, Turn]]:
        """The votes cast in conversations about a catalogue, or about none that is known, each with its turn."""
        here = FEEDBACK.join(SESSIONS, SESSIONS.c.id == FEEDBACK.c.session_id).join(
            TURNS, (TURNS.c.session_id == FEEDBACK.c.session_id) & (TURNS.c.number == FEEDBACK.c.turn)
        )
        wanted = select(*FEEDBACK.c, TURNS.c.turn.label("document")).select_from(here)
        about = (SESSIONS.c.catalog == catalog) | SESSIONS.c.catalog.is_(None)
        key = (FEEDBACK.c.created, FEEDBACK.c.session_id, FEEDBACK.c.turn, FEEDBACK.c.item_id)
        for *vote, document in self._connection.execute(wanted.where(about).order_by(*key)):
            yield FeedbackRow(*vote), turn_from_json(_loads(document))

    def forget_user(self, user_id: str) -> int:
        """Deletes the user and their sessions; counts the rows that were the user's own and their sessions'."""
        theirs = self._connection.scalars(select(SESSIONS.c.id).where(SESSIONS.c.user_id == user_id)).all()
        gone = sum(self.forget_session(session_id) for session_id in theirs)
        return gone + self._connection.execute(delete(USERS).where(USERS.c.id == user_id)).rowcount

    def forget_session(self, session_id: str) -> int:
        own = (FEEDBACK.c.session_id, TURNS.c.session_id, SESSIONS.c.id)
        return sum(self._connection.execute(delete(key.table).where(key == session_id)).rowcount for key in own)


def _loads(text: str) -> Any:
    """The stored JSON; None, which no reader accepts, where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None
