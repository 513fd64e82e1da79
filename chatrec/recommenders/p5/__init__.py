"""P5: recommendation as language; prompts go in, and the name of an item, a rating or a sentence comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from chatrec.recommenders import Columns, Progress, TrainingData
from chatrec.recommenders import _training as training
from chatrec.recommenders._histories import Held, hold_last, ordered, used_items
from chatrec.recommenders.p5.indexing import Indexing, index_of
from chatrec.recommenders.p5.language import END, LONGEST, Language, Tasks, rows_of, stars_of, told
from chatrec.recommenders.p5.t5 import Decoder, exported, net
from chatrec.recommenders.p5.trie import Trie
from chatrec.types import Query

SEARCH: Mapping[str, Sequence[Any]] = {
    "indexing": ("collaborative", "hybrid", "sequential"),
    "embedding_size": (64, 128),
    "length": (10, 20),
    "dropout": (0.0, 0.1),
    "learning_rate": (5e-4, 1e-3),
}

ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "random ids": {"indexing": "random"},
    "sequential ids": {"indexing": "sequential"},
    "semantic ids": {"indexing": "semantic"},
    "hybrid ids": {"indexing": "hybrid"},
    "without the rating task": {"rating": 0.0},
    "without the explanation task": {"explanation": 0.0},
}

TINY: Mapping[str, Any] = {
    "embedding_size": 16,
    "layers": 1,
    "length": 6,
    "branches": 4,
    "dropout": 0.0,
    "drawn": 2,
    "rating": 0.1,
    "explanation": 0.1,
    "epochs": 30,
    "learning_rate": 1e-2,
    "batch_size": 16,
}

LOOKED_AT = 500
"""Of how many held-out users all items are scored to see when to stop: decoding costs more than comparing vectors."""


@dataclass(kw_only=True)
class Recommender:
    """Recommendation as language processing (P5: Geng et al., RecSys'22), items named as Hua et al. (SIGIR-AP'23) do.

    There: one T5 that learns several tasks by one loss, next-token cross-entropy; several prompts a task; items as
    "item_" and tokens by `indexing`, whole-word embeddings that hold an item's tokens together; constrained decoding
    by a trie of the items. The tasks are the next item of a history, stars of an item given a history (0 for an item
    drawn that was not used; 1 for all that were where there are no ratings), and explanations.
    A score is the log-likelihood of the item's tokens after the history, among what the trie allows.

    Explanations are learned from pairs of an item and a sentence of its own text, as no data with explanations that
    users wrote were to be had: what is learned is to say what an item is, not why this user would like it.
    Left out: pre-trained weights (these are random and small) and T5's pieces of words (the words are whole), users'
    ids (a user is a history, known at training or not), P5's review and direct tasks and its prompts kept apart for
    zero-shot use. The index is made of what is left of the histories when items are held out, never of what is to be
    predicted: whole sequences in a sequential index give the answer away. Items nobody used are not scored.
    """

    scores_cold: ClassVar[bool] = False
    personal: ClassVar[bool] = True

    indexing: Indexing = "collaborative"
    branches: int = 16
    embedding_size: int = 64
    layers: int = 2
    heads: int = 4
    length: int = 10
    dropout: float = 0.0
    drawn: int = 16
    rating: float = 0.1
    explanation: float = 0.1
    epochs: int = 50
    learning_rate: float = 1e-3
    reg: float = 0.01
    batch_size: int = 64

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        item_ids, histories = used_items(data, seed=seed)
        self._hold(item_ids, Language((), np.zeros((0, 1), dtype=np.int64), {}), {})
        if not any(len(history) > 1 for history in histories):
            return
        left, held = hold_last(histories, seed=seed)
        looked = Held(held.histories[:LOOKED_AT], held.targets[:LOOKED_AT]) if held else None
        columns = Columns(data.item_ids).known(item_ids)
        facets = [data.facets[column] for column in columns] if len(data.facets) else []
        texts = [told(data.texts[column]) if len(data.texts) else [] for column in columns]
        index = index_of(self.indexing, left, len(item_ids), facets=facets, branches=self.branches, seed=seed)
        language = Language.of(index, texts)
        stars = stars_of(csr_matrix(data.interactions)[:, columns])
        tasks = Tasks(
            language, left, ordered(data), stars, texts, self.length, self.drawn, self.rating, self.explanation
        )
        with training.repeatable(seed) as device:
            module = self._net(language)

            def score(some: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
                self._hold(item_ids, language, exported(training.arrays_of(module)))
                return np.stack([self._likelihoods(history.tolist()) for history in some])

            training.train(
                module,
                lambda generator: self._batches(tasks, generator),
                module.loss,
                plan=training.Plan(self.epochs, self.learning_rate, self.reg, patience=5, check_every=3, clip=1.0),
                device=device,
                seed=seed,
                look=training.looking(looked, score),
                progress=progress,
            )
        self._hold(item_ids, language, exported(training.arrays_of(module)))

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        history = self._columns.known(query.liked)
        if not history or not self._arrays:
            return np.full(len(item_ids), np.nan)
        return self._columns.pick(self._likelihoods(history), item_ids)

    def generate(self, query: Query, *, n: int, width: int = 20) -> list[tuple[str, float]]:
        """The next items as they are decoded, by a beam `width` wide, the best `n` with their log-likelihoods.

        Finds without scoring every item, and may miss one that `score` has higher. Empty without a known history.
        """
        history = self._columns.known(query.liked)
        if not history or not self._arrays:
            return []
        found = self._trie.beam(self._after(self._asked(history)), self._embeddings, width=max(width, n))
        return [(self._columns.item_ids[item], likelihood) for item, likelihood in found[:n]]

    def explain(self, item_id: str) -> str:
        """A sentence about the item, the likeliest word after word; empty for an item that is not known.

        Nothing checks what it says: it has no place in a conversation.
        """
        item = self._columns.known([item_id])
        if not item or not self._arrays:
            return ""
        decoder = self._after(self._language.prompt("explanation", 0, item=item))
        may_follow = np.concatenate(([END], np.arange(self._language.first_word, len(self._embeddings))))
        said = decoder.start()
        words: list[int] = []
        while len(words) < LONGEST:
            token = may_follow[np.argmax(self._embeddings[may_follow] @ said.states[0])]
            if token == END:
                break
            words.append(int(token))
            said = decoder.after(said, np.zeros(1, dtype=np.int64), token[None])
        return self._language.written(words)

    def save(self, folder: Path) -> None:
        language = self._language
        about = {"item_ids": self._columns.item_ids, "tokens": language.tokens, "prompts": language.prompts}
        arrays = {**self._arrays, "paths": language.paths}
        training.save(folder, arrays, {**about, "hyperparameters": asdict(self)})

    @classmethod
    def load(cls, folder: Path) -> Recommender:
        arrays, about = training.load(folder)
        loaded = cls(**about["hyperparameters"])
        language = Language(about["tokens"], arrays.pop("paths"), about["prompts"])
        loaded._hold(about["item_ids"], language, arrays)
        return loaded

    def _hold(self, item_ids: Sequence[str], language: Language, arrays: dict[str, NDArray[Any]]) -> None:
        """Keeps what serving needs; none of the arrays: nothing was learned."""
        self._arrays = arrays
        self._embeddings = np.asarray(arrays.get("shared.weight", np.zeros((0, 1))), dtype=np.float32)
        if getattr(self, "_language", None) is not language:
            self._columns, self._language = Columns(item_ids), language
            self._trie = Trie(language.paths)

    def _net(self, language: Language) -> Any:
        return net(
            tokens=len(language.tokens),
            embedding_size=self.embedding_size,
            layers=self.layers,
            heads=self.heads,
            dropout=self.dropout,
            first_word=language.first_word,
        )

    def _batches(self, tasks: Tasks, generator: np.random.Generator) -> Iterator[tuple[NDArray[Any], ...]]:
        """An epoch of batches of prompts and answers, in a drawn order; those about as long are in one batch, as what
        fills rows up costs as much as what is said."""
        pairs = list(tasks.pairs(generator))
        order = generator.permutation(len(pairs))
        lengths = [(len(pairs[place][1]) // 8, len(pairs[place][0]) // 8) for place in order.tolist()]
        order = order[sorted(range(len(order)), key=lengths.__getitem__)]
        batches = np.split(order, np.arange(self.batch_size, len(order), self.batch_size))
        for batch in generator.permutation(len(batches)).tolist():
            some = [pairs[place] for place in batches[batch].tolist()]
            yield rows_of([prompt for prompt, _ in some]), rows_of([answer for _, answer in some])

    def _asked(self, history: Sequence[int]) -> list[int]:
        return self._language.prompt("sequential", 0, history=history[-self.length :])

    def _after(self, prompt: list[int]) -> Decoder:
        return Decoder(self._arrays, np.asarray(prompt), heads=self.heads, first_word=self._language.first_word)

    def _likelihoods(self, history: Sequence[int]) -> NDArray[np.float64]:
        return self._trie.log_likelihoods(self._after(self._asked(history)), self._embeddings)
