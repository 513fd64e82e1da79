"""A language model in a GGUF file, run in this process by xllamacpp's server on a loopback port with a random key."""

from __future__ import annotations

import atexit
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatrec.errors import MissingPackage, SettingsError
from chatrec.llm import registry
from chatrec.llm.line import Line
from chatrec.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LOCAL = frozenset({"auto", "local"})
"""What `CHATREC_LLM` says where the language model runs in this process, if at all; such a one is small."""

CONTEXT = 8192
"""Tokens the model reads and writes at most in one request."""

LONGEST_ANSWER = 600
"""Tokens; a small model that does not find an end is stopped there."""

REMEMBERED = 512
"""MiB of what was read before that the server keeps, so that sessions in turn need not be read anew."""


@dataclass(frozen=True, slots=True)
class _Running:
    server: Any
    url: str
    key: str


_running: dict[Path, _Running] = {}
_lines: dict[Path, Line] = {}
_broken: dict[tuple[Path, int, int], str] = {}
"""What could not be loaded, at that size and time of change: it is not tried at every turn."""
_lock = threading.Lock()


def runs() -> bool:
    """Whether there is something to run a model with."""
    return find_spec("xllamacpp") is not None


def model_file(settings: Settings) -> Path | None:
    """The file that the settings name, else one in `CHATREC_HOME/models`: a registered one first, then by name."""
    if settings.local_model:
        return settings.local_model if settings.local_model.is_file() else None
    known = [entry.file for entry in registry.entries()]
    there = sorted(
        (settings.home / "models").glob("*.gguf"),
        key=lambda path: (known.index(path.name) if path.name in known else len(known), path.name),
    )
    return next(iter(there), None)


def usable(settings: Settings) -> Path:
    """The file to run, checked. Raises SettingsError with what to do, MissingPackage."""
    path = model_file(settings)
    if path is None:
        where = settings.local_model or settings.home / "models"
        raise SettingsError(
            f"CHATREC_LLM=local needs a GGUF file, and there is none: {where}.",
            mend="chatrec llm pull fetches one; or name yours by CHATREC_LOCAL_MODEL.",
        )
    registry.check(path)
    if not runs():
        raise MissingPackage("CHATREC_LLM=local needs the package xllamacpp.", mend='pip install "chatrec[local]"')
    return path.resolve()


def line_of(path: Path) -> Line:
    """Where requests for that file's model wait for their turn, of all sessions."""
    with _lock:
        return _lines.setdefault(path, Line())


def chat_model(path: Path, settings: Settings) -> BaseChatModel:
    """The model in that file, loaded once a process and shared. Raises SettingsError where it cannot be run."""
    from langchain_openai import ChatOpenAI
    from openai import DefaultHttpxClient

    running = _serving(path, settings)
    return ChatOpenAI(
        model=path.stem,
        base_url=f"{running.url}/v1",
        api_key=running.key,  # type: ignore[arg-type]  # LangChain wraps a plain text into a SecretStr
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


def _serving(path: Path, settings: Settings) -> _Running:
    """The server of that file, started if it is not running."""
    with _lock:
        if path not in _running:
            state = path.stat()
            stamp = (path, state.st_size, state.st_mtime_ns)
            if problem := _broken.get(stamp):
                raise SettingsError(problem, mend="Check that it is a whole GGUF file; chatrec llm pull fetches one.")
            try:
                _running[path] = _started(path, settings)
            except RuntimeError as exc:  # llama.cpp raises bare ones
                _broken[stamp] = f"The file {path.name} cannot be run as a language model."
                raise SettingsError(
                    _broken[stamp], mend="Check that it is a whole GGUF file; chatrec llm pull fetches one."
                ) from exc
        return _running[path]


def _started(path: Path, settings: Settings) -> _Running:
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
    params.cache_ram_mib = REMEMBERED
    params.cpuparams.n_threads = settings.threads or 2
    params.port = 0  # any that is free
    params.api_keys = [key]
    params.endpoint_slots = False
    params.verbosity = -1
    server = xllamacpp.Server(params)
    atexit.register(stop)
    return _Running(server, server.listening_address, key)


def stop() -> None:
    """Stops every server of this process; the chat models that were made do not answer any more."""
    with _lock:
        _running.clear()


def count_tokens(model: Any, text: str) -> int | None:
    """Tokens of a text for a chat model of `chat_model`, by its own server; None where that does not answer."""
    client = getattr(model, "root_client", None)
    if client is None:
        return None
    root = client.with_options(base_url=str(client.base_url).rstrip("/").removesuffix("/v1"), max_retries=0)
    with suppress(Exception):  # whatever it is, the caller has a bound of its own
        told = root.post("/tokenize", cast_to=object, body={"content": text}, options={"timeout": 2.0})
        return len(told["tokens"])
    return None
