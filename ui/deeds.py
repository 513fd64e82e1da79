"""What the buttons of the cards do: say something about an item, mark it, tell why, put some side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from chatrec.catalog import Item
from chatrec.errors import ChatRecError
from chatrec.ui.about import items_of
from chatrec.ui.actions import Action, action_of
from chatrec.ui.cards import source, text
from chatrec.ui.comparison import comparison
from chatrec.ui.facts import matters
from chatrec.ui.shared import QUIET, Place, Shared, saying, signal

SAID = {"more": ("liked", "More like “{title}”"), "not": ("rejected", "Not “{title}”")}
"""What a click says, of which item: these are turns like those that are typed."""

CHOOSING = (
    '<div id="choosing" role="status" hidden><span></span><button type="button" id="compare" class="primary" disabled>'
    'Compare</button><button type="button" id="unchoose">Clear</button></div>'
)
"""Shown by cards.js while cards are chosen for a comparison."""


class Deeds:
    """`aside` holds what was asked for about one card, which page.js puts into it; `beside` a comparison, or what was
    saved."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def lay_out(self) -> None:
        self.beside = gr.HTML("", apply_default_css=False, elem_id="beside")
        gr.HTML(CHOOSING, apply_default_css=False, elem_id="choosing-place")
        self.aside = gr.HTML("", apply_default_css=False, elem_id="aside", elem_classes="signal")

    def connect(self) -> None:
        shared = self.shared
        given = [shared.acted, shared.place]
        done = [shared.place, shared.said, shared.edited, self.aside]
        shared.acted.change(self.act, inputs=given, outputs=done, queue=False, **QUIET)
        shared.acted.change(self.look, inputs=given, outputs=[self.aside, self.beside], **QUIET)
        shared.when(shared.switched, fn=lambda _: "", outputs=[self.beside])

    def act(self, written: str, where: Any) -> dict[Any, Any]:
        """What is done at once."""
        action, place = action_of(written), Place.read(where)
        if action is None or not action.items:
            return {self.aside: gr.skip()}
        try:
            return self._act(action, place)
        except ChatRecError as error:
            return {self.aside: _aside(action, f'<p class="error" role="alert">{text(error)}</p>')}

    def _act(self, action: Action, place: Place) -> dict[Any, Any]:
        if action.do == "touch":
            self.shared.turns.touch(place.session, action.items[0])
        elif action.do in SAID:
            if item := self._items(action, place)[:1]:
                attitude, words = SAID[action.do]
                message = words.format(title=item[0].title)
                return {self.shared.said: saying(message, felt=(attitude, item[0].id))}
        elif action.do in ("seen", "save") and place.session:
            place = place.settled()  # whoever came by a link may have no user yet
            self._mark(action, place)
            return {self.shared.place: place.kept(), self.shared.edited: signal()}
        return {self.aside: gr.skip()}

    def _mark(self, action: Action, place: Place) -> None:
        """Puts a mark on an item, or takes it off again. Both are the user's; what was seen is the session's too."""
        item_id = action.items[0]
        user, session = self.shared.rec_of(place).user(place.user), self.shared.session(place)
        if action.do == "save":
            change = user.remove if item_id in user.profile.saved else user.add
            change(saved=[item_id])
            return
        told = [each for each in session.changes() if each.kind == "seen" and each.value.item_id == item_id]  # type: ignore[union-attr]
        if told or item_id in user.profile.seen:
            user.remove(seen=[item_id])
            for each in told:
                session.remove(each)
        else:
            user.add(seen=[item_id])
            session.feel(item_id, "seen")

    def look(self, written: str, where: Any) -> Iterator[dict[Any, Any]]:
        """What takes a while, or is a table."""
        action, place = action_of(written), Place.read(where)
        try:
            if action and action.do == "why" and action.items:
                yield {self.aside: _aside(action, '<p class="stage">Writing down why</p>')}
                yield {self.aside: _aside(action, self._why(action.items[0], place))}
            elif action and action.do == "compare" and len(action.items) > 1:
                yield {self.beside: self._compared(action, place)}
            elif action and action.do == "saved":
                yield {self.beside: self._saved(place)}
            else:
                yield {self.aside: gr.skip()}
        except ChatRecError as error:
            yield {self.aside: _aside(action, f'<p class="error" role="alert">{text(error)}</p>')}

    def _items(self, action: Action, place: Place) -> list[Item]:
        found = items_of(self.shared.rec_of(place), action.items)
        return [found[item_id] for item_id in action.items if item_id in found]

    def _why(self, item_id: str, place: Place) -> str:
        claims = self.shared.session(place).explain(item_id).claims
        if not claims:
            return "<p>Nothing written about it says more than the card does.</p>"
        told = "".join(f'<li dir="auto">{text(claim.text)}{_refs(claim.refs)}</li>' for claim in claims)
        return f"<ul>{told}</ul>"

    def _compared(self, action: Action, place: Place) -> str:
        snapshot = self.shared.rec_of(place).rooms(speaking=False).retriever.snapshot
        state = self.shared.session(place).state
        items = self._items(action, place)
        return comparison(items, schema=snapshot.schema, aspects=snapshot.aspects.of, first=matters(state))

    def _saved(self, place: Place) -> str:
        rec = self.shared.rec_of(place)
        saved = sorted(rec.user(place.user).profile.saved) if place.user else []
        titles = sorted(item.title for item in items_of(rec, saved).values())
        listed = "".join(f'<li dir="auto">{text(title)}</li>' for title in titles)
        body = f"<ul>{listed}</ul>" if listed else "<p>Nothing is saved yet. Save an item on its card.</p>"
        return (
            '<section class="comparison" aria-label="Saved"><div class="bar"><h2 tabindex="-1">Saved</h2>'
            f'<button type="button" data-close>Close</button></div>{body}</section>'
        )


def _refs(refs: tuple[str, ...]) -> str:
    named = dict.fromkeys(source(ref) for ref in refs)
    return f' <span class="source">{text(", ".join(named))}</span>' if named else ""


def _aside(action: Action | None, body: str) -> str:
    """To be put into the card of that item in that turn."""
    item_id = action.items[0] if action and action.items else ""
    turn = action.text if action else ""
    return f'<div data-for="{text(item_id)}" data-turn="{text(turn)}" data-stamp="{signal()}">{body}</div>'
