"""NeuMF: a product of embeddings and a network over them, trained together, say whether a user takes an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatrec.recommenders import Progress, TrainingData
from chatrec.recommenders import _training as training
from chatrec.recommenders._histories import Held, Histories, matrix_of, negatives, used_items
from chatrec.recommenders._network import Network
from chatrec.types import Query

if TYPE_CHECKING:
    import torch

Towers = Literal["both", "gmf", "mlp"]

ALONE: tuple[Towers, Towers] = ("gmf", "mlp")

SEARCH: Mapping[str, Sequence[Any]] = {
    "embedding_size": (16, 32, 64),
    "learning_rate": (1e-3, 3e-3, 1e-2),
    "reg": (0.0, 1e-2, 1e-1),
    "dropout": (0.0, 0.2, 0.5),
    "negatives": (4, 8),
}

ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "without the MLP tower": {"towers": "gmf"},
    "without the GMF tower": {"towers": "mlp"},
    "with pre-trained towers": {"pretraining": "towers"},
}

TINY: Mapping[str, Any] = {"embedding_size": 8, "epochs": 40, "learning_rate": 0.02, "dropout": 0.0}


@dataclass(kw_only=True)
class Recommender(Network):
    """Neural matrix factorisation (He et al., WWW'17): generalised matrix factorisation (GMF) and a network (MLP).

    The paper's components: apart for each tower, embeddings of users and items; GMF multiplies them place by place,
    the MLP takes both, one after the other, through layers of half the width each (ReLU); both ends together give one
    logit; the loss is binary cross-entropy with `negatives` even negatives an interaction. `pretraining` "towers"
    trains each tower by itself first and starts from both, their last weights halved; `towers` leaves one out.
    The paper's input is a vector that describes the user, and it uses the one-hot identity; here it is the history
    (multi-hot, over the root of its length), so that a user's embedding is the sum of item-side factors and anybody
    with a history is scored, known at training or not. An item that is to be predicted is taken out of it first.
    Left out: the paper's plain SGD after pre-training (Adam goes on).
    """

    embedding_size: int = 32
    towers: Towers = "both"
    pretraining: Literal["none", "towers"] = "none"
    negatives: int = 4
    dropout: float = 0.2
    epochs: int = 30
    learning_rate: float = 3e-3
    reg: float = 1e-2
    batch_size: int = 32

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        item_ids, histories = used_items(data, seed=seed)
        self._begin(item_ids)
        histories = [history for history in histories if len(history) > 1]  # one is left of it to predict another
        if not histories:
            return
        with training.repeatable(seed) as device:
            part = partial(self._part, self.towers, device=device, seed=seed, progress=progress)
            module = training.train_twice(part, histories, epochs=self.epochs, seed=seed)
        self._arrays = training.arrays_of(module)

    def _part(
        self,
        towers: Towers,
        histories: Histories,
        held: Held | None,
        epochs: int,
        *,
        device: torch.device,
        seed: int,
        progress: Progress | None,
    ) -> tuple[Any, training.Outcome]:
        """These towers, learned from these histories; where asked for, each by itself before both together."""
        module = _module(len(self._columns.item_ids), self, towers)
        if self.pretraining == "towers" and towers == "both":
            for tower in ALONE:
                alone, _ = self._part(tower, histories, held, epochs, device=device, seed=seed, progress=None)
                module.start_from(alone)
        used = matrix_of([history for history in histories if len(history) > 1], len(self._columns.item_ids))
        outcome = training.train(
            module,
            lambda generator: _examples(used, self, generator),
            module.loss,
            plan=training.Plan(epochs, self.learning_rate, self.reg, patience=5, check_every=2),
            device=device,
            seed=seed,
            look=training.looking(held, lambda some: _all_scored(training.arrays_of(module), some)),
            progress=progress,
        )
        return module, outcome

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        history = self._known(query)
        if not len(history):
            return np.full(len(item_ids), np.nan)
        return self._columns.pick(_scored(self._arrays, history), item_ids)


def _examples(
    used: csr_matrix, model: Recommender, generator: np.random.Generator
) -> Iterator[tuple[NDArray[Any], ...]]:
    """An epoch of batches of users: their histories one after another, where each begins and how long it is; then
    for each example its row in the batch, its item, and 1 for an interaction or 0 for a negative."""
    order = generator.permutation(used.shape[0])
    for at in range(0, len(order), model.batch_size):
        users = order[at : at + model.batch_size]
        own = used[users]
        rows = np.repeat(np.arange(len(users)), np.diff(own.indptr))
        others = np.repeat(rows, model.negatives)
        drawn = negatives(used, users[others], generator, of=np.arange(used.shape[1]))
        yield (
            own.indices.astype(np.int64),
            own.indptr[:-1].astype(np.int64),
            np.diff(own.indptr).astype(np.float32),
            np.concatenate((rows, others)),
            np.concatenate((own.indices, drawn)).astype(np.int64),
            np.concatenate((np.ones(len(rows), np.float32), np.zeros(len(others), np.float32))),
        )


def _scored(arrays: Mapping[str, NDArray[Any]], history: NDArray[np.int64]) -> NDArray[np.float64]:
    """Every item's logit for a user of that history, as the module gives it."""
    logits = np.zeros(len(next(iter(arrays.values()))))
    for tower in ALONE:
        own = {name.partition(f"{tower}.")[2]: array for name, array in arrays.items() if f".{tower}." in name}
        if not own:
            continue
        user = own["users.weight"][history].sum(axis=0) / len(history) ** 0.5
        if tower == "gmf":
            state = own["items.weight"] * user
        else:
            of_user, of_item = np.split(own["layers.0.weight"], 2, axis=1)
            state = np.maximum(own["items.weight"] @ of_item.T + of_user @ user + own["layers.0.bias"], 0)
            for number in (1, 2):
                state = np.maximum(state @ own[f"layers.{number}.weight"].T + own[f"layers.{number}.bias"], 0)
        logits = logits + (state @ own["head.weight"].T + own["head.bias"]).ravel()
    return np.asarray(logits, dtype=np.float64)


def _all_scored(arrays: Mapping[str, NDArray[Any]], histories: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
    return np.stack([_scored(arrays, history) for history in histories])


def _module(items: int, model: Recommender, towers: Towers) -> Any:
    """The towers asked for, each from the vectors of user and item to a part of the logit."""
    import torch
    from torch import nn

    size = model.embedding_size

    class Tower(nn.Module):
        def __init__(self, widths: Sequence[int]) -> None:
            super().__init__()
            self.users, self.items = nn.Embedding(items, size), nn.Embedding(items, size)
            nn.init.normal_(self.users.weight, std=0.05)
            nn.init.normal_(self.items.weight, std=0.05)
            self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
            self.head = nn.Linear(widths[-1], 1)
            self.drop = nn.Dropout(model.dropout)

        def forward(self, user: torch.Tensor, item: torch.Tensor) -> torch.Tensor:
            state = torch.cat((user, item), -1) if len(self.layers) else user * item
            for layer in self.layers:
                state = self.drop(nn.functional.relu(layer(state)))
            logit: torch.Tensor = self.head(state)[:, 0]
            return logit

    class NeuMF(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            widths = {"gmf": (size,), "mlp": (2 * size, size, max(size // 2, 1), max(size // 4, 1))}
            self.towers: Any = nn.ModuleDict(
                {name: Tower(own) for name, own in widths.items() if towers in ("both", name)}
            )

        def loss(
            self,
            histories: torch.Tensor,
            starts: torch.Tensor,
            lengths: torch.Tensor,
            rows: torch.Tensor,
            drawn: torch.Tensor,
            taken: torch.Tensor,
        ) -> torch.Tensor:
            logits = torch.zeros(len(rows), device=rows.device)
            left = (lengths[rows] - taken).rsqrt()[:, None]
            for tower in self.towers.values():
                table = tower.users.weight
                sums = nn.functional.embedding_bag(histories, table, starts, mode="sum")
                user = (sums[rows] - taken[:, None] * table[drawn]) * left
                logits = logits + tower(tower.drop(user), tower.drop(tower.items(drawn)))
            return nn.functional.binary_cross_entropy_with_logits(logits, taken)

        def start_from(self, alone: Any) -> None:
            """Takes over a tower that was trained by itself; two of them halve their say."""
            for name, tower in alone.towers.items():
                self.towers[name].load_state_dict(tower.state_dict())
                with torch.no_grad():
                    self.towers[name].head.weight.mul_(0.5)
                    self.towers[name].head.bias.mul_(0.5)

    return NeuMF()
