"""Counting tokens without ever reaching for the network, and fitting texts into a budget."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeAlias

from chatrec.settings import variable

ENCODING = "o200k_base"
RANKS = f"https://openaipublic.blob.core.windows.net/encodings/{ENCODING}.tiktoken"
"""What tiktoken names its cached file by; it is never fetched from here."""

CHECKSUM = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""sha256 of the file of ranks; tiktoken deletes and downloads a file of another one, so it is checked before."""


Counter: TypeAlias = Callable[[str], int]


def bound(text: str) -> int:
    """Tokens of a text at most: one a UTF-8 byte, which no byte-pair encoding exceeds."""
    return len(text.encode("utf-8", "replace"))


def counter(model_name: str) -> Counter:
    """How tokens are counted for the model of that name: by tiktoken where that knows the model and its file of ranks
    lies in its cache, else at most."""
    encoding = _encoding()
    if encoding is None:
        return bound
    from tiktoken.model import encoding_name_for_model

    try:
        known = encoding_name_for_model(model_name) == ENCODING
    except KeyError:
        return bound
    return (lambda text: len(encoding.encode_ordinary(text))) if known else bound


@dataclass(slots=True)
class Budget:
    """So many tokens, spent on one text after the other in the order of their worth.

    It is bytes that are added up, and only where these are too many `count` is asked, about all there is so far: a
    server that counts is seldom asked, and counts the text as it will be.
    """

    tokens: int
    count: Counter = bound
    _text: str = ""
    _used: int = 0

    def takes(self, text: str, *, leaving: int = 0) -> bool:
        """Whether the text fits, `leaving` so many tokens; then they are spent."""
        whole, used = f"{self._text}{text}\n", self._used + bound(text) + 1
        if used > self.tokens - leaving:
            used = min(used, self.count(whole))
        if used > self.tokens - leaving:
            return False
        self._text, self._used = whole, used
        return True

    def spend(self, text: str) -> None:
        """For a text that is needed, whether it fits or not."""
        self._text, self._used = f"{self._text}{text}\n", self._used + bound(text) + 1

    def copy(self) -> Budget:
        """Another that has as much left."""
        return replace(self)


def fitting(texts: Iterable[tuple[float, str]], budget: Budget) -> set[int]:
    """The places of the texts, as (value, text), that fit: the most valuable, up to the first that does not."""
    best = sorted(enumerate(texts), key=lambda entry: (-entry[1][0], entry[0]))
    return {place for place, _ in takewhile(lambda entry: budget.takes(entry[1][1]), best)}


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
