"""Whether praise is cited for praise and complaint for complaint."""

from __future__ import annotations

from chatrec.aspects import sentiment
from chatrec.claims.cues import cues
from chatrec.claims.sentence import Sentence, split
from chatrec.sentences import content_words, words

CLEAR = 0.35
"""Below it a judgement of sentiment is hardly better than a guess (tests/benchmarks/bench_aspects.py)."""


def wrong(said: Sentence) -> str:
    reviews = [ref for ref in said.cited if "#review:" in ref]
    if not reviews:
        return ""
    there, stems = set(words(said.evidence)), content_words(said.evidence)
    mine = [word for word in said.words if word not in there and not content_words(word) & stems]
    lean = sum(_lean(said, ref) for ref in reviews) / len(reviews)
    if any(word in cues("praise") for word in mine) and lean < 0:
        return "A complaint is told as praise."
    if any(word in cues("complaint") for word in mine) and lean > 0:
        return "Praise is told as a complaint."
    return ""


def _lean(said: Sentence, ref: str) -> float:
    """What a review thinks: by its rating, else by its words where they tell clearly enough."""
    if ref in said.ratings:
        return said.ratings[ref]
    judged = [sentiment(text) for text in split(said.cited[ref])]
    mean = sum(judged) / len(judged) if judged else 0.0
    return mean if abs(mean) >= CLEAR else 0.0
