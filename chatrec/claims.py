"""Whether a sentence that a language model wrote may be shown: it must say what the evidence it cites says."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from chatrec.sentences import content_words, words

LONGEST = 320
SHARED = 0.3
"""Share of a sentence's content words that must stand in what it cites."""

QUOTED = re.compile(r"[“\"«]([^”\"»]{2,})[”\"»]")
NUMBER = re.compile(r"\d[\d.,]*\d|\d")
NAME = re.compile(r"(?<![.!?“\"«]\s)(?<!^)(?<=\s)[A-ZÀ-Þ][\w’'-]+")
MARKUP = re.compile(r"https?:|www\.|<\s*[a-z/!]|\]\s*\(|!\[|`|\b\w+\.(?:com|net|org|io)\b", re.IGNORECASE)


def supported(
    sentence: str, refs: Collection[str], grounds: Mapping[str, str], *, known: str, others: Collection[str]
) -> bool:
    """Whether `sentence`, citing `refs` of the item whose texts are `grounds`, says nothing beyond them.

    Its quotes must stand in the cited texts word for word, its numbers and names there or in `known` (the item's title
    and the request), enough of its words in the cited texts; it may hold no link or markup, and no title of `others`.
    """
    if not refs or any(ref not in grounds for ref in refs) or not 0 < len(sentence) <= LONGEST:
        return False
    if MARKUP.search(sentence) or any(title in sentence for title in others):
        return False
    cited = "\n".join(grounds[ref] for ref in refs)
    flat, around = _flat(cited), _flat(f"{cited}\n{known}")
    if any(_flat(quote).rstrip("….,;:!?") not in flat for quote in QUOTED.findall(sentence)):
        return False
    if any(number not in NUMBER.findall(around) for number in NUMBER.findall(sentence)):
        return False
    if any(name not in words(around) for found in NAME.findall(sentence) for name in words(found)):
        return False
    said = content_words(sentence) - content_words(known)
    return not said or len(said & content_words(cited)) >= SHARED * len(said)


def _flat(text: str) -> str:
    return " ".join(text.replace("’", "'").split()).casefold()
