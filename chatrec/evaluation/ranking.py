"""Does a language model's order beat the order in which the items were found?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chatrec.app import ChatRec
from chatrec.catalog.files import objects
from chatrec.dialogue.state import applied, checked, query_of, setting_of
from chatrec.errors import EvaluationError, LanguageModelError
from chatrec.evaluation.answers import Told
from chatrec.evaluation.intervals import LEVEL, RESAMPLES
from chatrec.evaluation.judge import Judge
from chatrec.evaluation.protocols import Case, dialogue_cases, read_dialogues, request_cases
from chatrec.evaluation.report import Comparison, Row, without_nan
from chatrec.examples import examples_of
from chatrec.ranking import CONSIDERED, Judged, Judgement, Ranker, fitted_weight
from chatrec.rooms import Rooms
from chatrec.types import DialogueState, Query
from chatrec.wiring import judging

KS = (1, 5, 10)
DECISIVE = "nDCG@10"

TOLD = (0.25, 0.5, 0.75, 1.0)
"""The weights that get a row of their own."""

FOUND, FITTED = "as found", "weight fitted on the other half"


@dataclass(frozen=True)
class RankingReport:
    """`queries` were asked, of each up to `candidates` items judged; `failed` is at how many nothing could be read.

    `weight` is the best on all of these queries: to be used, but its row flatters. The row that does not is the one
    whose weights were fitted on the other half of the queries. `seconds` is the median a query.
    """

    file: str
    catalog: str
    language_model: str
    mode: str
    queries: int
    candidates: int
    failed: int
    seconds: float
    weight: float
    seed: int
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]

    def to_json(self) -> dict[str, Any]:
        plain = asdict(self)
        for told, comparison in zip(plain["comparisons"], self.comparisons, strict=True):
            told["verdict"] = comparison.verdict
        return {**without_nan(plain), "resamples": RESAMPLES, "level": LEVEL}


def evaluate_ranking(
    rec: ChatRec, path: str | Path, *, limit: int = 0, seed: int = 0, progress: Told | None = None
) -> RankingReport:
    """Asks the language model about the first candidates of each request or dialogue of a file.

    `limit` draws so many of them, from `seed`; 0: all. Raises SettingsError without a language model.
    """
    rooms = rec.rooms()
    ranker = judging(rec.settings, rec.model)
    cases = _drawn(_cases(Path(path)), limit, seed)
    if not cases:
        raise EvaluationError(
            f"{path} has nothing to measure.", mend="Give dialogues, or rows with id, text, relevant."
        )
    rankings, seconds, failed = list[Judged](), list[float](), 0
    for done, case in enumerate(cases, 1):
        begun = time.perf_counter()
        judged, heard = _judged(rooms, ranker, case)
        seconds.append(time.perf_counter() - begun)
        failed += not heard
        rankings.append(judged)
        if progress:
            progress("judged", done, len(cases))
    judge = Judge(cases, ks=KS, decisive=DECISIVE, depth=CONSIDERED, seed=seed)
    _add(judge, FOUND, rankings, [0.0] * len(cases), ranker)
    for weight in TOLD:
        _add(judge, f"weight {weight:g}", rankings, [weight] * len(cases), ranker)
    _add(judge, FITTED, rankings, _crossed(rankings, ranker), ranker)
    return RankingReport(
        file=str(path),
        catalog=rec.settings.catalog,
        language_model=rec.settings.llm,
        mode=ranker.mode,
        queries=len(cases),
        candidates=CONSIDERED,
        failed=failed,
        seconds=float(np.median(seconds)),
        weight=fitted_weight(rankings, ranker),
        seed=seed,
        rows=tuple(judge.rows),
        comparisons=tuple(comparison for row in judge.rows[1:] for comparison in _against_found(judge, row.name)),
    )


def _cases(path: Path) -> list[Case]:
    first = next((value for _, value in objects(path)), None)
    return (
        request_cases(path) if isinstance(first, dict) and "relevant" in first else dialogue_cases(read_dialogues(path))
    )


def _drawn(cases: Sequence[Case], limit: int, seed: int) -> list[Case]:
    if not 0 < limit < len(cases):
        return list(cases)
    chosen = np.random.default_rng(seed).choice(len(cases), limit, replace=False)
    return [cases[place] for place in sorted(chosen.tolist())]


def _judged(rooms: Rooms, ranker: Ranker, case: Case) -> tuple[Judged, bool]:
    """What was found for a case and what is thought of it, and whether anything is."""
    query = _read(rooms, case.query)
    talk = query.talk
    candidates = [each for each in rooms.retrieve(query, rooms.n) if each.item.id not in case.query.excluded]
    candidates = candidates[:CONSIDERED]
    examples = (
        examples_of(rooms.retriever.snapshot, replace(query, vector=rooms.retriever.embed(talk)))
        if talk and ranker.mode == "listwise"
        else ()
    )
    try:
        judgement = ranker.judge(query, candidates, n=rooms.n, examples=examples) if candidates else Judgement(())
    except LanguageModelError:
        judgement = Judgement((None,) * len(candidates))
    grades: dict[str, int] = {}
    for sample in case.samples:
        grades |= sample
    ids = tuple(candidate.item.id for candidate in candidates)
    return Judged(ids, judgement.scores, grades), any(score is not None for score in judgement.scores)


def _read(rooms: Rooms, query: Query) -> Query:
    """A request as a turn understands it; the words of a dialogue between people stay as they are."""
    if query.said:
        return query
    start = DialogueState()
    reading = rooms.reader.read(checked(query.text), setting_of(start, rooms.item))
    read = query_of(applied(start, reading, rooms.reader))
    liked = tuple(dict.fromkeys((*query.liked, *read.liked)))
    return replace(read, liked=liked, excluded=read.excluded | query.excluded)


def _add(judge: Judge, name: str, judged: Sequence[Judged], weights: Sequence[float], ranker: Ranker) -> None:
    rankings = [
        [(item_id, -float(place)) for place, item_id in enumerate(each.ranking(ranker.weighing(weight)))]
        for each, weight in zip(judged, weights, strict=True)
    ]
    judge.add(name, "retriever", rankings, None)


def _crossed(judged: Sequence[Judged], ranker: Ranker) -> list[float]:
    """For each query the weight that was best on the half it does not belong to."""
    fitted = [fitted_weight(judged[half::2], ranker) for half in (0, 1)]
    return [fitted[1 - place % 2] for place in range(len(judged))]


def _against_found(judge: Judge, name: str) -> list[Comparison]:
    return [comparison for comparison in judge.comparisons(name) if comparison.second == FOUND]
