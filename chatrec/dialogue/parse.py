"""Reads conditions out of ordinary language, from the catalogue's schema alone: no field and no value is invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatrec.catalog import Item
from chatrec.catalog.schema import Facet
from chatrec.dialogue.known import Known
from chatrec.dialogue.marked import Marked
from chatrec.dialogue.measuring import read_beside, read_measure
from chatrec.dialogue.naming import read_answer, read_others, read_values
from chatrec.dialogue.numeric import read_numbers
from chatrec.dialogue.reading import Setting
from chatrec.dialogue.scope import plain
from chatrec.dialogue.values import Span, Texts


class Parser:
    """Reads messages about one catalogue. Safe to share between threads."""

    def __init__(self, schema: Mapping[str, Facet], texts: Texts) -> None:
        """`texts` are every facet's values in lower case with the number of items that hold them."""
        self.known = Known.of(schema, texts)
        self.schema = schema
        self.values = self.known.values

    def read(self, text: str, setting: Setting, *, taken: Sequence[tuple[int, int]] = ()) -> Marked:
        """The conditions in `text`; `taken` are places that name items, from which nothing else is read."""
        known = self.known
        marked = Marked(plain(text), used=list(taken))
        spans = self.values.find(marked.text)
        read_numbers(known, marked, setting, [span for span in spans if _has_digit(marked.text, span)])
        phrases = [phrase for phrase in known.said(marked.text) if marked.free(phrase[0], phrase[1])]
        measures = [phrase for phrase in phrases if phrase[3] != "name"]
        read_values(known, marked, [span for span in spans if not _within(span, measures)], setting)
        for start, end, facet, sort in measures:
            if marked.free(start, end):
                read_measure(known, marked, (start, end), facet, sort, setting)
        if not marked.constraints and setting.asked in self.schema:
            read_answer(marked, self.schema[setting.asked])
        read_others(known, marked, setting)
        for start, _ in taken:
            read_beside(known, marked, start, setting)
        return marked

    def asked_of(self, question: str, item: Item) -> tuple[str, ...]:
        """The facets that a question about an item is about: named, measured, had or not had, or, where what is asked
        for stands in it, a text that lists things."""
        found = [facet for _, _, facet, _ in self.known.said(question)]
        for span in self.values.find(question):
            facet, text = span.meaning.facet, question[span.start : span.end].casefold()
            listed = self.schema[facet].kind == "text" and text in str(item.attributes.get(facet, "")).casefold()
            found += [facet] if span.meaning.present or listed else []
        return tuple(dict.fromkeys(found))

    def named(self, text: str) -> dict[str, tuple[int, int]]:
        """The facets that `text` talks of by their name or by a value, and where."""
        found = {facet: (start, end) for start, end, facet, _ in self.known.said(text)}
        for span in self.values.find(text):
            found.setdefault(span.meaning.facet, (span.start, span.end))
        return found


def _has_digit(text: str, span: Span) -> bool:
    return not span.meaning.loose and any(char.isdigit() for char in text[span.start : span.end])


def _within(span: Span, phrases: Sequence[tuple[int, int, str, str]]) -> bool:
    """Whether a longer phrase holds the value: "family friendly" names no family."""
    return any(
        low <= span.start and span.end <= high and high - low > span.end - span.start for low, high, _, _ in phrases
    )
