"""The tree of the items' tokens: what may follow what, so that nothing but an item of the catalogue is ever said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders.p5.t5 import Decoder


class Trie:
    """The tree of `paths`, items by tokens, 0 after the last token of each; neither of two may begin another.

    An edge is a node and the token that follows it; the edges of a node stand together.
    """

    def __init__(self, paths: NDArray[np.int64]) -> None:
        own = [tuple(token for token in path if token) for path in paths.tolist()]
        inner = sorted({path[:depth] for path in own for depth in range(len(path))}, key=lambda node: (len(node), node))
        follow: dict[tuple[int, ...], set[int]] = {node: set() for node in inner}
        for path in own:
            for depth, token in enumerate(path):
                follow[path[:depth]].add(token)
        self._items = {path: item for item, path in enumerate(own)}
        self._nodes = {node: sorted(tokens) for node, tokens in follow.items()}
        edges = {(*node, token): token for node, tokens in self._nodes.items() for token in tokens}
        place = {edge: number for number, edge in enumerate(edges)}
        self._tokens = np.asarray([*edges.values()], dtype=np.int64)
        counts = [len(tokens) for tokens in self._nodes.values()]
        self._starts = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
        self._node_of = np.repeat(np.arange(len(counts)), counts)
        self._edges = np.full(paths.shape, len(edges), dtype=np.int64)
        for row, path in zip(self._edges, own, strict=True):
            row[: len(path)] = [place[path[: depth + 1]] for depth in range(len(path))]
        self._levels = _levels(inner)

    def after(self, prefix: Sequence[int]) -> list[int]:
        """The tokens that may follow; none after a whole item."""
        return self._nodes.get(tuple(prefix), [])

    def log_likelihoods(self, decoder: Decoder, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of each item: the logarithms of its tokens' probabilities, each among those that may stand there, added up.

        Over all items the likelihoods are 1 together. `embeddings` (tokens by size) times a state are a token's logit.
        Every node that is no item is looked at once, all of one depth in one batch.
        """
        said = decoder.start()
        states = [said.states]
        for rows, tokens in self._levels:
            said = decoder.after(said, rows, tokens)
            states.append(said.states)
        own = np.concatenate(states)
        logits = np.einsum("es,es->e", own[self._node_of], embeddings[self._tokens]).astype(np.float64)
        highest = np.maximum.reduceat(logits, self._starts)
        logits = logits - highest[self._node_of]
        totals = np.log(np.add.reduceat(np.exp(logits), self._starts))
        steps = np.append(logits - totals[self._node_of], 0.0)
        return np.asarray(steps[self._edges].sum(axis=1))

    def beam(self, decoder: Decoder, embeddings: NDArray[np.float32], *, width: int) -> list[tuple[int, float]]:
        """Constrained decoding: up to `width` items with their log-likelihoods, the best first, by beam search."""
        said = decoder.start()
        open_: list[tuple[tuple[int, ...], float]] = [((), 0.0)] if self._nodes else []
        found: list[tuple[tuple[int, ...], float]] = []
        while open_:
            grown = [(path, likelihood, -1) for path, likelihood in found]
            for row, (path, likelihood) in enumerate(open_):
                tokens = self.after(path)
                logits = (embeddings[tokens] @ said.states[row]).astype(np.float64)
                steps = (logits - np.logaddexp.reduce(logits)).tolist()
                grown += [((*path, token), likelihood + step, row) for token, step in zip(tokens, steps, strict=True)]
            best = sorted(grown, key=lambda one: (-one[1], one[0]))[:width]
            found = [(path, likelihood) for path, likelihood, _ in best if path in self._items]
            going = [(path, likelihood, row) for path, likelihood, row in best if path not in self._items]
            open_ = [(path, likelihood) for path, likelihood, _ in going]
            if going:
                rows, tokens = np.asarray([(row, path[-1]) for path, _, row in going]).T
                said = decoder.after(said, rows, tokens)
        return [(self._items[path], likelihood) for path, likelihood in found]


def _levels(nodes: Sequence[tuple[int, ...]]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Of each depth but the root's: of every node the place of the one above it in its own depth, and the last token.

    `nodes` go from the root down, and depth by depth.
    """
    place: dict[tuple[int, ...], int] = {}
    counts: dict[int, int] = {}
    for node in nodes:
        place[node] = counts[len(node)] = counts.get(len(node), -1) + 1
    depths = [[node for node in nodes if len(node) == depth] for depth in range(1, len(counts))]
    return [
        (np.asarray([place[node[:-1]] for node in some]), np.asarray([node[-1] for node in some])) for some in depths
    ]
