"""The page itself: one column of talk, and what happens when something is said, stopped or begun anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from chatrec.errors import ChatRecError
from chatrec.ui.about import about, items_of
from chatrec.ui.cards import text
from chatrec.ui.running import Running, Turns
from chatrec.ui.view import BUSY, TurnView, kept

if TYPE_CHECKING:
    from chatrec.app import ChatRec

HERE = Path(__file__).parent
CONCURRENT = 20
LONGEST_MESSAGE = 10_000
_SYSTEM = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
_FIXED = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
# `past` grows by the finished turn in the browser, so that no conversation travels back and forth. A turn that still
# runs stays: somebody may have asked while the page was loading, and the end of loading folds as well.
_FOLD = f"(past, now) => now.startsWith('{BUSY}') ? [past, now] : [past + now, '']"
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def look() -> dict[str, Any]:
    """What Gradio is told about fonts, colours and scripts: all of them stand in this folder."""
    theme = gr.themes.Base(primary_hue="teal", neutral_hue="stone", font=_SYSTEM, font_mono=_FIXED)
    return {
        "theme": theme,
        "css_paths": [HERE / "style.css", HERE / "talk.css"],
        "head": f"<script>{(HERE / 'page.js').read_text(encoding='utf-8')}</script>",
    }


def build(rec: ChatRec) -> gr.Blocks:
    """The page of one ChatRec. Raises what `rec` needs mended before it can answer."""
    page: gr.Blocks = _Page(rec).blocks
    return page


class _Page:
    """The components by name, and the handlers. What belongs to one browser is the session id it sends along."""

    def __init__(self, rec: ChatRec) -> None:
        self.rec = rec
        self.turns = Turns()
        self.about = about(rec)
        with gr.Blocks(title=f"chatrec: {self.about.catalog}", analytics_enabled=False, fill_width=True) as self.blocks:
            self._lay_out()
            self._connect()
        self.blocks.queue(default_concurrency_limit=CONCURRENT, api_open=False)

    def _lay_out(self) -> None:
        # Kept in the browser. Its secret stands in the page and hides nothing; it is fixed to outlive a restart.
        self.session_id = gr.BrowserState("", storage_key=f"chatrec.{self.about.catalog}", secret="chatrec")
        with gr.Column(elem_id="page"):
            with gr.Row(elem_id="top"):
                gr.HTML(self.about.header, apply_default_css=False, elem_id="header")
                self.anew = gr.Button("New conversation", size="sm", elem_id="anew", scale=0)
            gr.HTML(self.about.banner, apply_default_css=False, visible=bool(self.about.banner), elem_id="banner")
            self.past = gr.HTML("", apply_default_css=False, elem_id="past")
            self.now = gr.HTML("", apply_default_css=False, elem_id="now")
            with gr.Column(elem_id="start", visible=False) as self.start:
                gr.HTML("<h2>What are you looking for?</h2>", apply_default_css=False)
                with gr.Row(elem_id="suggestions"):
                    self.suggestions = [gr.Button(words, size="sm") for words in self.about.suggestions]
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
            self.touched = gr.Textbox(visible="hidden", elem_id="touched")  # page.js writes here which card was clicked
            gr.HTML(self.about.footer, apply_default_css=False, elem_id="footer")

    def _connect(self) -> None:
        shown = [self.session_id, self.box, self.past, self.now, self.start, self.send, self.stop]
        fold = {"fn": None, "js": _FOLD, "inputs": [self.past, self.now], "outputs": [self.past, self.now]}
        asked = {"fn": self.ask, "inputs": [self.box, self.session_id], "outputs": shown, **_QUIET}
        running = [gr.on([self.box.submit, self.send.click], **asked)]
        for button, words in zip(self.suggestions, self.about.suggestions, strict=True):
            filled = button.click(None, js=f"() => {json.dumps(words)}", outputs=[self.box])
            running.append(filled.then(**asked))
        running.append(self.blocks.load(self.resume, inputs=[self.session_id], outputs=shown, **_QUIET))
        for event in running:
            event.then(**fold)
        self.touched.change(self.touch, inputs=[self.touched, self.session_id], queue=False, **_QUIET)
        self.stop.click(self.end, inputs=[self.session_id], queue=False, **_QUIET)
        self.anew.click(
            self.begin_anew, inputs=[self.session_id], outputs=shown, cancels=running, queue=False, **_QUIET
        )

    # What happens

    def ask(self, message: str, session_id: str) -> Iterator[dict[Any, Any]]:
        """Answers one message. A new session gets its id here, with its first message."""
        if not message.strip():
            yield {self.box: gr.skip()}
            return
        session = self.rec.session(session_id or None)
        turn = self.turns.start(session.id, message, session.stream)
        yield {self.session_id: session.id, self.box: "", **self._busy(True)}
        yield from self._followed(turn)

    def resume(self, session_id: str) -> Iterator[dict[Any, Any]]:
        """Shows what was said before the page was opened, and follows a turn that still runs."""
        turn = self.turns.of(session_id) if session_id else None
        try:
            before = self.rec.session(session_id).turns if session_id else ()
            items = items_of(self.rec, (item_id for each in before for item_id in each.item_ids)) if before else {}
            past = "".join(kept(each, items).html for each in before)
        except ChatRecError as error:  # the id is kept: what cannot be read now may be there again later
            past = f'<p class="error" role="alert">{text(error)}</p>'
        yield {self.past: past, self.start: gr.update(visible=not (past or turn))}
        if turn:
            yield self._busy(True)
            yield from self._followed(turn)

    def _followed(self, turn: Running) -> Iterator[dict[Any, Any]]:
        view = TurnView(turn.message)
        yield {self.now: view.html}
        for events in turn.follow():
            for event in events:
                view.take(event)
            yield {self.now: view.html}
        if turn.stopped:
            view.stop()
        yield {self.now: view.html, **self._busy(False)}

    def touch(self, clicked: str, session_id: str) -> None:
        self.turns.touch(session_id, clicked.partition(" ")[2])

    def end(self, session_id: str) -> None:
        self.turns.stop(session_id)

    def begin_anew(self, session_id: str) -> dict[Any, Any]:
        self.turns.stop(session_id)
        return {
            self.session_id: self.rec.session().id,  # the browser does not store an empty one
            self.box: "",
            self.past: "",
            self.now: "",
            **self._busy(False),
            self.start: gr.update(visible=True),
        }

    def _busy(self, busy: bool) -> dict[Any, Any]:
        return {
            self.start: gr.update(visible=False),
            self.send: gr.update(visible=not busy),
            self.stop: gr.update(visible=busy),
        }
