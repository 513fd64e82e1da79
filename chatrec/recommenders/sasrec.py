"""SASRec: self-attention reads a history in its order and says what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders import Progress, TrainingData
from chatrec.recommenders import _training as training
from chatrec.recommenders._histories import (
    Histories,
    batches,
    hold_last,
    matrix_of,
    negatives,
    ordered,
    padded,
    parts_of,
    used_items,
)
from chatrec.recommenders._network import Network
from chatrec.recommenders._transformer import encoder, run
from chatrec.types import Query

if TYPE_CHECKING:
    import torch

Loss = Literal["cross-entropy", "bce"]

SEARCH: Mapping[str, Sequence[Any]] = {
    "embedding_size": (32, 64, 128),
    "layers": (1, 2),
    "length": (50, 100),
    "dropout": (0.2, 0.5),
    "learning_rate": (1e-3, 3e-3),
}

ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "without attention": {"layers": 0},
    "one negative for full cross-entropy": {"loss": "bce"},
}

TINY: Mapping[str, Any] = {
    "embedding_size": 16,
    "layers": 1,
    "length": 8,
    "dropout": 0.5,
    "epochs": 40,
    "learning_rate": 5e-3,
}


@dataclass(kw_only=True)
class Recommender(Network):
    """Self-attentive sequential recommendation (Kang and McAuley, ICDM'18), learning every next item of a history.

    The paper's components: item embeddings shared by input and output, learned positions, layers of causal
    self-attention with dropout and residuals, the state at the last place times the items' embeddings as scores.
    The default `loss` is full cross-entropy over all items, which does far better than the paper's binary one with
    one negative a place (Klenitskiy and Vasilev, RecSys'23); that one is `bce`.
    Differences: the norm comes before each part and the network is four times as wide and uses GELU; histories begin
    at the first position, so that one that is served short stands where short ones were learned; those longer than
    `length` are learned from in several parts, not only their latest. `layers` 0 looks at the latest item alone.
    Where no order of time is known, histories are read in one drawn anew every epoch.
    A new user is one more history: `query.liked`, the latest last. Items nobody used are not scored.
    """

    embedding_size: int = 64
    layers: int = 2
    heads: int = 2
    length: int = 50
    dropout: float = 0.2
    loss: Loss = "cross-entropy"
    epochs: int = 100
    learning_rate: float = 1e-3
    reg: float = 0.0
    batch_size: int = 64

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        import torch

        item_ids, histories = used_items(data, seed=seed)
        self._begin(item_ids)
        left, held = hold_last(histories, seed=seed)
        parts = parts_of(left, self.length + 1, ordered=ordered(data))
        if not any(len(history) > 1 for history in left):
            return
        plan = training.Plan(self.epochs, self.learning_rate, self.reg, patience=8)
        n = len(item_ids)
        with training.repeatable(seed) as device:
            module = _module(n, self)

            def score(some: Sequence[NDArray[np.int64]]) -> torch.Tensor:
                rows = torch.from_numpy(_from_left(some, self.length, pad=n)).to(device)
                latest = (rows < n).sum(dim=1) - 1
                scores: torch.Tensor = module(rows)[range(len(rows)), latest] @ module.items.weight[:n].T
                return scores

            training.train(
                module,
                lambda generator: _places(parts(generator), n, self, generator),
                module.loss,
                plan=plan,
                device=device,
                seed=seed,
                look=training.looking(held, score),
                progress=progress,
            )
        self._arrays = training.arrays_of(module)

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        history = self._known(query)[-self.length :]
        if not len(history):
            return np.full(len(item_ids), np.nan)
        items = self._arrays["items.weight"]
        row = _from_left([history], self.length, pad=len(items) - 1)
        states = run(self._arrays, items[row], row < len(items) - 1, heads=self.heads, prefix="encoder.")
        return self._columns.pick(states[0, len(history) - 1] @ items[:-1].T, item_ids)


def _from_left(histories: Sequence[NDArray[np.int64]], length: int, *, pad: int) -> NDArray[np.int64]:
    """As `padded`, but each history begins at the first place."""
    return padded([history[-length:][::-1] for history in histories], length, pad=pad)[:, ::-1].copy()


def _places(
    parts: Histories, items: int, model: Recommender, generator: np.random.Generator
) -> Iterator[tuple[NDArray[Any], ...]]:
    """An epoch of batches of parts: what stands at each place, what comes next, and an item to tell it from."""
    inputs = _from_left([part[:-1] for part in parts], model.length, pad=items)
    targets = _from_left([part[1:] for part in parts], model.length, pad=items)
    others = targets
    if model.loss == "bce":
        rows = np.repeat(np.arange(len(parts)), model.length)
        drawn = negatives(matrix_of(parts, items), rows, generator, of=np.arange(items))
        others = drawn.reshape(targets.shape)
    return batches((inputs, targets, others), model.batch_size, generator)


def _module(items: int, model: Recommender) -> Any:
    """Maps rows of places to states, each to be compared with the items' embeddings."""
    from torch import nn

    class SASRec(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            size = model.embedding_size
            self.items = nn.Embedding(items + 1, size, padding_idx=items)
            nn.init.normal_(self.items.weight[:items], std=0.02)
            self.encoder = encoder(
                embedding_size=size,
                layers=model.layers,
                heads=model.heads,
                length=model.length,
                dropout=model.dropout,
            )

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.encoder(self.items(rows), rows < items)
            return states

        def loss(self, rows: torch.Tensor, targets: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
            there = targets < items
            states, targets = self(rows)[there], targets[there]
            if model.loss == "cross-entropy":
                return nn.functional.cross_entropy(states @ self.items.weight[:items].T, targets)
            right = (states * self.items(targets)).sum(-1)
            wrong = (states * self.items(others[there])).sum(-1)
            return (nn.functional.softplus(-right) + nn.functional.softplus(wrong)).mean()

    return SASRec()
