"""T5, a small one with random weights: trained by transformers, run by numpy when it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

        def states(self, prompts: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
            """The decoder's at each place of the answers, with what stands before it known."""
            words = torch.from_numpy(whole_words(prompts.cpu().numpy(), first_word)).to(prompts.device)
            mask = (prompts > 0).long()
            memory = self.t5.encoder(inputs_embeds=self.t5.shared(prompts) + self.whole(words), attention_mask=mask)[0]
            begun = nn.functional.pad(answers[:, :-1], (1, 0))
            decoded = self.t5.decoder(begun, encoder_hidden_states=memory, encoder_attention_mask=mask)[0]
            states: torch.Tensor = decoded * embedding_size**-0.5
            return states

        def loss(self, prompts: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
            said = answers > 0  # logits of all tokens are what costs most: none where nothing is to be said
            states = self.states(prompts, answers)[said]
            return nn.functional.cross_entropy(self.t5.lm_head(states), answers[said])

    return Net()


def exported(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """What `encoded` and `decoded` need of a net's arrays, by shorter names; the same array is kept once."""
    again = ("embed_tokens.weight", "lm_head.weight")
    return {name.removeprefix("t5."): own for name, own in arrays.items() if not name.endswith(again)}


def whole_words(prompts: NDArray[np.int64], first_word: int) -> NDArray[np.int64]:
    """Which word of its row each token belongs to: an item's tokens, those below `first_word`, to its "item_"."""
    begins = (prompts >= first_word) | (prompts < 4)
    return np.minimum(np.cumsum(begins, axis=-1), MOST_WORDS - 1)


@dataclass(frozen=True)
class Said:
    """Beginnings of answers, all of one length, and what goes on from them needs.

    `states` is (rows, size), of the last place: a state times a token's embedding is that token's logit. `kept` holds
    of each layer the keys and the values of all places, each (rows, places, heads, size of a head).
    """

    states: Floats
    kept: tuple[tuple[Floats, Floats], ...]


class Decoder:
    """What is answered to one prompt, a token at a time: what was said before is not computed again."""

    def __init__(self, arrays: Arrays, prompt: NDArray[np.int64], *, heads: int, first_word: int) -> None:
        self._arrays, self._heads = arrays, heads
        self._blocks = _blocks(arrays, "decoder")
        memory = encoded(arrays, prompt[None], heads=heads, first_word=first_word)
        asked = [f"{at}.1.EncDecAttention" for at in self._blocks]
        self._memory = [(self._split(f"{at}.k", memory)[0], self._split(f"{at}.v", memory)[0]) for at in asked]

    def start(self) -> Said:
        """One row, of nothing but the start token."""
        size = self._arrays["shared.weight"].shape[1]
        nothing = np.zeros((1, 0, self._heads, size // self._heads), dtype=np.float32)
        kept = tuple((nothing, nothing) for _ in self._blocks)
        return self.after(Said(np.zeros((1, size), np.float32), kept), np.zeros(1, np.int64), np.zeros(1, np.int64))

    def after(self, said: Said, rows: NDArray[np.int64], tokens: NDArray[np.int64]) -> Said:
        """Each of `rows` of what was said with one of `tokens` after it; a row may go on in several ways."""
        arrays, places = self._arrays, said.kept[0][0].shape[1] + 1
        bias = _distances(arrays, "decoder", places)[:, -1]
        x, kept = arrays["shared.weight"][tokens], []
        for at, before, memory in zip(self._blocks, said.kept, self._memory, strict=True):
            own, name = _norm(arrays, f"{at}.0.layer_norm", x), f"{at}.0.SelfAttention"
            asking, key, value = (self._split(f"{name}.{kind}", own[:, None]) for kind in "qkv")
            keys, values = (np.concatenate((old[rows], new), 1) for old, new in zip(before, (key, value), strict=True))
            kept.append((keys, values))
            weights = _softmax(np.einsum("rhd,rphd->rhp", asking[:, 0], keys) + bias)
            mixed = np.einsum("rhp,rphd->rhd", weights, values).reshape(len(tokens), -1)
            x = x + mixed @ arrays[f"{name}.o.weight"].T
            own, name = _norm(arrays, f"{at}.1.layer_norm", x), f"{at}.1.EncDecAttention"
            keys, values = (each.transpose(1, 0, 2) for each in memory)
            asked = self._split(f"{name}.q", own[None])[0].transpose(1, 0, 2)
            mixed = (_softmax(asked @ keys.swapaxes(1, 2)) @ values).transpose(1, 0, 2).reshape(len(tokens), -1)
            x = x + mixed @ arrays[f"{name}.o.weight"].T
            x = x + _wide(arrays, f"{at}.2", x)
        states = _norm(arrays, "decoder.final_layer_norm", x) * np.float32(x.shape[-1] ** -0.5)
        return Said(states, tuple(kept))

    def _split(self, name: str, x: Floats) -> Floats:
        return _heads(self._arrays, name, x, self._heads)


def encoded(arrays: Arrays, prompts: NDArray[np.int64], *, heads: int, first_word: int) -> Floats:
    """The encoder's states of rows of prompts, none filled up: (rows, places) to (rows, places, size)."""
    x = arrays["shared.weight"][prompts] + arrays["whole.weight"][whole_words(prompts, first_word)]
    bias = _distances(arrays, "encoder", prompts.shape[1])
    for at in _blocks(arrays, "encoder"):
        own, name = _norm(arrays, f"{at}.0.layer_norm", x), f"{at}.0.SelfAttention"
        asking, keys, values = (_heads(arrays, f"{name}.{kind}", own, heads).swapaxes(1, 2) for kind in "qkv")
        mixed = (_softmax(asking @ keys.swapaxes(-1, -2) + bias) @ values).swapaxes(1, 2)
        x = x + mixed.reshape(x.shape) @ arrays[f"{name}.o.weight"].T
        x = x + _wide(arrays, f"{at}.1", x)
    return _norm(arrays, "encoder.final_layer_norm", x)


def _blocks(arrays: Arrays, stack: str) -> list[str]:
    """The layers of an encoder or decoder, in order: how the names of their arrays begin."""
    return [
        f"{stack}.block.{own}.layer" for own in range(99) if f"{stack}.block.{own}.layer.0.layer_norm.weight" in arrays
    ]


def _heads(arrays: Arrays, name: str, x: Floats, heads: int) -> Floats:
    """Queries, keys or values: (rows, places, size) to (rows, places, heads, size of a head); T5 scales none."""
    return np.asarray((x @ arrays[f"{name}.weight"].T).reshape(*x.shape[:2], heads, -1))


def _softmax(x: Floats) -> Floats:
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(x / x.sum(axis=-1, keepdims=True))


def _wide(arrays: Arrays, at: str, x: Floats) -> Floats:
    """What a layer's dense part adds."""
    wide = _norm(arrays, f"{at}.layer_norm", x) @ arrays[f"{at}.DenseReluDense.wi.weight"].T
    return np.asarray(np.maximum(wide, 0) @ arrays[f"{at}.DenseReluDense.wo.weight"].T)


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
