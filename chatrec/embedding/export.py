"""Exports one sentence-transformers model to ONNX, quantises it, and measures both against torch.

Run as a program by `cache.py`: `python -m chatrec.embedding.export SOURCE NAME TARGET`; prints lines of
`progress<TAB>sentence` and, before exit status 1, `error<TAB>what<TAB>next step`.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.embedding.cache import Exported, as_json
from chatrec.embedding.runtime import OnnxEmbedder
from chatrec.embedding.sources import check_packaged, checksum_of
from chatrec.errors import EmbeddingError

LEAST_COSINE = 0.99
LEAST_OVERLAP = 0.95
"""What int8 must reach on average, against torch, to be used: cosine, and share of the ten nearest passages kept."""

TORCH_INSTEAD = "Set CHATREC_EMBEDDING_ENGINE=torch to run it as it is."


def main(source: Path, name: str, target: Path) -> None:
    """Writes model.onnx, model.int8.onnx, tokenizer.json and about.json into `target`."""
    target.mkdir(parents=True)
    _say(f"Checking the weights of {name}")
    checksum = checksum_of(source)
    check_packaged(name, checksum)
    _say(f"Loading {name} into torch, once")
    model = _loaded(source)
    _say("Exporting it to ONNX")
    _to_onnx(model, target / "model.onnx")
    _say("Quantising it to int8")
    _to_int8(target / "model.onnx", target / "model.int8.onnx")
    model.tokenizer.backend_tokenizer.save(str(target / "tokenizer.json"))
    prompts = model.prompts or {}
    about = Exported(
        folder=str(target),
        name=name,
        dimension=int(model.get_embedding_dimension() or 0),
        checksum=checksum,
        longest=int(model.max_seq_length or 512),
        query_prompt=prompts.get("query", ""),
        passage_prompt=prompts.get("document", prompts.get("passage", "")),
        cosine=0.0,
        overlap=0.0,
        engine="onnx-int8",
    )
    _say("Comparing it with torch")
    cosine, overlap = _agreement(model, OnnxEmbedder(about, engine="onnx-int8", threads=2), about)
    fine = cosine >= LEAST_COSINE and overlap >= LEAST_OVERLAP
    _say(f"int8 agrees with torch: mean cosine {cosine:.4f}, mean top-10 overlap {overlap:.3f}")
    if not fine:
        _say("That is not close enough: fp32 will be used")
        fp32, _ = _agreement(model, OnnxEmbedder(about, engine="onnx", threads=2), about)
        if fp32 < LEAST_COSINE:
            raise EmbeddingError(
                f"The export of {name} differs from the model (cosine {fp32:.3f}).", mend=TORCH_INSTEAD
            )
    measured = {"cosine": round(cosine, 4), "overlap": round(overlap, 4), "engine": "onnx-int8" if fine else "onnx"}
    (target / "about.json").write_text(json.dumps(json.loads(as_json(about)) | measured, indent=1), encoding="utf-8")


def _loaded(source: Path) -> Any:
    """The model in torch. Raises EmbeddingError for one with parts that the export does not know."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(source), device="cpu", model_kwargs={"attn_implementation": "eager"})
    kinds = [type(module).__name__ for module in model]
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in ([], ["Normalize"]):
        raise EmbeddingError(f"A model made of {' and '.join(kinds)} cannot be exported.", mend=TORCH_INSTEAD)
    if not getattr(model.tokenizer, "is_fast", False):
        raise EmbeddingError("The model has no fast tokenizer, which the export needs.", mend=TORCH_INSTEAD)
    return model.eval()


def _to_onnx(model: Any, path: Path) -> None:
    import torch

    class Sentence(torch.nn.Module):
        """Tokens to one unit-length vector: transformer, pooling, normalisation."""

        def __init__(self) -> None:
            super().__init__()
            self.transformer = model[0].auto_model
            self.pooling = model[1]

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            tokens = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            pooled = self.pooling({"token_embeddings": tokens, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(pooled["sentence_embedding"], dim=1)

    sample = model.tokenizer(["a short text", "and another one, longer"], padding=True, return_tensors="pt")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of every Python number it sees
        torch.onnx.export(
            Sentence().eval(),
            (sample["input_ids"], sample["attention_mask"]),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["vector"],
            dynamic_axes={"input_ids": {0: "n", 1: "t"}, "attention_mask": {0: "n", 1: "t"}, "vector": {0: "n"}},
            opset_version=17,
            dynamo=False,
        )


def _to_int8(source: Path, target: Path) -> None:
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().setLevel(logging.ERROR)  # it recommends a pre-processing that changes nothing here
    quantize_dynamic(str(source), str(target), per_channel=True, weight_type=QuantType.QInt8)


def _agreement(model: Any, embedder: OnnxEmbedder, about: Exported) -> tuple[float, float]:
    """(mean cosine, mean top-10 overlap) of an embedder with torch, on the texts of the sample catalogue."""
    passages, queries = _texts()
    ours = embedder.embed(passages), np.stack([embedder.embed_query(query) for query in queries])
    theirs = [
        model.encode([prompt + text for text in texts], normalize_embeddings=True, batch_size=32)
        for prompt, texts in ((about.passage_prompt, passages), (about.query_prompt, queries))
    ]
    cosines = [np.sum(one * other, axis=1) for one, other in zip(ours, theirs, strict=True)]
    nearest = [_top(pair[1] @ pair[0].T) for pair in (ours, theirs)]
    shared = [len(set(one) & set(other)) / 10 for one, other in zip(*nearest, strict=True)]
    return float(np.mean(np.concatenate(cosines))), float(np.mean(shared))


def _top(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.argsort(-scores, axis=1, kind="stable")[:, :10]


def _texts() -> tuple[list[str], list[str]]:
    """Passages and requests: the sample's descriptions, and the first sentence of a note on every other item."""
    from chatrec.catalog import sample

    items = [json.loads(line) for line in sample.films().read_text(encoding="utf-8").splitlines()]
    return [item["description"] for item in items], [item["reviews"][0]["text"].split(". ")[0] for item in items[::2]]


def _say(sentence: str) -> None:
    sys.stdout.write(f"progress\t{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
    except EmbeddingError as error:
        sys.stdout.write(f"error\t{error.what}\t{error.mend}\n")
        sys.exit(1)
