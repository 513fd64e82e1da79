"""A question about an item as words: whether it wants a yes or no, and which of its words a name accounts for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chatrec.catalog import Item
from chatrec.catalog.vocabulary import things
from chatrec.sentences import content_words, words

POLAR = frozenset(
    (
        "is are was were does do did has have had can could will would should may might isn't aren't wasn't weren't "
        "doesn't don't didn't hasn't haven't can't couldn't won't wouldn't"
    ).split()
)
OPEN = frozenset("who whom whose what what's when where which how why".split())
AGAINST = frozenset("not no without lack lacks lacking never neither free".split())
"""With one of these, a yes or a no could be taken either way."""

FRAME = frozenset(
    (
        "lot kind sort set take place based people person reviewer reviewers review reviews viewer viewers customer "
        "customers critics say says said told feel felt actually come part bit ever much many anybody somebody "
        "everybody everyone anyone someone think thinks mention mentioned tell item thing product title describe "
        "described under over less least below above within around exactly quite rather pretty fairly contain "
        "contains contained ok okay suitable fine allowed serve serves offer offers "
        "watching reading buying visiting trying find finds found include includes included"
    ).split()
)
"""Words of questions that are not what is asked for."""

OPINION = frozenset("people reviewers reviewer reviews review critics viewers customers anyone anybody others".split())
"""Who is asked for, where it is the reviews that should answer."""

WORTH = frozenset(
    "good great nice decent bad best worth recommend recommended like liked love think worthwhile".split()
)
"""Words of questions that ask for a judgement; English."""

MAKING = content_words("made make makes making created creates produced produces released behind responsible")
STRICT = ("when", "how old", "how big", "how large", "how heavy", "who")
"""What is as well asked of somebody or something in the item: "how old is the owner"."""

IS = re.compile(r"\b(who|what|where|when|how)['’]s\b", re.IGNORECASE)
SPEAKERS = frozenset(("i", "we", "you", "one", "they"))
POINTERS = frozenset(("this", "that"))
LEAST_STEM, LONGEST_ENDING = 4, 3


@dataclass(frozen=True, slots=True)
class Asked:
    """`words` are those of the question without the item's title, `stems` theirs, empty for words that say little."""

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]

    @property
    def polar(self) -> bool:
        """Whether it can be answered by yes or no."""
        first = next((word for word in self.words if word in POLAR or word in OPEN), "")
        return first in POLAR

    @property
    def undecided(self) -> bool:
        """Whether a yes would not tell what is meant."""
        return bool(AGAINST & set(self.words)) or "or" in self.words

    @property
    def valued(self) -> bool:
        """Whether it asks what people think, which no fact tells."""
        return bool((OPINION | WORTH) & set(self.words))

    @property
    def content(self) -> tuple[str, ...]:
        """The words that carry what is asked."""
        carrying = [word for word, stem in zip(self.words, self.stems, strict=True) if stem]
        return tuple(word for word in dict.fromkeys(carrying) if word not in FRAME)

    def left(self, used: Iterable[int]) -> list[int]:
        """The places of words that carry something and are not among `used`; "this lamp" points to the item."""
        known = set(used)
        return [
            place
            for place, (word, stem) in enumerate(zip(self.words, self.stems, strict=True))
            if stem
            and place not in known
            and word not in FRAME | things()
            and self.words[place - 1 if place else 0] not in POINTERS
        ]

    def left_but_subject(self, used: Iterable[int]) -> list[int]:
        """The same without a noun that is the question's subject or ends it: "does the lamp ...", "... of the lamp",
        and without what the user would do: "can I sit outside"."""
        if any(self.literally(phrase) for phrase in STRICT):
            return self.left(used)
        last = len(self.words) - 1
        left = []
        for place in self.left(used):
            before, earlier = ["", "", *self.words][place : place + 2][::-1]
            subject = before == "the" and (place == last or earlier in POLAR)
            if not subject and not (before in SPEAKERS and earlier in POLAR):
                left.append(place)
        return left

    def literally(self, phrase: str) -> frozenset[int]:
        """The places where the phrase stands word for word; none where it does not."""
        sought = tuple(words(phrase))
        for start in range(len(self.words) - len(sought) + 1 if sought else 0):
            if self.words[start : start + len(sought)] == sought:
                return frozenset(range(start, start + len(sought)))
        return frozenset()

    def holding(self, phrase: str, *, alike: Callable[[str, str], bool]) -> frozenset[int]:
        """The places of words like those that carry the phrase, or that are the phrase run together."""
        sought = content_words(phrase)
        found = [{place for place, stem in enumerate(self.stems) if stem and alike(stem, other)} for other in sought]
        if found and all(found):
            return frozenset().union(*found)
        joined = "".join(words(phrase))
        for start in range(len(self.words)):
            for size in (1, 2):
                if len(joined) > 2 and "".join(self.words[start : start + size]) == joined:
                    return frozenset(range(start, min(start + size, len(self.words))))
        return frozenset()


def asked(question: str, item: Item) -> Asked:
    without = re.sub(rf"(?<!\w){re.escape(item.title)}(?!\w)", " it ", question, flags=re.IGNORECASE)
    text = " ".join(without.split()) if item.title.strip() else question
    said = tuple(words(IS.sub(r"\1 is", text)))
    return Asked(
        text, said, tuple("" if word in POLAR | OPEN else next(iter(content_words(word)), "") for word in said)
    )


def same(one: str, other: str) -> bool:
    return one == other


def related(one: str, other: str) -> bool:
    """Whether two stems are the same but for an ending, as of a verb and of who does it."""
    short, long = sorted((one, other), key=len)
    longer = len(long) - len(short)
    return one == other or (len(short) >= LEAST_STEM and long.startswith(short) and longer <= LONGEST_ENDING)
