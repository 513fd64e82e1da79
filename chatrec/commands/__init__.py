"""What each command of the command line does."""

from __future__ import annotations


def plain(text: str) -> str:
    """Text by strangers for a terminal: without escape sequences and other control characters."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)
