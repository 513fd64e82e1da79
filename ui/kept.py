"""Turns of an earlier visit, as views with the same cards that the live turn had."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from chatrec.catalog import Item
from chatrec.retriever import passages_of
from chatrec.types import Claim, Evidence, Explanation, Recommendation, Shown, Turn
from chatrec.ui.cards import BARE, Frame
from chatrec.ui.view import TurnView

DISCLOSED = re.compile(r" \((\w+)\)(?=:|$)")
"""Stands after a title in a reply."""


def kept(turn: Turn, items: Mapping[str, Item], frame: Frame = BARE) -> TurnView:
    """The turn as it was; an item that has left the catalogue stays as the words that were said of it."""
    view = TurnView(
        turn.message,
        frame,
        turn.number,
        notes=list(turn.notes),
        done=True,
        stopped=turn.stopped,
        suggestions=turn.suggestions,
        timings=turn.timings,
        usage=turn.usage,
    )
    if turn.item_ids and not turn.shown:
        return _from_words(view, turn, items)
    if not turn.shown:
        view.opening = turn.reply.splitlines()
        return view
    view.opening = [turn.opening] if turn.opening else []
    view.asked = [turn.question.text] if turn.question else []
    for place, shown in enumerate(turn.shown, 1):
        item = items.get(shown.item_id)
        if item is None:
            view.opening += [line for line in turn.reply.splitlines() if line.startswith(f"{place}. ")]
            continue
        view.cards += (_again(shown, item),)
        view.claims[item.id] = list(shown.claims)
    return view


def _again(shown: Shown, item: Item) -> Recommendation:
    """Of the evidence the refs were kept; a quote that the catalogue no longer holds is gone."""
    written = passages_of(item)
    evidence = tuple(Evidence(ref, item.id, written[ref]) for ref in shown.refs if ref in written)
    return Recommendation(
        item, 0.0, {}, evidence, Explanation(shown.claims), breaks=shown.breaks, disclosure=shown.disclosure
    )


def _from_words(view: TurnView, turn: Turn, items: Mapping[str, Item]) -> TurnView:
    """A turn of which only the words were kept: with the catalogue's own description as evidence.

    A line of the reply that names the item in its place becomes that item's card; any other stays a line.
    """
    lines = turn.reply.splitlines()
    for place, item_id in enumerate(turn.item_ids, 1):
        item = items.get(item_id)
        begin = f"{place}. {item.title}" if item else None
        line = next((each for each in lines if begin and each.startswith(begin)), None)
        if item is None or begin is None or line is None:
            continue
        lines.remove(line)
        disclosed = DISCLOSED.match(line.removeprefix(begin))
        begin += disclosed.group() if disclosed else ""
        card = _again(Shown(item_id, refs=(f"{item_id}#description",)), item)
        view.cards += (replace(card, disclosure=disclosed[1] if disclosed else ""),)
        if why := line.removeprefix(begin).removeprefix(":").strip():
            view.claims[item_id] = [Claim(why, ())]
    if view.cards and len(lines) > 1 and lines[-1].endswith("?"):
        view.asked = [lines.pop()]
    view.opening = lines
    return view
