"""Text to vectors: sentence-transformers models, run by ONNX Runtime."""

from __future__ import annotations

from chatrec.embedding.values import Embedder, Stamp

__all__ = ["Embedder", "Stamp"]
