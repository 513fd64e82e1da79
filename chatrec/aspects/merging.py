"""Aspects that are one thing by two names, told by the vectors of the names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chatrec.aspects.finding import Noun

ALIKE = 0.75
"""The cosine of two names from which they are one aspect; chosen by eye with the default embedder."""


def merged(nouns: Sequence[Noun], vectors: NDArray[np.float32]) -> list[Noun]:
    """The nouns, the commonest first, each joined to the first before it that it is like; `vectors` are theirs."""
    near = vectors @ vectors.T
    kept: dict[int, list[int]] = {}
    for place, noun in enumerate(nouns):
        same = (first for first in kept if near[first, place] >= ALIKE or _joined(noun) == _joined(nouns[first]))
        kept.setdefault(next(same, place), []).append(place)
    return [
        Noun(nouns[first].name, tuple(key for place in some for key in nouns[place].keys))
        for first, some in kept.items()
    ]


def _joined(noun: Noun) -> str:
    return noun.name.replace(" ", "")
