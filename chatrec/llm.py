"""From the settings to a LangChain chat model, and the two ways chatrec speaks to one; its errors are mapped here."""

from __future__ import annotations

import importlib
import json
import math
import re
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, suppress
from contextvars import copy_context
from dataclasses import dataclass
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, TypeAlias

from chatrec.errors import ChatRecError, LanguageModelError, MissingPackage, SettingsError
from chatrec.settings import Settings
from chatrec.types import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Messages: TypeAlias = Sequence[tuple[str, str]]
"""(role, text) pairs; the roles are "system", "user" and "assistant"."""

_Piece: TypeAlias = str | Usage | Exception | None
"""What the thread that reads an answer hands over; None is its end."""

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

LOCAL = frozenset({"auto", "local"})
"""What `CHATREC_LLM` says where the language model runs in this process, if at all; such a one is small."""

TRIES = 2
"""Requests at most, where the first was turned away at once; the providers' own retries wait for up to a minute."""

PAUSE = 0.5
"""Seconds before the second try, and at most until a stream that is left has hung up."""

PASSING = (429, 500, 502, 503, 504, 529)
"""HTTP statuses that may be gone the next moment."""

LONGEST = 100_000
"""Characters of one answer; who writes more does not come to an end."""


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
    if name in LOCAL:
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
        with settings.provider_environment():
            return init_chat_model(name, **options)  # type: ignore[no-any-return]  # overloaded by its arguments
    except ImportError as exc:
        package = re.search(r"pip install (?:-U )?`?([\w-]+)", str(exc))
        needed = package[1] if package else f"langchain-{provider.replace('_', '-')}"
        raise MissingPackage(f"CHATREC_LLM={name} needs the package {needed}.", mend=f"pip install {needed}") from exc
    except Exception as exc:  # providers' constructors raise whatever they like; no key may stand in the message
        raise SettingsError(
            f"CHATREC_LLM={name} cannot be used: {_plain(exc, given)}", mend="Correct it in the environment or in .env."
        ) from exc


def _own(module: str, name: str, settings: Settings) -> BaseChatModel:
    """A chat model class of one's own, `package.module:Class`, made without arguments."""
    from langchain_core.language_models import BaseChatModel

    mend = "Write provider:model, or package.module:Class of an importable chat model."
    try:
        with settings.provider_environment():
            made = getattr(importlib.import_module(module), name)()
    except Exception as exc:  # somebody else's module and class raise whatever they like
        problem = _plain(exc, settings.provider_variables())
        raise SettingsError(f"CHATREC_LLM={module}:{name} cannot be loaded: {problem.rstrip('.')}.", mend=mend) from exc
    if not isinstance(made, BaseChatModel):
        raise SettingsError(f"CHATREC_LLM={module}:{name} is no LangChain chat model.", mend=mend)
    return made


def ask(model: BaseChatModel, messages: Messages, *, schema: Mapping[str, Any] | None = None, limit: float) -> Answer:
    """One answer, in `limit` seconds at most. With a JSON `schema` the model is asked to keep to it, if it can.

    What is not JSON leaves `parsed` None. Raises LanguageModelError, a sentence that says what went wrong.
    """
    begun = time.monotonic()
    if schema is not None and hasattr(model, "root_client"):  # models of the OpenAI protocol
        form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": True}}
        try:
            return _whole(model.bind(response_format=form), messages, limit)
        except LanguageModelError as error:  # many servers of that protocol do not know this part of it
            if getattr(error.__cause__, "status_code", None) not in (400, 422):
                raise
    return _whole(model, messages, limit - (time.monotonic() - begun))


def _whole(model: Any, messages: Messages, limit: float) -> Answer:
    text, usage = "", Usage()
    with closing(stream(model, messages, limit=limit)) as pieces:
        for piece in pieces:
            if isinstance(piece, Usage):
                usage += piece
            else:
                text += piece
    return Answer(text, _object_in(text), usage)


def stream(model: Any, messages: Messages, *, limit: float) -> Generator[str | Usage, None, None]:
    """The answer as it comes, and the tokens used; closing it hangs up. Raises LanguageModelError.

    A thread does the reading: no provider's own timeout ends a server that says again and again that it is alive.
    """
    deadline = time.monotonic() + limit
    pieces: Queue[_Piece] = Queue(maxsize=1)  # so that no more is written than is read
    left = threading.Event()
    reader = threading.Thread(
        target=copy_context().run,
        args=(_read, model, messages, pieces, left),
        name="chatrec-language-model",
        daemon=True,
    )
    reader.start()
    began = False
    try:
        while (piece := pieces.get(timeout=max(0.0, deadline - time.monotonic()))) is not None:
            if isinstance(piece, ChatRecError):
                raise piece
            if isinstance(piece, Exception):
                raise LanguageModelError(_sentence(piece, limit, began=began)) from piece
            began = True
            yield piece
    except Empty:
        what = "took longer than" if began else "did not answer within"
        raise LanguageModelError(f"The language model {what} {round(limit, 1):g} seconds.") from None
    finally:
        left.set()
        with suppress(Empty):  # the reader may be waiting for room
            pieces.get_nowait()
        reader.join(PAUSE)


def _read(model: Any, messages: Messages, pieces: Queue[_Piece], left: threading.Event) -> None:
    """Puts every piece of the answer into `pieces`, then None or what went wrong; hangs up once `left` is set."""

    def put(piece: _Piece) -> None:
        if not left.is_set():  # nobody would take it
            pieces.put(piece)

    length = 0
    for attempt in range(1, TRIES + 1):
        try:
            with closing(model.stream([(role, text) for role, text in messages])) as chunks:
                for chunk in chunks:
                    if left.is_set():
                        return
                    if isinstance(text := chunk.text, str) and text:
                        length += len(text)
                        put(str(text))
                    if counted := getattr(chunk, "usage_metadata", None):
                        put(Usage(counted.get("input_tokens", 0), counted.get("output_tokens", 0)))
                    if length > LONGEST:
                        raise LanguageModelError("The language model did not come to an end.")
            put(None)
            return
        except Exception as exc:  # noqa: BLE001  # every provider raises its own tree; `stream` tells them apart
            passing = not length and getattr(exc, "status_code", None) in PASSING
            if attempt == TRIES or not passing or left.wait(PAUSE):
                put(exc)
                return


def _sentence(exc: Exception, limit: float, *, began: bool) -> str:
    status = getattr(exc, "status_code", None)
    name = type(exc).__name__.lower()
    if status in (401, 403):
        return "The language model's provider refused the key."
    if status == 429:
        return "The language model's provider allows no more requests for now."
    if status == 404:
        return "The provider has no language model of that name."
    if "contextoverflow" in name or "context size" in str(exc) or "context length" in str(exc):
        return "The request is longer than the language model can read."
    if status in (400, 413, 422):
        return "The language model could not take the request."
    if status:
        return f"The language model's server failed (status {status})."
    if "timeout" in name:
        return f"The language model did not answer within {round(limit, 1):g} seconds."
    if "connect" in name or "protocol" in name or "readerror" in name:
        return "The language model's server broke off." if began else "The language model cannot be reached."
    if isinstance(exc, ValueError | TypeError | LookupError | AttributeError):  # what parsing stumbles over
        return f"The language model's server answered what cannot be read ({type(exc).__name__})."
    return f"The language model's server failed ({type(exc).__name__})."


SECRET = re.compile("KEY|TOKEN|SECRET|PASSW|CREDENTIAL|URL", re.IGNORECASE)


def _plain(exc: Exception, secrets: Mapping[str, str]) -> str:
    """The first line of what an error says, without the values of the variables that look like secrets."""
    text = str(exc).strip() or type(exc).__name__
    for secret in sorted((value for name, value in secrets.items() if SECRET.search(name)), key=len, reverse=True):
        text = text.replace(secret, "…") if len(secret) > 3 else text
    return text.splitlines()[0][:200]


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


LIKELY = 20
"""How many of the likeliest first words are looked at."""


def yes_no(model: BaseChatModel, messages: Messages, *, limit: float) -> float | None:
    """The log-odds that the first word of the answer is Yes rather than No; None where the model does not tell.

    A word that is not among the likeliest counts as the least likely of these. Raises LanguageModelError.
    """
    if not hasattr(model, "root_client"):  # only the OpenAI protocol tells
        return None
    asked = model.bind(logprobs=True, top_logprobs=LIKELY, max_completion_tokens=1, timeout=limit)
    try:
        answer = asked.invoke([(role, text) for role, text in messages])
    except Exception as exc:  # every provider raises its own tree
        raise LanguageModelError(_sentence(exc, limit, began=False)) from exc
    told = (answer.response_metadata.get("logprobs") or {}).get("content") or []
    likely = told[0].get("top_logprobs", []) if told else []
    if not likely:
        return None
    floor = min(float(each["logprob"]) for each in likely)
    return _said(likely, "yes", floor) - _said(likely, "no", floor)


def _said(likely: Sequence[Mapping[str, Any]], word: str, floor: float) -> float:
    """The log-probability that the answer begins with the word, however it is written."""
    found = [float(each["logprob"]) for each in likely if str(each["token"]).strip(" \n▁Ġ").casefold() == word]
    return math.log(sum(map(math.exp, found))) if found else floor
