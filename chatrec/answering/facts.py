"""What an item's facets say to a question: the fact that it names, by the facet's name, a value or a measure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from chatrec.answering.question import MAKING, Asked, related, same
from chatrec.answering.values import named, owning, sentence
from chatrec.catalog import Item, Value
from chatrec.catalog.schema import Facet
from chatrec.catalog.vocabulary import UNITS, families, measures, peoples, value_words, words_of
from chatrec.grounds import HIDDEN, LONGEST_FACT
from chatrec.sentences import content_words, words
from chatrec.types import Claim
from chatrec.untrusted import showable

SHARED = 3
"""So many facets whose names begin with the same word: it tells them apart from nothing."""

LONGEST_CODE = 3
"""Characters of a country's or a language's code, which is also a word: "it", "us"."""

CODED = re.compile(r"(?<=[^\W\d_])_(?=[^\W\d_])")

MOST = 2
"""Facts told in answer to one question."""


@dataclass(frozen=True, slots=True)
class Told:
    """A facet that an item has, as words."""

    facet: Facet
    label: str
    value: Value

    @property
    def values(self) -> tuple[str, ...]:
        some = self.value if isinstance(self.value, tuple) else (self.value,)
        return tuple(" ".join(_text(one).split()) for one in some)

    @property
    def truth(self) -> bool | None:
        """Yes or no; None where it is neither."""
        text = self.values[0].casefold() if len(self.values) == 1 else ""
        return {"yes": True, "true": True, "no": False, "false": False, "none": False}.get(text)

    @property
    def text(self) -> str:
        """As many of the values as are told in a sentence, with the unit."""
        if self.truth is not None:
            return "yes" if self.truth else "no"
        shown: list[str] = []
        for value in self.values:
            if shown and len(", ".join([*shown, value])) > LONGEST_FACT:
                return f"{', '.join(shown)} and {len(self.values) - len(shown)} more"
            shown.append(value)
        unit = self.facet.unit if self.facet.kind == "number" else ""
        return f"{', '.join(shown)} {unit}".strip()

    def claim(self, kind: str, item: Item) -> Claim:
        ref = (f"{item.id}#fact:{self.facet.name}",)
        if kind in ("so", "not so"):
            return Claim(sentence(kind, item=named(item), facet=self.label), ref)
        is_ = "are" if isinstance(self.value, tuple) and self.label.endswith("s") else "is"
        whose = owning(item).capitalize() if kind == "fact" and owning(item) == "its" else owning(item)
        return Claim(sentence(kind, whose=whose, facet=self.label, is_=is_, value=self.text.removesuffix(".")), ref)


def told_of(item: Item, schema: Mapping[str, Facet]) -> list[Told]:
    """The facets of the item that can be told in a sentence, in the order the catalogue has them."""
    labels = labels_of(schema)
    found = [
        Told(schema[name], labels[name], value)
        for name, value in item.attributes.items()
        if name in schema and not set(labels[name].split()) & set(HIDDEN) and value not in ("", ())
    ]
    return [told for told in found if len(told.text) <= 2 * LONGEST_FACT and showable(f"{told.label} is {told.text}")]


def facts(question: Asked, item: Item, schema: Mapping[str, Facet]) -> list[Claim]:
    """The facts that the question asks for; none where it asks for none, or the item lacks them."""
    told = told_of(item, schema)
    ways = (_by_value, _by_name, _by_measure, _by_words)
    found = next((some for way in ways if (some := way(question, told))), [])
    return [one.claim(kind, item) for kind, one in found[:MOST]]


def spoken_of(facets: Collection[str], item: Item, schema: Mapping[str, Facet]) -> list[Claim]:
    """What the item has of these facets, yes and no where that is all there is."""
    told = [one for one in told_of(item, schema) if one.facet.name in facets]
    kinds = {True: "so", False: "not so", None: "fact"}
    return [one.claim(kinds[one.truth], item) for one in told[:MOST]]


def labels_of(schema: Mapping[str, Facet]) -> dict[str, str]:
    """The facets' names as words, without a first word that several share, and without the unit."""
    pieces = {name: list(words_of(name)) for name in schema}
    first = Counter(some[0] for some in pieces.values() if len(some) > 1)
    labels = {}
    for name, some in pieces.items():
        if len(some) > 1 and first[some[0]] >= SHARED:
            some = some[1:]
        if len(some) > 1 and some[-1] == schema[name].unit.casefold():
            some = some[:-1]
        labels[name] = " ".join(some) or name
    return labels


def _by_value(question: Asked, told: Sequence[Told]) -> list[tuple[str, Told]]:
    """The facet whose value the question names: yes where the item holds it, else no."""
    if not question.polar or question.valued:
        return []
    found = [
        (len(places), places, one, value)
        for one in told
        for value, places in _values_in(question, one)
        if not places <= _labelled(question, one)
    ]
    held = {(one.facet.name, value) for _, _, one, value in found if value in map(str.casefold, one.values)}
    found.sort(key=lambda entry: (-entry[0], (entry[2].facet.name, entry[3]) not in held))
    for _, places, one, value in found:
        used = places | _naming(question, one) | _labelled(question, one)
        others = [entry for entry in found if entry[2] is one and not entry[1] <= places]
        for entry in others:
            used |= entry[1]
        if question.left(used):
            continue
        holds = {(one.facet.name, other) in held for other in (value, *(entry[3] for entry in others))}
        plain = not question.undecided and len(holds) == 1
        return [(("yes" if True in holds else "no") if plain else "fact", one)]
    return []


def _values_in(question: Asked, told: Told) -> Iterator[tuple[str, frozenset[int]]]:
    """The values of a facet that the question names, in lower case, and where."""
    facet = told.facet
    if facet.kind not in ("category", "list", "text"):
        return
    stems = set(question.stems)
    for value in dict.fromkeys(value.casefold() for value in (*told.values, *facet.values)):
        carrying = content_words(value)
        if carrying and carrying <= stems:
            yield value, question.holding(value, alike=same)
        elif not carrying and (places := question.literally(value)) and _naming(question, told):
            yield value, places
        else:
            found = (question.literally(said) for said in _also(facet.measure, value))
            yield from ((value, places) for places in found if places and not _spoken(question, facet, places))


def _spoken(question: Asked, facet: Facet, places: frozenset[int]) -> bool:
    """Whether an adjective of a country stands for its language: "in French"."""
    return facet.measure == "country" and question.words[max(min(places) - 1, 0)] == "in"


def _by_name(question: Asked, told: Sequence[Told]) -> list[tuple[str, Told]]:
    """The facets whose name the question says; one that is true or false answers yes or no."""
    found = [(one, places) for one in told if (places := _naming(question, one))]
    found = [(one, places) for one, places in found if not question.left_but_subject({*places, *_numbers(question)})]
    most = max((len(places) for _, places in found), default=0)
    return [(_kind(question, one), one) for one, places in found if len(places) == most]


def _kind(question: Asked, told: Told) -> str:
    if told.truth is None or (question.undecided or not question.polar):
        return "fact"
    return "so" if told.truth else "not so"


def _by_measure(question: Asked, told: Sequence[Told]) -> list[tuple[str, Told]]:
    """The facets that tell what is asked for: "how long", "is it expensive", "who made it"."""
    found: list[tuple[int, Told]] = []
    for one in told:
        for phrase in _phrases(one.facet.measure):
            places = question.literally(phrase)
            making = {place for place, stem in enumerate(question.stems) if stem in MAKING}
            if places and not question.left_but_subject({*places, *making, *_numbers(question)}):
                found.append((len(places), one))
                break
    found.sort(key=lambda entry: (-entry[0], len(entry[1].values)))
    return [("fact", one) for size, one in found if size == found[0][0]]


def _by_words(question: Asked, told: Sequence[Told]) -> list[tuple[str, Told]]:
    """The facets in whose text all that is asked for stands, such as a part of a name, or one of what it is made of."""
    wanted = {stem for place, stem in enumerate(question.stems) if place in question.left(())}
    if not wanted or question.valued or not question.polar:
        return []
    return [("fact", one) for one in told if wanted <= content_words(one.text)]


@cache
def _phrases(measure: str) -> tuple[str, ...]:
    """How people ask for what a facet measures, longest first."""
    if measure not in measures():
        return ()
    known = measures()[measure]
    units = [spelt for measured, spellings in UNITS.values() if measured == measure for spelt in spellings]
    return tuple(sorted({*known.ask, *known.most, *known.least, *units}, key=lambda said: (-len(said), said)))


@cache
def _also(measure: str, value: str) -> tuple[str, ...]:
    """What else people say for a value in lower case: "comedic", "american"."""
    said = [*value_words().get(value, ())]
    for people in peoples():
        names = {"country": people.country, "language": people.language}.get(measure, ())
        if value in map(str.casefold, names):
            said += [name.casefold() for name in (*names, *people.adjective) if len(name) > LONGEST_CODE]
    return tuple(said)


def _naming(question: Asked, told: Told) -> frozenset[int]:
    """Where the question says the facet's name, or what people call it."""
    places = question.holding(told.label, alike=related)
    for name in (*told.facet.names, *_kin(told.label)):
        plain = all(content_words(word) for word in words(name))
        places |= question.holding(name, alike=same) if plain else question.literally(name)
    return places


@cache
def _kin(label: str) -> tuple[str, ...]:
    """What people say instead of a facet's name, where a word of it, or all of it, belongs to a family of words."""
    named = {families()[word] for word in (label, *label.split(), label.replace(" ", "")) if word in families()}
    return tuple(phrase for phrase, family in families().items() if family in named)


def _labelled(question: Asked, told: Told) -> frozenset[int]:
    """Where one of the words of the facet's name stands: "is it rated so" names a rating."""
    label = content_words(told.label)
    return frozenset(place for place, stem in enumerate(question.stems) if any(related(stem, word) for word in label))


def _numbers(question: Asked) -> set[int]:
    """Where numbers stand: "is it under 20 euros" asks for the price."""
    return {place for place, word in enumerate(question.words) if word.isdecimal()}


def _text(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
    text = str(value)
    return CODED.sub(" ", text)  # what a program writes: "full_bar"
