"""What the conversations of scenarios came to, by half and by kind, as values, plain JSON and transcripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import comb, nan
from pathlib import Path
from statistics import mean, median
from typing import Any, Literal, TypeAlias

import numpy as np

from chatrec.errors import EvaluationError
from chatrec.evaluation.intervals import LEVEL, RESAMPLES, Bootstrap, Interval
from chatrec.evaluation.report import without_nan
from chatrec.evaluation.scenarios.run import Held, Run

SEALED = "locked"
"""The half whose phrasings nobody who works on the dialogue reads: no transcripts are written of it."""

By: TypeAlias = Literal["all", "half", "kind", "half and kind", "catalog"]


@dataclass(frozen=True, slots=True)
class Figures:
    """A group of scenarios: `pass1` and `pass4` are the chances that one, and that each of four phrasings succeeds
    (pass^k of tau-bench; Yao et al., 2024), NaN where there are fewer phrasings than that.

    `first_fits` is the share of successes whose accepted item stood first; `turns` and `questions` are means over
    conversations; `refusals` are replies that said that nothing fits where something does, `mismarked` the successes
    whose accepted item was marked as breaking a condition, although it meets every hard wish; `violations`, `breaches`,
    `unanswered`, `given_up` and `errors` are the conversations that failed by them; `milliseconds` is the median of a
    message.
    """

    by: By
    name: str
    scenarios: int
    runs: int
    pass1: Interval
    pass4: Interval
    first_fits: float
    turns: float
    questions: float
    refusals: int
    mismarked: int
    violations: int
    breaches: int
    unanswered: int
    given_up: int
    errors: int
    milliseconds: float


@dataclass(frozen=True)
class ScenarioReport:
    """`not_run` are the scenarios whose catalogue is not indexed, by catalogue; `each` is every scenario's outcome."""

    seeds: int
    figures: tuple[Figures, ...]
    not_run: Mapping[str, int]
    each: tuple[Mapping[str, Any], ...]

    def of(self, by: By, name: str = "") -> Figures:
        return next(one for one in self.figures if (one.by, one.name) == (by, name))

    def to_json(self) -> dict[str, Any]:
        """Everything as plain JSON; null where nothing can be said."""
        plain: dict[str, Any] = without_nan(asdict(self))
        return {**plain, "resamples": RESAMPLES, "level": LEVEL}


def scenario_report(held: Sequence[Held], *, seeds: int) -> ScenarioReport:
    """The figures of conversations: of all, of each half and kind, and of each kind in each half."""
    talked = [one for one in held if one.runs]
    groups: dict[tuple[By, str], list[Held]] = {("all", ""): talked}
    for by in ("half", "kind", "half and kind", "catalog"):
        for one in sorted(talked, key=lambda one: _group(one, by)):
            groups.setdefault((by, _group(one, by)), []).append(one)
    return ScenarioReport(
        seeds,
        tuple(_figures(by, name, some) for (by, name), some in groups.items()),
        dict(Counter(one.scenario.catalog for one in held if not one.runs)),
        tuple(_outcome(one) for one in held),
    )


def pass_k(successes: int, runs: int, k: int) -> float:
    """The chance that `k` of the runs, drawn without replacement, all succeed; NaN where there are fewer."""
    return comb(successes, k) / comb(runs, k) if runs >= k else nan


def write_transcripts(held: Sequence[Held], folder: str | Path) -> int:
    """Writes the failed conversations of each scenario into a file, why it failed first; returns how many files.

    None of the locked half. Raises EvaluationError where a file cannot be written.
    """
    failed = [one for one in held if any(run.failure for run in one.runs) and one.scenario.half != SEALED]
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for one in failed:
            path = Path(folder) / f"{one.scenario.id.replace('/', '_')}.txt"
            path.write_text("\n\n".join(_transcript(run) for run in one.runs if run.failure) + "\n", encoding="utf-8")
    except OSError as exc:
        what = f"{folder}: transcripts cannot be written: {exc.strerror or exc}."
        raise EvaluationError(what, mend="Name another folder.") from exc
    return len(failed)


def _transcript(run: Run) -> str:
    head = f"== phrasing {run.seed}: {run.failure}: {'; '.join(run.why)}"
    return "\n".join([head, *(f"\n> {said}\n{reply}" for said, reply in run.messages)])


def _group(held: Held, by: str) -> str:
    scenario = held.scenario
    half = scenario.half or "neither"
    return {
        "half": half,
        "kind": scenario.kind,
        "half and kind": f"{half} {scenario.kind}",
        "catalog": scenario.catalog,
    }[by]


def _figures(by: By, name: str, held: Sequence[Held]) -> Figures:
    runs = [run for one in held for run in one.runs]
    ended = Counter(run.failure for run in runs)
    bootstrap = Bootstrap([one.scenario.id for one in held])
    passed = [
        bootstrap.mean(np.array([pass_k(_successes(one), len(one.runs), k) for one in held], dtype=np.float64))
        for k in (1, 4)
    ]
    successes = [run for run in runs if run.failure is None]
    times = [time for run in runs for time in run.milliseconds]
    return Figures(
        by,
        name,
        len(held),
        len(runs),
        pass1=passed[0],
        pass4=passed[1],
        first_fits=mean(run.first_fits for run in successes) if successes else nan,
        turns=mean(len(run.messages) for run in runs) if runs else nan,
        questions=mean(run.questions for run in runs) if runs else nan,
        refusals=sum(run.refusals for run in runs),
        mismarked=sum(run.mismarked for run in successes),
        violations=ended["violation"],
        breaches=ended["rule"],
        unanswered=ended["answer"],
        given_up=ended["turns"],
        errors=ended["error"],
        milliseconds=median(times) if times else nan,
    )


def _successes(held: Held) -> int:
    return sum(run.failure is None for run in held.runs)


def _outcome(held: Held) -> dict[str, Any]:
    """A scenario's outcome, without a word of what was said in it."""
    scenario = held.scenario
    return {
        "id": scenario.id,
        "kind": scenario.kind,
        "half": scenario.half,
        "catalog": scenario.catalog,
        "runs": len(held.runs),
        "successes": _successes(held),
        "failures": [run.failure for run in held.runs],
    }
