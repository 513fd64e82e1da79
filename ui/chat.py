"""The chat: what was said, the turn that runs, and the box to write into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from chatrec.dialogue.reading import Attitude
from chatrec.errors import ChatRecError, ConversationError
from chatrec.types import StateEvent
from chatrec.ui.about import items_of
from chatrec.ui.cards import Frame, text
from chatrec.ui.facts import matters
from chatrec.ui.feedback import thumbs
from chatrec.ui.kept import kept
from chatrec.ui.running import Running
from chatrec.ui.shared import QUIET, Place, Shared, said, signal
from chatrec.ui.view import BUSY, TurnView

LONGEST_MESSAGE = 10_000
READING = (
    '<p class="reading" role="note">This is somebody else\'s conversation: whoever has its link may read it. To talk'
    " yourself, begin a new one.</p>"
)
HEARD = '<div id="heard" class="unseen" aria-live="polite"></div>'
"""Where page.js writes what is new in a reply, for those who listen to the page."""
# `past` grows by the finished turn in the browser, so that no conversation travels back and forth. A turn that still
# runs stays: somebody may have asked while the page was loading, and the end of loading folds as well, maybe both.
_FOLD = f"(past, now) => now.startsWith('{BUSY}') ? [past, now] : [past.endsWith(now) ? past : past + now, '']"

# What `saying` makes here, made in the browser of the words on a button.
_SAYING = "(words) => JSON.stringify({message: words, stamp: `${Date.now()}`})"


class Chat:
    """Answers messages in the session where the browser stands; draws its turns anew when told by a signal."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def lay_out(self) -> None:
        self.past = gr.HTML("", apply_default_css=False, elem_id="past")
        self.now = gr.HTML("", apply_default_css=False, elem_id="now")
        gr.HTML(HEARD, apply_default_css=False)
        with gr.Column(elem_id="start", visible=False) as self.start:
            gr.HTML("<h2>What are you looking for?</h2>", apply_default_css=False)
            with gr.Row(elem_id="suggestions"):
                self.suggestions = [gr.Button(words, size="sm") for words in self.shared.about.suggestions]

    def lay_out_composer(self) -> None:
        """Below everything that is read."""
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
        for button in self.suggestions:
            button.click(None, js=_SAYING, inputs=[button], outputs=[shared.said])
        # In two steps: what followed the turns of the session that is left must end before another one is shown.
        left = [*drawn, self.entered]
        shared.switched.change(self.leave, outputs=left, cancels=running, queue=False, **QUIET)
        shared.when(shared.edited, fn=self.redraw, outputs=[self.past])
        self.stop.click(self.end, inputs=[place], queue=False, **QUIET)

    # What happens

    def ask(self, message: str, where: Any) -> Iterator[dict[Any, Any]]:
        yield from self._asked(message, where, None)

    def ask_said(self, written: str, where: Any) -> Iterator[dict[Any, Any]]:
        """The same for a message that another part sends."""
        message, felt = said(written)
        yield from self._asked(message and message[:LONGEST_MESSAGE], where, felt)

    def _asked(self, message: str | None, where: Any, felt: tuple[Attitude, str] | None) -> Iterator[dict[Any, Any]]:
        """Answers one message, or shows what fits where there is none (None). A new session gets its id here, with its
        first message, and a new user theirs."""
        before = Place.read(where)
        running = self.shared.turns.of(before.session)
        empty = message is not None and not message.strip()
        if empty or (running and not running.stopped):  # one at a time; what was typed stays in the box
            yield {self.box: gr.skip()}
            return
        place = before.settled()
        try:
            if not self.shared.is_mine(place):
                raise ConversationError("This is another user's conversation.", mend="Begin a new one.")
            session = self.shared.session(place)
        except ChatRecError as error:  # or its catalogue is gone
            yield {self.now: f'<p class="error" role="alert">{text(error)}</p>'}
            return
        turn = self.shared.turns.start(
            session.id, message, partial(session.stream, felt=felt) if felt else session.stream
        )
        yield {self.shared.place: place.kept(), self.box: "", **self._busy(True)}
        yield from self._followed(turn, place)

    def resume(self, where: Any) -> Iterator[dict[Any, Any]]:
        """Shows what was said before the page was opened, and follows a turn that still runs."""
        place = Place.read(where)
        turn = self.shared.turns.of(place.session) if place.session else None
        past = self._past(place)
        yield {self.past: past, self.start: gr.update(visible=not (past or turn))}
        if turn:
            yield self._busy(True)
            yield from self._followed(turn, place)

    def redraw(self, where: Any) -> str:
        return self._past(Place.read(where))

    def _past(self, place: Place) -> str:
        try:
            if not place.session:
                return ""
            talk = self.shared.read(place)
            mine = talk.user in (None, place.user)
            votes = self.shared.rec.conversations.feedback_rows(place.session) if mine and talk.turns else []
            ids = (item_id for each in talk.turns for item_id in each.item_ids)
            items = items_of(self.shared.rec_of(place), ids) if talk.turns else {}
            frame = self._frame(place) if mine and talk.turns else Frame(catalog=place.catalog)
            views = [kept(each, items, frame) for each in talk.turns]
            for view in views if mine else ():
                view.foot = thumbs(place.session, view.number, votes)
            return ("" if mine else READING) + "".join(view.html for view in views)
        except ChatRecError as error:  # the id is kept: what cannot be read now may be there again later
            return f'<p class="error" role="alert">{text(error)}</p>'

    def _frame(self, place: Place) -> Frame:
        """What matters in the session, and the marks of its user."""
        rec, state = self.shared.rec_of(place), self.shared.session(place).state
        profile = rec.user(place.user).profile if place.user else None
        return Frame(
            rec.rooms(speaking=False).retriever.snapshot.schema,
            matters(state),
            frozenset(mention.item_id for mention in state.seen) | (profile.seen if profile else frozenset()),
            profile.saved if profile else frozenset(),
            place.catalog,
        )

    def _frame_if_any(self, place: Place) -> Frame:
        try:
            return self._frame(place)
        except ChatRecError:  # the turn itself says so
            return Frame(catalog=place.catalog)

    def _followed(self, turn: Running, place: Place) -> Iterator[dict[Any, Any]]:
        view = TurnView(turn.message, self._frame_if_any(place))
        mine = self.shared.is_mine(place)
        yield {self.now: view.html}
        for events in turn.follow():
            for event in events:
                view.take(event)
                if isinstance(event, StateEvent):
                    view.frame = replace(view.frame, first=matters(event.state))
            view.foot = thumbs(place.session, view.number) if mine else ""
            # Told again each time: whoever asks while the page still loads may miss it once.
            yield {self.now: view.html, **({} if view.done else self._busy(True))}
            view.settle()
        if turn.stopped:
            view.stop()
        view.frame = self._frame_if_any(place)
        yield {self.now: view.html, self.shared.turned: signal(), **self._busy(False)}

    def end(self, where: Any) -> None:
        self.shared.stop(Place.read(where))

    def leave(self) -> dict[Any, Any]:
        cleared = {self.box: "", self.past: "", self.now: ""}
        return {**cleared, **self._busy(False), self.entered: signal()}

    def _busy(self, busy: bool) -> dict[Any, Any]:
        return {
            self.start: gr.update(visible=False),
            self.send: gr.update(visible=not busy),
            self.stop: gr.update(visible=busy),
        }
