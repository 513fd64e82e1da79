"""The tree of the items' tokens: what may follow what, so that nothing but an item of the catalogue is ever said."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

States = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""From beginnings of answers, (rows, places), the start token first, to the decoder's states, (rows, places, size)."""


class Trie:
    """The tree of `paths`, items by tokens, 0 after the last token of each; neither of two may begin another.

    An edge is a node and the token that follows it; the edges of a node stand together.
    """

    def __init__(self, paths: NDArray[np.int64]) -> None:
        self.paths = paths
        nodes: dict[tuple[int, ...], set[int]] = {}
        own = [tuple(token for token in path if token) for path in paths.tolist()]
        for path in own:
            for depth, token in enumerate(path):
                nodes.setdefault(path[:depth], set()).add(token)
        self._items = {path: item for item, path in enumerate(own)}
        self._nodes = {prefix: sorted(tokens) for prefix, tokens in nodes.items()}
        edges = [(prefix, token) for prefix, tokens in self._nodes.items() for token in tokens]
        place = {(*prefix, token): number for number, (prefix, token) in enumerate(edges)}
        self._tokens = np.asarray([token for _, token in edges], dtype=np.int64)
        counts = [len(tokens) for tokens in self._nodes.values()]
        self._starts = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
        self._node_of = np.repeat(np.arange(len(counts)), counts)
        self._edges = np.full(paths.shape, len(edges), dtype=np.int64)
        for row, path in zip(self._edges, own, strict=True):
            row[: len(path)] = [place[path[: depth + 1]] for depth in range(len(path))]
        self._beginnings = _rows(list(self._nodes))
        self._depths = np.asarray([len(prefix) for prefix in self._nodes])

    def after(self, prefix: Sequence[int]) -> list[int]:
        """The tokens that may follow; none after a whole item."""
        return self._nodes.get(tuple(prefix), [])

    def log_likelihoods(self, states: States, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of each item: the logarithms of its tokens' probabilities, each among those that may stand there, added up.

        Over all items the likelihoods are 1 together. `embeddings` (tokens by size) times a state are a token's logit.
        Every node that is no item is looked at once, all of them in one batch.
        """
        own = states(self._beginnings)[np.arange(len(self._depths)), self._depths]
        logits = (own[self._node_of] * embeddings[self._tokens]).sum(axis=1, dtype=np.float64)
        highest = np.maximum.reduceat(logits, self._starts)
        logits = logits - highest[self._node_of]
        totals = np.log(np.add.reduceat(np.exp(logits), self._starts))
        steps = np.append(logits - totals[self._node_of], 0.0)
        return np.asarray(steps[self._edges].sum(axis=1))

    def beam(self, states: States, embeddings: NDArray[np.float32], *, width: int) -> list[tuple[int, float]]:
        """Constrained decoding: up to `width` items with their log-likelihoods, the best first, by beam search."""
        beams: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
        while open_ := [beam for beam in beams if self.after(beam[1])]:
            grown = [beam for beam in beams if not self.after(beam[1])]
            reached = states(_rows([prefix for _, prefix in open_]))
            for (likelihood, prefix), own in zip(open_, reached, strict=True):
                tokens = self.after(prefix)
                logits = (embeddings[tokens] * own[len(prefix)]).sum(axis=1, dtype=np.float64)
                steps = logits - np.logaddexp.reduce(logits)
                grown += [
                    (likelihood + float(step), (*prefix, token)) for token, step in zip(tokens, steps, strict=True)
                ]
            beams = sorted(grown, key=lambda beam: (-beam[0], beam[1]))[:width]
        return [(self._items[path], likelihood) for likelihood, path in beams]


def _rows(prefixes: Sequence[tuple[int, ...]]) -> NDArray[np.int64]:
    """Beginnings of answers as rows: the start token, which is 0, then the prefix, then what causality hides."""
    rows = np.zeros((len(prefixes), 1 + max(map(len, prefixes), default=0)), dtype=np.int64)
    for row, prefix in zip(rows, prefixes, strict=True):
        row[1 : 1 + len(prefix)] = prefix
    return rows
