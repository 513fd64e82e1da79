"""From the settings to the language model: the one that `CHATREC_LLM` names, and those that stand in for it."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from chatrec.errors import ChatRecError
from chatrec.llm import local, providers, tracing
from chatrec.llm.breaker import shared
from chatrec.llm.link import Link, behind, links_of
from chatrec.settings import Settings
from chatrec.tokens import Budget, bound, counter
from chatrec.types import Note, Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Job: TypeAlias = Literal["understand", "rank", "explain"]

HOSTED_JOBS: frozenset[Job] = frozenset({"understand", "rank", "explain"})
LOCAL_JOBS: frozenset[Job] = frozenset({"rank", "explain"})
"""What a language model does where `CHATREC_LLM_FOR` is auto: a small one invents conditions nobody named."""

LONGEST = 16_000
"""Tokens of a prompt at most, and where it is not known how much a model reads: there is room for all that is usual
even by the byte."""

LONGEST_LOCAL = 4_000
"""Tokens of a prompt for a local model, which reads a hundred or so a second."""

SPARE = 100
"""Tokens for what goes around a prompt."""


def chat_model(settings: Settings) -> BaseChatModel | None:
    """The language model that the settings name, with those that stand in for it; None: there is none (`builtin`).

    `auto` is a local one that can be run, else the first that stands in. Raises SettingsError for a malformed value, a
    missing key or file, MissingPackage for a provider not installed; of those that stand in only their names are
    looked at.
    """
    name = settings.llm.strip()
    if name == "builtin":
        return None
    tracing.switched_on(settings)
    links = [_link(other, settings, variable="CHATREC_LLM_FALLBACK") for other in settings.llm_fallback]
    if name != "auto":
        links.insert(0, _link(name, settings))
        links[0].model()  # what cannot be used is told now, not in a turn
    else:
        with suppress(ChatRecError):  # doctor tells what is wrong with it
            first = _link("local", settings)
            first.model()
            links.insert(0, first)
    if not links:
        return None
    from chatrec.llm.fallback import InOrder

    return InOrder(links=tuple(links), limit=settings.llm_timeout)


def _link(name: str, settings: Settings, *, variable: str = "CHATREC_LLM") -> Link:
    if name == "local":
        if variable != "CHATREC_LLM":  # that it is there is not asked before it is needed
            path = local.model_file(settings) or settings.home / "models"
            make = lambda: local.chat_model(local.usable(settings), settings)  # noqa: E731
        else:
            path = local.usable(settings)
            make = lambda: local.chat_model(path, settings)  # noqa: E731
        return Link(f"local:{path.stem}", make, breaker=shared("local", str(path)), line=local.line_of(path))
    providers.checked(name, variable=variable)
    address = settings.provider_variables().get("OPENAI_BASE_URL", "") if name.startswith("openai:") else ""
    return Link(name, lambda: providers.made(name, settings), breaker=shared(name, address))


class Current:
    """The language model as things stand at each call: `auto` picks up a local one that has come, without a wait."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._model: BaseChatModel | None = None
        self._asked = False
        self._seen: tuple[Path, int, int] | None = None

    def __call__(self) -> BaseChatModel | None:
        """The first call waits until the model is loaded; one that comes later is loaded beside, and used from then on.

        Raises SettingsError and MissingPackage, as `chat_model` does.
        """
        with self._lock:
            if not self._asked:
                self._seen = self._there()
                self._model = chat_model(self._settings)
                self._asked = True
            elif self._settings.llm.strip() == "auto" and not is_local(self._model):
                there = self._there()
                if there and there != self._seen:
                    self._seen = there
                    threading.Thread(target=self._load, name="chatrec-loading", daemon=True).start()
            return self._model

    def _there(self) -> tuple[Path, int, int] | None:
        path = local.model_file(self._settings)
        if path is None:
            return None
        with suppress(OSError):
            state = path.stat()
            return path, state.st_size, state.st_mtime_ns
        return None

    def _load(self) -> None:
        with suppress(ChatRecError):
            if model := chat_model(self._settings):
                self._model = model


def is_local(model: BaseChatModel | None) -> bool:
    """Whether a language model runs in this process."""
    links = behind(model)
    return bool(links) and links[0].local


def jobs(settings: Settings, model: BaseChatModel | None) -> frozenset[Job]:
    """What that language model is to do, as `CHATREC_LLM_FOR` has it; nothing without one."""
    if model is None:
        return frozenset()
    if settings.llm_for == ("auto",):
        return LOCAL_JOBS if is_local(model) else HOSTED_JOBS
    return frozenset(job for job in HOSTED_JOBS if job in settings.llm_for)


def fallback_note(model: BaseChatModel | None, usage: Usage) -> Note | None:
    """Who answered instead of the language model that was meant to, if somebody did."""
    links = behind(model)
    others = [name for name in usage.models if links and name != links[0].name]
    if not others:
        return None
    why = links[0].problem or "it failed time after time and is left alone for a while."
    return Note("fallback_used", f"{' and '.join(others)} answered instead of {links[0].name}: {why}")


def count_tokens(model: BaseChatModel | None, text: str) -> int | None:
    """Tokens of a text for a local language model, by its own count; None for others."""
    links = behind(model)
    return local.count_tokens(links[0].model(), text) if links and links[0].local else None


def budget_of(model: BaseChatModel) -> Budget:
    """How long a prompt may be, in tokens as that language model counts them, where that can be known: of several in
    order the one that is asked first as things stand."""
    links = links_of(model)
    first = next((link for link in links if not link.breaker.rests()), links[0])
    if first.local:
        most = min(LONGEST_LOCAL, local.CONTEXT - local.LONGEST_ANSWER)
        return Budget(most - SPARE, partial(_counted, first))
    try:
        made = first.model()
    except ChatRecError:  # who asks it is told
        return Budget(LONGEST - SPARE)
    reads = (getattr(made, "profile", None) or {}).get("max_input_tokens") or LONGEST
    return Budget(min(LONGEST, reads) - SPARE, counter(str(getattr(made, "model_name", ""))))


def _counted(link: Link, text: str) -> int:
    """By the server's own count; a local language model that cannot be had is told of where it is asked."""
    found = None
    with suppress(ChatRecError):
        found = local.count_tokens(link.model(), text)
    return bound(text) if found is None else found
