"""Texts as sentences and as words that can be compared."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

END = re.compile(r"(?<=[.!?…])[\"”’')\]]*\s+(?=[\"“‘'(\[]?[A-Z0-9À-Þ])|(?<=[a-zà-þ][!?])(?=[A-ZÀ-Þ])|\n+")
ABBREVIATED = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|No|Vol|etc|e\.g|i\.e)|\b[A-Z])\.$")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

LONGEST = 220
"""Characters of a sentence that is quoted; a longer one is cut after a word."""

STOP = frozenset(
    (
        "a about after again all also am an and any are as at be because been but by can could did do does for from "
        "get give had has have he her him his how i i'd i'm if in into is it it's its just like liked me more most my "
        "no not of on one or other our out over please she show so some something such than that the their them then "
        "there these they this those to too up very want was we were what when where which while who will with would "
        "you your looking find good great really think know love loved anything nothing watch read try see"
    ).split()
)
"""Words that say little of a request or an item; English."""


def sentences(text: str) -> list[str]:
    """The sentences of a text, each literally as it stands there."""
    found: list[str] = []
    start = 0
    for mark in END.finditer(text):
        if ABBREVIATED.search(text[start : mark.start()]):
            continue
        found.append(text[start : mark.end()].strip())
        start = mark.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def shortened(sentence: str, longest: int = LONGEST) -> str:
    """The sentence, or its beginning up to a word's end and an ellipsis."""
    if len(sentence) <= longest:
        return sentence
    return sentence[:longest].rsplit(None, 1)[0].rstrip(" ,;:–—-") + "…"


def content_words(text: str) -> frozenset[str]:
    """The stems of a text's words, without those that say little."""
    return frozenset(stem(word) for word in words(text) if word not in STOP and len(word) > 1)


def words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in WORD.findall(text.casefold())]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    return str(_stemmer().stemWord(word.removesuffix("'s")))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")
