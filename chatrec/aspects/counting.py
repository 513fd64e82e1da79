"""Which aspects a review speaks of, and whether it praises or blames each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chatrec.aspects.finding import DETERMINERS, key_of
from chatrec.aspects.sentiment import Opinion, of_tokens, opinions_in

ENDS = frozenset(".!?\n")
"""Tokens that end a sentence."""

BARRIERS = frozenset((*ENDS, ";", ":", "(", ")", "but", "although", "though", "while", "whereas", "yet"))
"""What is said on the other side of them is said of something else."""

JOINING = DETERMINERS | {",", "and", "or", "as", "well", "even", "also"}
"""Aspects with nothing but these between them are judged together."""

REACH = 8
"""How many words from an aspect a judgement of it may stand."""

COMMA = 2
"""How much farther a comma makes it."""

LEAST = 0.6
"""What the judgements of an aspect must come to, for praise or blame; a wish that it were good does not."""


class Matcher:
    """Finds aspects in texts; `keys` are those of each aspect's words, as `finding.key_of` makes them."""

    def __init__(self, keys: Sequence[Sequence[Sequence[str]]]) -> None:
        self._of: Mapping[tuple[str, ...], int] = {
            tuple(key): number for number, some in enumerate(keys) for key in some
        }
        self._longest = max(map(len, self._of), default=0)

    def places(self, tokens: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        """(aspect, start, end) of each that is named, the longest first where they overlap."""
        keys = [key_of(token) for token in tokens]
        place = 0
        while place < len(keys):
            for length in range(min(self._longest, len(keys) - place), 0, -1):
                number = self._of.get(tuple(keys[place : place + length]))
                if number is not None:
                    yield number, place, place + length
                    place += length - 1
                    break
            place += 1

    def judged(self, tokens: Sequence[str]) -> dict[int, int]:
        """Aspect -> 1 where the review praises it, -1 where it blames it, 0 where it does neither."""
        totals: dict[int, float] = {}
        for sentence in _sentences(tokens):
            named = list(self.places(sentence))
            for number, _, _ in named:
                totals.setdefault(number, 0.0)
            if not named:
                continue
            groups = _groups(named, sentence)
            for opinion in opinions_in(sentence):
                for number in _meant(opinion, groups, sentence):
                    totals[number] += opinion.weight
        return {number: (total >= LEAST) - (total <= -LEAST) for number, total in totals.items()}


def tone(tokens: Sequence[str]) -> int:
    """1 where a review praises on the whole, -1 where it blames, 0 where it does neither."""
    total = sum(of_tokens(sentence) for sentence in _sentences(tokens))
    return (total > 0) - (total < 0)


_Group = tuple[int, int, frozenset[int]]
"""Start and end of aspects that are judged together, and which they are."""


def _groups(named: Sequence[tuple[int, int, int]], tokens: Sequence[str]) -> list[_Group]:
    groups: list[_Group] = []
    for number, start, end in named:
        if groups and all(token in JOINING for token in tokens[groups[-1][1] : start]):
            first, _, numbers = groups.pop()
            groups.append((first, end, numbers | {number}))
        else:
            groups.append((start, end, frozenset({number})))
    return groups


def _meant(opinion: Opinion, groups: Sequence[_Group], tokens: Sequence[str]) -> frozenset[int]:
    """The aspects that an opinion is about: the nearest, none where a barrier stands between."""
    best: tuple[int, frozenset[int]] | None = None
    for start, end, numbers in groups:
        between = tokens[opinion.place : start] if opinion.place < start else tokens[end : opinion.place]
        away = len(between) + COMMA * between.count(",")
        if away <= REACH and (best is None or away < best[0]) and not any(token in BARRIERS for token in between):
            best = (away, numbers)
    return best[1] if best else frozenset()


def _sentences(tokens: Sequence[str]) -> Iterator[Sequence[str]]:
    start = 0
    for place, token in enumerate(tokens):
        if token in ENDS:
            if place > start:
                yield tokens[start:place]
            start = place + 1
    if start < len(tokens):
        yield tokens[start:]
