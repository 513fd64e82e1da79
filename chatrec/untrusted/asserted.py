"""What the writer of a text says himself: without what he quotes, and without what he tells others to say."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from chatrec.untrusted.orders import START, ordered

NESTED = re.compile(r"(?<!\w)[\"“„«「]([^\"“”„«»「」]{20,})[\"”“»」]")
"""A quote of some length; a short one may be a name."""

AFTER = r"(?:[^\w.!?…\n]+\w+){0,5}?[^\w.!?…\n]*?(?::|：|\bthat\b)[^.!?…\n]*"
"""What stands behind a colon or a "that" in the same sentence."""

WHOLE = 0.8
"""A quote that makes up so much of a text is the text."""


@lru_cache(maxsize=20_000)
def asserted(text: str) -> str:
    """The text without what its writer does not say himself."""
    kept = NESTED.sub(lambda found: found[0] if len(found[0]) >= WHOLE * len(text) else " ", text)
    return _told().sub(" ", kept)


@cache
def _told() -> re.Pattern[str]:
    """What somebody should say. What one says oneself, one says ("I must say")."""
    duty = rf"{ordered('must')}\W{{1,3}}(?:\w+\W{{1,3}})?"
    verb = ordered("say", nouns=False)
    return re.compile(rf"(?:(?:{START}|{duty}){ordered('say')}|(?<!\bI )(?<!\bwe ){verb}){AFTER}", re.IGNORECASE)
