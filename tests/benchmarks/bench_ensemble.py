"""What LangChain's retrievers find in the same passages, as a run for `chatrec evaluate ... --against`, and how fast.

    python tests/benchmarks/bench_ensemble.py --catalog NAME --rows FILE --run OUT.trec [--retriever dense|bm25]

EnsembleRetriever, as its users have it: BM25Retriever and Chroma, weights .5 and .5, over every text that chatrec
embeds of an indexed catalogue (title, facets and description of an item together, and each of its reviews); an item
ranks where its first text does. FILE has past dialogues or requests, as `chatrec evaluate` takes them: the query is
the user's last message (--query all: all of them, the latest first) or the request, and what was named before is not
ranked.

Nothing is embedded twice: Chroma gets the vectors that indexing kept, those of the snapshot's own matrices, through a
LangChain Embeddings adapter around the same embedder.

    pip install langchain-classic langchain-community rank-bm25
    pip install --no-deps langchain-chroma==1.1.0
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Any

import numpy as np

from chatrec import ChatRec, Settings
from chatrec.catalog.files import first_object
from chatrec.evaluation import runs
from chatrec.evaluation.protocols import Case, dialogue_cases, read_dialogues, request_cases
from chatrec.store.embeddings import Embeddings as Kept
from chatrec.store.parts import embedded_of

try:
    warnings.simplefilter("ignore", DeprecationWarning)  # langchain-community announces its end at every import
    from langchain_chroma import Chroma
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
except ImportError as missing:
    sys.exit(f"{missing}; the first lines of {__file__} say what to install")

PASSAGES = 3
"""How many passages are asked for, for each item wanted: several may be of one item."""


class KeptEmbeddings(Embeddings):
    """LangChain's interface over the vectors that a catalogue keeps of its texts, and over its embedder for others."""

    def __init__(self, rec: ChatRec) -> None:
        self._embedder = rec.embedder
        self._kept = Kept(rec.folder / "embeddings.db", rec.embedder)
        self.anew = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.anew += self._kept.fill(lambda: texts, progress=lambda done, total: None)
        return self._kept.get([self._kept.key(text) for text in texts]).tolist()  # type: ignore[no-any-return]

    def embed_query(self, text: str) -> list[float]:
        return self._embedder.embed_query(text).tolist()  # type: ignore[no-any-return]


def cases_of(path: Path) -> list[Case]:
    """As `chatrec evaluate` reads them, so that queries have the same ids."""
    return request_cases(path) if "relevant" in first_object(path) else dialogue_cases(read_dialogues(path))


def documents(rec: ChatRec) -> list[Document]:
    items = rec.rooms().retriever.snapshot.items
    return [
        Document(page_content=text, metadata={"ref": ref, "item": item.id})
        for item in items.all()
        for _, ref, text in embedded_of(item)
    ]


def made(kind: str, passages: list[Document], embeddings: Embeddings, folder: str, depth: int) -> Any:
    """The retriever of that kind; the ensemble has its two in the order of its documentation."""
    parts: list[Any] = []
    if kind != "dense":
        parts.append(BM25Retriever.from_documents(passages, k=depth))
    if kind != "bm25":
        space = {"hnsw:space": "cosine"}
        store = Chroma.from_documents(passages, embeddings, persist_directory=folder, collection_metadata=space)
        parts.append(store.as_retriever(search_kwargs={"k": depth}))
    return EnsembleRetriever(retrievers=parts, weights=[0.5, 0.5], id_key="ref") if len(parts) == 2 else parts[0]


def items_of(found: Iterable[Document], case: Case, k: int) -> list[tuple[str, float]]:
    """The first `k` items in the order of their first passages, scored by the inverse of the rank."""
    ids = dict.fromkeys(passage.metadata["item"] for passage in found)
    allowed = islice((item_id for item_id in ids if item_id not in case.query.excluded), k)
    return [(item_id, 1 / rank) for rank, item_id in enumerate(allowed, 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="default: CHATREC_HOME")
    parser.add_argument("--catalog", required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--retriever", choices=("ensemble", "dense", "bm25"), default="ensemble")
    parser.add_argument("--query", choices=("last", "all"), default="last")
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--limit", type=int, help="how many of the queries, from the first")
    asked = parser.parse_args()
    over = {"catalog": asked.catalog, "llm": "builtin"} | ({"home": asked.home} if asked.home else {})
    rec = ChatRec(Settings.from_env().model_copy(update=over))
    cases, passages = cases_of(asked.rows)[: asked.limit], documents(rec)
    rankings, milliseconds = [], []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        begun = time.perf_counter()
        embeddings = KeptEmbeddings(rec)
        retriever = made(asked.retriever, passages, embeddings, folder, PASSAGES * asked.k)
        seconds = time.perf_counter() - begun
        print(f"{len(passages):,} passages indexed in {seconds:.0f} s, {embeddings.anew:,} of them embedded for it")
        retriever.invoke("A text to start every thread with.")
        for case in cases:
            said = (case.query.text, *case.query.history) if asked.query == "all" else (case.query.text,)
            text = "\n".join(part for part in said if part.strip())
            begun = time.perf_counter()
            found = items_of(retriever.invoke(text), case, asked.k) if text else []
            milliseconds.append(1000 * (time.perf_counter() - begun))
            rankings.append((case.id, found))
    runs.write(asked.run, rankings, tag=f"langchain-{asked.retriever}")
    cuts = quantiles(milliseconds, n=20)
    print(
        f"{asked.retriever}: {len(cases):,} queries, median {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms a query;"
        f" {np.mean([len(found) for _, found in rankings]):.0f} items each"
    )
    rec.close()


if __name__ == "__main__":
    main()
