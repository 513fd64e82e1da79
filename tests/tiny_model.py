"""A sentence-transformers model of random weights, small enough to be made and exported within a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = "a the quiet loud film about grief and war love two old friends by sea in rain not too long query : passage"


def make(folder: Path, *, pooling: str = "mean", prompts: dict[str, str] | None = None, more: Any = ()) -> Path:
    """Saves it into `folder`; `more` are modules to stand after the pooling."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(7)
    base = folder.with_name(f"{folder.name}-base")
    base.mkdir(parents=True)
    letters = [f"{prefix}{letter}" for prefix in ("", "##") for letter in "abcdefghijklmnopqrstuvwxyz"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys([*WORDS.split(), *letters])]
    (base / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast(vocab=str(base / "vocab.txt"), model_max_length=64).save_pretrained(base)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(base)
    modules = [Transformer(str(base), max_seq_length=32), Pooling(32, pooling_mode=pooling), *more]
    SentenceTransformer(modules=modules, prompts=prompts or {}, device="cpu").save(str(folder))
    return folder
