"""The top of the page: its name, the buttons of the columns, a new conversation; and the banner below it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from chatrec.ui.shared import QUIET, Place, Shared, signal

OPENERS = (("conversations", "Conversations"), ("understood", "What I understood"))


class Header:
    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def lay_out(self) -> None:
        with gr.Row(elem_id="top"):
            for column, label in OPENERS:  # page.js opens and closes the columns, and says here whether they are open
                opener = f'<button type="button" class="opener" data-opens="{column}" title="{label}"'
                opener += f' aria-controls="{column}" aria-expanded="false"><span>{label}</span></button>'
                gr.HTML(opener, apply_default_css=False, elem_id=f"open-{column}")
            gr.HTML(self.shared.about.header, apply_default_css=False, elem_id="header")
            self.anew = gr.Button("New conversation", size="sm", elem_id="anew", scale=0)

    def connect(self) -> None:
        place, switched = self.shared.place, self.shared.switched
        self.anew.click(self.begin_anew, inputs=[place], outputs=[place, switched], queue=False, **QUIET)

    def begin_anew(self, where: Any) -> tuple[str, str]:
        place = Place.read(where)
        self.shared.turns.stop(place.session)
        return replace(place, session="").kept(), signal()
