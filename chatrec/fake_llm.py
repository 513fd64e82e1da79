"""A chat model for tests that answers what it is told to: enters by `CHATREC_LLM=chatrec.fake_llm:FakeChatModel`.

    model = FakeChatModel(answers=['{"order": ["c2", "c1"]}', LanguageModelError("down")])

Answers are given in turn, the last one over and over; an exception among them is raised. `asked` keeps the prompts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from chatrec.errors import SettingsError


def named(name: str) -> BaseChatModel:
    """The test model that `CHATREC_LLM=fake:NAME` means. Raises SettingsError, naming what there is."""
    known = {"scripted": FakeChatModel}
    if name not in known:
        raise SettingsError(f"There is no test model fake:{name}.", mend=f"There is: {', '.join(sorted(known))}.")
    return known[name]()


class FakeChatModel(BaseChatModel):
    """`delay` seconds pass before each chunk of `chunk` characters; tokens are counted as words."""

    answers: Sequence[Any] = ("",)
    delay: float = 0.0
    chunk: int = 7
    asked: list[list[BaseMessage]] = Field(default_factory=list)
    hung_up: list[bool] = Field(default_factory=list)
    """For each stream, whether it was closed before its end."""

    @property
    def _llm_type(self) -> str:
        return "fake"

    def _next(self, messages: list[BaseMessage]) -> str:
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(messages)
        if isinstance(answer, BaseException):
            raise answer
        return str(answer(messages) if callable(answer) else answer)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self._next(messages)))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        text = self._next(messages)
        done = False
        try:
            for start in range(0, max(len(text), 1), self.chunk):
                time.sleep(self.delay)
                yield ChatGenerationChunk(message=AIMessageChunk(content=text[start : start + self.chunk]))
            read = sum(len(str(message.content).split()) for message in messages)
            wrote = len(text.split())
            usage = UsageMetadata(input_tokens=read, output_tokens=wrote, total_tokens=read + wrote)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=usage))
            done = True
        finally:
            self.hung_up.append(not done)
