"""A conversation as Markdown to read or as JSON to keep: what was said, by whom, about which items."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal

from chatrec.conversations import Conversation, FeedbackRow
from chatrec.conversations.as_json import state_to_json, turn_to_json
from chatrec.conversations.values import storable

SCHEMA = 1
VOTE = ("turn", "item_id", "value", "text", "created")

# What begins markup anywhere, at the start of a line, or where programs make links of bare addresses.
_MARKUP = re.compile(r"[\\`*_\[\]<>#|~$&@{}]|(?<=\S):(?=\S)|(?<=\b[wW]{3})\.")
_BULLET = re.compile(r"^[-+=]")
_ORDINAL = re.compile(r"^(\d+)([.)])")


def exported(
    conversation: Conversation, votes: Sequence[FeedbackRow] = (), *, format: Literal["markdown", "json"]
) -> str:
    """The conversation as text, with the votes on it.

    Neither its id nor its user's is in it: whoever is given an export must not be able to open the conversation.
    """
    return _markdown(conversation, votes) if format == "markdown" else _json(conversation, votes)


def escaped(text: str) -> str:
    """`text` as Markdown that shows it as it is: nothing of it becomes markup, a link, an image or HTML."""
    lines = storable(text, len(text)).splitlines()
    return "  \n".join(_escaped_line(line.strip()) for line in lines if line.strip())


def _escaped_line(line: str) -> str:
    safe = _MARKUP.sub(r"\\\g<0>", line)
    return _BULLET.sub(r"\\\g<0>", _ORDINAL.sub(r"\1\\\2", safe))


def _markdown(conversation: Conversation, votes: Sequence[FeedbackRow]) -> str:
    parts = [f"# {escaped(conversation.title) or 'A conversation'}"]
    if conversation.catalog:
        parts.append(f"About the catalogue {escaped(conversation.catalog)}.")
    for turn in conversation.turns:
        parts += [f"**You:** {escaped(turn.message)}"] if turn.message else []
        parts.append(f"**chatrec:** {escaped(turn.reply)}")
        parts += [f"Note: {escaped(note.text)}" for note in turn.notes]
        parts += ["Stopped."] if turn.stopped else []
        parts += [_vote(vote) for vote in votes if vote.turn == turn.number]
    return "\n\n".join(parts) + "\n"


def _vote(vote: FeedbackRow) -> str:
    what = f"the item {escaped(vote.item_id)}" if vote.item_id else "this reply"
    words = f": {escaped(vote.text)}" if vote.text.strip() else ""
    return f"You found {what} {'good' if vote.value > 0 else 'bad'}{words}"


def _json(conversation: Conversation, votes: Sequence[FeedbackRow]) -> str:
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "title": conversation.title,
        "catalog": conversation.catalog,
        "turns": [turn_to_json(turn) for turn in conversation.turns],
        "state": state_to_json(conversation.state),
        "feedback": [{name: getattr(vote, name) for name in VOTE} for vote in votes],
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8", "replace").decode() + "\n"
