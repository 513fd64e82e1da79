"""What strangers or a language model wrote: whether it may be shown, and how it enters a prompt."""

from __future__ import annotations

import re
from functools import lru_cache

from chatrec.untrusted.asserted import asserted
from chatrec.untrusted.orders import commanding, ordering, without_orders

__all__ = ["asserted", "commanding", "fenced", "heard", "plain", "quotable", "showable"]

LINK = re.compile(
    r"\w+://|\bwww\.|\b(?:javascript|mailto):|[\w.]+@\w+\.\w+|\b[\w-]+\.[a-z]{2,}/"
    r"|\b[\w-]+\.(?:com|net|org|io|co|info|biz|ru|cn|xyz|top|shop|site|online|app|example)\b",
    re.IGNORECASE,
)
MARKUP = re.compile(
    r"<(?:[a-z/]|!(?:--|\[|[a-z]))|\bon[a-z]{3,}\s?=|\b(?:src|href|srcset|srcdoc|style)\s?=\s?[\"'\w]|\bdocument\.\w"
    r"|\]\(|!\[|`|\*\*|&(?:#\w+|lt|gt|amp|quot|nbsp|apos);"
    r"|[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]",
    re.IGNORECASE,
)
"""HTML and its attributes, Markdown, and characters that are not seen but change what is."""

UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
    r"|[\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Characters that are not seen, but change what is or hide what is said; a joiner of emoji is none."""

TAG = re.compile(r"<\s*/?[a-z!][^<>]*>|&lt;.*?&gt;|!?\[[^\]]*\]\([^)]*\)|`{3,}", re.IGNORECASE | re.DOTALL)
"""Tags, images and links in HTML and Markdown."""

CAP = 2_000
"""Characters of one text that enters a prompt."""


def showable(text: str) -> bool:
    """Whether a sentence may stand in a reply: no link, no markup, nothing said to a language model."""
    if UNSEEN.sub("", text) != text.replace("\u00ad", ""):
        return False
    return not (LINK.search(text) or MARKUP.search(text) or commanding(text) or ordering(text))


@lru_cache(maxsize=20_000)
def quotable(sentence: str) -> bool:
    """Whether a sentence may be quoted, as its writer's own words."""
    return asserted(sentence) == sentence and showable(sentence)


def heard(text: str) -> str:
    """What of a stranger's text may bear a claim: no sentence that gives orders; of one that speaks to a language
    model, nothing."""
    return text if _harmless(text) else without_orders(UNSEEN.sub("", text))


def _harmless(text: str) -> bool:
    seen = UNSEEN.sub("", text)
    return not (commanding(seen) or ordering(seen))


def plain(text: str, *, longest: int | None = CAP) -> str:
    """The text on one line, capped, without what is not seen, links and tags."""
    seen = TAG.sub(" ", UNSEEN.sub("", text)[:longest])
    return " ".join(word for word in seen.split() if not LINK.search(word))


def fenced(text: str, *, longest: int | None = CAP) -> str:
    """The text in plain, between marks that it cannot hold itself."""
    held = plain(text, longest=longest).replace("<<<", "‹‹‹").replace(">>>", "›››")
    return f"<<<{held}>>>"
