"""Finds the facet values that a message names: by their own words, by others for them, people also by their surname."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import Stemmer
from rapidfuzz import fuzz

from chatrec.catalog.schema import Facet
from chatrec.catalog.vocabulary import families, idioms, measures, moods, peoples, things, value_words, words_of

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

CLOSE_ENOUGH = 87
"""rapidfuzz ratio (0 to 100) from which a misspelt person's name counts as named."""

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


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` and what it stands for."""

    start: int
    end: int
    meaning: Meaning
    others: tuple[Meaning, ...] = field(default=())
    """What else it could stand for, in other facets."""


class ValueIndex:
    """All values of a catalogue's facets, ready to be found in text."""

    def __init__(self, schema: Mapping[str, Facet], texts: Texts) -> None:
        """`texts` are every facet's values in lower case with the number of items that hold them."""
        self._stem = Stemmer.Stemmer("english")
        self._schema = schema
        self._meanings: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
        self._surnames: dict[str, list[tuple[int, Meaning]]] = defaultdict(list)
        self._by_name_word: dict[str, list[tuple[str, Meaning]]] = defaultdict(list)
        self._display: dict[tuple[str, str], str] = {}
        self._idioms = {tuple(self._stem.stemWord(word) for word in idiom.split()) for idiom in idioms()}
        self._names = {name for facet in schema.values() for name in facet.names}
        for facet in schema.values():
            if is_presence(facet):
                self._add_presence(facet)
            if facet.kind in ("category", "list") and texts.get(facet.name):
                self._add_values(facet, texts[facet.name])
            if facet.kind == "text" and texts.get(facet.name):
                self._add_contents(facet, texts[facet.name])

    def find(self, text: str) -> list[Span]:
        """Every value named, in order, the longest first; none of them overlap."""
        words = list(WORD.finditer(text))
        stems = [self._stem.stemWord(_fold(word.group())) for word in words]
        lower = not any(char.isupper() for char in text[1:])
        spans: list[Span] = []
        place = 0
        while place < len(words):
            span, used = self._at(text, words, stems, place, lower)
            spans += [span] if span else []
            place += used
        return spans

    def _at(
        self, text: str, words: Sequence[re.Match[str]], stems: Sequence[str], place: int, lower: bool
    ) -> tuple[Span | None, int]:
        for length in range(min(LONGEST, len(words) - place), 0, -1):
            found = self._meanings.get(tuple(stems[place : place + length]))
            if not found and tuple(stems[place : place + length]) in self._idioms:
                return None, length
            span = words[place : place + length]
            if found and (length > 1 or self._may_stand_alone(text, span[0], found, lower)):
                person = self._person(words, place) if length == 1 and all(meaning.loose for meaning in found) else None
                if person:
                    return person
                best, *others = sorted(found, key=lambda meaning: (meaning.rank, meaning.facet))
                return Span(span[0].start(), span[-1].end(), best, tuple(others)), length
        misspelt = self._person(words, place)
        return misspelt if misspelt else (None, 1)

    def _may_stand_alone(self, text: str, word: re.Match[str], found: Sequence[Meaning], lower: bool) -> bool:
        if word.group().lower() in _generic():
            return False
        plain = word.group()
        if all(meaning.present for meaning in found):
            return True
        if plain.isdecimal() or (plain.isalpha() and len(plain) < 3 and not plain.isupper() and plain.lower() != "uk"):
            return False
        spoken = all(self._schema[meaning.facet].measure in ("language", "country") for meaning in found)
        if spoken and len(plain) < 4 and not plain.isupper() and plain.lower() not in ("uk", "usa"):
            return False  # a code
        if spoken or not all(self._schema[meaning.facet].measure in NAMED for meaning in found) or plain[0].isupper():
            return True
        if len(plain) > 4 and all(self._schema[meaning.facet].measure == "access" for meaning in found):
            return True
        before = text[: word.start()].lower().rstrip()
        return bool(
            re.search(
                r"\b(in|near|around|at|on|from|by|with|via|through|or|and|of|have|got|no|not|nor|without|have|called|directed|starring|featuring|to)$",
                before,
            )
        ) or (lower and len(plain) > 4 and len(before.split()) < 3)

    def _person(self, words: Sequence[re.Match[str]], place: int) -> tuple[Span, int] | None:
        """A person named by surname, or by a name spelt almost right."""
        word = words[place].group()
        if len(word) < 3 or word.lower() in _generic():
            return None
        if not word[0].isupper():
            return self._lower_surname(words, place)
        following = words[place + 1].group() if place + 1 < len(words) else ""
        if following[:1].isupper():
            near = self._misspelt(f"{word} {following}".lower())
            if near:
                return Span(words[place].start(), words[place + 1].end(), near), 2
        known = self._surnames.get(_fold(word))
        previous = words[place - 1].group() if place else ""
        if not known or (previous[:1].isupper() and place > 1 and previous.lower() not in _generic()):
            return None
        return self._by_surname(words[place], known), 1

    def _lower_surname(self, words: Sequence[re.Match[str]], place: int) -> tuple[Span, int] | None:
        """A surname in lower case, where "by" or the like comes before it."""
        known = self._surnames.get(_fold(words[place].group()))
        before = [word.group().lower() for word in words[max(0, place - 2) : place]]
        if (
            not known
            or not set(before) & {"by", "with", "starring", "featuring", "directed", "from"}
            or len(words[place].group()) < 5
        ):
            return None
        return self._by_surname(words[place], known), 1

    @staticmethod
    def _by_surname(word: re.Match[str], known: Sequence[tuple[int, Meaning]]) -> Span:
        """Of those of that name the best known in each facet, the best known of all first."""
        best: dict[str, Meaning] = {}
        for _, meaning in sorted(known, key=lambda pair: (-pair[0], pair[1].values)):
            best.setdefault(meaning.facet, meaning)
        first, *others = best.values()
        return Span(word.start(), word.end(), first, tuple(others))

    def _misspelt(self, name: str) -> Meaning | None:
        near = {
            candidate: meaning
            for part in name.split()
            for candidate, meaning in self._by_name_word.get(part, ())
            if abs(len(candidate) - len(name)) < 4
        }
        scored = [(fuzz.ratio(name, candidate), candidate) for candidate in near]
        best = max(scored, default=(0.0, ""))
        return near[best[1]] if best[0] >= CLOSE_ENOUGH else None

    def display(self, facet: str, value: str) -> str:
        """The value as the catalogue writes it."""
        return self._display.get((facet, value), value)

    def named(self, facet: str, said: str) -> Meaning | None:
        """What `said` as a whole names of one facet: a value as it is written, or by another name; None: nothing."""
        known = self._schema[facet]
        if known.kind not in ("category", "list", "boolean"):
            return None
        found = [meaning for meaning in self._meanings.get(self._stems(said), ()) if meaning.facet == facet]
        if _plain(said) in map(_plain, known.values):
            return Meaning(facet, (_plain(said),), 0, loose=any(meaning.loose for meaning in found))
        return next((meaning for meaning in found if not meaning.present), None)

    def _add_values(self, facet: Facet, values: Sequence[tuple[str, int]]) -> None:
        self._display |= {(facet.name, _plain(value)): value for value in facet.values}
        held = {value for value, _ in values}
        loose = (
            facet.kind == "list"
            and len(values) > LOOSE
            and facet.measure not in (*NAMED, "language", "country", "kind")
        )
        rank = 100 if loose else 10 + min(len(values), 80)
        for value, count in values:
            if (
                value in ABSENT
                or value in NO_VALUES
                or value.isdecimal()
                or (
                    not any(map(str.isalpha, value[:2] if facet.measure == "people" else value)) and value[:1].isalnum()
                )
            ):
                continue
            if facet.measure == "people" and value.strip("()[]., ") in self._names:
                continue  # the column's own heading
            known = rank - min(count, 60) / 100 if facet.measure == "people" else rank
            meaning = Meaning(facet.name, (value,), known, loose=loose)
            for phrase in _spellings(value):
                self._add(phrase, meaning)
            if facet.measure == "people":
                self._add_person(value, count, meaning)
        if facet.measure in ("language", "country"):
            self._add_peoples(facet, held, rank)
        for value in held & set(value_words()):
            for phrase in value_words()[value]:
                self._add(phrase, Meaning(facet.name, (value,), rank + 1, loose=loose))
        for value in held & set(moods()) if not loose else ():
            for phrase in moods()[value]:
                if not self._meanings.get(self._stems(phrase)):
                    self._add(phrase, Meaning(facet.name, (value,), rank + 20, mood=True))
        if (facet.kind == "list" or facet.measure == "kind") and facet.measure not in (*NAMED, "language", "country"):
            self._add_heads(facet, values, rank + HEAD, loose=loose)

    def _add_contents(self, facet: Facet, values: Sequence[tuple[str, int]]) -> None:
        """The members of lists that are written as running text ("water, salt, soy"), to be kept out by name."""
        listed = [value for value, _ in values if value.count(",") >= 2]
        if 2 * len(listed) < len(values):
            return
        for value in listed:
            for member in re.split(r"[,;.()\[\]:]|\band\b", value):
                words = [word for word in WORD.findall(member) if word not in _generic()]
                for phrase in {" ".join(words), *words} if 0 < len(words) <= 3 else ():
                    if len(phrase) > 2 and phrase not in _generic() and not phrase.isdecimal():
                        self._add(phrase, Meaning(facet.name, (phrase,), 120, loose=True))

    def _add(self, phrase: str, meaning: Meaning) -> None:
        stems = self._stems(phrase)
        if not stems or len(stems) > LONGEST:
            return
        others = [known for known in self._meanings[stems] if known.facet != meaning.facet]
        same = [known for known in self._meanings[stems] if known.facet == meaning.facet]
        if same and same[0].rank + HEAD <= meaning.rank:
            return  # it names a value as a whole: parts of others do not count
        values = {*meaning.values, *(value for known in same for value in known.values)}
        self._meanings[stems] = [
            *others,
            replace(meaning, values=tuple(sorted(values)), rank=min([meaning.rank, *(known.rank for known in same)])),
        ]

    def _stems(self, phrase: str) -> tuple[str, ...]:
        return tuple(self._stem.stemWord(_fold(word)) for word in WORD.findall(phrase))

    def _add_person(self, name: str, count: int, meaning: Meaning) -> None:
        parts = name.split()
        if len(parts) > 1:
            if len(parts[-1]) > 3:
                self._surnames[_fold(parts[-1])].append((count, meaning))
            for part in {parts[0], parts[-1]}:
                self._by_name_word[part].append((name, meaning))

    def _add_peoples(self, facet: Facet, held: set[str], rank: int) -> None:
        """Every name of a language or a country for those spellings that the catalogue holds."""
        for people in peoples():
            names = people.language if facet.measure == "language" else people.country
            own = tuple(sorted({_plain(name) for name in names} & held))
            if not own:
                continue
            spoken = [name for name in names if len(name) > 3 or name in ("USA", "UK", "US")]
            for phrase in (*spoken, *people.adjective):
                adjective = phrase in people.adjective
                stems = tuple(self._stem.stemWord(_fold(word)) for word in WORD.findall(phrase))
                kept = [known for known in self._meanings[stems] if known.facet != facet.name]
                # "a French one" is of the country where there are countries; "in French" is of the language (parse.py)
                better = facet.measure == "country" and adjective
                self._meanings[stems] = [*kept, Meaning(facet.name, own, 5 if better else rank)]

    def _add_heads(self, facet: Facet, values: Sequence[tuple[str, int]], rank: int, *, loose: bool) -> None:
        """ "Coffee & Tea" by "coffee" or "tea", "Style (Sort)" by "style": where the short form names nothing else."""
        shorter: dict[str, list[str]] = defaultdict(list)
        for value, _ in values:
            for part in re.split(r"\s*(?:&|/|,|\band\b|\(|\))\s*", value):
                if part.strip() and part.strip() != value:
                    shorter[part.strip()].append(value)
        for part, whole in shorter.items():
            if part not in _generic() and len(part) > 2:
                self._add(part, Meaning(facet.name, tuple(sorted(set(whole))), rank, loose=loose))

    def _add_presence(self, facet: Facet) -> None:
        """Phrases for a facet that an item has or has not: the telling words of its name, and their family."""
        words = [word for word in words_of(facet.name) if word not in self._prefix]
        telling = [word for word in words if word not in EMPTY_WORDS]
        values = tuple(sorted({_plain(value) for value in facet.values} - ABSENT)) or ("true",)
        meaning = Meaning(facet.name, values, 8, present=True)
        phrases = {" ".join(words), " ".join(telling)}
        known = families()
        whole = {known.get("".join(telling)), known.get(" ".join(telling)), *(known.get(word) for word in telling)}
        for family in whole - {None}:
            phrases |= {phrase for phrase, name in known.items() if name == family}
        for phrase in phrases:
            if phrase and phrase not in _generic():
                self._add(phrase, meaning)

    @property
    def _prefix(self) -> frozenset[str]:
        """Words with which several names of columns begin: they tell nothing."""
        first = [words_of(name)[0] for name in self._schema if len(words_of(name)) > 1]
        return frozenset(word for word in first if first.count(word) > 2)


@cache
def _generic() -> frozenset[str]:
    return FUNCTION_WORDS | things()


def is_presence(facet: Facet) -> bool:
    """Whether the facet says that an item has something or has it not: one of few values says not."""
    plain = {_plain(value) for value in facet.values}
    return facet.kind == "boolean" or (
        facet.kind == "category" and len(plain) <= 4 and bool(plain & ABSENT) and not facet.scale
    )


def _spellings(value: str) -> Iterator[str]:
    yield value
    yield SUFFIX.sub("", value)
    yield value.replace("&", " and ")
    joined = WORD.findall(value)
    if len(joined) == 2 and "-" in value:
        yield "".join(joined)


def _plain(value: str) -> str:
    return " ".join(value.casefold().split())


def _fold(word: str) -> str:
    return word.lower().replace("’", "'").removesuffix("'s")


def phrases_of(facets: Iterable[Facet]) -> dict[str, list[tuple[str, str]]]:
    """What people say of a facet without naming a value: phrase -> (facet, "name" | "most" | "more" | ...)."""
    said: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for facet in sorted(facets, key=lambda facet: (-facet.count, facet.name)):
        for name in facet.names:
            said[name].append((facet.name, "name"))
        measure = measures().get(facet.measure)
        if measure and (facet.kind in ("number", "date") or facet.scale):
            for sort in ("most", "least", "more", "less", "highest", "lowest"):
                for phrase in getattr(measure, sort):
                    said[phrase].append((facet.name, sort))
    return said
