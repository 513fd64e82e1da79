"""Whether praise is cited for praise and complaint for complaint."""

from __future__ import annotations

from chatrec.claims.cues import cues
from chatrec.claims.sentence import Sentence
from chatrec.sentences import content_words, words


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
    """What a review thinks: by its rating, else as the given judge of texts has it, else by some words."""
    if ref in said.ratings:
        return said.ratings[ref]
    text = said.cited[ref]
    if said.polarity is not None:
        return said.polarity(text)
    found = words(text)
    return float(sum(word in cues("for_it") for word in found) - sum(word in cues("against") for word in found))
