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
from chatrec.recommenders._texts.net import means_so_far, projection
from chatrec.recommenders._texts.words import PAD, word_numbers
from chatrec.recommenders._transformer import Sight

if TYPE_CHECKING:
    import torch

SEARCH: Mapping[str, Sequence[Any]] = {
    "learning_rate": (1e-3, 3e-3),
    "dropout": (0.2, 0.4),
    "temperature": (0.05, 0.07, 0.1),
    "head": ("sasrec", "dssm"),
    "texts": ("tuned", "trained", "frozen"),
}
ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "two towers": {"head": "dssm"},
    "texts frozen": {"texts": "frozen"},
    "texts from nothing": {"texts": "trained"},
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

    There: no item has an embedding of its own; `texts` says whether its vector is that of a language model that is
    tuned end to end with the rest ("tuned"), that is frozen ("frozen"), or is made by a text encoder that begins with
    nothing ("trained"); a `head` reads histories, SASRec's transformer ("sasrec") or a tower of DSSM ("dssm").

    Otherwise than in the paper: a language model cannot be tuned on a CPU in minutes, so the tuned one is its frozen
    vector through a trained projection plus a small encoder, the mean of learned embeddings of words (by hash) through
    one layer, which is trained on the same words end to end; "trained" is the latter alone. The tower of DSSM reads
    the mean of a history rather than a user's number, so that users unknown in training are served; the loss is full
    cross-entropy over the used items rather than over a batch's. Left out: encoders of billions of parameters, which
    the paper is about.
    """

    texts: Literal["tuned", "frozen", "trained"] = "tuned"
    head: Literal["sasrec", "dssm"] = "sasrec"
    tuning: Tuning = "inductive"
    pretrain_epochs: int = 0

    def features(self, found: Known, *, seed: int) -> NDArray[Any]:
        if self.texts == "frozen" or not len(found.data.texts):
            return found.vectors
        words = word_numbers(found.data.texts, buckets=BUCKETS, words=WORDS)
        return words if self.texts == "trained" else np.hstack([found.vectors, words.astype(np.float32)])

    def maker(self, found: Known, features: NDArray[Any], *, seed: int) -> torch.nn.Module:
        width = 0 if self.texts == "trained" and len(found.data.texts) else found.vectors.shape[1]
        return text_encoder(width, features.shape[1] - width, self.embedding_size, dropout=self.dropout)

    def reader(self, sight: Sight = "past") -> torch.nn.Module:
        return tower(self.embedding_size, dropout=self.dropout) if self.head == "dssm" else super().reader(sight)

    def read(self, items: NDArray[np.float32]) -> NDArray[np.float64]:
        if self.head == "sasrec":
            return super().read(items)
        own = {name: array.astype(np.float64) for name, array in self._arrays.items()}
        wide = own["encoder.wide.weight"] @ items.mean(axis=0, dtype=np.float64) + own["encoder.wide.bias"]
        wide = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
        return np.asarray(own["encoder.narrow.weight"] @ wide + own["encoder.narrow.bias"])


def text_encoder(dimension: int, words: int, size: int, *, dropout: float) -> torch.nn.Module:
    """From a frozen vector of `dimension` and the numbers of `words` words, side by side, to `size`: what a projection
    makes of the one and learned embeddings of the other, added up. One of them may be lacking (0)."""
    import torch
    from torch import nn

    class TextEncoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.frozen = projection(dimension, size, dropout=dropout) if dimension else None
            self.learned = embedded_words(size, dropout=dropout) if words else None

        def forward(self, texts: torch.Tensor) -> torch.Tensor:
            made = torch.zeros(len(texts), size, device=texts.device)
            if self.frozen is not None:
                made = made + self.frozen(texts[:, :dimension])
            if self.learned is not None:
                made = made + self.learned(texts[:, dimension:].long())
            return made

    return TextEncoder()


def embedded_words(size: int, *, dropout: float) -> torch.nn.Module:
    """From the numbers of words, (texts, words), to the mean of their learned embeddings through one layer."""
    from torch import nn

    return nn.Sequential(
        nn.EmbeddingBag(BUCKETS + 1, 2 * size, mode="mean", padding_idx=PAD),
        nn.LayerNorm(2 * size),
        nn.Dropout(dropout),
        nn.Linear(2 * size, size),
    )


def tower(size: int, *, dropout: float) -> torch.nn.Module:
    """DSSM's tower of the user: after every place of a history, two layers over the mean of the items so far."""
    from torch import nn

    class Tower(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide, self.narrow = nn.Linear(size, 2 * size), nn.Linear(2 * size, size)
            self.drop = nn.Dropout(dropout)

        def forward(self, vectors: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
            hidden = nn.functional.gelu(self.wide(means_so_far(vectors, there)))
            read: torch.Tensor = self.narrow(self.drop(hidden))
            return read

    return Tower()
