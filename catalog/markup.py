"""HTML as plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from chatrec.catalog.records import LONGEST_TEXT

BLOCKS = frozenset(
    "address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p section table tr ul".split()
)

UNREAD = frozenset(("script", "style", "template"))

LOOKS_MARKED_UP = re.compile(r"<[a-zA-Z/!]|&[a-zA-Z#]\w*;")


def plain(text: str) -> str:
    """The text of a piece of HTML, a line a block; text without markup comes back as it is."""
    if len(text) > LONGEST_TEXT or not LOOKS_MARKED_UP.search(text):  # what is too long is refused later
        return text.strip()
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


class _Reader(HTMLParser):
    """Collects what a browser would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in UNREAD
        self.parts += ["\n"] if tag in BLOCKS else []

    def handle_endtag(self, tag: str) -> None:
        self._unread = max(0, self._unread - (tag in UNREAD))
        self.parts += ["\n"] if tag in BLOCKS else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts += ["\n"] if tag in BLOCKS else []

    def handle_data(self, data: str) -> None:
        self.parts += [] if self._unread else [data]
