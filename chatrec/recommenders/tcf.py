"""Text-based collaborative filtering: items by their texts alone, users by two towers or by a sequence encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from chatrec.recommenders._texts.known import Known
from chatrec.recommenders._texts.model import TextSequenceModel, Tuning
from chatrec.recommenders._texts.net import projection
from chatrec.recommenders._texts.words import PAD, word_numbers
from chatrec.recommenders._transformer import Sight

if TYPE_CHECKING:
    import torch

SEARCH: Mapping[str, Sequence[Any]] = {
    "learning_rate": (1e-3, 3e-3),
    "dropout": (0.2, 0.4),
    "temperature": (0.05, 0.07, 0.1),
    "head": ("sasrec", "dssm"),
    "texts": ("trained", "frozen"),
}
ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "two towers": {"head": "dssm"},
    "texts frozen": {"texts": "frozen"},
}
TINY: Mapping[str, Any] = {
    "embedding_size": 16,
    "layers": 1,
    "length": 10,
    "dropout": 0.0,
    "temperature": 1.0,
    "epochs": 15,
    "learning_rate": 1e-2,
}

BUCKETS = 20_000
"""Words are told apart up to collisions among so many numbers."""

WORDS = 96
"""How many words of a text are read, the first ones."""


@dataclass(kw_only=True)
class Recommender(TextSequenceModel):
    """Text-based collaborative filtering (Li et al., "Exploring the upper limits of text-based collaborative filtering
    using large language models", 2023).

    There: no item has an embedding of its own; `texts` says whether its vector is made by a text encoder that is
    trained end to end with the rest ("trained"), or is that of a frozen language model through a trained projection
    ("frozen"); a `head` reads histories, SASRec's transformer ("sasrec") or a tower of DSSM ("dssm").

    Otherwise than in the paper: the encoder trained end to end is small, the mean of learned embeddings of words (by
    hash) through two layers, as a language model cannot be tuned on a CPU in minutes; the tower of DSSM reads the mean
    of a history rather than a user's number, so that users unknown in training are served; the loss is full
    cross-entropy over the used items rather than over a batch's. Left out: encoders of billions of parameters, which
    the paper is about.
    """

    texts: Literal["frozen", "trained"] = "trained"
    head: Literal["sasrec", "dssm"] = "sasrec"
    tuning: Tuning = "inductive"
    pretrain_epochs: int = 0

    def features(self, found: Known, *, seed: int) -> NDArray[Any]:
        if self.texts == "trained" and len(found.data.texts):
            return word_numbers(found.data.texts, buckets=BUCKETS, words=WORDS)
        return found.vectors

    def maker(self, found: Known, features: NDArray[Any], *, seed: int) -> torch.nn.Module:
        from torch import nn

        size = self.embedding_size
        if features.dtype == np.int64:
            return nn.Sequential(
                nn.EmbeddingBag(BUCKETS + 1, 2 * size, mode="mean", padding_idx=PAD),
                nn.LayerNorm(2 * size),
                nn.Dropout(self.dropout),
                nn.Linear(2 * size, size),
            )
        return projection(features.shape[1], size, dropout=self.dropout)

    def reader(self, sight: Sight = "past") -> torch.nn.Module:
        return tower(self.embedding_size, dropout=self.dropout) if self.head == "dssm" else super().reader(sight)

    def read(self, items: NDArray[np.float32]) -> NDArray[np.float64]:
        if self.head == "sasrec":
            return super().read(items)
        own = {name: array.astype(np.float64) for name, array in self._arrays.items()}
        wide = own["encoder.wide.weight"] @ items.mean(axis=0, dtype=np.float64) + own["encoder.wide.bias"]
        wide = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
        return np.asarray(own["encoder.narrow.weight"] @ wide + own["encoder.narrow.bias"])


def tower(size: int, *, dropout: float) -> torch.nn.Module:
    """DSSM's tower of the user: after every place of a history, two layers over the mean of the items so far."""
    from torch import nn

    class Tower(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide, self.narrow = nn.Linear(size, 2 * size), nn.Linear(2 * size, size)
            self.drop = nn.Dropout(dropout)

        def forward(self, vectors: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
            counts = there.cumsum(dim=1).clamp(min=1)[..., None]
            mean = (vectors * there[..., None]).cumsum(dim=1) / counts
            read: torch.Tensor = self.narrow(self.drop(nn.functional.gelu(self.wide(mean))))
            return read

    return Tower()
