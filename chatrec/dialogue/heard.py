"""One message with everything that was found in it, before it is decided what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from chatrec.dialogue.marked import Marked
from chatrec.dialogue.reading import Setting
from chatrec.dialogue.references import Pointed
from chatrec.dialogue.titles import Named


@dataclass
class Heard:
    """`named` are the items named, `points` what else points at items, `ids` those that are meant for certain."""

    message: str
    setting: Setting
    marked: Marked
    named: list[Named]
    points: list[Pointed]
    ids: tuple[str, ...]

    @property
    def said(self) -> bool:
        """Whether it sets a condition."""
        return bool(self.marked.constraints or self.marked.order)

    @property
    def about(self) -> bool:
        """Whether it speaks of certain items."""
        return bool(self.ids or (self.points and (self.setting.about or self.setting.shown)))

    @property
    def places(self) -> list[tuple[int, int]]:
        """Where items are named or pointed at."""
        found = [(name.start, name.end) for name in self.named]
        return found + [(point.start, point.end) for point in self.points]

    @cached_property
    def masked(self) -> str:
        """The message, letter for letter, without the names of items: a title may hold a full stop."""
        text = self.message
        for start, end in self.places:
            text = f"{text[:start]}{'Q' * (end - start)}{text[end:]}"
        return text
