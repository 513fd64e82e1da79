"""Finds the items that a message names: those just shown, however they are written, and others by their titles."""

from __future__ import annotations

import re

from chatrec.catalog.vocabulary import idle, things
from chatrec.dialogue import cues
from chatrec.dialogue.bounds import bounds
from chatrec.dialogue.reading import Setting
from chatrec.dialogue.titles import WORD, Named, TitleIndex
from chatrec.dialogue.values import Span, ValueIndex

BY = re.compile(r"\b(?:by|with|starring|featuring|from)\s+(?:the\s+)?$", re.IGNORECASE)


def named_in(message: str, setting: Setting, titles: TitleIndex, values: ValueIndex) -> list[Named]:
    """The items named: those shown, however they are written; others by titles that are not also words of the
    catalogue's own values, or marked as names."""
    shown = _shown_in(message, setting)
    others = [
        name
        for name in _others(message, titles, values)
        if all(name.end <= s.start or name.start >= s.end for s in shown)
    ]
    return sorted([*shown, *others], key=lambda name: name.start)


def _others(message: str, titles: TitleIndex, values: ValueIndex) -> list[Named]:
    found = titles.find(message, cues=cues.ANNOUNCES)
    spans = [
        (span.start, span.end)
        for span in values.find(message)
        if not span.meaning.loose and (BY.search(message[: span.start]) or not _is_surname(message, span))
    ]
    numbers = [(bound.start, bound.end) for bound in bounds(message) if not bound.plain]
    kept = []
    for name in found:
        quoted = message[: name.start].rstrip().endswith(('"', "“", "‘", "«"))
        inside = any(low <= name.start and name.end <= high for low, high in spans)
        if not quoted and any(low < name.end and name.start < high for low, high in numbers):
            continue
        if quoted or not inside or len(WORD.findall(message[name.start : name.end])) > 3:
            kept.append(name)
    return kept


def _shown_in(message: str, setting: Setting) -> list[Named]:
    """The items of the last list whose titles stand in the message, whole or up to a bracket, comma or colon."""
    found: list[Named] = []
    text = message.casefold().replace("’", "'")
    for item_id in dict.fromkeys((*setting.shown, *setting.about)):
        item = setting.item(item_id)
        title = item.title.casefold().replace("’", "'") if item else ""
        for form in dict.fromkeys((title, re.split(r"\s*[(,:]", title)[0])):
            place = (
                re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text)
                if len(form) > 2 and len(text) == len(message)
                else None
            )
            if place is None or not _is_name(message[place.start() : place.end()], form):
                continue
            if all(place.end() <= other.start or place.start() >= other.end for other in found):
                found.append(Named(item_id, place.start(), place.end()))
                break
    return found


def _is_name(said: str, form: str) -> bool:
    """Whether words that are a title's are meant as one: several, or with a capital, or no everyday word."""
    return " " in form or said[:1].isupper() or (len(form) > 4 and form not in idle() and form not in things())


def _is_surname(message: str, span: Span) -> bool:
    return (
        len(span.meaning.values) == 1
        and message[span.start : span.end].casefold() in span.meaning.values[0].split()[1:]
    )
