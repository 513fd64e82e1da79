"""From `provider:model` to a LangChain chat model: hosted ones, classes of one's own, and the fakes of the tests."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

from chatrec.errors import ChatRecError, MissingPackage, SettingsError
from chatrec.llm.faults import plain
from chatrec.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
    "groq": "GROQ_API_KEY",
    "cohere": "COHERE_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "together": "TOGETHER_API_KEY",
    "xai": "XAI_API_KEY",
}
"""Provider -> the variable that holds its key."""

PACKAGES = {"ollama": "langchain_ollama"}
"""Provider -> the package it wants, where LangChain would fall back on an older one."""


def checked(name: str, *, variable: str = "CHATREC_LLM") -> tuple[str, str]:
    """Provider and model of `provider:model`. Raises SettingsError."""
    provider, colon, model = name.partition(":")
    if not (provider and colon and model):
        raise SettingsError(
            f"{variable}={name!r} names no language model.",
            mend="Write auto, builtin, local, or provider:model such as openai:gpt-5-mini."
            if variable == "CHATREC_LLM"
            else "Write local, or provider:model such as openai:gpt-5-mini; several with commas.",
        )
    return provider, model


def made(name: str, settings: Settings) -> BaseChatModel:
    """The chat model that `provider:model` names.

    Raises SettingsError for a malformed value or a missing key, MissingPackage for a provider not installed.
    """
    provider, model = checked(name)
    if provider == "fake":
        from chatrec import fake_llm

        return fake_llm.named(model)
    if "." in provider:
        return _own(provider, model, settings)
    return _hosted(provider, name, settings)


def _hosted(provider: str, name: str, settings: Settings) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    given = settings.provider_variables()
    key = KEYS.get(provider)
    if key and not given.get(key):
        raise SettingsError(
            f"CHATREC_LLM={name} needs {key}, which is not set.", mend=f"Put this line into .env: {key}=your-key"
        )
    options: dict[str, Any] = {"timeout": settings.llm_timeout, "max_retries": 0}
    if provider == "openai":
        options |= {"stream_usage": True}
        options |= {"base_url": given["OPENAI_BASE_URL"]} if given.get("OPENAI_BASE_URL") else {}
    try:
        if provider in PACKAGES:
            importlib.import_module(PACKAGES[provider])
        with settings.provider_environment():
            return init_chat_model(name, **options)  # type: ignore[no-any-return]  # overloaded by its arguments
    except ImportError as exc:
        package = re.search(r"pip install (?:-U )?`?([\w-]+)", str(exc))
        needed = package[1] if package else f"langchain-{provider.replace('_', '-')}"
        raise MissingPackage(f"CHATREC_LLM={name} needs the package {needed}.", mend=f"pip install {needed}") from exc
    except Exception as exc:  # providers' constructors raise whatever they like; no key may stand in the message
        raise SettingsError(
            f"CHATREC_LLM={name} cannot be used: {plain(exc, given)}", mend="Correct it in the environment or in .env."
        ) from exc


def _own(module: str, name: str, settings: Settings) -> BaseChatModel:
    """A chat model class of one's own, `package.module:Class`, made without arguments."""
    from langchain_core.language_models import BaseChatModel

    mend = "Write provider:model, or package.module:Class of an importable chat model."
    try:
        with settings.provider_environment():
            made = getattr(importlib.import_module(module), name)()
    except ChatRecError:
        raise
    except Exception as exc:  # somebody else's module and class raise whatever they like
        problem = plain(exc, settings.provider_variables())
        raise SettingsError(f"CHATREC_LLM={module}:{name} cannot be loaded: {problem.rstrip('.')}.", mend=mend) from exc
    if not isinstance(made, BaseChatModel):
        raise SettingsError(f"CHATREC_LLM={module}:{name} is no LangChain chat model.", mend=mend)
    return made
