"""What strangers or a language model wrote: whether it may be shown, and how it enters a prompt."""

from __future__ import annotations

import re

LINK = re.compile(
    r"\w+://|\bwww\.|\b(?:javascript|mailto):|[\w.]+@\w+\.\w+|\b[\w-]+\.[a-z]{2,}/"
    r"|\b[\w-]+\.(?:com|net|org|io|co|info|biz|ru|cn|xyz|top|shop|site|online|app|example)\b",
    re.IGNORECASE,
)
MARKUP = re.compile(
    r"<\s*[a-z/!]|\]\s*\(|!\[|`|\*\*|&(?:#\w+|lt|gt|amp|quot|nbsp|apos);"
    r"|[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]",
    re.IGNORECASE,
)
"""HTML, Markdown, and characters that are not seen but change what is."""

COMMAND = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|guideline|previous|above)"
    r"|\b(?:system prompt|you are now|as an ai\b|(?:system|assistant|user) ?:)",
    re.IGNORECASE,
)
"""How a text talks to a language model rather than to a reader; English."""


def showable(text: str) -> bool:
    """Whether a sentence may stand in a reply: no link, no markup, nothing said to a language model."""
    return not (LINK.search(text) or MARKUP.search(text) or COMMAND.search(text))


def fenced(text: str) -> str:
    """The text on one line, between marks that it cannot hold itself."""
    plain = " ".join(text.replace("<<<", "‹‹‹").replace(">>>", "›››").split())
    return f"<<<{plain}>>>"
