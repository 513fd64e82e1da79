"""The engines "onnx" and "onnx-int8": an exported model run by ONNX Runtime with the model's own tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from chatrec.embedding.exported import FILES, About
from chatrec.embedding.values import Progress, Stamp, Vectors
from chatrec.errors import EmbeddingError

LONGEST_TOKEN = 50
"""Characters: what lies beyond this many times the model's tokens is cut before tokenizing, not after."""


class OnnxEmbedder:
    """Embeds one text a run, in as many threads as asked, each run in one thread.

    Nothing is padded, and an int8 vector cannot depend on the texts it shares a batch with (its activations are
    scaled over the whole batch); on two cores this is also faster than batches of any size.
    """

    def __init__(self, folder: Path, about: About, *, engine: str, threads: int) -> None:
        self.stamp = Stamp(about.name, engine, about.dimension, about.checksum)
        self._about, self._threads = about, threads
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._session = onnxruntime.InferenceSession(
                str(folder / FILES[engine]),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=["SkipLayerNormFusion"],  # the fused kernel takes a fifth of the time by itself
            )
        except Exception as exc:  # an edge: both libraries raise bare Exceptions
            raise EmbeddingError(
                f"The exported embedder cannot be loaded: {exc}", mend=f"Delete {folder} and run again."
            ) from exc

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        vectors = np.empty((len(texts), self.stamp.dimension), np.float32)
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="chatrec-embed")
        try:
            for row, vector in enumerate(pool.map(self._document, texts)):
                vectors[row] = vector
                if progress:
                    progress(row + 1, len(texts))
        finally:  # where `progress` raises, what has not begun is not begun
            pool.shutdown(cancel_futures=True)
        return vectors

    def embed_query(self, text: str) -> Vectors:
        return self._vector(self._about.query_prompt + text)

    def _document(self, text: str) -> Vectors:
        return self._vector(self._about.document_prompt + text)

    def _vector(self, text: str) -> Vectors:
        text = text[: self._about.tokens * LONGEST_TOKEN].encode("utf-8", "replace").decode("utf-8")
        ids = np.array([self._tokenizer.encode(text).ids or [0]], np.int64)
        vector = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
