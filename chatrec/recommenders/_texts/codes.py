"""Items as sums of their codes' embeddings, and permutations of codes that are learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders._texts.quantise import Quantiser
from chatrec.recommenders._texts.whitening import whitening

if TYPE_CHECKING:
    import torch

ROUNDS = 10
"""How often Sinkhorn's operator scales rows and columns in turn."""

HEAT = 0.5
"""By how much the logits of a permutation are divided."""

SCALE = 8.0
"""By how much embeddings are kept greater than they count: a step of Adam, which is as long for all weights, then
takes less away from what they begin as."""


def meant(quantiser: Quantiser, vectors: NDArray[np.float32], count: int, size: int) -> NDArray[np.float32]:
    """What each code stands for, so that the sum over an item's codes is its vector, whitened by those of `vectors`:
    shape (slices, `count`, `size`), zeros for codes that there are not."""
    shift, matrix = whitening(vectors, size)
    slices, codes, width = quantiser.books.shape
    turned = (quantiser.rotation.T @ matrix).reshape(slices, width, size)
    table = np.zeros((slices, count, size), dtype=np.float32)
    table[:, :codes] = quantiser.books @ turned - shift @ matrix / slices
    return table


def embedded(start: NDArray[np.float32], *, dropout: float) -> Any:
    """A module from codes, (items, slices), to the sums of their embeddings, (items, size), which begin as `start`,
    (slices, codes, size)."""
    import torch
    from torch import nn

    class Embedded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.count = start.shape[1]
            self.table = nn.Parameter(torch.from_numpy(start * SCALE))
            self.drop = nn.Dropout(dropout)

        def forward(self, codes: torch.Tensor) -> torch.Tensor:
            return self.sums(self.table, codes)

        def sums(self, table: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
            flat = codes + torch.arange(len(start), device=codes.device) * self.count
            summed = nn.functional.embedding_bag(flat, table.flatten(0, 1), mode="sum") / SCALE
            dropped: torch.Tensor = self.drop(summed)
            return dropped

    return Embedded()


def permuter(plain: Any) -> Any:
    """`plain`, an `embedded` module, with the embeddings of every slice in another order, which is what is learned.

    Forwards the order is the permutation nearest to the logits, backwards it is the doubly stochastic matrix that
    Sinkhorn's operator makes of them (Mena et al., ICLR'18).
    """
    import torch
    from scipy.optimize import linear_sum_assignment
    from torch import nn

    class Permuter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.plain = plain
            slices, count, _ = plain.table.shape
            self.logits = nn.Parameter(torch.eye(count).repeat(slices, 1, 1) + torch.randn(slices, count, count) * 0.01)

        def permuted(self) -> torch.Tensor:
            logs = self.logits / HEAT
            for _ in range(ROUNDS):
                logs = logs - logs.logsumexp(dim=2, keepdim=True)
                logs = logs - logs.logsumexp(dim=1, keepdim=True)
            soft = logs.exp()
            with torch.no_grad():
                known = soft.cpu().numpy()
                to = np.stack([linear_sum_assignment(own, maximize=True)[1] for own in known])
                hard = nn.functional.one_hot(torch.from_numpy(to).to(soft.device), soft.shape[2]).to(soft.dtype)
            mixed: torch.Tensor = (hard + soft - soft.detach()) @ self.plain.table
            return mixed

        def forward(self, codes: torch.Tensor) -> torch.Tensor:
            made: torch.Tensor = self.plain.sums(self.permuted(), codes)
            return made

    return Permuter()
