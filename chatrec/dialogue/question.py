"""The one question that splits the candidates best, by expected information gain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog.schema import Facet
from chatrec.dialogue.relaxing import name_of
from chatrec.store.index import Snapshot
from chatrec.types import Question

CONSIDERED = 200
"""How many of the best candidates the answer should tell apart."""

LEAST_GAIN = 0.25
"""Bits; a question that tells less is not worth asking."""

LEAST_SHARE = 0.06
"""A value that fewer of the candidates hold is no answer to expect."""

OPTIONS = 4
SKIPPED = frozenset({"popularity", "people"})
UNTELLING = ("id", "url", "address", "latitude", "longitude", "lat", "lon", "count", "image", "picture", "isbn", "code")

TEMPLATES = {
    "number": "Do you mind about the {name}, for instance {options}?",
    "boolean": "Should it have {name}?",
    "text": "Is there a {name} you would like, for instance {options}?",
}

WORN: Mapping[str, float] = {"kind": 1.5, "language": 1.2, "maturity": 1.2, "year": 1.3, "duration": 1.1}
"""How likely people are to have a wish on a facet of this measure, as a factor; a stated guess, learned from nothing."""

Floats = NDArray[np.float64]


def best_question(
    snapshot: Snapshot, ranking: Sequence[tuple[str, float]], *, known: Collection[str]
) -> Question | None:
    """The question of most expected information gain (Zou et al., "Towards Question-based Recommender Systems", 2020)
    on a facet that is not among `known`; None where none tells enough.

    The candidates weigh 1 / (10 + rank). An answer is one value; one who names none tells nothing, as likely as the
    candidates lack the facet.
    """
    best = list(ranking[:CONSIDERED])
    if len(best) < 2:
        return None
    rows = np.array([snapshot.items.row(item_id) for item_id, _ in best], dtype=np.int64)
    weights = 1.0 / (10.0 + np.arange(len(best)))
    weights /= weights.sum()
    scored: list[tuple[float, str, Question]] = []
    for name, facet in snapshot.schema.items():
        if name in known or facet.measure in SKIPPED or _is_untelling(facet):
            continue
        answers = _answers(snapshot, facet, rows)
        gain = _gain(answers, weights) * WORN.get(facet.measure, 1.0)
        if gain >= LEAST_GAIN:
            scored.append((gain, name, _worded(facet, answers, weights)))
    if not scored:
        return None
    return min(scored, key=lambda found: (-found[0], found[1]))[2]


def _is_untelling(facet: Facet) -> bool:
    if facet.kind == "text" or facet.count < 2:
        return True
    return bool(set(name_of(facet.name).split()) & set(UNTELLING)) and not facet.measure


def _answers(snapshot: Snapshot, facet: Facet, rows: NDArray[np.int64]) -> dict[str, Floats]:
    """Answer -> for each candidate how far it fits (1: wholly)."""
    if facet.kind in ("number", "date"):
        return _ranges(snapshot, facet, rows)
    held: dict[str, Floats] = {}
    for value, holders in snapshot.holders(facet.name, rows).items():
        held[value] = holders.astype(np.float64)
    return held


def _ranges(snapshot: Snapshot, facet: Facet, rows: NDArray[np.int64]) -> dict[str, Floats]:
    column = snapshot.numbers.get(facet.name)
    if column is None or not facet.thirds or facet.kind == "date":
        return {}
    low, high = facet.thirds[0], facet.thirds[-1]
    values = np.asarray(column[rows], dtype=np.float64)
    unit = f" {facet.unit}" if facet.unit else ""
    if not low < high:
        return {}
    return {
        f"up to {low:g}{unit}": (values <= low).astype(np.float64),
        f"{low:g} to {high:g}{unit}": ((values > low) & (values < high)).astype(np.float64),
        f"{high:g}{unit} or more": (values >= high).astype(np.float64),
    }


def _gain(answers: Mapping[str, Floats], weights: Floats) -> float:
    """How many bits of uncertainty about the candidate the answer is expected to take away."""
    shares = {answer: float((weights * fits).sum()) for answer, fits in answers.items()}
    shares = {answer: share for answer, share in shares.items() if share >= LEAST_SHARE}
    total = sum(shares.values())
    if len(shares) < 2 and not any(share < 0.9 for share in shares.values()):
        return 0.0
    known = float((weights * np.clip(sum(answers.values()), 0, 1)).sum()) if answers else 0.0
    before = _entropy(weights)
    after = 0.0
    for answer, share in shares.items():
        kept = weights * answers[answer]
        after += share / max(total, 1e-9) * _entropy(kept / kept.sum())
    return known * (before - after) * (min(total, 1.0))


def _entropy(shares: Floats) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())


def _worded(facet: Facet, answers: Mapping[str, Floats], weights: Floats) -> Question:
    by_weight = sorted(answers, key=lambda answer: (-float((weights * answers[answer]).sum()), answer))
    if facet.kind in ("number", "date"):
        options = tuple(answers)
        template = TEMPLATES["number"]
    elif facet.kind == "boolean":
        options, template = ("yes", "no"), TEMPLATES["boolean"]
    else:
        shown = {value.casefold(): value for value in facet.values}
        options = tuple(shown.get(answer, answer) for answer in by_weight[:OPTIONS])
        template = TEMPLATES["text"]
    name = singular(name_of(facet.name))
    article = template.replace("a {name}", "an {name}") if name[:1] in "aeiou" else template
    return Question(facet.name, article.format(name=name, options=_listed(options)), options)


def singular(name: str) -> str:
    """ "services" -> "service"; a guess that is good enough for a question."""
    if name.endswith("ies") and len(name) > 4:
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _listed(options: Sequence[str]) -> str:
    return ", ".join(options[:-1]) + (" or " if len(options) > 1 else "") + options[-1] if options else ""
