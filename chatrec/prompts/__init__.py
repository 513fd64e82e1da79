"""Every prompt and phrase, as text files; `{names}` in them are filled in."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def prompt(name: str) -> str:
    """The text of `<name>.txt` here."""
    return (files(__name__) / f"{name}.txt").read_text(encoding="utf-8").strip()


def filled(name: str, **values: str) -> str:
    """The prompt with its placeholders filled in; what is filled in is not looked at for placeholders again."""
    text = prompt(name)
    parts = []
    while text:
        before, brace, rest = text.partition("{")
        parts.append(before)
        inside, _, text = rest.partition("}")
        if brace:
            parts.append(values[inside])
    return "".join(parts)


@cache
def phrases(name: str) -> dict[str, tuple[str, ...]]:
    """A file of lines `kind: phrase` as the phrases of each kind."""
    found: dict[str, list[str]] = {}
    for line in prompt(name).splitlines():
        kind, _, phrase = line.partition(": ")
        found.setdefault(kind, []).append(phrase)
    return {kind: tuple(some) for kind, some in found.items()}
