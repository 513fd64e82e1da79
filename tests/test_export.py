"""An exported conversation: whole, readable, and nothing in it runs, links or opens the conversation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chatrec.conversations import Conversation, Conversations, FeedbackRow
from chatrec.export import escaped, exported
from chatrec.session import Session
from chatrec.types import DialogueState, Note, Turn, UserProfile, Wish

HOSTILE = (
    "<script>alert(1)</script>",
    "[click](http://evil.example/) ![pic](http://evil.example/y.png)",
    "<http://evil.example> http://evil.example www.evil.example a@evil.example",
    "[a]: http://evil.example\n[a]",
    "# heading\n- list\n1. one\n2) two\n+ three\n> quote\n    code\n```\nfence\n```\n---\n===\n| a | b |\n|---|---|",
    "**bold** _it_ ~~gone~~ &lt;b&gt; \\<b> `code` $x$ <!-- -->",
)
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def conversation(*messages: str) -> Conversation:
    turns = tuple(
        Turn(number, message, f"reply to {message}", ("i1",), (Note("test", message),))
        for number, message in enumerate(messages, 1)
    )
    state = DialogueState(turn=len(turns), wishes=(Wish("quiet", 1),))
    return Conversation("secret-session", "secret-user", state, turns, messages[0], "films")


def tags(markdown: str) -> set[str]:
    """What markup a reader makes of it."""
    found = set()
    for token in READER.parse(markdown):
        found |= {token.type, *(child.type for child in token.children or ())}
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    assert tags(escaped(text)) <= {"paragraph_open", "paragraph_close", "inline", "text", "hardbreak"}
    words = "".join(token.content for each in READER.parse(escaped(text)) for token in each.children or ())
    assert words.split() == "".join(line.strip() for line in text.splitlines()).split()
    for bare in ("http:", "www.", "a@"):  # what some readers make a link of
        assert bare not in escaped(text)


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_no_text_becomes_markup(text: str) -> None:
    assert tags(escaped(text)) <= {"paragraph_open", "paragraph_close", "inline", "text", "hardbreak"}


def test_markdown_tells_who_said_what_and_what_was_thought_of_it() -> None:
    votes = [
        FeedbackRow("secret-session", 2, "", 1, "spot *on*", 0.0),
        FeedbackRow("secret-session", 1, "i1", -1, "", 0.0),
    ]
    text = exported(conversation("a quiet film", "a shorter one"), votes, format="markdown")
    assert text.startswith(
        "# a quiet film\n\nAbout the catalogue films.\n\n**You:** a quiet film\n\n**chatrec:** reply to"
    )
    assert text.index("You found the item i1 bad") < text.index("**You:** a shorter one")
    assert text.endswith("You found this reply good: spot \\*on\\*\n")


@pytest.mark.parametrize("format", ["markdown", "json"])
def test_an_export_does_not_open_the_conversation(format: str) -> None:
    text = exported(conversation("a quiet film"), [FeedbackRow("secret-session", 1, "", 1, "", 0.0)], format=format)  # type: ignore[arg-type]
    assert "secret" not in text


def test_json_holds_all_of_it() -> None:
    said = conversation("a\ud800 <b> ü 🎬", "x")
    found = json.loads(exported(said, [FeedbackRow("s", 1, "i1", 1, "fine", 3.5)], format="json"))
    assert (found["schema"], found["title"], found["catalog"]) == (1, "a? <b> ü 🎬", "films")
    assert [(turn["message"], turn["item_ids"]) for turn in found["turns"]] == [("a? <b> ü 🎬", ["i1"]), ("x", ["i1"])]
    assert found["state"]["wishes"] == [{"text": "quiet", "turn": 1}]
    assert found["feedback"] == [{"turn": 1, "item_id": "i1", "value": 1, "text": "fine", "created": 3.5}]


@pytest.fixture
def session(tmp_path: Path) -> Callable[..., Session]:
    def opened(*, user: str, catalog: str = "films") -> Session:
        kept = Conversations(tmp_path / "c.db")
        return Session("s", user=user, conversations=kept, rooms=lambda: pytest.fail("not needed"), catalog=catalog)

    return opened


def test_a_session_exports_itself_to_its_user_only(session: Callable[..., Session], tmp_path: Path) -> None:
    from chatrec.errors import ConversationError

    kept = Conversations(tmp_path / "c.db")
    kept.save_user(UserProfile("ann"))
    kept.commit("s", "ann", DialogueState(turn=1), Turn(1, "a quiet film", "r"), expected_turn=0, catalog="films")
    assert "a quiet film" in session(user="ann").export("markdown")
    with pytest.raises(ConversationError, match="another user's"):
        session(user="ben").export("json")
    with pytest.raises(ConversationError, match="about the catalogue 'films'"):
        session(user="ann", catalog="games").export("json")
