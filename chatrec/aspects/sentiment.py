"""Whether a sentence praises or blames: words of opinion, what turns them round, what makes them stronger; English."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from chatrec.sentences import stem

TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[,;:.!?()\n—–]")
NOT = re.compile(r"n't\b|\bcannot\b")
UNSHORTENED = {"ca": "can", "wo": "will", "sha": "shall", "ai": "is"}
"""What is left of a word before "n't"."""

LONGEST = 5
"""Words of a phrase at most."""

REACH = 4
"""How many words a "not" reaches."""

FAR, THINKING = 8, frozenset("say think call believe find consider feel".split())
"""How many it reaches through these: I would not say that it is good."""

NEGATORS = frozenset("not no never without hardly barely scarcely neither nor nobody none nothing".split())
ONLY = frozenset("only just but merely short".split())
"""After "not" or "nothing" they take it back: not only good."""

STRONGER = frozenset(
    "very really incredibly so extremely absolutely totally truly completely super highly most".split()
)
WEAKER = frozenset("somewhat slightly bit little rather fairly almost kinda sometimes occasionally".split())
UNREAL = frozenset("could should would wish wished if expected expecting hoping hoped supposed tries trying".split())
"""After them what is good was not so."""

TURNS = frozenset("but however although though yet unfortunately except".split())
"""What stands after them in a sentence counts for more than what stands before."""

TURNED, STRENGTHENED, WEAKENED, WISHED = 0.7, 1.3, 0.6, 0.3
BEFORE, AFTER = 0.6, 1.3
SPREAD = 6.0
"""The larger, the more it takes for a sentence to come near 1 or -1."""


def sentiment(text: str) -> float:
    """How much a sentence praises (up to 1) or blames (down to -1); 0 where it does neither."""
    return of_tokens(tokens_of(text))


def of_tokens(tokens: Sequence[str]) -> float:
    found = opinions_in(tokens)
    turn = max((place for place, token in enumerate(tokens) if place and token in TURNS), default=0)
    total = sum(o.weight * (1.0 if not turn else BEFORE if o.place < turn else AFTER) for o in found)
    return total / math.sqrt(total * total + SPREAD)


@dataclass(frozen=True, slots=True)
class Opinion:
    """A word or phrase of opinion in a text, as it counts there; `place` is its first token's."""

    place: int
    weight: float


def opinions_in(tokens: Sequence[str]) -> list[Opinion]:
    """Every word or phrase of opinion, in order."""
    return [Opinion(place, _weight(tokens, place, weight)) for place, weight in _matches(tokens)]


def tokens_of(text: str) -> list[str]:
    """The words of a text and the marks between its clauses, "not" apart from its verb."""
    tokens: list[str] = []
    for token in TOKEN.findall(NOT.sub(_apart, text.casefold().replace("’", "'"))):
        tokens.append(UNSHORTENED.get(token, token))
    return tokens


def _apart(found: re.Match[str]) -> str:
    return "can not" if found[0] == "cannot" else " not"


def word_weight(word: str) -> float:
    """What a word says by itself; 0 where it is none of opinion."""
    return _lexicon().weight([word]) or 0.0


def _matches(tokens: Sequence[str]) -> Iterator[tuple[int, float]]:
    """(place, weight) of the longest phrases of opinion, one after the other."""
    lexicon = _lexicon()
    place = 0
    while place < len(tokens):
        for length in range(min(lexicon.longest.get(tokens[place], 1), len(tokens) - place), 0, -1):
            weight = lexicon.weight(tokens[place : place + length])
            if weight is not None:
                if weight:
                    yield place, weight
                place += length - 1
                break
        place += 1


def _weight(tokens: Sequence[str], place: int, weight: float) -> float:
    """The weight of what stands at `place`, by the words before it in its clause."""
    before: list[str] = []
    for token in reversed(tokens[max(0, place - FAR) : place]):
        if not token[0].isalnum() or token in TURNS:
            break
        before.append(token)
    if before and before[0] == "too" and weight > 0:
        weight *= -TURNED
    if before and before[0] in STRONGER:
        weight *= STRENGTHENED
    if any(token in WEAKER for token in before[:2]):
        weight *= WEAKENED
    if any(token in NEGATORS and _reaches(before, at) for at, token in enumerate(before)):
        return -TURNED * weight
    if weight > 0 and any(token in UNREAL for token in before[:REACH]):
        return WISHED * weight
    return weight


def _reaches(before: Sequence[str], at: int) -> bool:
    """Whether the "not" that stands `at` so many words before an opinion is about it."""
    after = before[at - 1] if at else ""
    return after not in ONLY and (at < REACH or after in THINKING)


@dataclass(frozen=True)
class _Lexicon:
    words: Mapping[str, float]
    stems: Mapping[str, str]
    phrases: Mapping[tuple[str, ...], float]
    longest: Mapping[str, int]

    def weight(self, tokens: Sequence[str]) -> float | None:
        """Of a word or phrase; None: it is none of opinion."""
        if len(tokens) > 1:
            return self.phrases.get(tuple(tokens))
        (word,) = tokens
        if (weight := self.words.get(word)) is not None:
            return weight
        base = self.stems.get(stem(word), "")
        # A form that is longer: "charmed" of "charm", but not "reason" of "reasonable".
        return self.words[base] if base and len(word) >= len(base) and word.startswith(base[:-1]) else None


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    words: dict[str, float] = {}
    phrases: dict[tuple[str, ...], float] = {}
    for line in (files("chatrec.aspects") / "polarity.txt").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        weight, *entries = line.split()
        for entry in entries:
            parts = tuple(tokens_of(entry.replace("_", " ")))
            if len(parts) > 1:
                phrases[parts] = float(weight)
            else:
                words[parts[0]] = float(weight)
    stems: dict[str, str] = {}
    for word in sorted(words, key=len):
        stems.setdefault(stem(word), word)
    longest: dict[str, int] = {}
    for phrase in phrases:
        longest[phrase[0]] = max(longest.get(phrase[0], 1), len(phrase))
    return _Lexicon(words, stems, phrases, longest)
