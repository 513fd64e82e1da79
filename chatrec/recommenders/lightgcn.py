"""LightGCN: messages pass between users and items over the graph of who used what."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from chatrec.recommenders import Progress, TrainingData
from chatrec.recommenders import _training as training
from chatrec.recommenders._histories import Held, Histories, batches, matrix_of, negatives, used_items
from chatrec.recommenders._network import Network
from chatrec.types import Query

if TYPE_CHECKING:
    import torch

SEARCH: Mapping[str, Sequence[Any]] = {
    "embedding_size": (32, 64, 128),
    "layers": (1, 2, 3),
    "learning_rate": (5e-3, 1e-2, 2e-2),
    "reg": (1e-4, 1e-3, 3e-3),
}

ABLATIONS: Mapping[str, Mapping[str, Any]] = {"without graph": {"layers": 0}}

TINY: Mapping[str, Any] = {"embedding_size": 16, "epochs": 60, "learning_rate": 0.05}


RIDGE = 0.01
"""How much the map from first messages to a user's own embedding is held back, in mean squares of the messages."""


@dataclass(kw_only=True)
class Recommender(Network):
    """Light graph convolution (He et al., SIGIR'20) over the bipartite graph of users and items.

    The paper's components: one embedding a user and an item and no other weights; `layers` times each takes the sum of
    its neighbours', weighed by one over the root of both degrees, without transformation, nonlinearity or self-loop;
    the mean over the layers, the first embeddings included, is the final one; a score is the inner product; the loss
    is BPR's with one even negative, plus `reg` times the squares of the first embeddings.
    A new user is folded in by propagating from the liked items, layer by layer; their own first embedding, which they
    have not, is told from the first messages by a linear map fitted to the known users' (ridge). All of it comes to
    one vector an item, tabled at fitting, and known users are served the same way. `layers` 0 is matrix factorisation
    with BPR. Left out: the paper's learned layer weights, which it found to be of no use.
    """

    embedding_size: int = 64
    layers: int = 3
    epochs: int = 150
    learning_rate: float = 1e-2
    reg: float = 1e-3
    batch_size: int = 4096

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        item_ids, histories = used_items(data, seed=seed)
        self._begin(item_ids)
        if not item_ids:
            return

        def part(histories: Histories, held: Held | None, epochs: int) -> tuple[Any, training.Outcome]:
            used = matrix_of(histories, len(item_ids))
            module = _module(used, self)
            outcome = training.train(
                module,
                lambda generator: _triples(used, self.batch_size, generator),
                module.loss,
                plan=training.Plan(epochs, self.learning_rate, patience=4, check_every=5),
                device=device,
                seed=seed,
                look=training.looking(held, lambda some: _scored(_tables(module, used), some)),
                progress=progress,
            )
            return module, outcome

        with training.repeatable(seed) as device:
            module = training.train_twice(part, histories, epochs=self.epochs, seed=seed)
            self._arrays = _tables(module, matrix_of(histories, len(item_ids)))

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        history = self._known(query)
        if not len(history):
            return np.full(len(item_ids), np.nan)
        return self._columns.pick(_scored(self._arrays, [history])[0], item_ids)


def _triples(
    used: csr_matrix, batch_size: int, generator: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], ...]]:
    """An epoch of batches: each interaction's user and item, and an item that this user did not use."""
    users = np.repeat(np.arange(used.shape[0]), np.diff(used.indptr))
    others = negatives(used, users, generator, of=np.arange(used.shape[1]))
    return batches((users, used.indices.astype(np.int64), others), batch_size, generator)


def _scaled(used: csr_matrix) -> csr_matrix:
    """Each interaction over the roots of its user's and its item's degree."""
    users, items = (np.maximum(np.asarray(used.sum(axis=axis)).ravel(), 1.0) ** -0.5 for axis in (1, 0))
    return csr_matrix(diags(users) @ used @ diags(items))


def _tables(module: Any, used: csr_matrix) -> dict[str, NDArray[np.float32]]:
    """What serves: the items' final embeddings, and what each adds to the user who liked it."""
    users, items = ([layer.detach().cpu().numpy() for layer in side] for side in module())
    sent = _scaled(used) @ items[0]
    squares = sent.T @ sent
    ridge = RIDGE * np.trace(squares) / len(squares) * np.eye(len(squares))
    own = np.linalg.solve(squares + ridge, sent.T @ users[0])
    degrees = np.maximum(np.asarray(used.sum(axis=0)).ravel(), 1.0)
    adds = degrees[:, None] ** -0.5 * (items[0] @ own + np.sum(items[:-1], axis=0)) / len(items)
    return {"items": np.mean(items, axis=0, dtype=np.float32), "adds": adds.astype(np.float32)}


def _scored(tables: Mapping[str, NDArray[np.float32]], histories: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Every item's score for new users of these histories."""
    users = np.stack([tables["adds"][history].sum(axis=0) / len(history) ** 0.5 for history in histories])
    return np.asarray(users @ tables["items"].T, dtype=np.float64)


def _module(used: csr_matrix, model: Recommender) -> Any:
    """Gives each layer's embeddings of users and of items."""
    import torch
    from torch import nn

    def sparse(matrix: csr_matrix) -> torch.Tensor:
        starts, columns = torch.from_numpy(matrix.indptr), torch.from_numpy(matrix.indices)
        values = torch.from_numpy(matrix.data.astype(np.float32))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sparse")  # that such tensors are young, and are not checked
            return torch.sparse_csr_tensor(starts, columns, values, size=matrix.shape, check_invariants=False)

    class Message(torch.autograd.Function):
        """The product with the graph one way, whose gradient is the product the other way."""

        @staticmethod
        def forward(context: Any, there: torch.Tensor, back: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
            context.back = back
            return there @ vectors

        @staticmethod
        def backward(context: Any, gradient: torch.Tensor) -> tuple[None, None, torch.Tensor]:
            return None, None, context.back @ gradient

    class LightGCN(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            scaled = _scaled(used)
            self.register_buffer("to_users", sparse(scaled), persistent=False)
            self.register_buffer("to_items", sparse(csr_matrix(scaled.T)), persistent=False)
            self.users = nn.Parameter(torch.randn(used.shape[0], model.embedding_size) * 0.1)
            self.items = nn.Parameter(torch.randn(used.shape[1], model.embedding_size) * 0.1)

        def forward(self) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
            send: Callable[..., torch.Tensor] = Message.apply
            users: list[torch.Tensor] = [self.users]
            items: list[torch.Tensor] = [self.items]
            for _ in range(model.layers):
                sent = (
                    send(self.to_users, self.to_items, items[-1]),
                    send(self.to_items, self.to_users, users[-1]),
                )
                users.append(sent[0])
                items.append(sent[1])
            return users, items

        def loss(self, users: torch.Tensor, items: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
            layers = self()
            final_users, final_items = (torch.stack(side).mean(0) for side in layers)
            margin = (final_users[users] * (final_items[items] - final_items[others])).sum(-1)
            own = self.users[users].square() + self.items[items].square() + self.items[others].square()
            return nn.functional.softplus(-margin).mean() + model.reg * own.sum(-1).mean() / 2

    return LightGCN()
