"""Reads words of measure: the longest, a short one, cheaper than that, too old."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from chatrec.catalog import Item
from chatrec.catalog.schema import Facet, texts_of
from chatrec.catalog.vocabulary import idle, things
from chatrec.dialogue.known import Known
from chatrec.dialogue.marked import Marked
from chatrec.dialogue.numbers import written
from chatrec.dialogue.numeric import commonest
from chatrec.dialogue.reading import Setting
from chatrec.dialogue.scope import denied, strength, unmarked
from chatrec.types import Constraint, Order, Strength

MUST = re.compile(r"\b(?:must|has to|needs? to)\b", re.IGNORECASE)
TOO = re.compile(r"\b(?:too|a bit|a little|way too|rather|overly|far too|so)\s*$", re.IGNORECASE)
LESS = re.compile(r"\bless\b", re.IGNORECASE)
AS_IT = re.compile(r"(?:\bnot|n['’]t)\b[^.;,]{0,25}?\bas\s+(?P<word>\w+)\s+as\s+(?:the\s+)?[\"“]?$", re.IGNORECASE)
AS = re.compile(r"\s+as\b", re.IGNORECASE)
OF_ANOTHER = re.compile(
    r"\b(?:about|with|of|between|against|among|on)\s+(?:(?:an?|the|two|three|some|his|her|their|its|my|our)\s+)*$",
    re.IGNORECASE,
)
"""Before "old friends": what is old are the friends in it."""
NOUN = re.compile(r"\s+(?P<word>[a-z'’]{3,})", re.IGNORECASE)
AT_BEST = re.compile(r"\b(?:ideally|preferabl[ye]|if possible|would be nice|bonus|maybe|perhaps)\b", re.IGNORECASE)
BEFORE_IT = re.compile(r"\b(?P<when>before|prior to|after|since)\s+(?:the\s+)?[\"“]?$", re.IGNORECASE)


def read_measure(known: Known, marked: Marked, place: tuple[int, int], name: str, sort: str, setting: Setting) -> None:
    """`sort` says how the words at `place` speak of the facet `name`: "most", "less", "highest" and so on."""
    start, end = place
    facet, text = known.schema[name], marked.text
    if sort in ("highest", "lowest"):
        if unmarked(text) == "soft":
            return  # a story has superlatives
        if facet.kind in ("number", "date"):
            marked.order = Order(name, "most" if sort == "highest" else "least")
            marked.take(start, end, silent=True)
        elif facet.scale:
            _add_steps(marked, place, facet, facet.scale[-1:] if sort == "highest" else facet.scale[:1])
        return
    if sort in ("more", "less"):
        _compared(known, marked, place, facet, sort, setting)
        return
    if AS.match(text[end:]):
        return  # compared with something: read_beside
    against = denied(text, start, end)
    if not against and TOO.search(text[:start]) and (marked.references or setting.about or setting.shown):
        _compared(known, marked, place, facet, "less" if sort == "most" else "more", setting)
        return
    if _of_another(known, text, start, end):
        return
    if facet.scale:
        steps = _steps(facet.scale, sort, against=against)
        _add_steps(marked, place, facet, steps)
    elif facet.thirds and not any(constraint.facet == name for constraint in marked.constraints):
        # "not too much" leaves out the upper third, "much" is the upper third
        much = (sort == "most") != against
        number = facet.thirds[1 if sort == "most" else 0]
        read = Constraint(name, "min" if much else "max", (written(facet, number),))
        must = strength(text, start, end) == "hard" and MUST.search(text)
        marked.constraints.append(replace(read, strength="hard" if must else "soft", text=text[start:end]))
        marked.take(start, end)


def _of_another(known: Known, text: str, start: int, end: int) -> bool:
    """Whether a word of measure belongs to something that the item is about: "about an old friendship"."""
    noun = NOUN.match(text, end)
    if not noun or not OF_ANOTHER.search(text[:start]) or noun["word"].lower() in things() | idle():
        return False
    return not any(low <= noun.start("word") < high for low, high, _, _ in known.said(text))


def read_beside(known: Known, marked: Marked, start: int, setting: Setting) -> None:
    """ "from before <an item>", "not as long as <an item>": the item's name begins at `start`."""
    alike = AS_IT.search(marked.text[:start])
    if alike:
        for name, sort in known.phrases.get(alike["word"].lower(), ()):
            if sort in ("most", "least"):
                less = "less" if sort == "most" else "more"
                _compared(known, marked, alike.span(), known.schema[name], less, setting)
                return
    found = BEFORE_IT.search(marked.text[:start])
    facet = commonest(facet for facet in known.schema.values() if facet.measure == "year" and not facet.scale)
    if found and facet:
        earlier = found["when"].lower() in ("before", "prior to")
        _compared(known, marked, (found.start(), found.end()), facet, "less" if earlier else "more", setting)


def _compared(known: Known, marked: Marked, place: tuple[int, int], facet: Facet, sort: str, setting: Setting) -> None:
    """ "newer than that": beyond the value of the item meant, or of those shown where none is named."""
    start, end = place
    ids = tuple(marked.references) or setting.about or setting.shown
    items = [item for item_id in ids if (item := setting.item(item_id))]
    against = denied(LESS.sub("    ", marked.text), start, end)  # "less sad and shorter" wants a shorter one
    strong: Strength = "soft" if AT_BEST.search(marked.text) else "hard"
    said = marked.text[start:end]
    more = (sort == "more") != against
    if facet.scale:
        _beyond_steps(marked, place, facet, items, more=more)
        return
    numbers = [
        number
        for item in items
        if (number := item.attributes.get(facet.name)) is not None and not isinstance(number, tuple)
    ]
    if not numbers:
        return
    ordered = sorted(numbers, key=lambda number: (isinstance(number, str), number))
    too = TOO.search(marked.text[:start])
    pivot = ordered[-1 if more else 0] if too or marked.references else ordered[len(ordered) // 2]
    if pivot in (facet.low, facet.high):  # nothing lies beyond it
        pivot = ordered[len(ordered) // 2]
    marked.constraints.append(Constraint(facet.name, "above" if more else "below", (pivot,), strong, text=said))
    marked.take(start, end)


def _beyond_steps(marked: Marked, place: tuple[int, int], facet: Facet, items: Sequence[Item], *, more: bool) -> None:
    """The steps of a scale beyond those of the items; the last of it where there is none."""
    steps = [value.casefold() for value in facet.scale]
    places = [steps.index(text) for item in items for text in texts_of(item, facet.name) if text in steps]
    if places:
        kept = facet.scale[max(places) + 1 :] if more else facet.scale[: min(places)]
        _add_steps(marked, place, facet, kept or (facet.scale[-1:] if more else facet.scale[:1]))


def _add_steps(marked: Marked, place: tuple[int, int], facet: Facet, steps: Sequence[str]) -> None:
    said = marked.text[place[0] : place[1]]
    marked.constraints.append(Constraint(facet.name, "any", tuple(steps), strength(marked.text, *place), text=said))
    marked.take(*place)


def _steps(scale: Sequence[str], sort: str, *, against: bool) -> Sequence[str]:
    """The lowest or the highest part of a scale; what is denied leaves the rest."""
    share = 2 if sort == "least" and not against and len(scale) > 3 else 3
    count = max(1, len(scale) // share if len(scale) > 3 else round(len(scale) / 3))
    if sort == "most":
        return scale[:-count] if against else scale[-count:]
    return scale[count:] if against else scale[:count]
