"""The column of conversations."""

from __future__ import annotations

import gradio as gr

from chatrec.ui.shared import Shared


class ConversationsColumn:
    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def lay_out(self) -> None:
        gr.HTML("<h2>Conversations</h2>", apply_default_css=False)

    def connect(self) -> None:
        """Nothing happens here yet."""
