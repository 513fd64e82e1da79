"""Counting tokens without ever reaching for the network, and fitting texts into a budget."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from chatrec.settings import variable

ENCODING = "o200k_base"
RANKS = f"https://openaipublic.blob.core.windows.net/encodings/{ENCODING}.tiktoken"
"""What tiktoken names its cached file by; it is never fetched from here."""

CHECKSUM = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""sha256 of the file of ranks; tiktoken deletes and downloads a file of another one, so it is checked before."""


def count(text: str) -> int:
    """Tokens of a text: exact for OpenAI's models where tiktoken's file of ranks lies in its cache, else at most.

    Without it the bound is one token a UTF-8 byte, which no byte-pair encoding exceeds.
    """
    encoding = _encoding()
    return len(encoding.encode_ordinary(text)) if encoding else len(text.encode("utf-8", "replace"))


def exact() -> bool:
    """Whether `count` counts rather than bounds."""
    return _encoding() is not None


def fitting(texts: Iterable[tuple[float, str]], budget: int) -> set[int]:
    """The places of the texts, as (value, text), that fit into `budget` tokens together, the most valuable first."""
    kept: set[int] = set()
    for place, (_, text) in sorted(enumerate(texts), key=lambda entry: (-entry[1][0], entry[0])):
        used = count(text)
        if used <= budget:
            kept.add(place)
            budget -= used
    return kept


@lru_cache(maxsize=1)
def _encoding() -> Any:
    # The folder as tiktoken finds it, or it would look elsewhere and download; a variable that is empty is "no cache".
    usual = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    folder = variable("TIKTOKEN_CACHE_DIR", variable("DATA_GYM_CACHE_DIR", usual))
    path = Path(folder) / hashlib.sha1(RANKS.encode()).hexdigest()
    try:
        if not folder or hashlib.sha256(path.read_bytes()).hexdigest() != CHECKSUM:
            return None
    except OSError:
        return None
    import tiktoken

    return tiktoken.get_encoding(ENCODING)
