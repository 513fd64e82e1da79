"""Wishes without the words of conditions that no longer hold, which would search on for what was let go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from chatrec.catalog.vocabulary import idle, things
from chatrec.sentences import words
from chatrec.types import Constraint, Wish

TELLING = 3
"""Letters from which a word may be one to search for."""


def without_words_of(conditions: Iterable[Constraint], wishes: Iterable[Wish]) -> tuple[Wish, ...]:
    """The wishes, each without the words that these conditions were read from; one with nothing left goes."""
    said = sorted({known.text for known in conditions if known.text}, key=lambda text: (-len(text), text))
    kept = []
    for wish in wishes:
        left = wish.text
        for text in said:
            left = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", " ", left)
        left = " ".join(left.split())
        if left == " ".join(wish.text.split()):
            kept.append(wish)
        elif _tells(left):
            kept.append(replace(wish, text=left))
    return tuple(kept)


def _tells(text: str) -> bool:
    """Whether there is a word to search for."""
    ordinary = idle() | things()
    return any(len(word) >= TELLING and word not in ordinary and not word.isdigit() for word in words(text))
