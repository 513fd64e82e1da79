"""What was understood as a list in groups, as safe HTML: each thing with where it came from and what can be done."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chatrec.dialogue.editing import Change
from chatrec.types import Constraint, Order, Wish
from chatrec.ui.cards import text

GROUPS = {
    "wish": "Looking for",
    "constraint": "Must",
    "preference": "Rather",
    "order": "In this order",
    "liked": "Liked",
    "disliked": "Disliked",
    "rejected": "Turned down",
    "accepted": "Chosen",
    "seen": "Seen",
}
NOTHING = "Nothing yet. What you say is listed here, and you can correct it."


def listing(changes: Sequence[Change], *, controls: Collection[str] = ()) -> str:
    """The groups that hold something; `controls` are the facets that have a control to edit them by."""
    places = {id(change): place for place, change in enumerate(changes)}
    groups = []
    for kind, title in GROUPS.items():
        of_kind = [change for change in changes if change.kind == kind]
        if of_kind:
            entries = "".join(_entry(change, places[id(change)], controls) for change in of_kind)
            groups.append(f"<section><h3>{title}</h3><ul>{entries}</ul></section>")
    return "".join(groups) or f'<p class="quiet">{NOTHING}</p>'


def _entry(change: Change, place: int, controls: Collection[str]) -> str:
    words = text(change.text)
    switch = (
        f'<button type="button" role="switch" aria-checked="{str(change.on).lower()}" class="switch"'
        f' aria-label="{words}" title="{"Switch off" if change.on else "Switch on"}" data-edit="switch"'
        f' data-at="{place}" data-focus="switch {place}"></button>'
    )
    deeds = f"{_origin(change, words)}{_editing(change, place, words, controls)}"
    return (
        f'<li class="{"held" if change.on else "held off"}">{switch}<div><p dir="auto">{words}</p>'
        f'<div class="deeds">{deeds}{_button("remove", place, "Remove", words)}</div></div></li>'
    )


def _origin(change: Change, words: str) -> str:
    """Where it came from; a click brings that turn into view."""
    if change.turn < 1:
        return ""
    return (
        f'<button type="button" class="word" data-turn="{change.turn}">turn {change.turn}'
        f'<span class="unseen">: show where “{words}” came from</span></button>'
    )


def _editing(change: Change, place: int, words: str, controls: Collection[str]) -> str:
    value = change.value
    if isinstance(value, Wish):
        return (
            f'<details class="rewording" data-key="words {place}"><summary data-focus="reword {place}">Edit'
            f'<span class="unseen"> “{words}”</span></summary><label><span class="unseen">Say it otherwise: </span>'
            f'<input type="text" name="words" value="{words}" maxlength="500" autocomplete="off" data-at="{place}"'
            f' data-focus="words {place}"></label></details>'
        )
    if isinstance(value, Constraint):
        other = "Only rather" if value.strength == "hard" else "Make it a must"
        opens = ""
        if value.facet in controls:
            opens = (
                f'<button type="button" class="word" data-opens-facet="{text(value.facet)}"'
                f' data-focus="edit {place}">Edit<span class="unseen"> “{words}”</span></button>'
            )
        return opens + _button("strength", place, other, words)
    return _button("reverse", place, "Turn round", words) if isinstance(value, Order) else ""


def _button(deed: str, place: int, label: str, words: str) -> str:
    return (
        f'<button type="button" class="word" data-edit="{deed}" data-at="{place}" data-focus="{deed} {place}">'
        f'{label}<span class="unseen"> “{words}”</span></button>'
    )
