"""Whether what stands between quotation marks is cited word for word, each quote from one place."""

from __future__ import annotations

import re

from chatrec.claims.sentence import QUOTED, Sentence, flat

MARK = re.compile(r"[“”„\"«»]")


def wrong(said: Sentence) -> str:
    if MARK.search(QUOTED.sub("", said.text)):
        return "A quotation mark stands alone."
    cited = [flat(text) for text in said.cited.values()]
    for double, single in QUOTED.findall(said.text):
        quote = flat(double or single).rstrip("….,;:!?")
        if not any(quote in text for text in cited):
            return "A quote is not in what it cites."
    return ""
