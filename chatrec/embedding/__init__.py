"""Text to vectors: sentence-transformers models, run by ONNX Runtime; torch is used once, to export them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chatrec.settings import Settings

__all__ = ["Embedder", "Stamp", "load_embedder"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Whose vectors these are. `checksum` is the sha256 of the model's weights, `engine` what ran them."""

    name: str
    engine: str
    dimension: int
    checksum: str

    def matches(self, other: Stamp) -> bool:
        """Whether the vectors of both can be compared: the same weights; engines agree closely enough."""
        return (self.dimension, self.checksum) == (other.dimension, other.checksum)


class Embedder(Protocol):
    """Safe to share between threads. Vectors are float32 and of unit length, so that a dot product is the cosine."""

    @property
    def stamp(self) -> Stamp: ...

    def embed(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> NDArray[np.float32]:
        """Passages as (len(texts), dimension), cut to the model's limit; `progress` gets (done, total)."""
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """A request as (dimension,)."""
        ...


def load_embedder(settings: Settings, *, progress: Callable[[str], None] | None = None) -> Embedder:
    """The embedder that the settings name, exported and quantised into `CHATREC_HOME/models` if it is not there yet.

    `progress` gets a sentence for each step that takes long. Raises EmbeddingError for a model that cannot be had.
    """
    if settings.embedding_engine == "torch":
        from chatrec.embedding.reference import TorchEmbedder

        return TorchEmbedder.of(settings.embedder, threads=thread_count(settings))
    from chatrec.embedding.cache import exported
    from chatrec.embedding.runtime import OnnxEmbedder

    model = exported(settings.embedder, settings.home / "models", progress=progress or (lambda _: None))
    return OnnxEmbedder(model, engine=settings.embedding_engine, threads=thread_count(settings))


def thread_count(settings: Settings) -> int:
    """Threads for one call: what the settings say, else one a core this process may use, at most 4."""
    import os

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return settings.threads or min(cores, 4)
