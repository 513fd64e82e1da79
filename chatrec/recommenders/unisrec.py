"""UniSRec: frozen text vectors, whitened and mixed by experts, read by a transformer that is pre-trained on domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders._texts.known import Known
from chatrec.recommenders._texts.model import TextSequenceModel
from chatrec.recommenders._texts.net import NOBODY, Net, contrast, latest, local, next_items
from chatrec.recommenders._texts.whitening import whitening

if TYPE_CHECKING:
    import torch

SEARCH: Mapping[str, Sequence[Any]] = {
    "learning_rate": (1e-3, 3e-3),
    "dropout": (0.2, 0.4),
    "temperature": (0.05, 0.07, 0.1),
    "experts": (4, 8),
}
ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "without whitening": {"whitening": "none"},
    "without experts": {"experts": 1},
    "without pre-training": {"pretrain_epochs": 0},
    "without identities": {"tuning": "inductive"},
}
TINY: Mapping[str, Any] = {
    "embedding_size": 16,
    "layers": 1,
    "length": 10,
    "dropout": 0.0,
    "temperature": 1.0,
    "experts": 2,
    "epochs": 15,
    "learning_rate": 1e-2,
}


@dataclass(kw_only=True)
class Recommender(TextSequenceModel):
    """Universal sequence representations (Hou et al., KDD'22).

    There: text vectors from a frozen language model; parametric whitening, (x - shift) W, both learned; a mixture of
    such experts with noisy gates; a causal transformer; pre-training on several domains at once, by sequence-item
    contrast (the next item against the items of the batch, whichever of `TrainingData.domains` they are of) and
    sequence-sequence contrast (a history against itself with items dropped, weight `sequence_weight`); fine-tuning by
    cross-entropy over the items, inductive (texts alone) or transductive (embeddings of items are added).

    Otherwise than in the paper: whitening starts from the principal axes of the vectors instead of at random, as there
    is little data here; every place of a history is a training example, not its last alone; after pre-training the
    encoder is tuned as well where `tuned` says "all", which the paper keeps fixed ("makers"); a share `left_out` of the
    embeddings of items is left out at each step. Left out: the
    second augmentation, words dropped from texts, which would need every text embedded anew. Without domains there is
    no pre-training.
    """

    experts: int = 4
    whitening: Literal["parametric", "none"] = "parametric"
    sequence_weight: float = 1e-3
    dropped: float = 0.2
    tuned: Literal["all", "makers"] = "all"

    def maker(self, found: Known, features: NDArray[Any], *, seed: int) -> torch.nn.Module:
        start = whitening(found.vectors[found.columns], self.embedding_size) if self.whitening == "parametric" else None
        return mixture(
            found.vectors.shape[1], self.embedding_size, experts=self.experts, dropout=self.dropout, start=start
        )

    def pretrain(self, module: Net, found: Known, device: torch.device, *, seed: int) -> None:
        if not found.domains:
            return
        batches = self.batches(found.elsewhere, found)
        self.learn(module, batches, self._pretraining(module), self.pretrain_epochs, device, seed=seed)
        if self.tuned == "makers":
            module.encoder.requires_grad_(False)

    def _pretraining(self, module: Net) -> Any:
        """The loss of both tasks for a batch of rows."""
        import torch

        sequence_item = next_items(module, self.temperature)

        def loss(rows: torch.Tensor) -> torch.Tensor:
            _, table, places = local(module, rows)
            whole = places[:, :-1]
            thinned = whole.masked_fill(torch.rand(whole.shape, device=rows.device) < self.dropped, NOBODY)
            ends = torch.arange(whole.shape[1], device=rows.device) == (whole >= 0).sum(dim=1, keepdim=True) - 1
            thinned = torch.where(ends, whole, thinned)  # not all may go
            views = latest(module(table, whole), whole), latest(module(table, thinned), whole)
            same = torch.arange(len(rows), device=rows.device)
            return sequence_item(rows) + self.sequence_weight * contrast(*views, same, temperature=self.temperature)

        return loss


def mixture(
    dimension: int, size: int, *, experts: int, dropout: float, start: tuple[NDArray[Any], NDArray[Any]] | None
) -> torch.nn.Module:
    """Vectors of `dimension` to `size`: experts (x - shift) W, weighed by gates that are noisy in training.

    `start` is the shift and the W that all experts start near; None: random Ws, and no shifts.
    """
    import torch
    from torch import nn

    class Mixture(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            shift, weight = (np.zeros(dimension), None) if start is None else start
            drawn = torch.randn(experts, dimension, size) / dimension**0.5
            if weight is not None:
                near = torch.from_numpy(weight).float()
                drawn = near + drawn * near.std()
            self.weights = nn.Parameter(drawn)
            self.shifts = nn.Parameter(
                torch.from_numpy(shift).float().repeat(experts, 1), requires_grad=start is not None
            )
            self.gates = nn.Parameter(torch.zeros(dimension, experts))
            self.noise = nn.Parameter(torch.zeros(dimension, experts))
            self.drop = nn.Dropout(dropout)

        def forward(self, vectors: torch.Tensor) -> torch.Tensor:
            gates = vectors @ self.gates
            if self.training:
                gates = gates + torch.randn_like(gates) * (nn.functional.softplus(vectors @ self.noise) + 1e-2)
            moved = torch.einsum("nd,edk->nek", self.drop(vectors), self.weights)
            moved = moved - torch.einsum("ed,edk->ek", self.shifts, self.weights)
            mixed: torch.Tensor = (gates.softmax(dim=-1)[..., None] * moved).sum(dim=1)
            return mixed

    return Mixture()
