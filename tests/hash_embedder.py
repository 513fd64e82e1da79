"""An embedder for tests: instant, needs no model, and texts that share words are near one another."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from chatrec.embedding.values import Progress, Stamp, Vectors


class HashEmbedder:
    """Every word points in a direction of its own; a text is the sum of its words, at unit length.

    `embedded` lists the texts given to `embed` so far, in order.
    """

    def __init__(self, dimension: int = 64, *, seed: int = 0) -> None:
        self._dimension, self._seed = dimension, seed
        self.stamp = Stamp("hash", "hash", dimension, hashlib.sha256(f"hash {seed}".encode()).hexdigest())
        self.embedded: list[str] = []
        self._directions: dict[str, Vectors] = {}

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        vectors = np.zeros((len(texts), self._dimension), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self.embed_query(text)
            self.embedded.append(text)
            if progress:
                progress(row + 1, len(texts))
        return vectors

    def embed_query(self, text: str) -> Vectors:
        words = re.findall(r"\w+", text.lower()) or [""]
        total = np.sum([self._direction(word) for word in words], axis=0)
        return np.asarray(total / np.linalg.norm(total), np.float32)

    def _direction(self, word: str) -> Vectors:
        if word not in self._directions:
            digest = hashlib.sha256(f"{self._seed} {word}".encode()).digest()
            drawn = np.random.default_rng(list(digest)).standard_normal(self._dimension)
            self._directions[word] = drawn.astype(np.float32)
        return self._directions[word]
