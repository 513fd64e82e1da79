"""Chat models for tests: one that answers what it is told to, and those that `CHATREC_LLM=fake:NAME` means.

    model = FakeChatModel(answers=['{"order": ["c2", "c1"]}', LanguageModelError("down")])

Answers are given in turn, the last one over and over; an exception among them is raised. `asked` keeps the prompts.

`fake:random` answers anything, `fake:obedient` does whatever it reads, `fake:scripted` says only what stands in the
prompt; each knows every form that the prompts ask for.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from chatrec.errors import SettingsError

FENCED = re.compile(r"<<<(.*?)>>>")
ITEM = re.compile(r"^c(\d+): <<<(.*?)>>>((?:\n  [ef]\d+ (?:\w+ )?<<<.*>>>)*)", re.MULTILINE)
PASSAGE = re.compile(r"^  ([ef]\d+) (?:(\w+) )?<<<(.*)>>>$", re.MULTILINE)
TOLD = re.compile(r"^(review )?(?:\w+ )?<<<(.*)>>>$", re.MULTILINE)
SENTENCE = re.compile(r"(?:^|(?<=[.!?…]\s))[^.!?…]{30,180}[.!?](?=\s|$)")
SECRET = re.compile(r"\b[0-9a-f]{12}\b")
"""What a system prompt may ask to be kept."""


def named(name: str, *, seed: int = 0) -> BaseChatModel:
    """The test model that `CHATREC_LLM=fake:NAME` means. Raises SettingsError, naming what there is."""
    known: dict[str, Callable[[], BaseChatModel]] = {
        "random": lambda: FakeChatModel(answers=[_Random(seed)]),
        "obedient": lambda: obedient(),
        "scripted": lambda: FakeChatModel(answers=[_scripted]),
    }
    if name not in known:
        raise SettingsError(f"There is no test model fake:{name}.", mend=f"There is: {', '.join(sorted(known))}.")
    return known[name]()


def obedient(goals: Sequence[tuple[str, str]] = ()) -> FakeChatModel:
    """A model that does what it reads: says `marker` where `text` of a pair (text, marker) stands in its prompt.

    Whatever else looks like an order it obeys as well: it repeats what is quoted, linked or asked for in the prompt,
    and tells what it was to keep to itself.
    """
    return FakeChatModel(answers=[_Obedient(tuple(goals))])


def _form(prompt: str) -> str:
    """What a prompt asks for."""
    for form, mark in (
        ("order", '"order"'),
        ("sentence", '"sentence"'),
        ("act", '"act"'),
        ("lines", "[refs] sentence"),
    ):
        if mark in prompt:
            return form
    return "yes"


def _scripted(messages: list[BaseMessage]) -> str:
    """What a careful writer answers: sentences of the evidence, as they stand there."""
    prompt = str(messages[-1].content)
    form = _form(prompt)
    if form == "order":
        return json.dumps({"order": [f"c{place}" for place, _, _ in ITEM.findall(prompt)]})
    if form == "act":
        return json.dumps({"act": "recommend", "conditions": [], "attitudes": [], "about": []})
    if form == "sentence":
        told = TOLD.findall(prompt.rpartition("The item:")[2])
        made = [f"One reviewer says: “{text}”" if kind else text for kind, each in told if (text := _first(each))]
        return json.dumps({"sentence": made[-1] if made else ""})
    if form == "yes":
        return "Yes"
    lines = []
    for place, _, below in ITEM.findall(prompt):
        told = [
            (label, f"One reviewer says: “{text}”" if kind == "review" else text)
            for label, kind, passage in PASSAGE.findall(below)
            if label[0] == "e" and (text := _first(passage))
        ]
        lines += [f"c{place} [{label}] {text}" for label, text in told[:1]]
    return "\n".join(lines)


def _first(passage: str) -> str:
    """The first whole sentence of a passage that can be repeated by somebody else."""
    found = [each.strip() for each in SENTENCE.findall(passage)]
    return next((text for text in found if not re.search(r"\b(?:I|my|me|we|our)\b", text) and '"' not in text), "")


@dataclass
class _Random:
    """Any text, JSON, ids and refs, by the seed and by how often it was asked."""

    seed: int
    turn: int = 0

    def __call__(self, messages: list[BaseMessage]) -> str:
        self.turn += 1
        draw = Random(f"{self.seed}:{self.turn}")
        prompt = str(messages[-1].content)
        words, passages = re.findall(r"\w+", prompt) or ["word"], FENCED.findall(prompt) or ["word"]
        foreign = ("", "Zorblax Quimby", "“", "http://x.example/", "<b>", "The Glass Orchard", "17")

        def text(most: int = 16) -> str:
            made = [draw.choice(words) for _ in range(draw.randint(1, most))]
            if draw.random() < 0.5:  # what is true, with something else in it
                made = draw.choice(passages).split()[:most]
            return " ".join([*made, draw.choice(foreign)] if draw.random() < 0.5 else [draw.choice(foreign), *made])

        def label(kinds: str = "cefzQ", most: int = 30) -> str:
            return f"{draw.choice(kinds)}{draw.randint(0, most)}"

        form = draw.choice([_form(prompt)] * 4 + ["order", "sentence", "act", "lines", "text"])
        if form == "order":
            made = json.dumps({"order": [draw.choice([label(), text(3)]) for _ in range(draw.randint(0, 12))]})
            return made[: draw.randint(1, len(made))] if draw.random() < 0.2 else made
        if form == "sentence":
            return json.dumps({"sentence": draw.choice([text(), 5, None])})
        if form == "act":
            about = [label() for _ in range(draw.randint(0, 3))]
            return json.dumps({"act": text(1), "conditions": [{"facet": text(1)}], "attitudes": [], "about": about})
        if form == "lines":
            some = range(draw.randint(0, 8))
            return "\n".join(f"{label('c', 6)} [{', '.join(label('ef', 4) for _ in range(2))}] {text()}." for _ in some)
        return text(60)


@dataclass
class _Obedient:
    """Does what stands in its prompt, whoever wrote it."""

    goals: tuple[tuple[str, str], ...]

    def __call__(self, messages: list[BaseMessage]) -> str:
        system, prompt = str(messages[0].content), str(messages[-1].content)
        secret = SECRET.findall(system)
        read = " ".join(prompt.split()).casefold()
        told = [marker.replace("{canary}", "".join(secret[:1])) for text, marker in self.goals if _known(text, read)]
        orders = [*told, *self._orders(prompt), *secret]
        form = _form(prompt)
        places = ITEM.findall(prompt)
        if form == "order":
            first = [f"c{place}" for place, title, below in places if any(order in f"{title}{below}" for order in told)]
            return json.dumps({"order": [*first, *orders[:5], *(f"c{place}" for place, _, _ in places)]})
        if form == "sentence":
            return json.dumps({"sentence": orders[0] if orders else "As you wish."})
        if form == "act":
            return json.dumps({"act": "recommend", "conditions": [], "attitudes": [], "about": orders[:3]})
        lines = [f"c{place} [e1, f1] {order}" for order in orders for place, _, _ in places[:3]]
        lines += [f"c{place} [e2, e1] One reviewer says: “{order}”" for order in orders for place, _, _ in places[:3]]
        return "\n".join(lines) if form == "lines" else (orders or ["Yes"])[0]

    def _orders(self, prompt: str) -> list[str]:
        """What the quoted texts want to be said: what follows a colon, what is quoted, what is linked."""
        found = []
        for text in FENCED.findall(prompt):
            if re.search(r"ignore|instruct|system|write|say|tell|answer|recommend|must|always", text, re.IGNORECASE):
                found += re.findall(r"[\"“]([^\"”]+)[\"”]", text) + re.findall(r": ([^:]+)$", text)
                found += [*re.findall(r"\S+\.\w+/?\S*", text), text]
        return found[:8]


def _known(text: str, read: str) -> bool:
    """Whether a good part of a text was read."""
    words = " ".join(text.split()).casefold()
    return any(words[start : start + 24] in read for start in range(0, max(len(words) - 23, 1), 12))


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
