"""Whether reviews that are counted are as many as are cited, name what they are counted for, and lean that way."""

from __future__ import annotations

import re

from chatrec.aspects.counting import Matcher
from chatrec.aspects.finding import key_of
from chatrec.aspects.sentiment import tokens_of
from chatrec.claims.sentence import QUOTED, Sentence

COUNTED = re.compile(
    r"^(?:One drawback: )?(?:(?P<count>\d+) of (?:the )?(?P<total>\d+)|(?P<both>both)) reviews "
    r"(?:that mention (?:the )?(?P<mentioned>[^“”]+?) (?P<leaning>give praise|complain)"
    r"|(?P<verb>praise|find fault with) (?:the )?(?P<aspect>[^“”]+?))(?:\.|: *)$",
    re.IGNORECASE,
)
"""The sentences of `prompts/reasons.txt` that count; English."""

PRAISING = ("give praise", "praise")

BEARING = 0.5
"""More than this share of the reviews counted must say so by this very name; others may in words that mean it."""


def counted(said: Sentence) -> bool:
    """Whether the sentence counts reviews, so that it is not to be found in any one of them."""
    return _parts(said) is not None


def wrong(said: Sentence) -> str:
    parts = _parts(said)
    if parts is None:
        return ""
    reviews = {ref: text for ref, text in said.cited.items() if "#review:" in ref}
    count = len(reviews)
    told = (2, 2) if parts["both"] else (int(parts["count"]), int(parts["total"]))
    if len(said.cited) != count or told[0] != count or not count <= told[1] <= said.reviews:
        return "It counts other reviews than it cites."
    lean = 1 if (parts["leaning"] or parts["verb"]).casefold() in PRAISING else -1
    matcher = Matcher([[tuple(map(key_of, (parts["mentioned"] or parts["aspect"]).split()))]])
    judged = [matcher.judged(tokens_of(text)).get(0, 0) for text in reviews.values()]
    if judged.count(lean) <= BEARING * count or -lean in judged:
        return "The reviews that it counts do not say so."
    return ""


def _parts(said: Sentence) -> re.Match[str] | None:
    return COUNTED.match(QUOTED.sub("", said.text).strip())
