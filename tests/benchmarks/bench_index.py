"""Passages a second: `Chroma.from_texts` with `HuggingFaceEmbeddings`, chatrec, and either with the other's engine.

    python tests/benchmarks/bench_index.py [--texts FILE] [--limit N] [--threads N] [--batches 8,16,32,64,128]

One run, same texts, same weights, same threads. FILE is jsonl (.gz) of items; default: the sample catalogue.
langchain-huggingface asks for an older huggingface-hub than sentence-transformers does, so it is no extra of chatrec:

    pip install --no-deps langchain-chroma==1.1.0 langchain-huggingface==1.2.3
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from chatrec.catalog import Item, Review
from chatrec.embedding import Embedder, load_embedder
from chatrec.embedding.models import packaged_folder
from chatrec.settings import Settings

WARM_UP = ["A text to start every thread with."] * 8


def items_of(path: Path, limit: int) -> Iterator[Item]:
    """Items of a jsonl file, until they hold `limit` passages."""
    passages = 0
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            entry = json.loads(line)
            item_id, reviews = str(entry.get("id", number)), entry.get("reviews") or []
            item = Item(
                id=item_id,
                title=str(entry.get("title") or ""),
                description=entry.get("description") or "",
                reviews=tuple(
                    Review(id=str(each.get("id", place)), item_id=item_id, text=each["text"])
                    for place, each in enumerate(reviews)
                    if each.get("text")
                ),
            )
            yield item
            passages += len(texts_of([item]))
            if passages >= limit:
                return


def texts_of(items: list[Item]) -> list[str]:
    """What indexing embeds."""
    from chatrec.store.parts import embedded_of

    return [text for item in items for _, _, text in embedded_of(item)]


class AsLangChain:
    """Our embedder behind LangChain's interface."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self.embedder.embed(texts).tolist()  # type: ignore[no-any-return]

    def embed_query(self, text: str) -> list[float]:
        return self.embedder.embed_query(text).tolist()  # type: ignore[no-any-return]


def langchain(texts: list[str], embeddings: Any) -> float:
    from langchain_chroma import Chroma

    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        Chroma.from_texts(texts, embeddings, persist_directory=folder, collection_name="passages")
        return time.perf_counter() - begun


def chatrec(items: list[Item], embedder: Embedder) -> float:
    from chatrec.store.index import build_generation

    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        build_generation(Path(folder) / "catalog", iter(items), embedder)
        return time.perf_counter() - begun


def hugging_face(batch_size: int, threads: int) -> Any:
    import torch
    from langchain_huggingface import HuggingFaceEmbeddings

    torch.set_num_threads(threads)
    options = {"batch_size": batch_size, "normalize_embeddings": True}
    embeddings = HuggingFaceEmbeddings(
        model_name=str(packaged_folder()), model_kwargs={"device": "cpu"}, encode_kwargs=options
    )
    embeddings.embed_documents(WARM_UP)
    return embeddings


def ours(home: Path, engine: str, threads: int) -> Embedder:
    embedder = load_embedder(Settings(home=home, embedding_engine=engine, threads=threads), progress=print)  # type: ignore[arg-type]
    embedder.embed(WARM_UP)
    return embedder


def measured(asked: argparse.Namespace) -> Iterator[tuple[str, str, Callable[[], float]]]:
    """The store, the engine, and what to time; each is made ready before its clock starts."""
    items = list(items_of(asked.texts, asked.limit))
    texts = texts_of(items)
    for batch in asked.batches:
        theirs = hugging_face(batch, asked.threads)
        yield (
            "Chroma.from_texts",
            f"HuggingFaceEmbeddings, batch {batch}",
            lambda theirs=theirs: langchain(texts, theirs),
        )
    for engine in ("onnx-int8", "onnx", "torch"):
        embedder = ours(asked.home, engine, asked.threads)
        wrapped = AsLangChain(embedder)
        yield "Chroma.from_texts", f"chatrec {engine}", lambda wrapped=wrapped: langchain(texts, wrapped)
        yield "chatrec", f"chatrec {engine}", lambda embedder=embedder: chatrec(items, embedder)
        yield "none", f"chatrec {engine}", lambda embedder=embedder: clocked(lambda: embedder.embed(texts))


def clocked(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, default=Path(str(files("chatrec.catalog.sample") / "films.jsonl")))
    parser.add_argument("--limit", type=int, default=2000, help="passages, about")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--batches", type=lambda text: [int(each) for each in text.split(",")], default="8,16,32,64,128"
    )
    parser.add_argument("--home", type=Path, help="where the exported model is kept; default: CHATREC_HOME")
    asked = parser.parse_args()
    asked.home = asked.home or Settings.from_env().home
    try:
        import langchain_chroma  # noqa: F401
        import langchain_huggingface  # noqa: F401
    except ImportError:
        sys.exit("pip install --no-deps langchain-chroma==1.1.0 langchain-huggingface==1.2.3")
    passages = len(texts_of(list(items_of(asked.texts, asked.limit))))
    rows = []
    for store, engine, work in measured(asked):
        rows.append((store, engine, passages / work()))
        print(f"{store}, {engine}: {rows[-1][2]:.0f} passages/s", flush=True)
    best = max(speed for _, engine, speed in rows if engine.startswith("HuggingFace"))
    table = Table("store", "engine", "passages/s", "to the best Chroma.from_texts + HuggingFaceEmbeddings")
    for store, engine, speed in rows:
        table.add_row(store, engine, f"{speed:.0f}", f"{speed / best:.2f}")
    Console(width=120).print(f"{passages:,} passages, {asked.threads} threads", table)


if __name__ == "__main__":
    main()
