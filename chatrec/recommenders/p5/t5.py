"""T5, a small one with random weights: trained by transformers, run by numpy when it serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Arrays = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float32]

BUCKETS, FARTHEST = 32, 128
"""How many kinds of distances between two places there are, and from where on all are one kind."""

EPSILON = 1e-6

MOST_WORDS = 512
"""Whole words of a prompt that are told apart by their number."""


def net(*, tokens: int, embedding_size: int, layers: int, heads: int, dropout: float, first_word: int) -> Any:
    """A T5 (Raffel et al., JMLR'20, the one with ReLU and shared embeddings) with P5's whole-word embeddings.

    Its `loss` takes rows of prompts and of answers, 0 where there is nothing.
    """
    import torch
    from torch import nn
    from transformers import T5Config, T5ForConditionalGeneration

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.t5 = T5ForConditionalGeneration(
                T5Config(
                    vocab_size=tokens,
                    d_model=embedding_size,
                    d_kv=embedding_size // heads,
                    d_ff=4 * embedding_size,
                    num_layers=layers,
                    num_heads=heads,
                    relative_attention_num_buckets=BUCKETS,
                    relative_attention_max_distance=FARTHEST,
                    layer_norm_epsilon=EPSILON,
                    dropout_rate=dropout,
                    feed_forward_proj="relu",
                    decoder_start_token_id=0,
                    use_cache=False,
                )
            )
            self.whole = nn.Embedding(MOST_WORDS, embedding_size)
            nn.init.normal_(self.whole.weight, std=0.02)  # larger ones hide the tokens for long

        def forward(self, prompts: torch.Tensor, answers: torch.Tensor) -> Any:
            words = torch.from_numpy(whole_words(prompts.cpu().numpy(), first_word)).to(prompts.device)
            embedded = self.t5.shared(prompts) + self.whole(words)
            return self.t5(inputs_embeds=embedded, attention_mask=(prompts > 0).long(), labels=answers)

        def loss(self, prompts: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
            value: torch.Tensor = self(prompts, answers.masked_fill(answers == 0, -100)).loss
            return value

    return Net()


def exported(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """What `encoded` and `decoded` need of a net's arrays, by shorter names; the same array is kept once."""
    again = ("embed_tokens.weight", "lm_head.weight")
    return {name.removeprefix("t5."): own for name, own in arrays.items() if not name.endswith(again)}


def whole_words(prompts: NDArray[np.int64], first_word: int) -> NDArray[np.int64]:
    """Which word of its row each token belongs to: an item's tokens, those below `first_word`, to its "item_"."""
    begins = (prompts >= first_word) | (prompts < 4)
    return np.minimum(np.cumsum(begins, axis=-1), MOST_WORDS - 1)


def encoded(arrays: Arrays, prompts: NDArray[np.int64], *, heads: int, first_word: int) -> Floats:
    """The encoder's states of rows of prompts, none filled up: (rows, places) to (rows, places, size)."""
    x = arrays["shared.weight"][prompts] + arrays["whole.weight"][whole_words(prompts, first_word)]
    return _stack(arrays, "encoder", x, heads, _distances(arrays, "encoder", prompts.shape[1]), None)


def decoded(arrays: Arrays, answers: NDArray[np.int64], memory: Floats, *, heads: int) -> Floats:
    """The decoder's states after rows of beginnings of answers, the start token first; each place sees those before.

    `memory` is one prompt's states, (1, places, size). A state times a token's embedding is that token's logit.
    """
    places = answers.shape[1]
    bias = _distances(arrays, "decoder", places) + np.where(np.tri(places, dtype=bool), 0, np.float32(-1e9))
    x = arrays["shared.weight"][answers]
    return np.asarray(_stack(arrays, "decoder", x, heads, bias, memory) * x.shape[-1] ** -0.5)


def _stack(arrays: Arrays, stack: str, x: Floats, heads: int, bias: Floats, memory: Floats | None) -> Floats:
    blocks = {name.split(".")[2] for name in arrays if name.startswith(f"{stack}.block.")}
    for number in range(len(blocks)):
        at = f"{stack}.block.{number}.layer"
        own = _norm(arrays, f"{at}.0.layer_norm", x)
        x = x + _attention(arrays, f"{at}.0.SelfAttention", own, own, heads, bias)
        if memory is not None:
            own = _norm(arrays, f"{at}.1.layer_norm", x)
            x = x + _attention(arrays, f"{at}.1.EncDecAttention", own, memory, heads, 0.0)
        last = f"{at}.{1 if memory is None else 2}"
        own = _norm(arrays, f"{last}.layer_norm", x)
        wide = np.maximum(own @ arrays[f"{last}.DenseReluDense.wi.weight"].T, 0)
        x = x + wide @ arrays[f"{last}.DenseReluDense.wo.weight"].T
    return _norm(arrays, f"{stack}.final_layer_norm", x)


def _attention(arrays: Arrays, name: str, asking: Floats, asked: Floats, heads: int, bias: Floats | float) -> Floats:
    """T5's: not scaled, with `bias` on the weights. `asked` may be of one row that all rows ask."""

    def split(kind: str, x: Floats) -> Floats:
        return (x @ arrays[f"{name}.{kind}.weight"].T).reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)

    weights = split("q", asking) @ split("k", asked).swapaxes(-1, -2) + bias
    weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
    mixed = (weights / weights.sum(axis=-1, keepdims=True) @ split("v", asked)).swapaxes(1, 2)
    return np.asarray(mixed.reshape(*asking.shape[:2], -1) @ arrays[f"{name}.o.weight"].T)


def _norm(arrays: Arrays, name: str, x: Floats) -> Floats:
    return np.asarray(x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + EPSILON) * arrays[f"{name}.weight"])


def _distances(arrays: Arrays, stack: str, places: int) -> Floats:
    """What each kind of distance between two places adds to attention: (heads, places, places)."""
    apart = np.arange(places)[None] - np.arange(places)[:, None]
    kinds, buckets = np.zeros_like(apart), BUCKETS
    if stack == "encoder":
        buckets //= 2
        kinds = np.where(apart > 0, buckets, 0)
        apart = np.abs(apart)
    else:
        apart = np.maximum(-apart, 0)
    near = buckets // 2
    scale = np.float32(buckets - near) / np.float32(np.log(FARTHEST / near))
    far = near + (np.log(np.maximum(apart, 1).astype(np.float32) / near) * scale).astype(np.int64)
    kinds = kinds + np.where(apart < near, apart, np.minimum(far, buckets - 1))
    table = arrays[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
    return np.asarray(table[kinds].transpose(2, 0, 1), dtype=np.float32)
