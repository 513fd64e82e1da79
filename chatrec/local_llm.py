"""A language model in a GGUF file, run in this process by xllamacpp's server on a loopback port with a random key."""

from __future__ import annotations

import atexit
import secrets
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatrec.errors import LanguageModelError, MissingPackage, SettingsError
from chatrec.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

CONTEXT = 8192
"""Tokens the model reads and writes at most in one request."""

LONGEST_ANSWER = 600
"""Tokens; a small model that does not find an end is stopped there."""

_servers: dict[Path, tuple[Any, str, str]] = {}
_lock = threading.Lock()


def available(settings: Settings) -> bool:
    """Whether there is a model to run and something to run it."""
    return find_spec("xllamacpp") is not None and model_file(settings) is not None


def model_file(settings: Settings) -> Path | None:
    """The file that the settings name, or the first in `CHATREC_HOME/models`; None where there is none."""
    if settings.local_model:
        return settings.local_model if settings.local_model.is_file() else None
    return next(iter(sorted((settings.home / "models").glob("*.gguf"))), None)


def chat_model(settings: Settings) -> BaseChatModel:
    """The local model, loaded once a process and shared. Raises SettingsError without a file, MissingPackage."""
    path = model_file(settings)
    if path is None:
        where = settings.local_model or settings.home / "models"
        raise SettingsError(
            f"CHATREC_LLM=local needs a GGUF file, and there is none: {where}.",
            mend="Put one there, or name it by CHATREC_LOCAL_MODEL.",
        )
    if find_spec("xllamacpp") is None:
        raise MissingPackage("CHATREC_LLM=local needs the package xllamacpp.", mend='pip install "chatrec[local]"')
    from langchain_openai import ChatOpenAI
    from openai import DefaultHttpxClient

    url, key = _serving(path.resolve(), settings)
    return ChatOpenAI(
        model=path.stem,
        base_url=f"{url}/v1",
        api_key=key,  # type: ignore[arg-type]  # LangChain wraps a plain text into a SecretStr
        timeout=settings.llm_timeout,
        max_retries=0,
        temperature=0,
        max_completion_tokens=LONGEST_ANSWER,
        stream_usage=True,
        # What is asked stays on this machine, whatever proxy the environment names.
        http_client=DefaultHttpxClient(trust_env=False),
        openai_proxy=None,
        http_socket_options=(),
    )


def _serving(path: Path, settings: Settings) -> tuple[str, str]:
    """The address and key of the server of that file, started if it is not running."""
    with _lock:
        if path not in _servers:
            _servers[path] = _started(path, settings)
        _, url, key = _servers[path]
        return url, key


def _started(path: Path, settings: Settings) -> tuple[Any, str, str]:
    try:
        import xllamacpp
    except ImportError as exc:  # installed, but a system library is not
        raise MissingPackage(
            f"xllamacpp, which CHATREC_LLM={settings.llm} needs, cannot be loaded: {exc}.",
            mend="On Debian: apt install libgomp1",
        ) from exc

    key = secrets.token_urlsafe(24)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.cpuparams.n_threads = settings.threads or 2
    params.port = 0  # any that is free
    params.api_keys = [key]
    params.verbosity = -1
    try:
        server = xllamacpp.Server(params)
    except Exception as exc:  # llama.cpp raises bare RuntimeErrors
        raise LanguageModelError(
            f"The file {path.name} cannot be run as a language model.", mend="Check that it is a whole GGUF file."
        ) from exc
    atexit.register(stop)
    return server, server.listening_address, key


def stop() -> None:
    """Stops every server of this process."""
    with _lock:
        _servers.clear()
