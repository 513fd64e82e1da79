"""Text to vectors: sentence-transformers models, run by ONNX Runtime."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chatrec.embedding.exported import find_exported, run_export
from chatrec.embedding.values import Embedder, Progress, Stamp
from chatrec.errors import EmbeddingError
from chatrec.settings import Settings

__all__ = ["Agreement", "Embedder", "Progress", "Stamp", "agreement", "load_embedder"]

MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether the engine asked for is in force, and how near it is to PyTorch on `texts` real texts."""

    name: str
    checksum: str
    asked: str
    engine: str
    cosine: float
    overlap: float
    texts: int


def load_embedder(settings: Settings, *, progress: Callable[[str], None] | None = None) -> Embedder:
    """The embedder of the settings; the first time this exports its model, telling `progress` in sentences.

    Raises EmbeddingError where the model cannot be had, exported or run.
    """
    threads = settings.threads or min(physical_cores(), MOST_THREADS)
    models = settings.home / "models"
    if settings.embedding_engine == "torch":
        from chatrec.embedding.torch_engine import TorchEmbedder

        return TorchEmbedder(settings.embedder, threads=threads, memo=models / "checksums.json")
    from chatrec.embedding.onnx_engine import OnnxEmbedder

    found = find_exported(models, settings.embedder)
    if found is None:
        run_export(models, settings.embedder, threads=threads, progress=progress)
        found = find_exported(models, settings.embedder)
    if found is None:
        raise EmbeddingError(f"The exported {settings.embedder} vanished from {models}.", mend="Run it again.")
    folder, about = found
    engine = "onnx" if settings.embedding_engine == "onnx" else about.engine
    return OnnxEmbedder(folder, about, engine=engine, threads=threads)


def agreement(settings: Settings) -> Agreement | None:
    """What the comparison with PyTorch said when the model was exported; None: it is not, or runs on PyTorch itself."""
    asked = settings.embedding_engine
    found = find_exported(settings.home / "models", settings.embedder) if asked != "torch" else None
    if found is None:
        return None
    about = found[1]
    engine = "onnx" if asked == "onnx" else about.engine
    of = about.figures[engine]
    return Agreement(about.name, about.checksum, asked, engine, of.cosine, of.overlap, of.texts)


def physical_cores() -> int:
    """Of those this process may use; two threads on one core only get in each other's way."""
    if sys.platform != "linux":
        return max(1, (os.cpu_count() or 2) // 2)
    usable = os.sched_getaffinity(0)
    siblings = {_siblings(number) or str(number) for number in usable}
    return len(siblings)


def _siblings(cpu: int) -> str:
    try:
        return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text("ascii")
    except OSError:
        return ""
