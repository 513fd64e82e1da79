"""ShopperBERT: a user encoder taught by filling masked items into long histories; other tasks take its vector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders import Progress, TrainingData
from chatrec.recommenders import _training as training
from chatrec.recommenders._histories import Histories, batches, hold_last, ordered, padded, parts_of, used_items
from chatrec.recommenders._network import Network
from chatrec.recommenders._transformer import encoder, run
from chatrec.types import Query

if TYPE_CHECKING:
    import torch

SEARCH: Mapping[str, Sequence[Any]] = {
    "embedding_size": (32, 64, 128),
    "layers": (1, 2),
    "masked": (0.2, 0.4),
    "dropout": (0.2, 0.5),
    "learning_rate": (1e-3, 3e-3),
}

ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "without masked pre-training": {"epochs": 0},
    "without attention": {"layers": 0},
}

TINY: Mapping[str, Any] = {
    "embedding_size": 16,
    "layers": 1,
    "length": 8,
    "dropout": 0.2,
    "epochs": 100,
    "learning_rate": 5e-3,
}


@dataclass(kw_only=True)
class Recommender(Network):
    """One user representation for all tasks, pre-trained by masked items (Shin et al., 2021, arXiv 2106.00573).

    The paper's components: a BERT encoder over long histories, in which every place sees all others; places are
    masked (a share of `masked`, anew each epoch) and the items there told from the rest; the encoder is then left as
    it is, and its user vector is what small networks of other tasks take as input. `user_vector` is that vector: the
    mean of the last layer over the history. Items are recommended as the encoder was trained: a masked place is put
    behind the history, and items are ranked by what it expects there (as BERT4Rec does, Sun et al., CIKM'19).
    Left out: the paper's other eight pretext tasks and its inputs beside the item (all are of a shop's own logs), and
    its scale, of hundreds of millions of purchases. The loss is full cross-entropy over all items, the embeddings are
    shared by input and output, norms come first, and longer histories than `length` are cut into parts.
    """

    embedding_size: int = 64
    layers: int = 2
    heads: int = 2
    length: int = 100
    masked: float = 0.2
    dropout: float = 0.2
    epochs: int = 100
    learning_rate: float = 1e-3
    reg: float = 0.0
    batch_size: int = 64

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        import torch

        item_ids, histories = used_items(data, seed=seed)
        self._begin(item_ids)
        left, held = hold_last(histories, seed=seed)
        parts = parts_of(left, self.length, ordered=ordered(data))
        if not any(len(history) > 1 for history in left):
            return
        n = len(item_ids)
        with training.repeatable(seed) as device:
            module = _module(n, self)

            def score(some: Sequence[NDArray[np.int64]]) -> torch.Tensor:
                asked = padded(_masked_behind(some, n), self.length, pad=n + 1)
                scores: torch.Tensor = module(torch.from_numpy(asked).to(device))[:, -1] @ module.items.weight[:n].T
                return scores

            training.train(
                module,
                lambda generator: _masked(parts(generator), n, self, generator),
                module.loss,
                plan=training.Plan(self.epochs, self.learning_rate, self.reg, patience=10),
                device=device,
                seed=seed,
                look=training.looking(held, score),
                progress=progress,
            )
        self._arrays = training.arrays_of(module)

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        history = self._known(query)
        if not len(history):
            return np.full(len(item_ids), np.nan)
        (asked,) = _masked_behind([history], len(self._columns.item_ids))
        expected = self._states(asked[-self.length :])[-1]
        return self._columns.pick(expected @ self._arrays["items.weight"][:-2].T, item_ids)

    def user_vector(self, query: Query) -> NDArray[np.float64]:
        """What is known of whoever has the history `query.liked`, as `embedding_size` numbers for other tasks (next
        category, similar users); NaN where none of its items is known."""
        history = self._known(query)
        if not len(history):
            return np.full(self.embedding_size, np.nan)
        return np.asarray(self._states(history[-self.length :]).mean(axis=0))

    def _states(self, row: NDArray[np.int64]) -> NDArray[np.float64]:
        """The last layer at each place of a row without padding."""
        vectors = self._arrays["items.weight"][row][None]
        there = np.ones((1, len(row)), dtype=bool)
        states = run(self._arrays, vectors, there, heads=self.heads, sight="all", prefix="encoder.")
        return np.asarray(states[0])


def _masked_behind(histories: Sequence[NDArray[np.int64]], mask: int) -> Histories:
    return [np.append(history, mask) for history in histories]


def _masked(
    parts: Histories, items: int, model: Recommender, generator: np.random.Generator
) -> Iterator[tuple[NDArray[Any], ...]]:
    """An epoch of batches: rows with places masked anew, one at least, and the items there (elsewhere the padding)."""
    rows = padded(parts, model.length, pad=items + 1)
    there = rows < items
    drawn = np.where(there, generator.random(rows.shape), 1.0)
    hidden = there & ((drawn < model.masked) | (drawn == drawn.min(axis=1, keepdims=True)))
    return batches((np.where(hidden, items, rows), np.where(hidden, rows, items + 1)), model.batch_size, generator)


def _module(items: int, model: Recommender) -> Any:
    """Maps rows of places to states; after the items' embeddings come those of the mask and of the padding."""
    from torch import nn

    class ShopperBERT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.items = nn.Embedding(items + 2, model.embedding_size, padding_idx=items + 1)
            nn.init.normal_(self.items.weight[: items + 1], std=0.02)
            self.encoder = encoder(
                embedding_size=model.embedding_size,
                layers=model.layers,
                heads=model.heads,
                length=model.length,
                dropout=model.dropout,
                sight="all",
            )

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.encoder(self.items(rows), rows <= items)
            return states

        def loss(self, rows: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            asked = targets < items
            logits = self(rows)[asked] @ self.items.weight[:items].T
            return nn.functional.cross_entropy(logits, targets[asked])

    return ShopperBERT()
