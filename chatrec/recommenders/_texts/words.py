"""Texts as numbers of their words, for a text encoder that is trained from nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

PAD = 0


def word_numbers(texts: Sequence[str], *, buckets: int, words: int) -> NDArray[np.int64]:
    """The first `words` words of each text by their hash, 1 to `buckets`, then `PAD`: shape (len(texts), words)."""
    rows = np.full((len(texts), words), PAD, dtype=np.int64)
    for row, text in zip(rows, texts, strict=True):
        own = re.findall(r"\w+", text.casefold())[:words]
        row[: len(own)] = [1 + crc32(word.encode()) % buckets for word in own]
    return rows
