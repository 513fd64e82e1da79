"""One language model of those in order: made when it is first needed, left alone while it keeps failing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chatrec.llm.breaker import Breaker
from chatrec.llm.line import Line

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class Link:
    """A language model, its breaker, and the line to wait in where it answers one at a time.

    `problem` is what went wrong last, empty when it worked.
    """

    def __init__(
        self, name: str, make: Callable[[], BaseChatModel], *, breaker: Breaker | None = None, line: Line | None = None
    ) -> None:
        self.name = name
        self.breaker = breaker or Breaker()
        self.line = line
        self.knows_schemas = True
        self.problem = ""
        self._make = make
        self._made: BaseChatModel | None = None
        self._lock = threading.Lock()

    @property
    def local(self) -> bool:
        """Whether it runs in this process."""
        return self.line is not None

    def model(self) -> BaseChatModel:
        """Raises what its making raises: SettingsError, MissingPackage, LanguageModelError."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def __repr__(self) -> str:
        return f"Link({self.name!r})"


def behind(model: BaseChatModel | None) -> Sequence[Link]:
    """The models in order that `chat_model` made one of; none behind any other."""
    links: Sequence[Link] = getattr(model, "links", ())
    return links


def links_of(model: BaseChatModel) -> Sequence[Link]:
    """The models behind one; a plain LangChain chat model stands for itself, without a name."""
    return behind(model) or (Link("", lambda: model),)
