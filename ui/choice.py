"""Which catalogue is talked about: the choice among all that are indexed, and what the page says of the one chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from chatrec.errors import ChatRecError
from chatrec.ui.about import About
from chatrec.ui.actions import action_of
from chatrec.ui.cards import text
from chatrec.ui.chat import Chat
from chatrec.ui.header import Header
from chatrec.ui.shared import QUIET, Place, Shared, signal


class Choice:
    """The list of catalogues. A conversation stays with its own, so another one begins where another is chosen."""

    def __init__(self, shared: Shared, header: Header, chat: Chat) -> None:
        self.shared = shared
        self.header = header
        self.chat = chat

    def lay_out(self) -> None:
        self.choice = gr.HTML("", apply_default_css=False, elem_id="choice")

    def connect(self) -> None:
        shared = self.shared
        drawn = [self.choice, self.header.title, *self.chat.suggestions]
        shared.when(shared.switched, fn=self.drawn, outputs=drawn)
        shared.page_load(self.drawn, inputs=[shared.place], outputs=drawn, queue=False, **QUIET)
        outputs = [shared.place, shared.switched]
        shared.acted.change(self.act, inputs=[shared.acted, shared.place], outputs=outputs, queue=False, **QUIET)

    def drawn(self, where: Any) -> tuple[Any, ...]:
        place = Place.read(where)
        try:
            names, about = self.shared.catalogues.names(), self.shared.about_of(place)
        except ChatRecError as error:  # the catalogue was removed: another one can still be chosen
            names, about = self.shared.catalogues.names(), None
            problem = f'<p class="error" role="alert">{text(error)}</p>'
        chosen = about.catalog if about else place.catalog
        options = "".join(f"<option{' selected' if name == chosen else ''}>{text(name)}</option>" for name in names)
        choice = f'<label for="catalogue">Catalogue</label><select id="catalogue">{options}</select>'
        if about is None:
            return (choice + problem, gr.skip(), *(gr.skip() for _ in self.chat.suggestions))
        return (choice, about.header, *self._suggestions(about))

    def _suggestions(self, about: About) -> list[Any]:
        words = [*about.suggestions, *[""] * len(self.chat.suggestions)]
        buttons = zip(self.chat.suggestions, words, strict=False)
        return [gr.update(value=each or "–", visible=bool(each)) for _, each in buttons]

    def act(self, written: str, where: Any) -> tuple[Any, Any]:
        action, place = action_of(written), Place.read(where)
        if not action or action.do != "use_catalog" or action.text not in self.shared.catalogues.names():
            return gr.skip(), gr.skip()
        return replace(place, session="", catalog=action.text).kept(), signal()
