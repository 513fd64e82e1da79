"""Whether what is repeated word for word was said as it stands there, and is not torn out of something else."""

from __future__ import annotations

import re

from chatrec.claims.cues import cues
from chatrec.claims.sentence import QUOTED, Sentence, flat
from chatrec.sentences import STOP, words

FEWEST = 5
"""Words of a clause that may stand for itself; a whole sentence may be shorter."""

LONG = 10
"""Words of a clause that need not stand for itself, being told by somebody as a part of his own sentence."""

CUT = 15
"""Words of the beginning of a sentence that was too long to be told whole."""

UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of scripts that put no space between words; two of them count as a word."""

JOINING = r"and|but|because|so|while|yet"

FIRST = re.compile(r"(?:^|[.!?…。！？\n][\"”’'»)\]]*)\s*[(\[]?$")
LAST = re.compile(r"^\s*(?:$|[.!?…。！？\n])")
"""Where a sentence begins and ends."""

BEFORE = re.compile(rf"{FIRST.pattern}|(?:[,;–—、，；]|\s-|\b(?:{JOINING}))\s*$")
AFTER = re.compile(rf"{LAST.pattern}|^\s*(?:[,;–—、，；]|-\s|(?:{JOINING})\b)")
"""Where a clause of its own begins and ends: not behind a colon, and not within marks of quotation."""

VALUE = re.compile(r"(?:^|[,;:(/])\s*$")
VALUED = re.compile(r"^\s*(?:$|[,;:()/])")
"""Where one value of a fact begins and ends."""

ANY = re.compile("")

EDGES = " \t\n….,;:!?。！？、，；"


def torn(said: Sentence) -> bool:
    """Whether a sentence is nothing but a piece of what it cites that its writer did not say by itself."""
    quotes = [double or single for double, single in QUOTED.findall(said.text)]
    if quotes and _framed(said):
        told = bool(set(said.words) - STOP) or not said.words
        return not all(_stands(quote, said) or (not told and length(quote) >= LONG) for quote in quotes)
    if quotes:
        return False
    bare = flat(said.text).strip(EDGES)
    literal = bare in flat(said.title) or any(bare in flat(text) for text in said.grounds.values())
    return (literal or length(bare) < FEWEST - 2) and not _stands(said.text, said)


def length(text: str) -> int:
    """How many words a text has, in a script without spaces as well."""
    return len(words(UNSPACED.sub(" ", text))) + len(UNSPACED.findall(text)) // 2


def _framed(said: Sentence) -> bool:
    """Whether nothing is said but who is quoted."""
    lists = ("telling", "reporter", "reviewer", "plural", "many", "described", "openers")
    return not set(said.words) - STOP.union(*map(cues, lists))


def _stands(part: str, said: Sentence) -> bool:
    """Whether it is a whole sentence of what is cited, or a clause of some words."""
    bare = flat(part).strip(EDGES)
    cut = part.rstrip().endswith("…") and length(bare) >= CUT
    for ref in dict.fromkeys(said.refs):
        for text in (flat(said.grounds[ref]), *map(flat, said.grounds[ref].splitlines())):
            if "#fact:" in ref and _between(VALUE, VALUED, bare, text):
                return True
            if _between(FIRST, ANY if cut else LAST, bare, text) or _clause(bare, text):
                return True
    return False


def _clause(bare: str, text: str) -> bool:
    return length(bare) >= FEWEST and _between(BEFORE, AFTER, bare, text)


def _between(before: re.Pattern[str], after: re.Pattern[str], bare: str, text: str) -> bool:
    """Whether it stands in a text with such limits on both sides."""
    return any(
        before.search(text[: found.start()]) and after.search(text[found.end() :])
        for found in re.finditer(re.escape(bare), text)
    )
