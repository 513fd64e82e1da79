"""Settings from the environment and `.env`: the only file of chatrec that reads either."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from rapidfuzz import process

from chatrec.errors import SettingsError

PREFIX = "CHATREC_"


def variable(name: str, default: str = "") -> str:
    """A variable of another program's, such as a cache folder."""
    return os.environ.get(name, default)


def environment(over: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that is started: this one's, with `over` on top."""
    return {**os.environ, **over}


class Settings(BaseSettings):
    """Each field is set by the variable `CHATREC_<FIELD>`; its description stands in `.env.example` and the README."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(
        default_factory=lambda: user_data_path("chatrec"),
        description="Folder for indexed catalogues, models and conversations.",
    )
    catalog: str = Field(default="sample", description="Name of the catalogue to talk to.")
    llm: str = Field(
        default="auto",
        description="Language model: `auto` (a local one that is present, else `builtin`), `builtin` (none), `local`,"
        " or `provider:model` as LangChain's `init_chat_model` names it.",
    )
    llm_fallback: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Who answers where that one fails, in this order and comma-separated: `provider:model` or `local`;"
        " after the last of them `builtin`.",
    )
    llm_for: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("auto",),
        description="What the language model does, comma-separated: `understand`, `rank`, `explain`, or `none`; `auto`:"
        " all three for a hosted one; a local one explains, and ranks if `chatrec train --ranking` found it to help.",
    )
    llm_timeout: float = Field(
        default=20.0, gt=0, description="Seconds to wait for the language model before the fused order is used."
    )
    local_model: Path | None = Field(
        default=None, description="GGUF file for `CHATREC_LLM=local`; default: the first in `CHATREC_HOME/models`."
    )
    embedder: str = Field(default="all-MiniLM-L6-v2", description="Name or folder of a sentence-transformers model.")
    embedding_engine: Literal["torch", "onnx", "onnx-int8"] = Field(
        default="onnx-int8", description="What runs the embedder: `onnx-int8`, `onnx` or `torch`."
    )
    chroma_url: str = Field(
        default="", description="Address of a `chroma run` server; empty: Chroma embedded in the process."
    )
    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="SQLAlchemy address of the conversation database; empty: SQLite in `CHATREC_HOME`.",
    )
    routes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(
            "descriptions",
            "reviews",
            "words",
            "facets",
            "mentions",
            "dialogues",
            "neighbours",
            "popular",
            "trending",
        ),
        description="Routes to retrieve with, comma-separated, each with an optional weight (`words=0.5`); a"
        " recommender model's name (`itemknn`, `mf-als`) is a route as well.",
    )
    n: int = Field(default=5, ge=1, le=50, description="How many items a reply recommends.")
    diversity: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="How much the items of a reply should differ: 0 shows the best, 1 whatever is least alike.",
    )
    ranking: Literal["auto", "listwise", "pointwise", "none"] = Field(
        default="auto",
        description="How the language model has a say in the order: `listwise` (it names the best), `pointwise` (Yes or"
        " No an item, for small ones), `none`; `auto` goes by what it can do.",
    )
    ranking_weight: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="What that say counts beside how an item was found, 0 to 1; empty: as `chatrec train` measured it.",
    )
    asks: bool = Field(default=True, description="Whether a thin wish is answered with one question beside the items.")
    threads: int = Field(default=0, ge=0, description="Threads for the embedder; 0: one a physical core, at most 4.")
    ui_host: str = Field(default="127.0.0.1", description="Address the page listens on.")
    ui_port: int = Field(default=7860, ge=0, le=65535, description="Port the page listens on; 0: any free one.")

    ui_upload_mb: int = Field(
        default=25, ge=0, le=2000, description="Largest file, in MB, that visitors of the page may index; 0: none."
    )
    ui_auth: SecretStr = Field(
        default=SecretStr(""),
        description="Who may open the page: `user:password`, several comma-separated; empty: whoever reaches it.",
    )

    @field_validator("home", "local_model")
    @classmethod
    def _at_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else value

    @field_validator("routes", "llm_fallback", "llm_for", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("routes")
    @classmethod
    def _weights_are_numbers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if not re.fullmatch(r"[\w.:-]+(=\d+(\.\d+)?)?", entry):
                raise ValueError(f"{entry!r} is not a route, or a route and a weight such as words=0.5")
        return value

    @field_validator("ui_auth")
    @classmethod
    def _pairs(cls, value: SecretStr) -> SecretStr:
        pairs = [pair.strip().partition(":") for pair in value.get_secret_value().split(",") if pair.strip()]
        if not all(user and password for user, _, password in pairs):  # which says nothing of what was given
            raise ValueError("expected user:password, several comma-separated, none of them empty")
        return value

    @field_validator("llm_fallback")
    @classmethod
    def _stand_ins_have_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in ("local", "builtin") and not re.fullmatch(r"[\w.-]+:\S+", name):
                raise ValueError(f"{name!r} is neither local nor provider:model")
        return tuple(name for name in value if name != "builtin")  # which comes last in any case

    @field_validator("llm_for")
    @classmethod
    def _jobs_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = {"understand", "rank", "explain"}
        if value in (("auto",), ("none",)) or set(value) <= known:
            return value
        unknown = next((job for job in value if job not in known), value[0])
        raise ValueError(f"{unknown!r} is not one of understand, rank, explain; or auto, or none, alone")

    def ui_accounts(self) -> dict[str, str]:
        """The password of each user of the page; empty: there are none, and nobody is asked."""
        pairs = [pair.strip().partition(":") for pair in self.ui_auth.get_secret_value().split(",") if pair.strip()]
        return {user: password for user, _, password in pairs}

    def route_weights(self) -> dict[str, float | None]:
        """The routes in order, each with its weight; None: the default one."""
        parts = [entry.partition("=") for entry in self.routes]
        return {name: float(weight) if weight else None for name, _, weight in parts}

    def provider_variables(self) -> dict[str, str]:
        """The variables of providers (keys, addresses), from the environment and `.env`: none that is chatrec's own."""
        given = {name: value or "" for name, value in dotenv_values(".env").items()} | dict(os.environ)
        return {name: value for name, value in given.items() if not name.startswith(PREFIX)}

    @contextmanager
    def provider_environment(self) -> Iterator[None]:
        """While it lasts, the variables of providers in `.env` stand in the environment, where providers look."""
        lent = {name: value for name, value in self.provider_variables().items() if name not in os.environ}
        os.environ.update(lent)
        try:
            yield
        finally:
            for name in lent:
                os.environ.pop(name, None)

    def lend_tracing(self) -> bool:
        """Puts the variables of tracing in `.env` into the environment for good, where one of them switches it on."""
        traced = ("LANGSMITH_", "LANGCHAIN_", "OTEL_")
        given = {name: value for name, value in self.provider_variables().items() if name.startswith(traced) and value}
        switches = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
        if not any(given.get(name, "").lower() == "true" for name in switches):
            return False
        for name, value in given.items():
            os.environ.setdefault(name, value)
        return True

    @classmethod
    def from_env(cls) -> Settings:
        """The settings of this process: environment over `.env` over defaults.

        Raises SettingsError for an unknown `CHATREC_` variable (naming the nearest known one) or a malformed value.
        """
        known = {PREFIX + name.upper() for name in cls.model_fields}
        given = {name.upper() for name in (*os.environ, *dotenv_values(".env")) if name.upper().startswith(PREFIX)}
        for name in sorted(given - known):
            nearest = process.extractOne(name, sorted(known))
            raise SettingsError(
                f"{name} is not a setting.", mend=f"The nearest one is {nearest[0]}; .env.example lists all."
            )
        try:
            return cls()
        except ValidationError as exc:
            problem = exc.errors(include_input=False, include_url=False)[0]
            name = PREFIX + str(problem["loc"][0]).upper()
            raise SettingsError(f"{name}: {problem['msg']}.", mend="Correct it in the environment or in .env.") from exc
