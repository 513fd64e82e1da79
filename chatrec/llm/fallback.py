"""Language models in order: the first that can be asked answers, the others stand by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field

from chatrec.llm.breaker import Breaker
from chatrec.llm.line import Line


class Link:
    """One language model: made when it is first needed, left alone while its breaker is open.

    `line`: it answers one at a time. `problem` is what went wrong last, empty when it worked.
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


class InOrder(BaseChatModel):
    """The language models of the settings. `ask` and `stream` go through `links` themselves, in less time than `limit`.

    It is a LangChain chat model as well, for programs that want one: its answers are text only.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    links: tuple[Link, ...] = Field(min_length=1)
    limit: float = 60.0

    @property
    def _llm_type(self) -> str:
        return "chatrec"

    @property
    def model_name(self) -> str:
        return self.links[0].name.removeprefix("local:")

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        from chatrec.llm.speaking import stream

        for piece in stream(self, messages, limit=self.limit):
            if isinstance(piece, str):
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
            else:
                read, wrote = piece.input_tokens, piece.output_tokens
                usage = UsageMetadata(input_tokens=read, output_tokens=wrote, total_tokens=read + wrote)
                yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=usage))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages))


def links_of(model: BaseChatModel) -> Sequence[Link]:
    """The models behind one; a plain LangChain chat model stands for itself, without a name."""
    return model.links if isinstance(model, InOrder) else (Link("", lambda: model),)
