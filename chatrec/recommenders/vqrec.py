"""VQ-Rec: a text becomes discrete codes, whose learned embeddings add up to the item; codes can be permuted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders._texts.codes import embedded, meant, permuter
from chatrec.recommenders._texts.known import Known
from chatrec.recommenders._texts.model import TextSequenceModel, Tuning
from chatrec.recommenders._texts.net import Net, next_items
from chatrec.recommenders._texts.quantise import learned

if TYPE_CHECKING:
    import torch

SEARCH: Mapping[str, Sequence[Any]] = {
    "learning_rate": (3e-3, 1e-2),
    "dropout": (0.2, 0.4),
    "temperature": (0.05, 0.07, 0.1),
    "slices": (16, 32),
    "codes": (32, 128),
}
ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "without codes": {"coding": "none"},
    "without rotation": {"coding": "pq"},
    "without permuted codes": {"permute_epochs": 0},
    "without semi-synthetic negatives": {"synthetic": 0.0},
    "without pre-training": {"pretrain_epochs": 0},
}
TINY: Mapping[str, Any] = {
    "embedding_size": 8,
    "layers": 1,
    "length": 10,
    "dropout": 0.0,
    "temperature": 1.0,
    "slices": 4,
    "codes": 4,
    "epochs": 15,
    "learning_rate": 1e-2,
}

PERMUTING = 0.1
"""The learning rate of the permutation, which is all that is learned in its stage."""


@dataclass(kw_only=True)
class Recommender(TextSequenceModel):
    """Vector-quantised item representations (Hou et al., WWW'23).

    There: text vectors to `slices` codes each by optimised product quantisation; an embedding for every code of every
    slice, added up to the item; a causal transformer; pre-training on `TrainingData.domains` against the next items of
    the batch, which mixes domains, and against semi-synthetic items, the right one with a share `synthetic` of its
    codes drawn anew; for the domain to recommend for, codes learned on its own texts, matched to the pre-trained
    embeddings by one permutation a slice, learned by Sinkhorn's operator with all else fixed; then fine-tuning.

    Otherwise than in the paper: embeddings of codes start from what the codes stand for, whitened, not at random, as
    there is little data here; every place of a history is a training example; the permutation in force is a true one
    (the best assignment, gradients passed straight through) and no longer noisy; after it the encoder is tuned with
    the embeddings. As in the paper items have no embeddings of their own, unless `tuning` says "transductive".
    Without domains there is neither pre-training nor a permutation.
    """

    slices: int = 32
    codes: int = 128
    coding: Literal["opq", "pq", "none"] = "opq"
    synthetic: float = 0.75
    permute_epochs: int = 5
    tuning: Tuning = "inductive"

    def features(self, found: Known, *, seed: int) -> NDArray[Any]:
        return self._coded(found, found.written, seed)

    def maker(self, found: Known, features: NDArray[Any], *, seed: int) -> torch.nn.Module:
        from torch import nn

        if self.coding == "none":
            return nn.Sequential(nn.Dropout(self.dropout), nn.Linear(features.shape[1], self.embedding_size))
        made: torch.nn.Module = embedded(self._start, dropout=self.dropout)
        return made

    def _coded(self, found: Known, of: NDArray[np.bool_], seed: int) -> NDArray[Any]:
        """The codes of all items, in code books learned on the texts of some; keeps where their embeddings start."""
        if self.coding == "none":
            return found.vectors
        lacking = -found.vectors.shape[1] % self.slices
        wide = np.pad(found.vectors, ((0, 0), (0, lacking)))
        quantiser = learned(wide[of], self.slices, codes=self.codes, coding=self.coding, seed=seed)
        self._start = meant(quantiser, wide[of], self.codes, self.embedding_size)
        return quantiser.codes(wide)

    def pretrain(self, module: Net, found: Known, device: torch.device, *, seed: int) -> None:
        import torch

        if not found.domains:
            return
        own, of = module.features, np.zeros(len(found.written), dtype=bool)
        of[found.columns[np.unique(np.concatenate(found.elsewhere))]] = True
        module.features = torch.from_numpy(self._coded(found, of, seed)[found.columns])
        if self.coding != "none":
            module.items = embedded(self._start, dropout=self.dropout)
        loss = next_items(module, self.temperature, wrong=None if self.coding == "none" else self._synthetic)
        self.learn(module, self.batches(found.elsewhere, found), loss, self.pretrain_epochs, device, seed=seed)
        module.features = own
        if self.coding != "none" and self.permute_epochs:
            self._permute(module, found, device, seed=seed)

    def _synthetic(self, module: Net, right: torch.Tensor) -> torch.Tensor:
        """For every right item one that shares some of its codes: (items, size)."""
        import torch

        codes = module.features[right]
        drawn = torch.randint_like(codes, module.items.count)
        made: torch.Tensor = module.items(
            torch.where(torch.rand(codes.shape, device=codes.device) < self.synthetic, drawn, codes)
        )
        return made

    def _permute(self, module: Net, found: Known, device: torch.device, *, seed: int) -> None:
        """Learns which of the pre-trained embeddings each code of the new domain is to take, and gives it that."""
        import torch

        for part in (module.items, module.encoder):
            part.requires_grad_(False)
        plain = module.items
        module.items = permuter(plain)
        loss = next_items(module, self.temperature, likely=self.likely(found.histories, found))
        batches = self.batches(found.histories, found)
        self.learn(module, batches, loss, self.permute_epochs, device, seed=seed, learning_rate=PERMUTING)
        with torch.no_grad():
            plain.table.copy_(module.items.permuted())
        module.items = plain
        for part in (module.items, module.encoder):
            part.requires_grad_(True)
