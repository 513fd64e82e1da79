"""The self-attention encoder of the sequence models: trained by PyTorch, run by numpy when it serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

if TYPE_CHECKING:
    import torch

Sight = Literal["past", "all"]
"""What a place of a sequence sees: itself and what came before (a causal mask), or everything."""

EPSILON = 1e-5


def encoder(
    *, embedding_size: int, layers: int, heads: int, length: int, dropout: float, sight: Sight = "past"
) -> torch.nn.Module:
    """A module from vectors, (batch, `length`, `embedding_size`), and which of them are there, (batch, `length`,
    bool), to as many vectors.

    Learned positions counted from the latest backwards are added; then come `layers` pre-norm layers (Xiong et al.,
    ICML'20, which need no warm-up) of multi-head attention and a GELU network four times as wide, and a last norm.
    `run` does the same with its arrays.
    """
    import torch
    from torch import nn

    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.before, self.between = nn.LayerNorm(embedding_size), nn.LayerNorm(embedding_size)
            self.mix, self.out = (
                nn.Linear(embedding_size, 3 * embedding_size),
                nn.Linear(embedding_size, embedding_size),
            )
            self.wide = nn.Linear(embedding_size, 4 * embedding_size)
            self.narrow = nn.Linear(4 * embedding_size, embedding_size)
            self.drop = nn.Dropout(dropout)

        def forward(self, x: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
            split = self.mix(self.before(x)).unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)
            attended = nn.functional.scaled_dot_product_attention(
                split[0], split[1], split[2], attn_mask=hidden, dropout_p=dropout if self.training else 0.0
            )
            x = x + self.drop(self.out(attended.transpose(1, 2).flatten(-2)))
            fed: torch.Tensor = self.drop(self.narrow(self.drop(nn.functional.gelu(self.wide(self.between(x))))))
            return x + fed

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.positions = nn.Parameter(torch.randn(length, embedding_size) * 0.02)
            self.layers = nn.ModuleList(Layer() for _ in range(layers))
            self.last = nn.LayerNorm(embedding_size)
            self.drop = nn.Dropout(dropout)
            for module in self.modules():
                if isinstance(module, nn.Linear):
                    nn.init.trunc_normal_(module.weight, std=0.02)
                    nn.init.zeros_(module.bias)

        def forward(self, vectors: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
            places = vectors.shape[1]
            seen = there[:, None, :] | torch.eye(places, dtype=torch.bool, device=there.device)
            if sight == "past":
                seen = seen & torch.ones(places, places, dtype=torch.bool, device=there.device).tril()
            hidden = torch.zeros(seen.shape, dtype=vectors.dtype, device=there.device).masked_fill(~seen, -1e9)
            x = self.drop(vectors + self.positions[length - places :])
            for layer in self.layers:
                x = layer(x, hidden[:, None])
            last: torch.Tensor = self.last(x)
            return last

    return Encoder()


def run(
    arrays: Mapping[str, NDArray[Any]],
    vectors: NDArray[Any],
    there: NDArray[np.bool_],
    *,
    heads: int,
    sight: Sight = "past",
    prefix: str = "",
) -> NDArray[np.float64]:
    """What an encoder in evaluation mode gives, by its arrays (`arrays_of`), whose names begin with `prefix`."""
    own = {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}
    places = vectors.shape[1]
    seen = there[:, None, :] | np.eye(places, dtype=bool)
    if sight == "past":
        seen = seen & np.tri(places, dtype=bool)
    hidden = np.where(seen, 0.0, -1e9)[:, None]
    x = vectors + own["positions"][len(own["positions"]) - places :].astype(np.float64)
    for number in range(len({name.split(".")[1] for name in own if name.startswith("layers.")})):
        layer = {name.partition(f"layers.{number}.")[2]: value for name, value in own.items() if f".{number}." in name}
        x = _layer(layer, x, hidden, heads)
    return _norm(own, "last", x)


def _layer(
    own: Mapping[str, NDArray[Any]], x: NDArray[np.float64], hidden: NDArray[np.float64], heads: int
) -> NDArray[np.float64]:
    batch, places, size = x.shape
    mixed = _linear(own, "mix", _norm(own, "before", x)).reshape(batch, places, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    weights = mixed[0] @ mixed[1].swapaxes(-1, -2) / np.sqrt(size // heads) + hidden
    weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
    attended = weights / weights.sum(axis=-1, keepdims=True) @ mixed[2]
    x = x + _linear(own, "out", attended.swapaxes(1, 2).reshape(batch, places, size))
    wide = _linear(own, "wide", _norm(own, "between", x))
    return x + _linear(own, "narrow", wide * 0.5 * (1 + erf(wide / np.sqrt(2))))


def _linear(own: Mapping[str, NDArray[Any]], name: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
    weight, bias = own[f"{name}.weight"].astype(np.float64), own[f"{name}.bias"].astype(np.float64)
    return np.asarray(x @ weight.T + bias)


def _norm(own: Mapping[str, NDArray[Any]], name: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    return np.asarray(scaled * own[f"{name}.weight"] + own[f"{name}.bias"])
