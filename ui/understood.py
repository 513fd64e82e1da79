"""The column of what was understood: a list that can be corrected, facets to narrow by, a drawing, scores by route."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import gradio as gr

from chatrec.errors import ChatRecError, ConversationError
from chatrec.types import DialogueState
from chatrec.ui.cards import text
from chatrec.ui.edits import carry_out, edit_of
from chatrec.ui.facet_controls import Counts, controls, shown_facets
from chatrec.ui.listing import listing
from chatrec.ui.plot import plot
from chatrec.ui.scores import scores_table
from chatrec.ui.shared import QUIET, Place, Shared, signal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from chatrec.app import ChatRec

LONGEST_AXES = 1000
SHUT = (
    '<details class="more" data-key="scores" data-asks="scores"><summary data-focus="scores">Scores by route</summary>'
)
WAITING = f'{SHUT}<p class="quiet">Looking …</p></details>'


class UnderstoodColumn:
    """Shows the dialogue state and makes edits of it; its own script writes what is asked for into two fields."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self._counted: dict[str, tuple[str, Counts]] = {}
        """Of each catalogue the generation, and how many of its items hold which value."""

    def lay_out(self) -> None:
        gr.HTML("<h2>What I understood</h2>", apply_default_css=False)
        self.fits = gr.HTML("", apply_default_css=False, elem_id="fits")
        self.whole = gr.HTML("", apply_default_css=False, elem_id="whole")
        self.list = gr.HTML("", apply_default_css=False, elem_id="held")
        gr.HTML("<h2>Narrow it down</h2>", apply_default_css=False, elem_classes="part")
        self.facets = gr.HTML("", apply_default_css=False, elem_id="facets")
        gr.HTML("<h2>Where the items lie</h2>", apply_default_css=False, elem_classes="part")
        self.plot = gr.HTML("", apply_default_css=False, elem_id="plot")
        self.scores = gr.HTML(WAITING, apply_default_css=False, elem_id="scores")
        self.edit, self.axes, self.asked = (
            gr.Textbox(visible="hidden", elem_id=name, elem_classes="signal")
            for name in ("edit", "axes", "asked-scores")
        )

    def connect(self) -> None:
        shared = self.shared
        drawn = [self.fits, self.whole, self.list, self.facets, self.plot, self.scores]
        shared.page_load(self.draw, inputs=[shared.place, self.axes], outputs=drawn, **QUIET)
        shared.when(*(shared.turned, shared.edited, shared.switched), fn=self.draw, inputs=[self.axes], outputs=drawn)
        shared.when(self.axes, fn=self.draw_plot, inputs=[self.axes], outputs=[self.plot])
        shared.when(self.asked, fn=self.draw_scores, outputs=[self.scores])
        shared.when(
            self.edit, fn=self.change, inputs=[self.axes, self.edit], outputs=[shared.place, shared.edited, *drawn]
        )

    # What happens

    def draw(self, where: Any, axes: Any) -> dict[Any, Any]:
        """Everything as it stands now."""
        place = Place.read(where)
        try:
            rec, session = self.shared.rec_of(place), self.shared.session(place)
            state = session.state if place.session else DialogueState()
            rooms, fitting = rec.rooms(speaking=False), session.fitting()
            with_control = {facet.name for facet in shown_facets(rooms.retriever.snapshot.schema)}
            return {
                self.fits: _fits(fitting, state),
                self.whole: _whole(state),
                self.list: listing(session.changes() if place.session else (), controls=with_control),
                self.facets: self._controls(rec, state),
                self.plot: plot(rooms, fitting, state.listed, wanted=_axes(axes)),
                self.scores: WAITING,
            }
        except ChatRecError as error:
            emptied = dict.fromkeys((self.whole, self.list, self.facets, self.plot), "")
            return {self.fits: f'<p class="error">{text(error)}</p>', **emptied}

    def draw_plot(self, where: Any, axes: Any) -> Any:
        place = Place.read(where)
        try:
            session = self.shared.session(place)
            rooms = self.shared.rec_of(place).rooms(speaking=False)
            return plot(rooms, session.fitting(), session.state.listed, wanted=_axes(axes))
        except ChatRecError:  # the list above says it already
            return gr.skip()

    def draw_scores(self, where: Any) -> str:
        try:
            table = scores_table(self.shared.session(Place.read(where)).scores())
        except ChatRecError as error:
            table = f'<p class="error">{text(error)}</p>'
        return f"{SHUT}{table}</details>"

    def change(self, where: Any, axes: Any, written: str) -> dict[Any, Any]:
        """Makes one edit; what cannot be made is told, beside how everything stands now."""
        edit, place = edit_of(written), Place.read(where).settled()
        if edit is None:
            return {self.shared.edited: gr.skip()}
        try:
            schema = self.shared.rec_of(place).rooms(speaking=False).retriever.snapshot.schema
            session = self.shared.session(place)
            running = self.shared.turns.of(place.session)
            if running and not running.stopped:
                raise ConversationError("A reply is being made.", mend="Change this once it is there.")
            carry_out(edit, session, schema)
        except ChatRecError as error:
            stands = self.draw(where, axes)
            told = f'<p class="error" role="alert">{text(error)}</p>'
            return {**stands, self.fits: told + stands[self.fits]}
        return {self.shared.place: place.kept(), self.shared.edited: signal()}

    def _controls(self, rec: ChatRec, state: DialogueState) -> str:
        snapshot = rec.rooms(speaking=False).retriever.snapshot
        generation, counts = self._counted.get(rec.settings.catalog, ("", {}))
        if generation != snapshot.generation:
            counts = {name: dict(texts) for name, texts in snapshot.facet_texts().items()}
            self._counted[rec.settings.catalog] = snapshot.generation, counts
        return controls(snapshot.schema, state.constraints, counts)


def _fits(fitting: NDArray[np.bool_], state: DialogueState) -> str:
    """How many items fit. `data-stands` is the turn that edits begin from."""
    count = int(fitting.sum())
    return (
        f'<p class="count-fitting" data-stands="{state.turn}"><b>{count:,}</b> of {len(fitting):,}'
        f" {'items fit' if count != 1 else 'items fits'}</p>"
    )


def _whole(state: DialogueState) -> str:
    """What can be done about everything at once."""
    show, undo = ("" if possible else " disabled" for possible in (state.turn, state.before))
    return (
        f'<button type="button" class="primary" data-show-fitting data-focus="show"{show}>Show what fits now</button>'
        f'<button type="button" data-edit="undo" data-focus="undo"{undo}>Undo</button>'
    )


def _axes(written: object) -> list[str]:
    """The facets that were chosen for the drawing; what cannot be read chooses none."""
    try:
        found = json.loads(str(written)[:LONGEST_AXES])
    except ValueError:
        return []
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
