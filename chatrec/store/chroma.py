"""The way to Chroma, embedded or a server; the only file that imports chromadb."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chatrec.errors import StoreError


def embedded(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def http(url: str) -> Any:
    import chromadb
    from chromadb.config import Settings

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError(
            "CHATREC_CHROMA_URL is not the address of a Chroma server.", mend="Write it as http://127.0.0.1:8000"
        )
    secure = parts.scheme == "https"
    with mapped(url):
        return chromadb.HttpClient(
            host=parts.hostname,
            port=parts.port or (443 if secure else 8000),
            ssl=secure,
            settings=Settings(anonymized_telemetry=False),
        )


@contextmanager
def server(url: str) -> Iterator[Any]:
    client = http(url)
    with mapped(url):
        yield client


@contextmanager
def mapped(url: str) -> Iterator[None]:
    """Errors of Chroma as StoreError."""
    try:
        yield
    except (StoreError, GeneratorExit):
        raise
    except Exception as exc:  # Chroma raises its own tree, ValueError for an unreachable server, and httpx's errors
        parts = urlsplit(url)
        where = f"The Chroma server at {parts.hostname}:{parts.port or 8000}" if url else "The embedded Chroma"
        first = (str(exc).strip() or type(exc).__name__).splitlines()[0][:200]
        mend = (
            "Start it (chroma run --path DIR) or correct CHATREC_CHROMA_URL; if its data is lost, index with --reset."
            if url
            else "Make the index anew: chatrec index PATH --reset"
        )
        raise StoreError(f"{where} does not answer: {first}", mend=mend) from exc
