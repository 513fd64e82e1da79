"""Thumbs and a word on every reply, kept in the database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, cast

import gradio as gr

from chatrec.conversations import FeedbackRow
from chatrec.errors import ChatRecError
from chatrec.ui.actions import action_of
from chatrec.ui.cards import text
from chatrec.ui.shared import QUIET, Place, Shared

GOOD, BAD = 1, -1
LONGEST_WORD = 2000
_THUMB = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 11v9H3v-9zM7 11l4-8c1.7 0 2.6 1.2 2.3 2.8L12.7 9H19'
    'c1.4 0 2.3 1.3 1.9 2.6l-2 6.8c-.3 1-1.1 1.6-2.1 1.6H7"/></svg>'
)


def thumbs(session_id: str, number: int, votes: Iterable[FeedbackRow] = ()) -> str:
    """What stands below the reply of that turn. `votes` are those of its session."""
    vote = next((each for each in votes if each.turn == number and not each.item_id), None)
    buttons = "".join(
        f'<button type="button" class="thumb {name}" data-vote="{value}" aria-label="{label}" title="{label}"'
        f' aria-pressed="{"true" if vote and vote.value == value else "false"}">{_THUMB}</button>'
        for value, name, label in ((GOOD, "good", "Good reply"), (BAD, "bad", "Bad reply"))
    )
    word = text(vote.text) if vote else ""
    return (
        f'<div class="thumbs" data-key="{text(session_id)} {number}" data-turn="{number}" role="group"'
        f' aria-label="What do you think of this reply?">{buttons}<form class="word"{"" if vote else " hidden"}>'
        f'<input type="text" maxlength="{LONGEST_WORD}" aria-label="Why, in a word" placeholder="Why? (if you like)"'
        f' value="{word}"><button type="submit">Keep</button></form><span class="kept" role="status"></span></div>'
    )


class Feedback:
    """Keeps what is thought of replies."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def lay_out(self) -> None:
        self.refused = gr.HTML("", apply_default_css=False, elem_id="refused")

    def connect(self) -> None:
        acted, place = self.shared.acted, self.shared.place
        acted.change(self.act, inputs=[acted, place], outputs=[self.refused], queue=False, **QUIET)

    def act(self, written: str, where: Any) -> Any:
        """Keeps or takes back a vote; tells why it could not."""
        action, place = action_of(written), Place.read(where)
        if not action or action.do != "vote" or len(action.items) != 2:
            return gr.skip()
        turn, value = (int(each) if each.lstrip("-").isdecimal() else 0 for each in action.items)
        try:
            session = self.shared.session(place)
            session.vote(turn, cast(Literal[-1, 0, 1], value), text=action.text)
        except ChatRecError as error:
            return f'<p class="error" role="alert">{text(error)}</p>'
        return ""
