"""The same interface on torch: slow, for models that cannot be exported and to compare with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.embedding import Stamp
from chatrec.embedding.sources import check_packaged, checksum_of, folder_of

BATCH = 32


class TorchEmbedder:
    """A sentence-transformers model as its library runs it."""

    def __init__(self, model: Any, stamp: Stamp) -> None:
        self._model = model
        self.stamp = stamp

    @classmethod
    def of(cls, name: str, *, threads: int) -> TorchEmbedder:
        """Raises EmbeddingError for a model that cannot be had."""
        folder = folder_of(name)
        checksum = checksum_of(folder)
        check_packaged(name, checksum)
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(threads)
        model = SentenceTransformer(str(folder), device="cpu")
        return cls(model, Stamp(name, "torch", int(model.get_embedding_dimension() or 0), checksum))

    def embed(self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.stamp.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda position: len(texts[position]))
        for start in range(0, len(texts), BATCH):
            batch = by_length[start : start + BATCH]
            vectors[batch] = self._model.encode_document([texts[i] for i in batch], normalize_embeddings=True)
            if progress:
                progress(min(start + BATCH, len(texts)), len(texts))
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return np.asarray(self._model.encode_query(text, normalize_embeddings=True), dtype=np.float32)
