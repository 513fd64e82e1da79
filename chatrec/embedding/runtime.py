"""Runs an exported model: ONNX Runtime and the model's own tokenizer, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from chatrec.embedding import Stamp
from chatrec.embedding.cache import Exported
from chatrec.errors import EmbeddingError

BATCH = 16
"""Passages a call. Small, since passages of one length waste no padding, and int8 scales are shared within a call."""

LONGEST_TEXT = 20_000
"""Characters of a text that are tokenised; no model reads further."""


class OnnxEmbedder:
    """A model of `cache.exported`. `engine` "onnx-int8" falls back to fp32 for a model that int8 does not suit."""

    def __init__(self, model: Exported, *, engine: str, threads: int) -> None:
        self._model = model
        int8 = engine == model.engine == "onnx-int8"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads give the cores back
        try:
            self._tokenizer = Tokenizer.from_file(str(model.path("tokenizer.json")))
            self._session = onnxruntime.InferenceSession(
                str(model.path("model.int8.onnx" if int8 else "model.onnx")),
                options,
                providers=["CPUExecutionProvider"],
            )
        except Exception as exc:  # both libraries raise bare Exceptions for damaged files
            raise EmbeddingError(
                f"The exported embedding model is damaged: {model.folder}.",
                mend="Delete that folder; it is made anew when it is next needed.",
            ) from exc
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(model.longest)
        self.stamp = Stamp(model.name, "onnx-int8" if int8 else "onnx", model.dimension, model.checksum)

    def embed(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.stamp.dimension), dtype=np.float32)
        tokens = [self._tokens(self._model.passage_prompt + text) for text in texts]
        by_length = sorted(range(len(texts)), key=lambda position: len(tokens[position]))
        for start in range(0, len(texts), BATCH):
            batch = by_length[start : start + BATCH]
            vectors[batch] = self._run([tokens[position] for position in batch])
            if progress:
                progress(min(start + BATCH, len(texts)), len(texts))
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._run([self._tokens(self._model.query_prompt + text)])[0]

    def _tokens(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text[:LONGEST_TEXT]).ids)

    def _run(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
        attention = np.zeros_like(ids)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = text
            attention[row, : len(text)] = 1
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": attention})
        return np.asarray(vectors, dtype=np.float32)
