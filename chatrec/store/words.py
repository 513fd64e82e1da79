"""Items by their words: BM25 over title, description and the texts of facets, on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog import Item

Id = TypeVar("Id")


def text_of(item: Item) -> str:
    """What an item is found by: its title, every text in its facets, and its description, which may be long."""
    return "\n".join(text for text in (item.title, ", ".join(_texts(item)), item.description) if text.strip())


def _texts(item: Item) -> Iterator[str]:
    for value in item.attributes.values():
        if isinstance(value, tuple):
            yield from value
        elif isinstance(value, str):
            yield value


def build(folder: Path, texts: Iterable[str]) -> None:
    """Indexes the texts, one a row, with bm25s (Lù, 2024), stemmed."""
    import bm25s

    tokens = bm25s.tokenize(list(texts), stopwords="en", stemmer=_stemmer(), show_progress=False)
    if not tokens.vocab:
        return
    index = bm25s.BM25()
    index.index(tokens, show_progress=False)
    index.save(folder / "bm25", show_progress=False)


class Words(Generic[Id]):
    """One generation's words; opened when first asked. `ids` names the rows."""

    def __init__(self, folder: Path, ids: Iterable[Id]) -> None:
        self._folder = folder / "bm25"
        self._ids = list(ids)
        self._index: Any = None

    def search(self, text: str, k: int, *, mask: NDArray[np.bool_] | None) -> list[tuple[Id, float]]:
        """(id, BM25 score) of the `k` best rows that hold one of the words, best first."""
        import bm25s

        if self._index is None:
            if not self._folder.is_dir():
                return []
            self._index = bm25s.BM25.load(self._folder, mmap=True, show_progress=False)
        tokens = bm25s.tokenize(text, stopwords="en", stemmer=_stemmer(), return_ids=False, show_progress=False)[0]
        known = [token for token in tokens if token in self._index.vocab_dict]
        if not known:
            return []
        scores = np.asarray(self._index.get_scores(known))
        if mask is not None:
            scores = np.where(mask, scores, 0.0)
        rows = np.flatnonzero(scores > 0)
        if len(rows) > k > 0:  # ties at the edge all stay, so that the row decides
            rows = rows[scores[rows] >= np.partition(scores[rows], len(rows) - k)[len(rows) - k]]
        best = rows[np.argsort(-scores[rows], kind="stable")[:k]]
        return [(self._ids[row], float(scores[row])) for row in best]


def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")
