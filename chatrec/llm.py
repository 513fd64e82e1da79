"""From the settings to a LangChain chat model, and the two ways chatrec speaks to one; its errors are mapped here."""

from __future__ import annotations

import importlib
import json
import re
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from chatrec.errors import ChatRecError, LanguageModelError, MissingPackage, SettingsError
from chatrec.settings import Settings
from chatrec.types import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Messages: TypeAlias = Sequence[tuple[str, str]]
"""(role, text) pairs; the roles are "system", "user" and "assistant"."""

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

RETRIES = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What a language model said. `parsed` is the JSON object in it, None where there is none."""

    text: str
    parsed: dict[str, Any] | None
    usage: Usage


def chat_model(settings: Settings) -> BaseChatModel | None:
    """The language model that `CHATREC_LLM` names; None for `builtin`, and for `auto` without a local model.

    Raises SettingsError for a malformed value or a missing key, MissingPackage for a provider not installed.
    """
    name = settings.llm.strip()
    if name == "builtin":
        return None
    if name in ("auto", "local"):
        from chatrec import local_llm

        if name == "auto" and not local_llm.available(settings):
            return None
        return local_llm.chat_model(settings)
    provider, colon, model = name.partition(":")
    if not (provider and colon and model):
        raise SettingsError(
            f"CHATREC_LLM={name!r} names no language model.",
            mend="Write auto, builtin, local, or provider:model such as openai:gpt-5-mini.",
        )
    if "." in provider:
        return _own(provider, model)
    return _hosted(provider, name, settings)


def _hosted(provider: str, name: str, settings: Settings) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    given = settings.provider_variables()
    key = KEYS.get(provider)
    if key and not given.get(key):
        raise SettingsError(
            f"CHATREC_LLM={name} needs {key}, which is not set.", mend=f"Put this line into .env: {key}=your-key"
        )
    options: dict[str, Any] = {"timeout": settings.llm_timeout, "max_retries": RETRIES}
    if key:
        options["api_key"] = given[key]
    if provider == "openai":
        options |= {"stream_usage": True}
        options |= {"base_url": given["OPENAI_BASE_URL"]} if given.get("OPENAI_BASE_URL") else {}
    try:
        return init_chat_model(name, **options)  # type: ignore[no-any-return]  # its overloads depend on its arguments
    except ImportError as exc:
        package = re.search(r"pip install (?:-U )?`?([\w-]+)", str(exc))
        needed = package[1] if package else f"langchain-{provider.replace('_', '-')}"
        raise MissingPackage(f"CHATREC_LLM={name} needs the package {needed}.", mend=f"pip install {needed}") from exc
    except Exception as exc:  # providers' constructors raise whatever they like; no key may stand in the message
        raise SettingsError(
            f"CHATREC_LLM={name} cannot be used: {_plain(exc, given)}", mend="Correct it in the environment or in .env."
        ) from exc


def _own(module: str, name: str) -> BaseChatModel:
    """A chat model class of one's own, `package.module:Class`, made without arguments."""
    try:
        return getattr(importlib.import_module(module), name)()  # type: ignore[no-any-return]
    except (ImportError, AttributeError, TypeError) as exc:
        raise SettingsError(
            f"CHATREC_LLM={module}:{name} cannot be loaded: {exc}.",
            mend="Write provider:model, or package.module:Class of an importable chat model.",
        ) from exc


def ask(model: BaseChatModel, messages: Messages, *, schema: Mapping[str, Any] | None = None, limit: float) -> Answer:
    """One answer, in `limit` seconds at most. With a JSON `schema` the model is asked to keep to it.

    What is not JSON leaves `parsed` None. Raises LanguageModelError, a sentence that says what went wrong.
    """
    bound: Any = model
    if schema is not None and hasattr(model, "root_client"):  # models of the OpenAI protocol
        form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": True}}
        bound = model.bind(response_format=form)
    text, usage = "", Usage()
    with closing(stream(bound, messages, limit=limit)) as pieces:
        for piece in pieces:
            if isinstance(piece, Usage):
                usage += piece
            else:
                text += piece
    return Answer(text, _object_in(text), usage)


def stream(model: Any, messages: Messages, *, limit: float) -> Generator[str | Usage, None, None]:
    """The answer as it comes, and the tokens used; closing it hangs up. Raises LanguageModelError."""
    deadline = time.monotonic() + limit
    try:
        with closing(model.stream([(role, text) for role, text in messages])) as chunks:
            for chunk in chunks:
                if isinstance(text := chunk.text, str) and text:
                    yield str(text)
                if counted := getattr(chunk, "usage_metadata", None):
                    yield Usage(counted.get("input_tokens", 0), counted.get("output_tokens", 0))
                if time.monotonic() > deadline:
                    raise LanguageModelError(f"The language model took longer than {limit:g} seconds.")
    except ChatRecError:
        raise
    except Exception as exc:  # every provider raises its own tree; they are told apart by status and name
        raise LanguageModelError(_sentence(exc, limit)) from exc


def _sentence(exc: Exception, limit: float) -> str:
    status = getattr(exc, "status_code", None)
    name = type(exc).__name__.lower()
    if status in (401, 403):
        return "The language model's provider refused the key."
    if status == 429:
        return "The language model's provider allows no more requests for now."
    if status == 404:
        return "The provider has no language model of that name."
    if status in (400, 413, 422):
        return "The language model could not take the request."
    if status:
        return f"The language model's server failed (status {status})."
    if "timeout" in name:
        return f"The language model did not answer within {limit:g} seconds."
    if "connect" in name:
        return "The language model cannot be reached."
    return f"The language model failed ({type(exc).__name__})."


def _plain(exc: Exception, secrets: Mapping[str, str]) -> str:
    text = str(exc).strip().splitlines()[0][:200] if str(exc).strip() else type(exc).__name__
    for secret in secrets.values():
        text = text.replace(secret, "…") if len(secret) > 3 else text
    return text


def _object_in(text: str) -> dict[str, Any] | None:
    """The JSON object in a text, fenced or not; None where it is cut, broken or not there."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        found = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
