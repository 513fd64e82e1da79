"""The chat: what was said, the turn that runs, and the box to write into."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import gradio as gr

from chatrec.errors import ChatRecError
from chatrec.ui.about import items_of
from chatrec.ui.actions import action_of
from chatrec.ui.cards import text
from chatrec.ui.running import Running
from chatrec.ui.shared import QUIET, Place, Shared, saying, signal
from chatrec.ui.view import BUSY, TurnView, kept

LONGEST_MESSAGE = 10_000
# `past` grows by the finished turn in the browser, so that no conversation travels back and forth. A turn that still
# runs stays: somebody may have asked while the page was loading, and the end of loading folds as well, maybe both.
_FOLD = f"(past, now) => now.startsWith('{BUSY}') ? [past, now] : [past.endsWith(now) ? past : past + now, '']"


class Chat:
    """Answers messages in the session where the browser stands; draws its turns anew when told by a signal."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def lay_out(self) -> None:
        about = self.shared.about
        gr.HTML(about.banner, apply_default_css=False, visible=bool(about.banner), elem_id="banner")
        self.past = gr.HTML("", apply_default_css=False, elem_id="past")
        self.now = gr.HTML("", apply_default_css=False, elem_id="now")
        with gr.Column(elem_id="start", visible=False) as self.start:
            gr.HTML("<h2>What are you looking for?</h2>", apply_default_css=False)
            with gr.Row(elem_id="suggestions"):
                self.suggestions = [gr.Button(words, size="sm") for words in about.suggestions]
        with gr.Row(elem_id="composer"):
            self.box = gr.Textbox(
                label="Your message",
                show_label=False,
                container=False,
                placeholder="What are you in the mood for?",
                max_lines=6,
                max_length=LONGEST_MESSAGE,
                autofocus=True,
                scale=1,
                elem_id="box",
            )
            self.send = gr.Button("Send", variant="primary", elem_id="send", scale=0)
            self.stop = gr.Button("Stop", elem_id="stop", scale=0, visible=False)
        gr.HTML(about.footer, apply_default_css=False, elem_id="footer")
        self.entered = gr.Textbox(visible="hidden", elem_id="entered", elem_classes="signal")

    def connect(self) -> None:
        shared, place = self.shared, self.shared.place
        drawn = [place, self.box, self.past, self.now, self.start, self.send, self.stop, shared.turned]
        running = [
            gr.on([self.box.submit, self.send.click], self.ask, inputs=[self.box, place], outputs=drawn, **QUIET),
            shared.said.change(self.ask_said, inputs=[shared.said, place], outputs=drawn, **QUIET),
            self.entered.change(self.resume, inputs=[place], outputs=drawn, **QUIET),
            shared.page_load(self.resume, inputs=[place], outputs=drawn, **QUIET),
        ]
        for event in running:
            event.then(None, js=_FOLD, inputs=[self.past, self.now], outputs=[self.past, self.now], **QUIET)
        for button, words in zip(self.suggestions, self.shared.about.suggestions, strict=True):
            button.click(None, js=f"() => {_said_by_browser(words)}", outputs=[shared.said])
        # In two steps: what followed the turns of the session that is left must end before another one is shown.
        left = [*drawn, self.entered]
        shared.switched.change(self.leave, outputs=left, cancels=running, queue=False, **QUIET)
        shared.when(shared.edited, fn=self.redraw, outputs=[self.past])
        shared.acted.change(self.act, inputs=[shared.acted, place], queue=False, **QUIET)
        self.stop.click(self.end, inputs=[place], queue=False, **QUIET)

    # What happens

    def ask(self, message: str | None, where: Any) -> Iterator[dict[Any, Any]]:
        """Answers one message, or shows what fits where there is none (None). A new session gets its id here, with its
        first message, and a new user theirs."""
        if message is not None and not message.strip():
            yield {self.box: gr.skip()}
            return
        before = Place.read(where)
        place = before.settled()
        session = self.shared.session(place, new_user="" if before.session else place.user)
        turn = self.shared.turns.start(session.id, message, session.stream)
        yield {self.shared.place: place.kept(), self.box: "", **self._busy(True)}
        yield from self._followed(turn)

    def ask_said(self, said: str, where: Any) -> Iterator[dict[Any, Any]]:
        """The same for a message that another part sends."""
        message = json.loads(said)["message"] if said else ""
        yield from self.ask(None if message is None else str(message)[:LONGEST_MESSAGE], where)

    def resume(self, where: Any) -> Iterator[dict[Any, Any]]:
        """Shows what was said before the page was opened, and follows a turn that still runs."""
        place = Place.read(where)
        turn = self.shared.turns.of(place.session) if place.session else None
        past = self._past(place)
        yield {self.past: past, self.start: gr.update(visible=not (past or turn))}
        if turn:
            yield self._busy(True)
            yield from self._followed(turn)

    def redraw(self, where: Any) -> str:
        return self._past(Place.read(where))

    def _past(self, place: Place) -> str:
        try:
            before = self.shared.session(place).turns if place.session else ()
            ids = (item_id for each in before for item_id in each.item_ids)
            items = items_of(self.shared.rec_of(place), ids) if before else {}
            return "".join(kept(each, items).html for each in before)
        except ChatRecError as error:  # the id is kept: what cannot be read now may be there again later
            return f'<p class="error" role="alert">{text(error)}</p>'

    def _followed(self, turn: Running) -> Iterator[dict[Any, Any]]:
        view = TurnView(turn.message)
        yield {self.now: view.html}
        for events in turn.follow():
            for event in events:
                view.take(event)
            yield {self.now: view.html}
        if turn.stopped:
            view.stop()
        yield {self.now: view.html, self.shared.turned: signal(), **self._busy(False)}

    def act(self, written: str, where: Any) -> None:
        action, place = action_of(written), Place.read(where)
        if action and action.do == "touch":
            for item_id in action.items:
                self.shared.turns.touch(place.session, item_id)

    def end(self, where: Any) -> None:
        self.shared.turns.stop(Place.read(where).session)

    def leave(self) -> dict[Any, Any]:
        cleared = {self.box: "", self.past: "", self.now: ""}
        return {**cleared, **self._busy(False), self.entered: signal()}

    def _busy(self, busy: bool) -> dict[Any, Any]:
        return {
            self.start: gr.update(visible=False),
            self.send: gr.update(visible=not busy),
            self.stop: gr.update(visible=busy),
        }


def _said_by_browser(words: str) -> str:
    """An expression in the browser's language for what `saying` makes here."""
    return f"JSON.stringify({{...{saying(words)}, stamp: `${{Date.now()}}`}})"
