"""An answer to a question about one item, from its facts, else in the words of its description and reviews."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.answering.facts import facts, spoken_of
from chatrec.answering.opinions import opinions
from chatrec.answering.question import OPINION, Asked, asked
from chatrec.answering.values import Answer, Passage, answer, named, passages, quoted, sentence
from chatrec.aspects import Aspect, judged
from chatrec.catalog import Item
from chatrec.catalog.schema import Facet
from chatrec.sentences import content_words, words
from chatrec.types import Claim

SHARED, APART, CLOSE = 0.77, 0.9, 0.6
"""What a sentence must score to be given as an answer: its cosine to the question, and how near its words come to those
of the question. SHARED where they share a word, or its words come as near as CLOSE, else APART. Chosen with the default
embedder on the first half of tests/fixtures/questions.jsonl, and so that texts with more sentences abstain as well."""

NEAR = 0.4
"""How near a word of the sentence must come to each word of the question; where none does, that was not spoken of."""

BESIDE = 0.9
"""Share of the best sentence's score that a second one must have."""

QUOTES = 2
NEAREST, SHARING = 8, 16
"""Sentences whose words are compared with the question's: those nearest to it, those that share most words with it."""

MOST_SENTENCES = 200
LONGEST_QUESTION = 300

Embed = Callable[[str], NDArray[Any]]
EmbedAll = Callable[[Sequence[str]], NDArray[Any]]


def about_item(
    question: str,
    item: Item,
    *,
    schema: Mapping[str, Facet],
    embed: Embed,
    passages_embed: EmbedAll | None = None,
    facets: Collection[str] = (),
    aspects: Sequence[Aspect] = (),
) -> Answer:
    """What the catalogue says of `item` in answer to `question`; that it says nothing, where it does not.

    `facets` are those that the question was read to be about, besides what it names word for word; `aspects` what the
    reviews of the item judge, and how.
    `embed` gives a text's vector, `passages_embed` those of many texts at once; all are of unit length.
    """
    wanted = asked(question[:LONGEST_QUESTION], item)
    if claims := facts(wanted, item, schema):
        return answer(*claims)
    if claims := spoken_of(facets, item, schema):
        return answer(*claims)
    if not wanted.content:
        return _in_general(wanted, item)
    counted = judged(aspects, question)
    found = _Search(wanted, embed, passages_embed).best(_asked_of(wanted, item))
    if counted or found:
        return answer(*counted, *(quoted(passage) for passage in found))
    return _silent(wanted, item)


def _silent(question: Asked, item: Item) -> Answer:
    return Answer(sentence("silent" if question.polar else "silent about", item=named(item)))


def _in_general(question: Asked, item: Item) -> Answer:
    """To a question that names nothing: what reviewers think, or how the description begins."""
    described = [quoted(passage) for passage in passages(item) if passage.ref.endswith("#description")][:1]
    thought = list(opinions(item))
    claims: list[Claim] = (thought or described) if question.valued else (described or thought)
    return answer(*claims) if claims else _silent(question, item)


def _asked_of(question: Asked, item: Item) -> list[Passage]:
    """The sentences that may answer: those of reviews, where reviewers are asked and there are any."""
    every = list(passages(item))
    written = [passage for passage in every if "#review:" in passage.ref]
    return (written if OPINION & set(question.words) and written else every)[:MOST_SENTENCES]


@dataclass(frozen=True)
class _Search:
    """Finds the sentences that answer a question."""

    question: Asked
    embed: Embed
    passages_embed: EmbedAll | None

    def best(self, some: Sequence[Passage]) -> list[Passage]:
        """At most two sentences, best first, of different texts; none that scores less than the threshold."""
        if not some:
            return []
        cosines = self._vectors([passage.text for passage in some]) @ np.asarray(self.embed(self.question.text))
        covered = self._covered(some, cosines)
        scores = {place: float(cosines[place]) + covered[place] for place in covered}
        scores = {place: score for place, score in scores.items() if score >= self._least(some[place], covered[place])}
        ordered = sorted(scores, key=lambda place: (-scores[place], place))
        least = BESIDE * max(scores.values(), default=0.0)
        found: list[Passage] = []
        for place in ordered:
            if scores[place] >= least and all(some[place].ref != other.ref for other in found):
                found.append(some[place])
        return found[:QUOTES]

    def _least(self, passage: Passage, covered: float) -> float:
        shares = bool(content_words(" ".join(self.question.content)) & content_words(passage.text))
        return SHARED if shares or covered >= CLOSE else APART

    def _covered(self, some: Sequence[Passage], cosines: NDArray[Any]) -> dict[int, float]:
        """How near each sentence's words come to those of the question, from 0 to 1, where they come near to all.

        For each word of the question that word of the sentence counts which is nearest to it, itself being nearest;
        of these the geometric mean.
        """
        wanted = self.question.content
        stems = [content_words(word) for word in wanted]
        held = [content_words(passage.text) for passage in some]
        order = np.argsort(-cosines, kind="stable").tolist()
        sharing = [place for place in order if any(stem <= held[place] for stem in stems)]
        sharing.sort(key=lambda place: -sum(stem <= held[place] for stem in stems))
        looked = {*order[:NEAREST], *sharing[:SHARING]}
        texts = {place: _words(some[place].text) for place in looked}
        known = sorted({word for found in texts.values() for word in found})
        rows = {word: row for row, word in enumerate(known)}
        near = self._vectors([*wanted, *known])
        nearness = near[: len(wanted)] @ near[len(wanted) :].T
        covered = {}
        for place, found in texts.items():
            columns = [rows[word] for word in found]
            nearest = nearness[:, columns].max(axis=1) if columns else np.zeros(len(wanted))
            shared = [1.0 if stem <= held[place] else near for stem, near in zip(stems, nearest, strict=True)]
            if min(shared) >= NEAR:
                covered[place] = float(np.exp(np.mean(np.log(shared))))
        return covered

    def _vectors(self, texts: Sequence[str]) -> NDArray[Any]:
        if self.passages_embed is not None:
            return np.asarray(self.passages_embed(texts))
        return np.stack([np.asarray(self.embed(text)) for text in texts])


def _words(text: str) -> list[str]:
    return [word for word in dict.fromkeys(words(text)) if len(word) > 2 and content_words(word)]
