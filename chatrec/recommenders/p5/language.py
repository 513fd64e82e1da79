"""Items and words as one language, and the three tasks told in it: pairs of a prompt and its answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatrec.prompts import phrases
from chatrec.recommenders._histories import Histories
from chatrec.recommenders.p5.indexing import Path
from chatrec.sentences import sentences, words

START, END, UNKNOWN, ITEM = 0, 1, 2, 3
"""Tokens that every vocabulary begins with; 0 also fills up rows, as in T5."""

SPECIAL = ("<pad>", "</s>", "<unk>", "item_")
STARS = ("0", "1", "2", "3", "4", "5")

MOST_WORDS = 5_000
"""Of how many words, the most frequent ones, explanations are made."""

LONGEST = 24
"""Words of a sentence that is learned from; what comes after is cut off."""

Pair = tuple[list[int], list[int]]
"""The tokens of a prompt and of its answer, each with `END` after it."""


class Language:
    """A vocabulary: `SPECIAL`, then the tokens of indexes, then words. An item is "item_" and its index's tokens."""

    def __init__(self, tokens: Sequence[str], paths: NDArray[np.int64], prompts: Mapping[str, Sequence[str]]) -> None:
        self.tokens, self.paths = tuple(tokens), paths
        self.prompts = {task: tuple(some) for task, some in prompts.items()}
        self.first_word = int(paths.max(initial=ITEM)) + 1
        self._of = {token: number for number, token in enumerate(self.tokens)}
        self._items = [[ITEM, *(token for token in path if token)] for path in paths.tolist()]

    @classmethod
    def of(cls, index: Sequence[Path], texts: Sequence[Sequence[str]]) -> Language:
        """That of the prompts, of items by their index, and of the words of sentences about them."""
        prompts = phrases("p5")
        pieces = list(dict.fromkeys(token for path in index for token in path))
        own = dict.fromkeys(word for some in prompts.values() for prompt in some for word in words(_bare(prompt)))
        said = Counter(word for some in texts for sentence in some for word in words(sentence)[:LONGEST])
        often = [word for word, _ in sorted(said.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_WORDS]]
        tokens = [*SPECIAL, *pieces, *dict.fromkeys((*STARS, *own, *often))]
        place = {piece: len(SPECIAL) + number for number, piece in enumerate(pieces)}
        paths = np.zeros((len(index), max(map(len, index), default=1)), dtype=np.int64)
        for row, path in zip(paths, index, strict=True):
            row[: len(path)] = [place[piece] for piece in path]
        return cls(tokens, paths, prompts)

    def item(self, item: int) -> list[int]:
        return self._items[item]

    def said(self, text: str) -> list[int]:
        """The words of a text as tokens; never one of an index, whatever the text holds."""
        found = (self._of.get(word, UNKNOWN) for word in words(text))
        return [token if token >= self.first_word else UNKNOWN for token in found]

    def written(self, tokens: Sequence[int]) -> str:
        return " ".join(self.tokens[token] for token in tokens)

    def prompt(self, task: str, number: int, **items: Sequence[int]) -> list[int]:
        """The `number`th prompt of a task, the items in the places of their names, with `END`."""
        tokens: list[int] = []
        some = self.prompts[task]
        for place, part in enumerate(re.split(r"\{(\w+)\}", some[number % len(some)])):
            tokens += [token for item in items[part] for token in self.item(item)] if place % 2 else self.said(part)
        return [*tokens, END]


def _bare(prompt: str) -> str:
    return re.sub(r"\{\w+\}", " ", prompt)


def told(text: str) -> list[str]:
    """What explanations are learned from: the sentences of an item's text, but its title unless there is no more."""
    return sentences(text)[1:6] or sentences(text)


@dataclass(frozen=True)
class Tasks:
    """What an epoch of pairs is drawn from.

    `ordered` says whether histories are in an order of time; if not, each is read in one drawn anew every epoch.
    `stars` is users by items, 1 to 5 where there is a rating, else 1; `texts` the sentences of each item. Of each
    history up to `drawn` next items are asked for; `rating` and `explanation` are how many pairs of these tasks come
    to one of these (0: none).
    """

    language: Language
    histories: Histories
    ordered: bool
    stars: csr_matrix
    texts: Sequence[Sequence[str]]
    length: int
    drawn: int
    rating: float
    explanation: float

    def pairs(self, generator: np.random.Generator) -> Iterator[Pair]:
        written = [item for item, some in enumerate(self.texts) if some]
        for user, known in enumerate(self.histories):
            history = known if self.ordered else generator.permutation(known)
            places = generator.permutation(np.arange(1, len(history)))[: self.drawn]
            for place in places.tolist():
                number = int(generator.integers(99))
                before = history[:place][-self.length :].tolist()
                answer = [*self.language.item(int(history[place]))[1:], END]
                yield self.language.prompt("sequential", number, history=before), answer
                if generator.random() < self.rating:
                    yield self._rating(user, history, number, generator)
                if written and generator.random() < self.explanation:
                    item = written[int(generator.integers(len(written)))]
                    sentence = self.texts[item][int(generator.integers(len(self.texts[item])))]
                    answer = [*self.language.said(sentence)[:LONGEST], END]
                    yield self.language.prompt("explanation", number, item=[item]), answer

    def _rating(self, user: int, history: NDArray[np.int64], number: int, generator: np.random.Generator) -> Pair:
        """How many stars a used item got, or, half of the time, none: an item that was not used."""
        item = int(generator.choice(history))
        if generator.random() < 0.5:
            item = int(generator.integers(len(self.texts)))
        stars = self.stars[user, item]
        rest = history[history != item][-self.length :].tolist()
        prompt = self.language.prompt("rating", number, history=rest, item=[item])
        return prompt, [*self.language.said(STARS[int(stars)]), END]


def stars_of(interactions: csr_matrix) -> csr_matrix:
    """Positive numbers as stars, 1 to 5; where all are the same there are no ratings, and each is 1."""
    used = csr_matrix(interactions, dtype=np.float64, copy=True)
    used.data = np.where(used.data > 0, np.clip(np.round(used.data), 1, 5), 0)
    used.eliminate_zeros()
    if len(np.unique(used.data)) < 2:
        used.data[:] = 1
    return used


def rows_of(tokens: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """As rows of one length, filled up with 0."""
    rows = np.zeros((len(tokens), max(map(len, tokens), default=0)), dtype=np.int64)
    for row, own in zip(rows, tokens, strict=True):
        row[: len(own)] = own
    return rows
