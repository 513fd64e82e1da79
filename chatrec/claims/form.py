"""Whether a sentence cites what is there, is short, and holds neither link nor markup nor another item's title."""

from __future__ import annotations

import re

from chatrec.claims.clauses import torn
from chatrec.claims.sentence import QUOTED, Sentence
from chatrec.untrusted import showable

LONGEST = 320


def wrong(said: Sentence) -> str:
    if not said.refs or any(ref not in said.grounds for ref in said.refs):
        return "It cites nothing of this item."
    if not 0 < len(said.text) <= LONGEST:
        return "It is empty or too long."
    if "[" in QUOTED.sub("", said.text) or not showable(said.text):
        return "It holds a link, markup or a command."
    rest = said.text.replace(said.title, "")
    if any(_stands(other, rest) for other in said.others):
        return "It names another item."
    return "It is a piece torn out of what it cites." if torn(said) else ""


def _stands(title: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(title)}(?!\w)", text) is not None
