"""The page itself: which parts it is made of, and where each of them stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from chatrec.ui.catalogues import Catalogues
from chatrec.ui.chat import Chat
from chatrec.ui.choice import Choice
from chatrec.ui.conversations import ConversationsColumn
from chatrec.ui.deeds import Deeds
from chatrec.ui.feedback import Feedback
from chatrec.ui.header import Header
from chatrec.ui.language_model import LanguageModel
from chatrec.ui.shared import Part, Shared
from chatrec.ui.understood import UnderstoodColumn
from chatrec.ui.upload import Upload

if TYPE_CHECKING:
    from chatrec.app import ChatRec

HERE = Path(__file__).parent
STYLES = ("style.css", "layout.css", "talk.css", "cards.css", "understood.css", "conversations.css")
SCRIPTS = ("columns.js", "page.js", "cards.js", "understood.js", "conversations.js")
UPLOADS_DELETED = (600, 3600)  # seconds: how often it is looked for files that are older; ours delete theirs at once
CONCURRENT = 20
_SYSTEM = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
_FIXED = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def look() -> dict[str, Any]:
    """What Gradio is told about fonts, colours and scripts: all of them stand in this folder.

    The styles go in as they are: Gradio would rewrite every selector, and lose those about the whole document.
    """
    theme = gr.themes.Base(primary_hue="teal", neutral_hue="stone", font=_SYSTEM, font_mono=_FIXED)
    styles = "".join(f"<style>{_read(style)}</style>" for style in STYLES)
    return {"theme": theme, "head": styles + "".join(f"<script>{_read(script)}</script>" for script in SCRIPTS)}


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def build(rec: ChatRec, catalogues: Catalogues | None = None) -> gr.Blocks:
    """The page of one ChatRec. Raises what `rec` needs mended before it can answer.

    A new part is a class like those below (`shared.Part` says what it can use), laid out in its place here.
    """
    shared = Shared(rec, catalogues)
    header, chat, deeds, language_model = Header(shared), Chat(shared), Deeds(shared), LanguageModel(shared)
    conversations, understood = ConversationsColumn(shared), UnderstoodColumn(shared)
    choice, feedback = Choice(shared, header, chat), Feedback(shared)
    upload = Upload(shared, megabytes=rec.settings.ui_upload_mb)
    parts: tuple[Part, ...] = (
        header,
        choice,
        upload,
        conversations,
        chat,
        deeds,
        feedback,
        language_model,
        understood,
    )
    with gr.Blocks(
        title=f"chatrec: {shared.about.catalog}",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=UPLOADS_DELETED,
    ) as blocks:
        shared.lay_out(blocks)
        with gr.Column(elem_id="page"):
            header.lay_out()
            with gr.Row(elem_id="columns"):
                with gr.Column(elem_id="conversations", elem_classes="side"):
                    choice.lay_out()
                    upload.lay_out()
                    conversations.lay_out()
                with gr.Column(elem_id="talk"):
                    upload.lay_out_form()
                    language_model.lay_out()
                    chat.lay_out()
                    deeds.lay_out()
                    feedback.lay_out()
                    chat.lay_out_composer()
                    language_model.lay_out_footer()
                with gr.Column(elem_id="understood", elem_classes="side"):
                    understood.lay_out()
        for part in parts:
            part.connect()
    blocks.queue(default_concurrency_limit=CONCURRENT, api_open=False)
    page: gr.Blocks = blocks
    return page
