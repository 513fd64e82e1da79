"""The column of conversations: whose they are, found by their words, opened, renamed, exported and forgotten."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from chatrec.conversations import SessionSummary
from chatrec.errors import ChatRecError
from chatrec.ui.actions import Action, action_of
from chatrec.ui.cards import text
from chatrec.ui.shared import ID, QUIET, Place, Shared, signal

UNTITLED = "Untitled"
MENU = (
    ("rename_session", "", "Rename"),
    ("link", "", "Copy link"),
    ("export_session", "markdown", "Export as Markdown"),
    ("export_session", "json", "Export as JSON"),
    ("delete_session", "", "Delete"),
)
"""Deed, its text, and what stands on the button. A link is made by the browser."""

SUFFIXES = {"markdown": ("md", "text/markdown"), "json": ("json", "application/json")}
LONGEST_SEARCH = 200


class ConversationsColumn:
    """Lists the conversations of a browser, and does what their menus ask for."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def lay_out(self) -> None:
        gr.HTML("<h2>Conversations</h2>", apply_default_css=False)
        self.search = gr.Textbox(
            label="Search conversations",
            show_label=False,
            container=False,
            placeholder="Search what was said",
            max_lines=1,
            max_length=LONGEST_SEARCH,
            elem_id="search",
        )
        self.talks = gr.HTML("", apply_default_css=False, elem_id="talks")
        self.told = gr.HTML("", apply_default_css=False, elem_id="told")
        gr.HTML(
            '<button type="button" data-ask="forget_me">Forget me</button>'
            "<p>Your conversations are kept on the server, under a number only this browser knows.</p>",
            apply_default_css=False,
            elem_id="forget",
        )
        self.download = gr.Textbox(visible="hidden", elem_id="download", elem_classes="signal")

    def connect(self) -> None:
        shared, place = self.shared, self.shared.place
        changed = [shared.turned, shared.edited, shared.switched]
        shared.when(*changed, fn=self.listed, inputs=[self.search], outputs=[self.talks])
        arrived = [self.talks, place, shared.switched, self.told]
        opened = shared.page_load(self.arrive, inputs=[place], outputs=arrived, queue=False, **QUIET)
        # A later visit goes on where the browser stood last.
        opened.then(None, js="() => { history.replaceState(null, '', location.pathname); }", **QUIET)
        self.search.change(  # not `input`, which is silent where all of it is pasted
            self.listed, inputs=[place, self.search], outputs=[self.talks], queue=False, trigger_mode="always_last",
            **QUIET,
        )  # fmt: skip
        shared.acted.change(
            self.act,
            inputs=[shared.acted, place, self.search],
            outputs=[place, shared.switched, self.talks, self.told, self.download],
            queue=False,
            **QUIET,
        )
        self.download.change(None, js="(file) => chatrecDownload(file)", inputs=[self.download], **QUIET)

    def listed(self, where: Any, search: str) -> str:
        """The list as HTML, those that hold the words searched for."""
        place, words = Place.read(where), str(search or "")[:LONGEST_SEARCH]
        if not place.user:
            return _NONE
        try:
            found = self.shared.rec.conversations.list_sessions(place.user, search=words)
        except ChatRecError as error:
            return _error(error)
        if not found:
            return '<p class="quiet">Nothing found.</p>' if words.strip() else _NONE
        return _list(found, place, place.catalog or self.shared.about.catalog)

    def arrive(self, where: Any, request: gr.Request) -> dict[Any, Any]:
        """The list when the page is opened; and the conversation that its address names, if there is one."""
        wanted, place = str(request.query_params.get("c", "")), Place.read(where)
        if not wanted or wanted == place.session:
            return {self.talks: self.listed(where, "")}
        try:
            talk = self.shared.rec.conversations.load(wanted) if ID.fullmatch(wanted) else None
        except ChatRecError as error:
            return {self.talks: self.listed(where, ""), self.told: _error(error)}
        if talk is None:
            gone = '<p class="note" role="alert">That conversation is not there (any more).</p>'
            return {self.talks: self.listed(where, ""), self.told: gone}
        there = Place(place.settled().user, wanted, talk.catalog or place.catalog)
        return {self.shared.place: there.kept(), self.shared.switched: signal()}

    def act(self, written: str, where: Any, search: str) -> dict[Any, Any]:
        action, place = action_of(written), Place.read(where)
        doing = {
            "open_session": self._open,
            "rename_session": self._rename,
            "delete_session": self._delete,
            "export_session": self._export,
            "forget_me": self._forget_me,
        }
        if not action or action.do not in doing or not place.user:
            return {self.told: gr.skip()}
        try:
            return {self.told: "", **doing[action.do](action, place, search)}
        except ChatRecError as error:
            return {self.told: _error(error)}

    def _mine(self, action: Action, place: Place) -> SessionSummary | None:
        """The session that an action is about, if it is this user's."""
        mine = self.shared.rec.conversations.list_sessions(place.user)
        return next((line for line in mine if line.id in action.items), None)

    def _open(self, action: Action, place: Place, search: str) -> dict[Any, Any]:
        line = self._mine(action, place)
        if not line:
            return {self.talks: self.listed(place.kept(), search)}
        there = replace(place, session=line.id, catalog=line.catalog or place.catalog)
        return {self.shared.place: there.kept(), self.shared.switched: signal()}

    def _rename(self, action: Action, place: Place, search: str) -> dict[Any, Any]:
        line = self._mine(action, place)
        if line and action.text.strip():
            self.shared.rec.conversations.rename(line.id, action.text)
        return {self.talks: self.listed(place.kept(), search)}

    def _delete(self, action: Action, place: Place, search: str) -> dict[Any, Any]:
        if not (line := self._mine(action, place)):
            return {self.talks: self.listed(place.kept(), search)}
        self.shared.turns.end(line.id)
        self.shared.rec.forget(session=line.id)
        if line.id != place.session:
            return {self.talks: self.listed(place.kept(), search)}
        return {self.shared.place: replace(place, session="").kept(), self.shared.switched: signal()}

    def _export(self, action: Action, place: Place, search: str) -> dict[Any, Any]:
        line = self._mine(action, place)
        if not line or action.text not in SUFFIXES:
            return {}
        suffix, kind = SUFFIXES[action.text]
        there = replace(place, session=line.id, catalog=line.catalog or place.catalog)
        content = self.shared.session(there).export("json" if action.text == "json" else "markdown")
        name = "-".join("".join(char if char.isalnum() else " " for char in line.title).split())[:60] or "conversation"
        file = {"name": f"{name}.{suffix}", "type": kind, "text": content, "stamp": signal()}
        return {self.download: json.dumps(file)}

    def _forget_me(self, action: Action, place: Place, search: str) -> dict[Any, Any]:
        """Deletes all that is kept of the user, who is another one from then on."""
        for line in self.shared.rec.conversations.list_sessions(place.user):
            self.shared.turns.end(line.id)
        self.shared.turns.end(place.session)  # which may be in its first turn, and in no list yet
        self.shared.rec.forget(user=place.user)
        told = '<p class="note" role="status">All that was kept of you is deleted.</p>'
        anew = Place(catalog=place.catalog).kept()
        return {self.shared.place: anew, self.shared.switched: signal(), self.talks: _NONE, self.told: told}


_NONE = '<p class="quiet">What you talk about is listed here.</p>'


def _error(error: ChatRecError) -> str:
    return f'<p class="error" role="alert">{text(error)}</p>'


def _list(lines: Sequence[SessionSummary], place: Place, catalog: str) -> str:
    return f'<ul aria-label="Conversations">{"".join(_line(line, place, catalog) for line in lines)}</ul>'


def _line(line: SessionSummary, place: Place, catalog: str) -> str:
    title, current = text(line.title or UNTITLED), line.id == place.session
    elsewhere = f'<span class="where">{text(line.catalog)}</span>' if line.catalog not in ("", catalog) else ""
    entries = "".join(
        f'<button type="button" data-ask="{deed}" data-text="{value}">{label}</button>' for deed, value, label in MENU
    )
    return (
        f'<li data-session="{text(line.id)}"{" class=current" if current else ""}>'
        f'<button type="button" class="title" data-ask="open_session"{" aria-current=true" if current else ""}'
        f' dir="auto" title="{title}"><span>{title}</span>{elsewhere}</button>'
        f'<details class="menu"><summary aria-label="More for: {title}">⋯</summary><div>{entries}</div></details></li>'
    )
