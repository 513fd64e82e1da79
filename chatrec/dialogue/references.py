"""Finds the items that a message points at without naming them: "the second one", "that", "none of these"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chatrec.catalog.vocabulary import things
from chatrec.dialogue.reading import Setting

PLACES = {
    "first": 0, "1st": 0, "top": 0, "former": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "middle": 2, "fourth": 3, "4th": 3,
    "fifth": 4, "5th": 4, "sixth": 5, "6th": 5, "last": -1, "final": -1, "bottom": -1, "latter": -1,
    "one": 0, "two": 1, "three": 2, "four": 3, "five": 4,
}  # fmt: skip
_ORDINAL = "|".join(word for word in PLACES if word not in ("one", "two", "three", "four", "five"))
_NUMBER = r"one|two|three|four|five|[1-9]"

ORDINAL = re.compile(
    rf"\b(?:the|your|that|those|these)\s+(?:very\s+)?(?P<one>{_ORDINAL})\b(?!\s+(?:time|thing\b|year|decade|century|few|couple of years|ten|five years|world|half|night))"
    rf"(?:\s+(?P<count>two|three|2|3|couple)\b(?!\s+(?:years?|decades?|months?)\b))?(?:\s+(?:one|ones|option|choice|suggestion|pick|recommendation|result|of (?:these|those|them)|on the list|you (?:said|mentioned|listed|suggested|showed me))\b)*"
    rf"|\b(?:number|no\.|nr\.?|option|choice|pick|#)\s*(?P<number>{_NUMBER})\b",
    re.IGNORECASE,
)
LONE = re.compile(rf"^\W*(?:the\s+)?(?P<one>{_ORDINAL})\b|^\W*#?(?P<digit>[1-9])\W*$", re.IGNORECASE)
AND_ALSO = re.compile(
    rf"^\s*(?:,|and|&|or|,\s*and)\s*(?:the\s+)?(?P<one>{_ORDINAL}|[1-9])\b(?:\s+(?:one|ones))?", re.IGNORECASE
)
ALL = re.compile(
    r"\b(?:(?:none|all|any|neither|both|either|most) of (?:these|those|them|the (?:above|lot|two|three|five))|these|those|them all|all (?:five|four|three|of it)|"
    r"the whole (?:lot|list)|this (?:list|lot|selection)|neither|both)\b(?!\s+(?:days|are the|were the))",
    re.IGNORECASE,
)
IT = re.compile(
    r"\b(?:(?:the|that|this) (?:" + "|".join(sorted(things())) + r")|that one|this one|it|that|this|him|her)\b",
    re.IGNORECASE,
)
NOT_IT = re.compile(
    r"\b(?:that(?:'s| is| are| was| has| have| had| takes?| can| will| would| i| we| you| does| do| holds?| serves?| got| isn| won| really| feels?| makes?)\b|it (?:to be|should|must|needs?|has to|can|could|would|shouldn|doesn)|make it|take it easy|like that\?|something like that)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pointed:
    """`text[start:end]` points at these items."""

    start: int
    end: int
    item_ids: tuple[str, ...]
    vague: bool = False
    """A pronoun, or a whole list: weaker than a place in it."""


def pointed(text: str, setting: Setting) -> list[Pointed]:
    """What the message points at among what was shown or talked of last, in order; nothing where nothing was."""
    found = _places(text, setting.shown)
    if found:
        return found
    lone = LONE.match(text) if setting.shown and len(text.split()) <= 6 else None
    if lone:
        item = _at(setting.shown, lone["one"] or lone["digit"])
        return [Pointed(lone.start(), lone.end(), item)] if item else []
    whole = ALL.search(text) if setting.shown else None
    if whole and not whole.group().lower().startswith("this "):
        return [Pointed(whole.start(), whole.end(), setting.shown, vague=True)]
    ids = setting.about or setting.shown[:1]
    for pronoun in IT.finditer(text) if ids else ():
        idle = NOT_IT.match(text, pronoun.start())
        if (
            pronoun.group().lower() in ("it", "that", "this")
            and idle
            and not re.match(r"that(?:'s| is| was)\b", idle.group(), re.IGNORECASE)
        ):
            continue
        return [Pointed(pronoun.start(), pronoun.end(), ids, vague=True)]
    return []


def _places(text: str, shown: Sequence[str]) -> list[Pointed]:
    found: list[Pointed] = []
    for match in ORDINAL.finditer(text) if shown else ():
        following = re.match(r"\s+([\w'’-]+)", text[match.end() :])
        if (
            match["one"]
            and following
            and match.end("one") == match.end()
            and not _about_items(following[1], match["one"])
        ):
            continue
        item = _at(shown, match["one"] or match["number"])
        if match["count"]:
            count = {"two": 2, "couple": 2, "2": 2}.get(match["count"].lower(), 3)
            item = tuple(shown[-count:] if PLACES[match["one"].lower()] == -1 else shown[:count])
        end = match.end()
        while item and (more := AND_ALSO.match(text, end)):
            item, end = (*item, *_at(shown, more["one"])), more.end()
        if item:
            found.append(Pointed(match.start(), end, tuple(dict.fromkeys(item))))
    return found


def _about_items(word: str, ordinal: str) -> bool:
    """Whether "the first <word>" is a place in the list: a word for items, or none that could be what is counted."""
    plain = word.lower()
    if plain in things() or plain in (
        "one",
        "ones",
        "option",
        "and",
        "or",
        "is",
        "was",
        "has",
        "looks",
        "sounds",
        "seems",
        "please",
        "but",
        "with",
        "though",
        "in",
        "from",
        "for",
        "to",
        "then",
        "again",
        "only",
        "isn",
        "isn't",
        "does",
        "doesn't",
        "made",
        "by",
        "you",
        "listed",
    ):
        return ordinal.lower() != "last" or plain not in ("in", "from", "for", "year")
    return False


def _at(shown: Sequence[str], word: str) -> tuple[str, ...]:
    place = PLACES.get(word.lower(), int(word) - 1 if word.isdigit() else len(shown))
    return (shown[place],) if -len(shown) <= place < len(shown) else ()
