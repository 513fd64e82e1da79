"""Finds the catalogue's items that a message names, by title and year, typos allowed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz import fuzz, process

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
YEAR = re.compile(r"\s*[(\[]?\s*((?:1[89]|20)\d\d)\b\s*[)\]]?")
LONGEST = 12
"""No title of more words than this is looked for."""

CLOSE_ENOUGH = 88
"""rapidfuzz ratio (0 to 100) from which a misspelt title counts as named."""

SHORTEST_MISSPELT = 5
"""Titles of fewer letters must be spelt right."""

LONGEST_MISSPELT = 6
"""Titles of more words must be spelt right: looking through all titles costs about a millisecond a time."""

VERSUS = re.compile(r"\s+(?:vs\.?|versus)\s", re.IGNORECASE)

TIME_WORDS = frozenset("about after around before between by circa from in pre post since than till to until".split())
"""Before a year, in lower case, they are no titles."""

FUNCTION_WORDS = frozenset(
    (
        "a an and are as at be but by do for from go he her him his i in is it me my no not of off on one or our out "
        "she so some that the them they this those to up us was we what who with you your"
    ).split(" ")
)
"""Titles of these words alone need a capital, quotes or a year: "I loved it" names nothing."""


class Named(NamedTuple):
    """An item named in a message, with the place of its title in it: message[start:end]."""

    item_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Title:
    item_id: str
    year: int | None
    weight: float


class TitleIndex:
    """All titles of a catalogue, ready to be found in text.

    A title that is also an ordinary word ("Up") counts only where the message marks it as a name: by quotes, a year,
    a capital inside a sentence, or a cue before it ("like Up", "loved up").
    """

    def __init__(self, titles: Iterable[tuple[str, str, int | None]], weights: dict[str, float] | None = None) -> None:
        self._by_words: dict[str, list[_Title]] = defaultdict(list)
        for item_id, title, year in titles:
            entry = _Title(item_id, year, (weights or {}).get(item_id, 0.0))
            for form in _forms(title):
                self._by_words[form].append(entry)
        self._misspellable: dict[int, list[str]] = defaultdict(list)
        for form in self._by_words:
            if len(form) >= SHORTEST_MISSPELT:
                self._misspellable[form.count(" ") + 1].append(form)

    def find(self, message: str, *, cues: re.Pattern[str]) -> list[Named]:
        """The items named in `message`, in order; `cues` matches words that announce a title ("like", "loved")."""
        words = list(WORD.finditer(message))
        found: list[Named] = []
        position = 0
        while position < len(words):
            named, used = self._at(message, words, position, cues)
            found += named
            position += used
        return found

    def _at(
        self, message: str, words: list[re.Match[str]], position: int, cues: re.Pattern[str]
    ) -> tuple[list[Named], int]:
        """What is named from the word at `position` on, and how many words it takes (1 where nothing is)."""
        marked = _marked(message, words, position, cues)
        for length in range(min(LONGEST, len(words) - position), 0, -1):
            span = words[position : position + length]
            form = " ".join(_fold(word.group()) for word in span)
            if form in self._by_words and (_telling(message, span) or (marked and not _ordinary(message, span))):
                return self._named(form, message, span), length
        if marked and len(words[position].group()) > 1:  # "I" has a capital and begins no title that is misspelt
            for length in range(min(LONGEST_MISSPELT, len(words) - position), 0, -1):
                span = words[position : position + length]
                near = self._misspelt(" ".join(_fold(word.group()) for word in span), length)
                if near:
                    return self._named(near, message, span), length
        return [], 1

    def _misspelt(self, form: str, length: int) -> str | None:
        if len(form) < SHORTEST_MISSPELT:
            return None
        near = process.extractOne(form, self._misspellable[length], scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH)
        return near[0] if near else None

    def _named(self, form: str, message: str, span: list[re.Match[str]]) -> list[Named]:
        """The item meant: of namesakes the one of the year that follows, else the best known, else the newest."""
        start, end = span[0].start(), span[-1].end()
        after = YEAR.match(message, end)
        namesakes = self._by_words[form]
        if after:
            of_year = [title for title in namesakes if title.year == int(after.group(1))]
            namesakes, end = (of_year, after.end()) if of_year else (namesakes, end)
        best = max(namesakes, key=lambda title: (title.weight, title.year or 0, title.item_id))
        return [Named(best.item_id, start, end)]


def _forms(title: str) -> set[str]:
    """The ways a title is written: whole, without a leading article, and the part before a colon if long enough."""
    whole = " ".join(_fold(word) for word in WORD.findall(title))
    forms = {whole, re.sub(r"^(the|a|an) (?=\S+ \S)", "", whole)}
    short = " ".join(_fold(word) for word in WORD.findall(re.split(r"\s*[(:]", title)[0]))
    if short and (title[len(short) :].lstrip()[:1] == "(" or " " in short):
        forms.add(short)
    return {form for form in forms if form}


def _fold(word: str) -> str:
    return word.lower().replace("’", "'")


def _marked(message: str, words: list[re.Match[str]], position: int, cues: re.Pattern[str]) -> bool:
    """Whether the message marks the word at `position` as the beginning of a name."""
    word = words[position]
    before = message[: word.start()].rstrip()
    if before.endswith(('"', "“", "«", "'", "‘")):
        return True
    if position and cues.search(message[max(0, word.start() - 24) : word.start()]):
        return True
    if VERSUS.match(message, word.end()):
        return True
    sentence_start = not before or before[-1] in ".!?:\n"
    return word.group()[0].isupper() and not sentence_start


def _telling(message: str, span: list[re.Match[str]]) -> bool:
    """Whether the words alone tell a title: a year follows, or there are at least two words with capitals."""
    if YEAR.match(message, span[-1].end()):  # "after 2005" names nothing, "heat (1995)" and "Heat 1995" do
        bare = re.match(r"\s*\d", message[span[-1].end() :])
        return len(span) > 1 or not bare or span[0].group() not in TIME_WORDS
    return len(span) >= 2 and sum(word.group()[0].isupper() for word in span) >= 2


def _ordinary(message: str, span: list[re.Match[str]]) -> bool:
    """Whether the words are function words in lower case and without quotes before them."""
    quoted = message[: span[0].start()].rstrip().endswith(('"', "“", "«", "‘"))
    return not quoted and all(word.group() in FUNCTION_WORDS for word in span)
