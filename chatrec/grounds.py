"""What a claim about an item may rest on: its passages of evidence and its facts, by ref."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chatrec.catalog import Item, Value
from chatrec.sentences import sentences
from chatrec.types import Evidence

LONGEST_FACT = 120
"""Characters; a facet with a longer text is no fact to state."""

HIDDEN = ("image", "url", "link", "address")
"""Facets whose name has one of these words are for programs, not for a sentence."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A facet of an item as words."""

    ref: str
    name: str
    text: str

    @property
    def phrase(self) -> str:
        return f"{self.name}: {self.text}"


def facts_of(item: Item) -> list[Fact]:
    """The facets that can be stated in a few words, in the order the catalogue has them."""
    found = []
    for name, value in item.attributes.items():
        text = _words(value)
        label = name.replace("_", " ").replace(".", " ")
        if text and len(text) <= LONGEST_FACT and not any(word in label.lower().split() for word in HIDDEN):
            found.append(Fact(f"{item.id}#fact:{name}", label, text))
    return found


def grounds_of(item: Item, evidence: tuple[Evidence, ...]) -> Mapping[str, str]:
    """Text by ref of everything a claim about this item may cite."""
    return {piece.ref: piece.quote for piece in evidence} | {fact.ref: fact.phrase for fact in facts_of(item)}


def kind_of(ref: str) -> str:
    """ "description", "review" or "fact"."""
    return ref.rsplit("#", 1)[-1].partition(":")[0] if "#" in ref else ""


def _words(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    text = " ".join(str(value).split())
    return text if len(sentences(text)) == 1 and "://" not in text else ""
