"""The engine "torch": sentence-transformers itself. The one place that imports it, and PyTorch with it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chatrec.embedding.models import check_official, local_folder, weights_checksum
from chatrec.embedding.values import Progress, Stamp, Vectors
from chatrec.errors import EmbeddingError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32


class TorchEmbedder:
    """The reference: slower, and in need of much more memory, than the ONNX engines."""

    def __init__(self, name: str, *, threads: int, memo: Path) -> None:
        import torch

        torch.set_num_threads(threads)
        self._model, checksum = load_model(name, memo=memo)
        self._query_prompt, self._document_prompt = prompts_of(self._model)
        self._lock = threading.Lock()  # a transformers tokenizer refuses a second thread
        dimension = self._encode([""], "").shape[1]
        self.stamp = Stamp(name, "torch", dimension, checksum)

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        vectors = np.empty((len(texts), self.stamp.dimension), np.float32)
        for start in range(0, len(texts), BATCH * 8):
            part = texts[start : start + BATCH * 8]
            vectors[start : start + len(part)] = self._encode(part, self._document_prompt)
            if progress:
                progress(start + len(part), len(texts))
        return vectors

    def embed_query(self, text: str) -> Vectors:
        vector: Vectors = self._encode([text], self._query_prompt)[0]
        return vector

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        with self._lock:
            vectors = self._model.encode(
                list(texts), prompt=prompt, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(vectors, np.float32)


def load_model(name: str, *, memo: Path, **model_options: Any) -> tuple[SentenceTransformer, str]:
    """The model, on the processor, and the checksum of its weights. Raises EmbeddingError where it cannot be had."""
    folder = local_folder(name)
    checksum = weights_checksum(folder, memo=memo) if folder else ""
    check_official(name, checksum)
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(
            str(folder or name), device="cpu", local_files_only=folder is not None, model_kwargs=model_options
        )
        return model, checksum or weights_checksum(_hub_folder(name), memo=memo)
    except Exception as exc:  # an edge: reading foreign files raises whatever their libraries please
        reason = str(exc).strip().split("\n", 1)[0][:300]
        raise EmbeddingError(
            f"The embedder {name!r} cannot be loaded: {reason}",
            mend="Check the name, or that its hub can be reached; CHATREC_EMBEDDER also takes a folder,"
            " and unset it means the packaged all-MiniLM-L6-v2.",
        ) from exc


def prompts_of(model: SentenceTransformer) -> tuple[str, str]:
    """What the model wants in front of a query, and of a document."""
    prompts = {key: prompt or "" for key, prompt in model.prompts.items()}
    document = next((prompts[key] for key in ("document", "passage", "corpus") if prompts.get(key)), "")
    return prompts.get("query", ""), document


def _hub_folder(name: str) -> Path:
    """Where the hub's client keeps what was just loaded by name."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except LocalEntryNotFoundError:
        return Path(snapshot_download(f"sentence-transformers/{name}", local_files_only=True))
