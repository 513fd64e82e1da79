"""Whether a sentence that a language model wrote may be shown: it must say what the evidence it cites says."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from chatrec.sentences import content_words, words
from chatrec.untrusted import showable

LONGEST = 320
SHARED = 0.5
"""Share of a sentence's content words that must stand in what it cites."""

BORNE = 0.6
"""The same of a sentence that cites nothing; its words are not excused by standing in the request."""

QUOTED = re.compile(r"[“„\"«]([^“”„\"«»]*)[“”\"»]|(?<!\w)[‘']([^‘’']{2,})[’'](?!\w)")
MARK = re.compile(r"[“”„\"«»]")
NUMBER = re.compile(r"\d[\d.,]*\d|\d")
NAME = re.compile(r"(?<![\w’'-])(?<!^)(?<![.!?]\s)[A-ZÀ-Þ][\w’'-]+|^[A-ZÀ-Þ][\w-]+(?=[’']s\b)")
"""A capitalised word that does not begin a sentence, or one that owns something."""


def supported(
    sentence: str,
    refs: Collection[str],
    grounds: Mapping[str, str],
    *,
    title: str,
    request: str,
    others: Collection[str] = (),
) -> bool:
    """Whether `sentence`, citing `refs` of the item whose texts are `grounds`, says nothing beyond them.

    Its quotes must stand in the cited texts word for word, its numbers and names there, in the `title` or in the
    `request`, enough of its words in the cited texts; it may hold no link, no markup and none of the titles `others`.
    """
    if not refs or any(ref not in grounds for ref in refs) or not 0 < len(sentence) <= LONGEST:
        return False
    if (
        "[" in sentence
        or not showable(sentence)
        or any(_stands(other, sentence.replace(title, "")) for other in others)
    ):
        return False
    cited = "\n".join(grounds[ref] for ref in refs)
    known = f"{title}\n{request}"
    return (
        _literal(sentence, _flat(cited))
        and _spelt(sentence, _flat(f"{cited}\n{known}"))
        and _shares(content_words(sentence) - content_words(known), content_words(cited))
    )


def attributed(sentence: str, grounds: Mapping[str, str], *, title: str) -> tuple[str, ...]:
    """What a sentence without refs rests on: those that hold most of its words, at most two.

    None where they hold too few: what merely repeats the request is borne out by nothing.
    """
    said = content_words(sentence) - content_words(title)
    missing, chosen = set(said), list[str]()
    while missing and len(chosen) < 2:
        shared = {ref: len(missing & content_words(text)) for ref, text in grounds.items()}
        best = max(shared, key=lambda ref: shared[ref], default="")
        if not shared.get(best):
            break
        chosen.append(best)
        missing -= content_words(grounds[best])
    return tuple(chosen) if len(missing) <= (1 - BORNE) * len(said) else ()


def _literal(sentence: str, cited: str) -> bool:
    """Whether everything between quotation marks is cited, and no mark stands alone."""
    quotes = [_flat(double or single).rstrip("….,;:!?") for double, single in QUOTED.findall(sentence)]
    return not MARK.search(QUOTED.sub("", sentence)) and all(quote in cited for quote in quotes)


def _spelt(sentence: str, around: str) -> bool:
    """Whether every number and name of the sentence stands in the texts around it."""
    numbers, there = NUMBER.findall(around), words(around)
    return all(number in numbers for number in NUMBER.findall(sentence)) and all(
        word in there for name in NAME.findall(sentence) for word in words(name)
    )


def _shares(said: Collection[str], cited: Collection[str]) -> bool:
    return sum(word in cited for word in said) >= SHARED * len(said)


def _stands(title: str, sentence: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(title)}(?!\w)", sentence) is not None


def _flat(text: str) -> str:
    return " ".join(text.replace("’", "'").split()).casefold()
