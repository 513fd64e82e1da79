"""Language models in order: the first that can be asked answers, the others stand by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field

from chatrec.llm.link import Link


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
