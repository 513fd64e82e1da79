"""The catalogues that a page can talk about: the one it was started with, and every other that is indexed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from chatrec.errors import CatalogNotFound

if TYPE_CHECKING:
    from chatrec.app import ChatRec


class Catalogues:
    """A ChatRec for each catalogue, made when it is first talked about. Safe to share between threads."""

    def __init__(self, rec: ChatRec) -> None:
        self.first = rec
        self._lock = threading.Lock()
        self._others: dict[str, ChatRec] = {}

    def names(self) -> list[str]:
        """All that are indexed now, and the first in any case; alphabetically."""
        return sorted({*self.first.catalogs(), self.first.settings.catalog})

    def of(self, name: str) -> ChatRec:
        """The ChatRec of a catalogue; of the first where `name` is empty. Raises CatalogNotFound."""
        if name in ("", self.first.settings.catalog):
            return self.first
        with self._lock:
            if name not in self._others:
                if name not in self.first.catalogs():  # a browser names it: nothing is made of a name that is none
                    raise CatalogNotFound("There is no such catalogue any more.", mend="Choose another one.")
                self._others[name] = self.first.beside(name)
            return self._others[name]
