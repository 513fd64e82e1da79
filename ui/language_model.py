"""Which language model the page runs with: a banner when there is none, and a quiet line at the foot."""

from __future__ import annotations

from typing import Any

import gradio as gr

from chatrec.errors import ChatRecError
from chatrec.ui.about import about
from chatrec.ui.shared import QUIET, Place, Shared


class LanguageModel:
    """Looks again after every turn: a local one that was fetched meanwhile is used from then on."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def lay_out(self) -> None:
        known = self.shared.about
        self.banner = gr.HTML(known.banner, apply_default_css=False, visible=bool(known.banner), elem_id="banner")

    def lay_out_footer(self) -> None:
        self.footer = gr.HTML(self.shared.about.footer, apply_default_css=False, elem_id="footer")

    def connect(self) -> None:
        shown = [self.banner, self.footer]
        self.shared.when(self.shared.turned, self.shared.switched, fn=self.look, outputs=shown)
        self.shared.page_load(self.look, inputs=[self.shared.place], outputs=shown, queue=False, **QUIET)

    def look(self, where: Any) -> tuple[Any, Any]:
        try:
            known = about(self.shared.rec_of(Place.read(where)))
        except ChatRecError:  # whoever asks something is told; what was known stays
            return gr.skip(), gr.skip()
        return gr.update(value=known.banner, visible=bool(known.banner)), known.footer
