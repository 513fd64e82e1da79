"""How often the sentiment of a review agrees with its rating, beside other ways to tell, and the aspects found.

    python tests/benchmarks/bench_aspects.py FILE [--embedder] [--middle 5.5]

FILE is a catalogue in any format of chatrec's, whose reviews carry ratings. Items are split by a hash of their id: what
learns does so on six tenths, the figures are of the last two; those between were for choosing. A review's sentiment is
the mean over its sentences; ratings at the middle are left out. `decided`: the share of which something is said, and
how often that is right. VADER is measured where it is installed (pip install vaderSentiment), the others need nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from chatrec.aspects.finding import find
from chatrec.aspects.sentiment import sentiment, tokens_of
from chatrec.catalog import Item
from chatrec.catalog.source import open_source
from chatrec.evaluation.intervals import Bootstrap
from chatrec.sentences import sentences

MOST = 40
"""Sentences of a review that are read."""

Score = Callable[[Sequence[str]], Any]
"""From sentences to a number each: above 0 for praise."""


@dataclass(frozen=True)
class Rated:
    item_id: str
    sentences: tuple[str, ...]
    side: int


def rated_of(items: Sequence[Item], *, middle: float) -> dict[str, list[Rated]]:
    """The reviews with a rating on one side of the middle, by split."""
    found: dict[str, list[Rated]] = {"train": [], "dev": [], "test": []}
    for item in items:
        tenth = int(hashlib.sha256(item.id.encode()).hexdigest()[:8], 16) % 10
        split = "train" if tenth < 6 else "dev" if tenth < 8 else "test"
        for review in item.reviews:
            if review.rating is not None and abs(review.rating - middle) > 0.5 and review.text.strip():
                side = 1 if review.rating > middle else -1
                found[split].append(Rated(item.id, tuple(sentences(review.text)[:MOST]), side))
    return found


def words_learned(train: Sequence[Rated], *, with_lexicon: bool) -> Score:
    """Logistic regression over words and pairs of words of sentences, each labelled with its review's side."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    words = CountVectorizer(tokenizer=tokens_of, token_pattern=None, min_df=5, binary=True, ngram_range=(1, 2))
    texts = [text for review in train for text in review.sentences]
    sides = [review.side for review in train for _ in review.sentences]
    words.fit(texts)

    def columns(some: Sequence[str]) -> Any:
        counted = words.transform(some)
        if not with_lexicon:
            return counted
        return hstack([counted, csr_matrix([[5 * sentiment(text)] for text in some])]).tocsr()

    model = LogisticRegression(C=0.03, max_iter=300, class_weight="balanced").fit(columns(texts), sides)
    return lambda some: model.decision_function(columns(some))


def vectors_learned(train: Sequence[Rated], *, most: int = 6_000) -> Score:
    """Logistic regression over the packaged embedder's vectors of sentences."""
    from sklearn.linear_model import LogisticRegression

    from chatrec.embedding import load_embedder
    from chatrec.settings import Settings

    embedder = load_embedder(Settings.from_env())
    pairs = [(text, review.side) for review in train for text in review.sentences]
    pairs = pairs[:: max(1, len(pairs) // most)]
    vectors = embedder.embed([text for text, _ in pairs])
    model = LogisticRegression(max_iter=500, class_weight="balanced").fit(vectors, [side for _, side in pairs])
    return lambda some: model.decision_function(embedder.embed(list(some)))


def vader() -> Score | None:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return None
    analyser = SentimentIntensityAnalyzer()
    return lambda some: [analyser.polarity_scores(text)["compound"] for text in some]


def measured(name: str, score: Score, test: Sequence[Rated]) -> list[str]:
    texts = [text for review in test for text in review.sentences]
    begun = time.perf_counter()
    scores = np.asarray(score(texts), dtype=np.float64)
    each = (time.perf_counter() - begun) / max(len(texts), 1)
    of = np.repeat(np.arange(len(test)), [len(review.sentences) for review in test])
    sides = np.asarray([review.side for review in test])
    means = np.bincount(of, scores, minlength=len(test)) / np.maximum(np.bincount(of, minlength=len(test)), 1)
    whole = Bootstrap([review.item_id for review in test])
    single = Bootstrap([test[place].item_id for place in of])
    right = np.where(means == 0, 0.0, np.sign(means) == sides).astype(np.float64)
    decided = np.where(means == 0, np.nan, right)
    judged = np.where(scores == 0, np.nan, np.sign(scores) == sides[of])
    sure = np.where(np.abs(scores) < np.quantile(np.abs(scores), 0.6), np.nan, judged)
    cells = [whole.mean(right), whole.mean(decided), single.mean(judged), single.mean(sure)]
    shares = [
        "",
        f" of {np.mean(means != 0):.0%}",
        f" of {np.mean(scores != 0):.0%}",
        f" of {np.mean(np.isfinite(sure)):.0%}",
    ]
    told = [
        f"{cell.mean:.3f} ({cell.low:.3f} {cell.high:.3f}){share}" for cell, share in zip(cells, shares, strict=True)
    ]
    return [name, *told, f"{each * 1000:.3f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--embedder", action="store_true", help="also a linear model over the embedder's vectors")
    parser.add_argument("--middle", type=float, default=5.5)
    given = parser.parse_args()
    items = [record for record in open_source([given.file]).records() if isinstance(record, Item)]
    splits = rated_of(items, middle=given.middle)
    train, test = splits["train"], splits["test"]
    console = Console(width=160)
    console.print(f"{len(train):,} reviews to learn from, {len(test):,} measured.")
    if train and test:
        table = Table("", "reviews right", "decided", "sentences decided", "surest 40 %", "ms")
        ways = {"words of opinion (chatrec)": lambda some: [sentiment(text) for text in some], "VADER": vader()}
        ways["words, learned"] = words_learned(train, with_lexicon=False)
        ways["both"] = words_learned(train, with_lexicon=True)
        if given.embedder:
            ways["vectors, learned"] = vectors_learned(train)
        for name, score in ways.items():
            if score:
                table.add_row(*measured(name, score, test))
        console.print(table)
    begun = time.perf_counter()
    nouns = find([tokens_of(review.text) for review in item.reviews] for item in items)
    console.print(f"Aspects, found in {time.perf_counter() - begun:.1f} s: {', '.join(noun.name for noun in nouns)}")


if __name__ == "__main__":
    main()
