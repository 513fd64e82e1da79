"""The catalogue that ships, written for this project: films with reader notes, dialogues, made-up interactions."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def films() -> Path:
    """The catalogue: well-known films, each with facts, a description and three reader notes."""
    return _HERE / "films.jsonl"


def dialogues() -> Path:
    """Written conversations about them, to learn from."""
    return _HERE / "dialogues.jsonl"


def interactions() -> Path:
    """Made-up interactions of users who do not exist."""
    return _HERE / "interactions.csv"
