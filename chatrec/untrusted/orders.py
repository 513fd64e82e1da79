"""Whether a text speaks to a language model rather than to a reader."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache, reduce
from importlib.resources import files
from typing import Any

ALIKE = str.maketrans(
    "аеорсухіѕјԁһӏАВЕКМНОРСТХІЅЈαεορτυχικνΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxisjdhlABEKMHOPCTXISJaeoptuxiknABEZHIKMNOPTYX",
)
"""Letters of other scripts that look like Latin ones."""

FOREIGN = re.compile(r"[\u0370-\u04ff\uff00-\uffef\U0001d400-\U0001d7ff]")

ENCODED = re.compile(
    r"(?<![\w+/])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{24,}={0,2}"
)
"""What no reader can read."""

SENTENCE = re.compile(r"[^.!?…\n。！？]*(?:[.!?…\n。！？]+[\"”’»)]*\s*|$)")


@lru_cache(maxsize=20_000)
def commanding(text: str) -> bool:
    """Whether it tells a language model what to do: what was said before is void, who it is, what it has to say.

    High in precision, so that nothing of such a text need be believed. In whatever letters that look alike.
    """
    scene, dropping, machine, *orders = _strong()
    return any(
        scene.search(seen)
        or ENCODED.search(seen)
        or dropping.search(seen)
        or (machine.search(seen) and any(each.search(seen) for each in orders))
        for seen in _looks(text)
    )


@lru_cache(maxsize=50_000)
def ordering(sentence: str) -> bool:
    """Whether a sentence may be an order to say or rank something; people speak like that as well, if rarely."""
    return any(each.search(seen) for seen in _looks(sentence) for each in _weak())


def without_orders(text: str) -> str:
    """The text without the sentences that are orders; nothing of one that commands."""
    if commanding(text):
        return ""
    if not ordering(text):
        return text
    return "".join(each for each in SENTENCE.findall(text) if not ordering(each)).strip()


def _looks(text: str) -> tuple[str, ...]:
    """The text, and as it looks where it holds letters that look like Latin ones."""
    return (text, unicodedata.normalize("NFKC", text).translate(ALIKE)) if FOREIGN.search(text) else (text,)


START = r"(?:^|[.!?…:;,\n]\s*|\b(?:please|now|then|and|always|never)\s)\W{0,3}"
"""Where an order begins."""

NEAR = r"\W{0,3}(?:\w+\W{1,3}){0,2}"
"""A word or two between."""

NO_LANGUAGES = ("anywhere", "english", "expressions")
"""Tables of orders.toml that are not lists of words of a language."""

CALLED = r"\b(?:assistant|model|system|bot|ai)\b"
"""What a language model may be called by, and much else as well."""


@cache
def _strong() -> tuple[re.Pattern[str], ...]:
    kinds = ("drop", "task", "prior", "say", "must", "only", "machine")
    drop, task, prior, say, must, only, machine = map(ordered, kinds)
    return (
        re.compile("|".join(_lists()["english"]["scenes"]), re.IGNORECASE | re.MULTILINE),
        _pattern(rf"{drop}.{{0,30}}(?:{prior}{NEAR}{task}|{task}{NEAR}{prior})"),
        _pattern(rf"{machine}|{CALLED}"),
        _pattern(rf"{machine}.{{0,30}}{must}.{{0,30}}{say}"),
        _pattern(rf"{CALLED}\s*[,:]\s*(?:\w+\s)?{say}"),
        _pattern(rf"{machine}\W{{1,3}}(?:{only}\W{{1,3}})?{say}"),
        _pattern(rf"{START}{say}.{{0,60}}{machine}"),
    )


@cache
def _weak() -> tuple[re.Pattern[str], ...]:
    say, only, english = ordered("say"), ordered("only"), _lists()["english"]
    spoken = {"{say}": say, "{tell}": "|".join(english["tell"].split()), "{obliged}": english["obliged"]}
    return (
        _pattern(rf"{START}{say}(?:\W{{1,3}}[\w'-]+){{0,5}}\W{{0,3}}[\"“„«「]"),
        _pattern(rf"{START}{say}(?:\W{{1,3}}{only})?\s?[:：]"),
        _pattern(rf"{START}{say}\W{{0,3}}(?:[\w'-]+\W{{1,3}}){{0,3}}{only}"),
        *(
            _pattern(reduce(lambda made, name: made.replace(name, spoken[name]), spoken, each))
            for each in english["orders"]
        ),
        *(_pattern("|".join(each)) for each in _lists()["expressions"].values()),
    )


def _pattern(made: str) -> re.Pattern[str]:
    return re.compile(made, re.IGNORECASE)


@cache
def ordered(kind: str, *, nouns: bool = True) -> str:
    """A pattern for the words of a kind, one of the lists of orders.toml, in all languages; without English ones that
    are as often nouns, if need be."""
    languages = {name: lists for name, lists in _lists().items() if name not in NO_LANGUAGES}
    without = () if nouns else _lists()["english"]["nouns"].split()
    words = sorted({word for lists in languages.values() for word in lists[kind].split() if word not in without})
    made = "|".join(re.escape(word).replace("_", r"\s").replace(r"\*", r"\w*") for word in words)
    return rf"(?:\b(?:{made})\b|{'|'.join(map(re.escape, _lists()['anywhere'][kind].split()))})"


@cache
def _lists() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "orders.toml").read_text(encoding="utf-8"))
