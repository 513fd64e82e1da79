"""The one question whose answer tells most about which of the candidates is wanted, by expected information gain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog.schema import Facet, comparable
from chatrec.steering.ranges import ranges_of
from chatrec.store.index import Snapshot
from chatrec.types import Question
from chatrec.untrusted import showable
from chatrec.wording import name_of

CONSIDERED = 300
"""How many of the best candidates the answer is to tell apart."""

FADING = 20.0
"""The candidate at place p (from 0) weighs 1 / (FADING + p): scores of different fusions have no common scale."""

LEAST_GAIN = 0.4
"""Bits; a question that tells less is not worth a turn. A fair yes or no tells 1."""

LEAST_SHARE = 0.08
"""Of the weight; a value that less of it holds is no answer to expect, and one that less of it lacks tells nothing."""

LEAST_HOLDERS = 2
"""Candidates; a value that one alone holds names that one."""

OPTIONS = 5
LONGEST_OPTION = 40
"""Characters."""

WANTED: Mapping[str, float] = {"score": 0.5}
"""How likely people are to prefer one part of what a facet measures, as a factor of the gain, where not certain: of a
score all want more. A guess, learned from nothing."""

COUNTED = "popularity"
UNTELLING = frozenset(
    "id ids url urls link image picture photo address count counts latitude longitude lat lon lng isbn asin ean upc sku"
    " gtin code phone hash timestamp".split()
)
"""Words of a column's name that tell that nobody chooses by it."""

BOOLEANS = frozenset({"true", "false"})
ABSENT = frozenset({"none", "null", "nan", "n/a", "unknown"})

TEMPLATES: Mapping[str, str] = {
    "number": "What {name} would suit you: {options}?",
    "date": "What {name} would suit you: {options}?",
    "scale": "What {name} would suit you: {options}?",
    "boolean": "What about {name}: {options}?",
    "category": "What {name} would you like, such as {options}?",
    "list": "Do you have {a} {name} in mind, such as {options}?",
}

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """What may be answered about a facet: for each of `values` which candidates stay (`kept`, values by candidates),
    and how likely each is the answer of somebody who wants that candidate (`odds`, of the same shape)."""

    values: tuple[str, ...]
    kept: Bools
    odds: Floats


def best_question(
    snapshot: Snapshot, ranking: Sequence[tuple[str, float]], *, known: Collection[str], exclude: Collection[str] = ()
) -> Question | None:
    """The question of most expected information gain on a facet that is not among `known`; None where none tells
    enough. `ranking` holds the candidates, best first; items of `exclude` are none.

    Expected information gain (Lindley, "On a measure of the information provided by an experiment", 1956; for asking
    about items Zou, Chen and Kanoulas, "Towards Question-based Recommender Systems", SIGIR 2020): the entropy of the
    weighted candidates less what is expected to be left of it after the answer. Who wants a candidate answers with one
    of the values it holds, each as likely; an answer keeps the candidates that hold it. Who wants one that holds none
    of the values to expect "doesn't mind": this keeps all, and tells nothing.
    """
    best = [item_id for item_id, _ in ranking if item_id not in exclude][:CONSIDERED]
    rows = np.array([row for item_id in best if (row := snapshot.items.row(item_id)) is not None], dtype=np.int64)
    weights = weights_of(len(rows))
    found: list[tuple[float, str, Answers]] = []
    for name, facet in snapshot.schema.items():
        if name not in known and is_telling(facet):
            answers = _likely(_answers(snapshot, facet, rows), weights)
            if len(answers.values) > 1 or (answers.values and _is_yes_or_no(facet)):
                gain = gain_of(answers, weights) * WANTED.get(facet.measure, 1.0)
                found.append((gain, name, answers))
    if not found:
        return None
    gain, name, answers = min(found, key=lambda each: (-each[0], each[1]))
    return _asked(snapshot.schema[name], answers, weights) if gain >= LEAST_GAIN else None


def is_telling(facet: Facet) -> bool:
    """Whether people choose by a facet: not by free texts, by how many know an item, or by what serves programs."""
    return facet.kind != "text" and facet.measure != COUNTED and not UNTELLING & set(name_of(facet.name).split())


def _is_yes_or_no(facet: Facet) -> bool:
    """A column of which a single row says "None" is still one of booleans."""
    values = {value.casefold() for value in facet.values}
    return facet.kind == "boolean" or (bool(values & BOOLEANS) and values <= BOOLEANS | ABSENT)


def weights_of(count: int) -> Floats:
    """How likely each of so many candidates is the one wanted, best first; sums to 1."""
    weights = 1.0 / (FADING + np.arange(count, dtype=np.float64))
    return np.asarray(weights / weights.sum())


def gain_of(answers: Answers, weights: Floats) -> float:
    """The bits of uncertainty about the candidate that an answer is expected to take away, at least 0."""
    bits = -weights * np.log2(weights)
    held = answers.kept @ weights
    left = np.log2(held) + (answers.kept @ bits) / held
    return max(0.0, float((answers.odds @ weights) @ (bits.sum() - left)))


def _answers(snapshot: Snapshot, facet: Facet, rows: NDArray[np.int64]) -> Answers:
    if facet.kind in ("number", "date"):
        column = snapshot.numbers.get(facet.name)
        ranges = {} if column is None else ranges_of(facet, np.asarray(column[rows], dtype=np.float64))
        kept = np.array(list(ranges.values()), dtype=bool).reshape(len(ranges), len(rows))
        return Answers(tuple(ranges), kept, kept.astype(np.float64))
    values, codes, places = snapshot.held(facet.name, rows)
    common, of = np.unique(codes, return_inverse=True)
    kept = np.zeros((len(common), len(rows)), dtype=bool)
    kept[of, places] = True
    some = kept.sum(axis=1) >= (1 if _is_yes_or_no(facet) else LEAST_HOLDERS)
    odds = kept[some] / np.maximum(np.bincount(places, minlength=len(rows)), 1)
    return Answers(tuple(values[code] for code in common[some]), kept[some], odds)


def _likely(answers: Answers, weights: Floats) -> Answers:
    """Only the answers to expect, and to read."""
    held = answers.kept @ weights
    likely = [
        place
        for place in np.flatnonzero((held >= LEAST_SHARE) & (held <= 1.0 - LEAST_SHARE)).tolist()
        if len(answers.values[place]) <= LONGEST_OPTION and showable(answers.values[place])
    ]
    return Answers(tuple(answers.values[place] for place in likely), answers.kept[likely], answers.odds[likely])


def _asked(facet: Facet, answers: Answers, weights: Floats) -> Question:
    options = tuple(_options(facet, answers, weights))
    kind = "boolean" if _is_yes_or_no(facet) else "scale" if facet.scale else facet.kind
    name = name_of(facet.name, facet)
    if kind == "boolean":
        name = name.removeprefix("is ").removeprefix("has ")
    elif kind == "list":
        name = _singular(name)
    listed = ", ".join(options[:-1]) + " or " + options[-1]
    text = TEMPLATES[kind].format(name=name, a="an" if name[:1] in "aeiou" else "a", options=listed)
    return Question(facet.name, text, options)


def _options(facet: Facet, answers: Answers, weights: Floats) -> Iterator[str]:
    """The values as the catalogue writes them: those of most weight, in their own order where they have one."""
    if _is_yes_or_no(facet):
        yield from ("yes", "no")
    elif facet.kind in ("number", "date"):
        yield from answers.values
    else:
        written: dict[str, str] = {}
        for value in facet.values:
            written.setdefault(comparable(value), value)
        shares = (answers.kept @ weights).tolist()
        best = sorted(zip(shares, answers.values, strict=True), key=lambda pair: (-pair[0], pair[1]))[:OPTIONS]
        options = [written.get(value, value) for _, value in best]
        order = {value: step for step, value in enumerate(facet.scale)}
        yield from sorted(options, key=lambda value: order.get(value, len(order))) if facet.scale else options


def _singular(name: str) -> str:
    """ "colours" -> "colour"; English, and good enough for a question."""
    if name.endswith("ies") and len(name) > 4:
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name
