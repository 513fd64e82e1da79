"""What every embedder is to the other rooms: a stamp, and text to vectors of unit length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
Progress: TypeAlias = Callable[[int, int], None]
"""Called with texts done and texts in all."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which embedder made a vector. `checksum` is the sha256 of the model's weights."""

    name: str
    engine: str
    dimension: int
    checksum: str

    def matches(self, other: Stamp) -> bool:
        """Whether vectors of the two may be compared: the same weights, whatever their folder or engine."""
        return self.dimension == other.dimension and self.checksum == other.checksum


class Embedder(Protocol):
    """Safe to call from several threads at once."""

    @property
    def stamp(self) -> Stamp: ...

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """One row a text, in the order given: shape (len(texts), dimension)."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """The vector of a request: shape (dimension,)."""
        ...
