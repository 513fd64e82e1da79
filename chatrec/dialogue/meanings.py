"""What the phrases of a catalogue can stand for: every value of its facets, under all the names people have for it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import Stemmer

from chatrec.catalog.schema import Facet, comparable
from chatrec.catalog.vocabulary import families, idioms, moods, peoples, things, value_words, words_of

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[€$£¥￥₩₹]+")
LONGEST = 6
"""No value of more words is looked for."""

LOOSE = 300
"""A list of more different values is one of free tags: what it names is looked for in the text, and no condition."""

FUNCTION_WORDS = frozenset(
    "a an and any are as at best but by can do does false food for from general get good great has have he her him how "
    "i if in is it its life like love man me misc my new no none not of on one or original other others our out "
    "place really she show so some that the their them they things this time to true unknown various very was we what "
    "when where which who will with woman yes you your world work".split()
)
"""Words that name no value by themselves, whatever a catalogue holds; the vocabulary adds words for things."""

HEAD = 5
"""How much less likely part of a value's words names it than all of them."""

COUNTS = ("one", "two", "three", "four")
SIGNS = {"€": "euro", "$": "dollar", "£": "pound", "￥": "yen", "¥": "yen"}
SUFFIX = re.compile(r",?\s+(?:jr|sr|ii|iii|iv|ltd|inc|llc|co)\.?$")
NO_VALUES = frozenset({"true", "yes", "not rated", "unrated", "n/a", "unknown"})
NAMED = frozenset({"people", "place", "access"})
ABSENT = frozenset({"no", "none", "false", "0"})
EMPTY_WORDS = frozenset(
    "has have is are good for allowed only by the a an of with level range available friendly".split()
)

Texts = Mapping[str, Sequence[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase can stand for: values of a facet, or (`present`) a facet that an item simply has or has not."""

    facet: str
    values: tuple[str, ...]
    rank: float
    """Of several meanings the lowest is taken."""
    present: bool = False
    loose: bool = False
    """Of free tags: too vague a ground for a condition."""
    mood: bool = False
    """Wished for without being named: never more than a preference."""


class Meanings:
    """`by_stems` are phrases as their stems; `surnames` and `by_name_word` lead to people, with how many items hold
    them; `display` are values as the catalogue writes them; `idioms` phrases whose words are no values."""

    def __init__(self, schema: Mapping[str, Facet], texts: Texts) -> None:
        """`texts` are every facet's values in lower case with the number of items that hold them."""
        self._stemmer = Stemmer.Stemmer("english")
        self._schema = schema
        self.by_stems: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
        self.surnames: dict[str, list[tuple[int, Meaning]]] = defaultdict(list)
        self.by_name_word: dict[str, list[tuple[str, Meaning]]] = defaultdict(list)
        self.display: dict[tuple[str, str], str] = {}
        self.idioms = {tuple(self._stemmer.stemWord(word) for word in idiom.split()) for idiom in idioms()}
        self._names = {name for facet in schema.values() for name in facet.names}
        for facet in schema.values():
            if is_presence(facet):
                self._add_presence(facet)
            if facet.kind in ("category", "list") and texts.get(facet.name):
                self._add_values(facet, texts[facet.name])
            if facet.kind == "text" and texts.get(facet.name):
                self._add_contents(facet, texts[facet.name])

    def _add_values(self, facet: Facet, values: Sequence[tuple[str, int]]) -> None:
        self.display |= {(facet.name, comparable(value)): value for value in facet.values}
        held = {value for value, _ in values}
        proper = facet.measure in (*NAMED, "language", "country")
        loose = facet.kind == "list" and len(values) > LOOSE and not proper and facet.measure != "kind"
        rank = 100 if loose else 10 + min(len(values), 80)
        for value, count in values:
            if self._is_telling(facet, value):
                self._add_value(facet, value, count, rank, loose=loose)
        if facet.measure in ("language", "country"):
            self._add_peoples(facet, held, rank)
        self._add_words(facet, held, rank, loose=loose)
        if (facet.kind == "list" or facet.measure == "kind") and not proper:
            self._add_heads(facet, values, rank + HEAD, loose=loose)

    def _is_telling(self, facet: Facet, value: str) -> bool:
        """Whether a value can be named at all: not "yes" and "none", numbers, stray signs, or a column's heading."""
        if value in ABSENT | NO_VALUES or value.isdecimal():
            return False
        if facet.measure == "people":
            return value.strip("()[]., ") not in self._names and any(map(str.isalpha, value[:2]))
        return any(map(str.isalpha, value)) or not value[:1].isalnum()

    def _add_value(self, facet: Facet, value: str, count: int, rank: float, *, loose: bool) -> None:
        people = facet.measure == "people"
        meaning = Meaning(facet.name, (value,), rank - min(count, 60) / 100 if people else rank, loose=loose)
        for phrase in _spellings(value):
            self._add(phrase, meaning)
        if people:
            self._add_person(value, count, meaning)

    def _add_words(self, facet: Facet, held: set[str], rank: float, *, loose: bool) -> None:
        """What else people say for the values, and the moods in which they wish for them."""
        for value in sorted(held & set(value_words())):
            for phrase in value_words()[value]:
                self._add(phrase, Meaning(facet.name, (value,), rank + 1, loose=loose))
        for value in sorted(held & set(moods())) if not loose else ():
            for phrase in moods()[value]:
                if not self.by_stems.get(self.stems(phrase)):
                    self._add(phrase, Meaning(facet.name, (value,), rank + 20, mood=True))

    def _add_contents(self, facet: Facet, values: Sequence[tuple[str, int]]) -> None:
        """The members of lists that are written as running text ("water, salt, soy"), to be kept out by name."""
        listed = [value for value, _ in values if value.count(",") >= 2]
        if 2 * len(listed) < len(values):
            return
        for value in listed:
            for member in re.split(r"[,;.()\[\]:]|\band\b", value):
                words = [word for word in WORD.findall(member) if word not in generic()]
                for phrase in {" ".join(words), *words} if 0 < len(words) <= 3 else ():
                    if len(phrase) > 2 and phrase not in generic() and not phrase.isdecimal():
                        self._add(phrase, Meaning(facet.name, (phrase,), 120, loose=True))

    def _add_person(self, name: str, count: int, meaning: Meaning) -> None:
        parts = name.split()
        if len(parts) > 1:
            if len(parts[-1]) > 3:
                self.surnames[folded(parts[-1])].append((count, meaning))
            for part in {parts[0], parts[-1]}:
                self.by_name_word[part].append((name, meaning))

    def _add_peoples(self, facet: Facet, held: set[str], rank: float) -> None:
        """Every name of a language or a country for those spellings that the catalogue holds."""
        for people in peoples():
            names = people.language if facet.measure == "language" else people.country
            own = tuple(sorted({comparable(name) for name in names} & held))
            if not own:
                continue
            spoken = [name for name in names if len(name) > 3 or name in ("USA", "UK", "US")]
            for phrase in (*spoken, *people.adjective):
                adjective = phrase in people.adjective
                stems = tuple(self._stemmer.stemWord(folded(word)) for word in WORD.findall(phrase))
                kept = [known for known in self.by_stems[stems] if known.facet != facet.name]
                # "a French one" is of the country where there are countries; "in French" is of the language (parse.py)
                better = facet.measure == "country" and adjective
                self.by_stems[stems] = [*kept, Meaning(facet.name, own, 5 if better else rank)]

    def _add_heads(self, facet: Facet, values: Sequence[tuple[str, int]], rank: float, *, loose: bool) -> None:
        """ "Coffee & Tea" by "coffee" or "tea", "Style (Sort)" by "style": where the short form names nothing else."""
        shorter: dict[str, list[str]] = defaultdict(list)
        for value, _ in values:
            for part in re.split(r"\s*(?:&|/|,|\band\b|\(|\))\s*", value):
                if part.strip() and part.strip() != value:
                    shorter[part.strip()].append(value)
        for part, whole in shorter.items():
            if part not in generic() and len(part) > 2:
                self._add(part, Meaning(facet.name, tuple(sorted(set(whole))), rank, loose=loose))

    def _add_presence(self, facet: Facet) -> None:
        """Phrases for a facet that an item has or has not: the telling words of its name, and their family."""
        words = [word for word in words_of(facet.name.rpartition(".")[2]) if word not in self._prefix]
        telling = [word for word in words if word not in EMPTY_WORDS]
        values = tuple(sorted({comparable(value) for value in facet.values} - ABSENT)) or ("true",)
        meaning = Meaning(facet.name, values, 8, present=True)
        phrases = {" ".join(words), " ".join(telling)}
        known = families()
        whole = {known.get("".join(telling)), known.get(" ".join(telling)), *(known.get(word) for word in telling)}
        for family in whole - {None}:
            phrases |= {phrase for phrase, name in known.items() if name == family}
        for phrase in phrases:
            if phrase and phrase not in generic():
                self._add(phrase, meaning)

    def _add(self, phrase: str, meaning: Meaning) -> None:
        stems = self.stems(phrase)
        if not stems or len(stems) > LONGEST:
            return
        others = [known for known in self.by_stems[stems] if known.facet != meaning.facet]
        same = [known for known in self.by_stems[stems] if known.facet == meaning.facet]
        if same and same[0].rank + HEAD <= meaning.rank:
            return  # it names a value as a whole: parts of others do not count
        values = {*meaning.values, *(value for known in same for value in known.values)}
        self.by_stems[stems] = [
            *others,
            replace(meaning, values=tuple(sorted(values)), rank=min([meaning.rank, *(known.rank for known in same)])),
        ]

    def stems(self, phrase: str) -> tuple[str, ...]:
        return tuple(self._stemmer.stemWord(folded(word)) for word in WORD.findall(phrase))

    @property
    def _prefix(self) -> frozenset[str]:
        """Words with which several names of columns begin: they tell nothing."""
        first = [words_of(name)[0] for name in self._schema if len(words_of(name)) > 1]
        return frozenset(word for word in first if first.count(word) > 2)


@cache
def generic() -> frozenset[str]:
    return FUNCTION_WORDS | things()


def is_presence(facet: Facet) -> bool:
    """Whether the facet says that an item has something or has it not: one of few values says not."""
    plain = {comparable(value) for value in facet.values}
    return facet.kind == "boolean" or (
        facet.kind == "category" and len(plain) <= 4 and bool(plain & ABSENT) and not facet.scale
    )


def _spellings(value: str) -> Iterator[str]:
    yield value
    if value[0] in SIGNS and value == value[0] * len(value) and len(value) <= len(COUNTS):
        yield from (f"{COUNTS[len(value) - 1]} {SIGNS[value[0]]} {word}" for word in ("signs", "sign", "symbols"))
    yield SUFFIX.sub("", value)
    yield value.replace("&", " and ")
    joined = WORD.findall(value)
    if len(joined) == 2 and "-" in value:
        yield "".join(joined)


def folded(word: str) -> str:
    return word.lower().replace("’", "'").removesuffix("'s")
