"""Items by the texts of their facets, as sparse matrices: which values a message names, and how alike items are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

WORD = re.compile(r"[^\W_]+")

LONGEST = 4
"""No value of more words is looked for in a message."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FacetTable:
    """One facet: items by values with each row of unit length, rarer values counting more; the same turned; and the
    weight (inverse document frequency) of each value."""

    name: str
    values: Sequence[str]
    by_item: Any
    by_value: Any
    weights: Floats

    @classmethod
    def of(cls, name: str, values: Sequence[str], held: csr_matrix) -> FacetTable:
        """From items by values, 1 where an item holds the value."""
        counts = np.maximum(np.asarray(held.sum(axis=0)).ravel(), 1)
        weights = np.log1p(held.shape[0] / counts).astype(np.float32)
        weighed = csr_matrix(held @ diags(weights))
        lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
        unit = csr_matrix(diags(1.0 / np.maximum(lengths, 1e-9)) @ weighed, dtype=np.float32)
        return cls(name, values, unit, csr_matrix(unit.T), weights)

    def holding(self, codes: Sequence[int]) -> Floats:
        """The weights of those of these values that an item holds, summed, for every item."""
        scores = np.zeros(self.by_value.shape[1], dtype=np.float32)
        for code in codes:
            start, end = self.by_value.indptr[code : code + 2]
            scores[self.by_value.indices[start:end]] += self.weights[code]
        return scores

    def shared(self, rows: Sequence[int]) -> Floats:
        """The mean cosine of every item to the items of these rows."""
        profile = csr_matrix(self.by_item[list(rows)].sum(axis=0) / max(len(rows), 1), dtype=np.float32)
        return np.asarray((profile @ self.by_value).todense(), dtype=np.float32).ravel()


class FacetSpace:
    """The facets of one generation that hold lists or categories, and the words by which their values are named."""

    def __init__(self, tables: Sequence[FacetTable], *, ignored: frozenset[str]) -> None:
        """`ignored` are words that name no value by themselves."""
        self.tables = tuple(tables)
        self._ignored = ignored

    def asked(self, text: str) -> dict[str, list[int]]:
        """Facet -> the codes of its values that `text` names, by whole words; a plural names the singular."""
        found: dict[str, dict[int, None]] = defaultdict(dict)
        for phrase in _phrases(text):
            for name, code in self._named.get(phrase, ()):
                found[name][code] = None
        return {name: list(codes) for name, codes in found.items()}

    @cached_property
    def _named(self) -> Mapping[str, list[tuple[str, int]]]:
        named: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for table in self.tables:
            for code, value in enumerate(table.values):
                words = WORD.findall(value)
                phrase = " ".join(words)
                if 0 < len(words) <= LONGEST and len(phrase) > 2 and phrase not in self._ignored:
                    named[phrase].append((table.name, code))
                    if len(words) == 2:  # sci-fi, scifi
                        named["".join(words)].append((table.name, code))
        return named


def _phrases(text: str) -> Iterator[str]:
    words = WORD.findall(text.casefold())
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            phrase = " ".join(words[start:end])
            yield phrase
            if phrase.endswith("s") and len(phrase) > 4:
                yield phrase[:-1]
