"""Items as sums of their codes' embeddings, and permutations of codes that are learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

ROUNDS = 10
"""How often Sinkhorn's operator scales rows and columns in turn."""

HEAT = 0.5
"""By how much the logits of a permutation are divided."""


def embedded(slices: int, count: int, size: int, *, dropout: float) -> Any:
    """A module from codes, (items, `slices`), each below `count`, to the sums of their embeddings, (items, `size`)."""
    import torch
    from torch import nn

    class Embedded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.count = count
            self.table = nn.Parameter(torch.randn(slices, count, size) / (slices * size) ** 0.5)
            self.drop = nn.Dropout(dropout)

        def forward(self, codes: torch.Tensor) -> torch.Tensor:
            return self.sums(self.table, codes)

        def sums(self, table: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
            flat = codes + torch.arange(slices, device=codes.device) * count
            summed: torch.Tensor = self.drop(nn.functional.embedding_bag(flat, table.flatten(0, 1), mode="sum"))
            return summed

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
