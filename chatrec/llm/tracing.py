"""Traces of what is asked and answered, to LangSmith or an OpenTelemetry collector: only where a variable says so."""

from __future__ import annotations

import sys

from chatrec.settings import Settings


def switched_on(settings: Settings) -> bool:
    """Whether what is asked is traced. Variables of tracing in `.env` are put where LangChain looks for them.

    LangChain does the rest: it reads LANGSMITH_TRACING (with LANGSMITH_API_KEY, LANGSMITH_ENDPOINT, LANGSMITH_PROJECT)
    and LANGSMITH_OTEL_ENABLED (with OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS).
    """
    on = settings.lend_tracing()
    if on and (known := sys.modules.get("langsmith.utils")):
        known.get_env_var.cache_clear()  # it may have looked before
    return on
