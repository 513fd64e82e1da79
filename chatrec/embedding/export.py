"""`python -m chatrec.embedding.export MODELS NAME THREADS`: a sentence-transformers model to ONNX, checked and kept.

Run by chatrec itself in a process of its own. Says what it does on standard output, one JSON object a line.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from tokenizers import Tokenizer

from chatrec.catalog import sample
from chatrec.embedding.exported import ABOUT, FILES, About, Figures, export_folder, find_exported
from chatrec.embedding.onnx_engine import OnnxEmbedder
from chatrec.embedding.values import Vectors
from chatrec.errors import EmbeddingError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Say = Callable[[str], None]
LEAST_COSINE, LEAST_OVERLAP = 0.99, 0.95
NEIGHBOURS = 10
AS_IT_IS = "CHATREC_EMBEDDING_ENGINE=torch runs it as it is."


def main(arguments: Sequence[str]) -> int:
    models, name, threads = Path(arguments[0]), arguments[1], int(arguments[2])
    try:
        export_once(models, name, threads=threads, say=lambda sentence: _tell({"doing": sentence}))
    except EmbeddingError as error:
        _tell({"failed": {"what": error.what, "mend": error.mend}})
        return 1
    except OSError as error:
        _tell({"failed": {"what": f"Exporting {name} failed: {error}.", "mend": f"See to the folder {models}."}})
        return 1
    return 0


def export_once(models: Path, name: str, *, threads: int, say: Say) -> None:
    """Exports, unless another process has done so meanwhile. Killed at any moment it leaves the cache as it was."""
    lock = FileLock(models / ".export.lock")
    try:
        held = lock.acquire(blocking=False)
    except Timeout:
        say("Waiting for another process that is preparing an embedder.")
        held = lock.acquire()
    with held:
        for left in models.glob(".making-*"):  # by one that was killed: whoever makes one holds the lock
            shutil.rmtree(left, ignore_errors=True)
        if find_exported(models, name):
            return
        folder = Path(tempfile.mkdtemp(dir=models, prefix=".making-"))
        try:
            about = _export(folder, name, threads=threads, memo=models / "checksums.json", say=say)
            (folder / ABOUT).write_text(about.to_json(), "utf-8")
            folder.chmod(0o755)
            target = export_folder(models, name, about.checksum)
            if target.exists():  # of another version, or not whole: find_exported would have taken it
                target.rename(folder.with_name(f"{folder.name}-old"))
            folder.rename(target)
        finally:
            for left in models.glob(".making-*"):
                shutil.rmtree(left, ignore_errors=True)


def _export(folder: Path, name: str, *, threads: int, memo: Path, say: Say) -> About:
    say(f"Preparing the embedder {name}, once: loading it with PyTorch.")
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    import torch

    from chatrec.embedding.quantise import quantise
    from chatrec.embedding.torch_engine import load_model, prompts_of

    torch.set_num_threads(threads)
    model, checksum = load_model(name, memo=memo, attn_implementation="eager")
    say("Preparing the embedder: exporting it to ONNX and quantising it to int8.")
    try:
        tokens = _write_tokenizer(model, folder / "tokenizer.json")
        _write_onnx(model, folder / FILES["onnx"])
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        texts = [np.array([tokenizer.encode(text).ids], np.int64) for text in _learning_texts()]
        quantise(folder / FILES["onnx"], folder / FILES["onnx-int8"], texts)
    except Exception as exc:  # an edge: a model that cannot be traced fails in any way there is
        raise EmbeddingError(f"{name} cannot be exported to ONNX: {exc}", mend=AS_IT_IS) from exc
    query_prompt, document_prompt = prompts_of(model)
    about = About(
        name=name,
        checksum=checksum,
        dimension=_encode(model, [""], "").shape[1],
        tokens=tokens,
        query_prompt=query_prompt,
        document_prompt=document_prompt,
        modules=tuple(type(module).__name__ for module in model),
        engine="onnx",
        figures={},
        sizes={file.name: file.stat().st_size for file in sorted(folder.iterdir())},
        made_by={package: version(package) for package in ("onnxruntime", "sentence-transformers", "torch")},
    )
    figures = _compare(model, folder, about, threads=threads, say=say)
    return replace(about, figures=figures, engine=_fastest_that_agrees(name, figures, say))


def _write_tokenizer(model: SentenceTransformer, path: Path) -> int:
    """Returns how many tokens the model reads of a text."""
    if not getattr(model.tokenizer, "is_fast", False):
        raise TypeError(f"its tokenizer ({type(model.tokenizer).__name__}) has no tokenizer.json")
    if not all(getattr(module, "include_prompt", True) for module in model):
        raise TypeError("its pooling leaves the prompt out")
    tokens = int(model.max_seq_length or 512)
    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(tokens, direction=model.tokenizer.truncation_side)
    tokenizer.save(str(path))
    return tokens


def _write_onnx(model: SentenceTransformer, path: Path) -> None:
    """The whole of it as one graph, pooling included, so that whatever its modules do is done."""
    import torch

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            for module in self.model:
                features = module(features)
            return features["sentence_embedding"]

    example = model.tokenizer(["one short text", "and another that is longer"], padding=True, return_tensors="pt")
    texts_and_tokens = {0: "texts", 1: "tokens"}
    with torch.inference_mode():
        torch.onnx.export(
            Whole().eval(),
            (example["input_ids"], example["attention_mask"]),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": texts_and_tokens, "attention_mask": texts_and_tokens, "vectors": {0: "texts"}},
            opset_version=17,
            dynamo=False,
        )


def _compare(model: SentenceTransformer, folder: Path, about: About, *, threads: int, say: Say) -> dict[str, Figures]:
    """How near each engine is to PyTorch, searching the sample's descriptions with its readers' notes."""
    documents, queries = sample_texts()
    say(f"Preparing the embedder: comparing with PyTorch on {len(documents) + len(queries)} texts.")
    reference = (_encode(model, documents, about.document_prompt), _encode(model, queries, about.query_prompt))
    figures = {}
    for engine in FILES:
        embedder = OnnxEmbedder(folder, about, engine=engine, threads=threads)
        vectors = embedder.embed(documents), np.array([embedder.embed_query(query) for query in queries])
        cosines = np.concatenate([(ours * theirs).sum(1) for ours, theirs in zip(vectors, reference, strict=True)])
        overlap = _overlap(_nearest(*vectors), _nearest(*reference))
        figures[engine] = Figures(round(float(cosines.mean()), 4), round(overlap, 4), len(cosines))
    return figures


def sample_texts() -> tuple[list[str], list[str]]:
    """Documents to find and queries to find them with, of the catalogue that ships."""
    items = _sample()
    return [item["description"] for item in items], [item["reviews"][0]["text"] for item in items]


def _learning_texts() -> list[str]:
    """Others than those that are compared."""
    return [f"{item['reviews'][1]['text']} {item['reviews'][2]['text']}" for item in _sample()[::2]]


def _sample() -> list[Any]:
    with sample.films().open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _encode(model: SentenceTransformer, texts: Sequence[str], prompt: str) -> Vectors:
    vectors = model.encode(list(texts), prompt=prompt, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, np.float32)


def _nearest(documents: Vectors, queries: Vectors) -> NDArray[np.intp]:
    return np.argsort(-(queries @ documents.T), axis=1, kind="stable")[:, :NEIGHBOURS]


def _overlap(ours: NDArray[np.intp], theirs: NDArray[np.intp]) -> float:
    return float(np.mean([len(set(one) & set(other)) / NEIGHBOURS for one, other in zip(ours, theirs, strict=True)]))


def _fastest_that_agrees(name: str, figures: dict[str, Figures], say: Say) -> str:
    for engine in ("onnx-int8", "onnx"):
        of = figures[engine]
        agrees = of.cosine >= LEAST_COSINE and of.overlap >= LEAST_OVERLAP
        say(
            f"{engine} {'agrees' if agrees else 'does not agree'} with PyTorch: "
            f"mean cosine {of.cosine:.4f}, mean top-{NEIGHBOURS} overlap {of.overlap:.3f}."
        )
        if agrees:
            return engine
    raise EmbeddingError(f"{name} exported to ONNX does not agree with PyTorch, so it is not used.", mend=AS_IT_IS)


def _tell(message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
