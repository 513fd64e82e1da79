"""What a claim about an item may rest on: its passages of evidence and its facts, by ref."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chatrec.catalog import Item, Value
from chatrec.catalog.vocabulary import words_of
from chatrec.sentences import content_words, sentences
from chatrec.types import Evidence, Query
from chatrec.untrusted import commanding, heard, showable

LONGEST_FACT = 120
"""Characters; a facet with a longer text is no fact to state."""

HIDDEN = ("image", "url", "link", "address")
"""Facets whose name has one of these words are for programs, not for a sentence."""

WHOLE = 3
"""Values of a list that are told whole; of a longer one only those that the request names."""


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
        label = " ".join(words_of(name)) or name
        hidden = any(word in label.split() for word in HIDDEN)
        if text and len(text) <= LONGEST_FACT and not hidden and showable(f"{label} {text}"):
            found.append(Fact(f"{item.id}#fact:{name}", label, text))
    return found


def meeting(item: Item, query: Query) -> list[Fact]:
    """The facts of an item that a constraint asks for, or that hold a word of the latest request."""
    wanted = content_words(query.text)
    asked = {f"{item.id}#fact:{constraint.facet}" for constraint in query.constraints}
    found = []
    for fact in facts_of(item):
        values = fact.text.split(", ")
        named = [value for value in values if content_words(value) & wanted]
        if named and len(values) > WHOLE:
            found.append(replace(fact, text=", ".join(named)))
        elif named or fact.ref in asked:
            found.append(fact)
    return found


def grounds_of(item: Item, evidence: tuple[Evidence, ...]) -> Mapping[str, str]:
    """Text by ref of everything a claim about this item may cite."""
    texts = {piece.ref: told for piece in trusted(item, evidence) if (told := heard(piece.quote))}
    return texts | {fact.ref: fact.phrase for fact in facts_of(item)}


def trusted(item: Item, evidence: Iterable[Evidence]) -> list[Evidence]:
    """The evidence without reviews that speak to a language model anywhere, and without the item's own words where
    its record does."""
    pieces = list(evidence)
    refs = {piece.ref for piece in pieces}
    said = "\n".join([item.title, *map(str, item.attributes.values()), item.description])
    bad = {
        ref for review in item.reviews if (ref := f"{item.id}#review:{review.id}") in refs and commanding(review.text)
    }
    own = commanding(said)
    return [piece for piece in pieces if piece.ref not in bad and not (own and kind_of(piece.ref) == "description")]


def leanings_of(item: Item) -> Mapping[str, float]:
    """Of each rated review, by ref, whether it is for the item (1), against it (-1) or neither, beside its others."""
    rated = {f"{item.id}#review:{review.id}": review.rating for review in item.reviews if review.rating is not None}
    middle = sum(rated.values()) / len(rated) if rated else 0.0
    return {ref: float((rating > middle) - (rating < middle)) for ref, rating in rated.items()}


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
    return text if len(sentences(text)) == 1 else ""
