"""What the conversation database keeps, as values, and the rules for the ids it is asked by."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from chatrec.errors import ConversationError
from chatrec.types import DialogueState, Turn

SESSION_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
LONGEST_USER_ID = 256
LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Conversation:
    """One session as it stands after its last finished turn.

    `user` is None while nobody is named; `catalog` is empty where it is not known which catalogue it is about.
    """

    id: str
    user: str | None = None
    state: DialogueState = field(default_factory=DialogueState)
    turns: tuple[Turn, ...] = ()
    title: str = ""
    catalog: str = ""


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A line of a list of sessions. `created` and `updated` are seconds since 1970, UTC; `turns` counts them.

    `catalog` is empty where it is not known which catalogue the session is about.
    """

    id: str
    title: str
    created: float
    updated: float
    turns: int
    catalog: str = ""


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """A vote on one item of a turn, or on the turn where `item_id` is empty: 1 good, -1 bad. `text` is untrusted."""

    session_id: str
    turn: int
    item_id: str
    value: int
    text: str
    created: float


def new_session_id() -> str:
    """128 random bits, safe in an address: whoever knows the id may resume the session."""
    return secrets.token_urlsafe(16)


def checked_session_id(session_id: str) -> str:
    """The id itself. Raises ConversationError for one that is empty, too long or has unsafe characters."""
    if not SESSION_ID.fullmatch(session_id):
        raise ConversationError(
            "That is not a session id.",
            mend="An id has 1 to 128 letters, digits and -._~ characters; leave it out to start a new session.",
        )
    return session_id


def checked_user_id(user_id: str) -> str:
    """The id itself. Raises ConversationError for one that is empty, too long or not printable."""
    if not (0 < len(user_id) <= LONGEST_USER_ID and user_id.isprintable()):
        raise ConversationError(
            "That is not a user id.", mend=f"An id has 1 to {LONGEST_USER_ID} printable characters."
        )
    return user_id


def storable(text: str, longest: int) -> str:
    """`text` without what a text column of Postgres refuses (NUL, lone surrogates), cut to `longest` characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


def title_of(message: str) -> str:
    """A message as the title of its session: one printable line, cut with an ellipsis."""
    line = " ".join("".join(char if char.isprintable() else " " for char in message).split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…"
