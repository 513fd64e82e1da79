"""ZSIR: items nobody used are recommended from a graph of facets, over which their text vectors are pre-trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders._histories import batches
from chatrec.recommenders._texts.graph import graph_of
from chatrec.recommenders._texts.known import Known
from chatrec.recommenders._texts.model import TextSequenceModel, Tuning
from chatrec.recommenders._texts.net import Net, contrast, means_so_far
from chatrec.recommenders._texts.whitening import whitening
from chatrec.recommenders._transformer import Sight

if TYPE_CHECKING:
    import torch

SEARCH: Mapping[str, Sequence[Any]] = {
    "learning_rate": (1e-3, 3e-3),
    "dropout": (0.1, 0.3),
    "temperature": (0.07, 0.1, 0.2),
    "pretrain_epochs": (5, 15),
}
ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "without graph": {"relations": 0},
    "without pre-training": {"pretrain_epochs": 0},
    "without adaptation": {"adapted": 0.0},
}
TINY: Mapping[str, Any] = {
    "embedding_size": 16,
    "length": 10,
    "dropout": 0.0,
    "temperature": 1.0,
    "pretrain_epochs": 2,
    "epochs": 15,
    "learning_rate": 1e-2,
}

WALKS = 20_000
"""How many walks over the graph make an epoch of pre-training, at most four an item."""


@dataclass(kw_only=True)
class Recommender(TextSequenceModel):
    """Zero-shot item-based recommendation by pre-training on a product knowledge graph (Fan et al., CIKM'23).

    There: a graph of items joined by relations; an encoder that adds up text vectors of the item and of its neighbours
    by every relation, with weights of that relation; pre-training by four tasks, each through an adaptation layer of
    its own: the neighbour by a relation (knowledge reconstruction), the neighbour's neighbour (high-order), the item's
    own text vector (feature reconstruction), and by which relation two items are joined (meta relation); then
    fine-tuning of an adaptation layer and the encoder on interactions, where a user is the mean of the history, and
    scores for items without any.

    Otherwise than in the paper: relations are facets, two items being joined that share a value, as catalogues seldom
    say what is bought together; neighbours are averaged once, before training, so that fitting is quick on a CPU. Left
    out: relations weighed by an item's context; graphs of several markets; the paper's way of adapting to a relation
    that is new, of which the meta relation task here is only the part that tells relations apart.
    """

    relations: int = 6
    adapted: float = 1.0
    tuning: Tuning = "inductive"

    def features(self, found: Known, *, seed: int) -> NDArray[Any]:
        self._graph = graph_of(found.data.facets, len(found.vectors), relations=self.relations)
        shift, matrix = whitening(found.vectors[found.written], self.embedding_size)
        vectors = np.where(found.written[:, None], (found.vectors - shift) @ matrix, 0.0)
        self._features = self._graph.spread(vectors).astype(np.float32)
        return self._features

    def maker(self, found: Known, features: NDArray[Any], *, seed: int) -> torch.nn.Module:
        return maker(features.shape[1], self.embedding_size, dropout=self.dropout, adapted=self.adapted)

    def reader(self, sight: Sight = "past") -> torch.nn.Module:
        return averaging()

    def read(self, items: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(items.mean(axis=0, dtype=np.float64))

    def pretrain(self, module: Net, found: Known, device: torch.device, *, seed: int) -> None:
        if not self._graph.relations:
            return
        count = min(WALKS, 4 * len(self._features))

        def epoch(generator: np.random.Generator) -> Iterator[tuple[NDArray[Any], ...]]:
            walks = self._graph.walks(generator, count)
            return batches([walks], 8 * self.batch_size, generator) if len(walks) else iter(())

        self.learn(module.items, epoch, self._tasks(module.items), self.pretrain_epochs, device, seed=seed)

    def _tasks(self, items: Any) -> Callable[[torch.Tensor], torch.Tensor]:
        """The sum of the losses of the four tasks for a batch of walks."""
        import torch
        from torch.nn.functional import cosine_similarity, cross_entropy

        known = torch.from_numpy(self._features)

        def loss(walks: torch.Tensor) -> torch.Tensor:
            told, places = torch.unique(walks[:, [0, 2, 3]], return_inverse=True)
            own = known.to(walks.device)[told]
            made = items.encode(own)
            (start, near, far), relation = places.T, walks[:, 1]
            one = contrast(items.adapt("neighbour", made[start], relation), made, near, temperature=self.temperature)
            two = contrast(items.adapt("further", made[start]), made, far, temperature=self.temperature)
            text = 1 - cosine_similarity(items.adapt("text", made), own[:, 0]).mean()
            joined = items.relation(items.adapt("relation", made[start]) * made[near])
            return one + two + text + cross_entropy(joined, relation)

        return loss


def maker(kinds: int, size: int, *, dropout: float, adapted: float) -> torch.nn.Module:
    """A module from features, (items, `kinds`, `size`), of an item and its neighbours by each relation, to items.

    `encode` gives what all tasks share, `adapt` what one of them makes of it: an adaptation layer, times `adapted`, is
    added. Called, it gives what recommends.
    """
    import torch
    from torch import nn

    class Maker(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = nn.Parameter(torch.eye(size).repeat(kinds, 1, 1) + torch.randn(kinds, size, size) * 0.02)
            self.shares = nn.Parameter(torch.zeros(kinds))
            self.of_relation = nn.Embedding(max(kinds - 1, 1), size)
            self.relation = nn.Linear(size, max(kinds - 1, 1))
            tasks = ("neighbour", "further", "text", "relation", "recommending")
            self.layers = nn.ModuleDict(
                {name: nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.Linear(size, size)) for name in tasks}
            )
            self.drop = nn.Dropout(dropout)

        def encode(self, features: torch.Tensor) -> torch.Tensor:
            mixed: torch.Tensor = torch.einsum(
                "nkd,kde,k->ne", self.drop(features), self.weights, self.shares.softmax(dim=0)
            )
            return mixed

        def adapt(self, task: str, made: torch.Tensor, relation: torch.Tensor | None = None) -> torch.Tensor:
            own = made if relation is None else made + self.of_relation(relation)
            done: torch.Tensor = made + adapted * self.layers[task](own)
            return done

        def forward(self, features: torch.Tensor) -> torch.Tensor:
            return self.adapt("recommending", self.encode(features))

    return Maker()


def averaging() -> torch.nn.Module:
    """Reads a history as the mean of its items so far, after every place."""
    from torch import nn

    class Averaging(nn.Module):
        def forward(self, vectors: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
            return means_so_far(vectors, there)

    return Averaging()
