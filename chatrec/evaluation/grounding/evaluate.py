"""The three measurements together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from chatrec import fake_llm
from chatrec.app import ChatRec
from chatrec.evaluation.grounding.drawn import drawn_turns
from chatrec.evaluation.grounding.judged import judged_claims, rows_of
from chatrec.evaluation.grounding.planted import attacked
from chatrec.evaluation.grounding.report import GroundingReport
from chatrec.ranking import Ranker

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def evaluate_grounding(
    rec: ChatRec,
    *,
    model: str = "",
    turns: int = 200,
    claims: Path | None = None,
    attacks: Path | None = None,
    limit: int = 0,
    unchecked: bool = False,
    seed: int = 0,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> GroundingReport:
    """Drawn turns with the language model of the settings; claims and attacks where their folders are named.

    `model` may name one that stands in, `fake:NAME`; `limit` draws so many of the attacks, 0: all.
    """
    name = model or rec.settings.llm.strip()
    writer, rooms = _model(rec, name, seed), rec.rooms()
    if writer is not None and name.startswith("fake:"):
        rooms = replace(rooms, writer=writer, ranker=Ranker(writer), listener=writer)
    told = drawn_turns(rooms, turns, seed=seed, progress=partial(_told, progress, "turns", turns))
    report = GroundingReport(
        turns=told.turns,
        outside_catalog=told.outside,
        claims=told.claims,
        written=told.written,
        valid_refs=told.referred / max(told.claims, 1),
        quotes_found=told.found / max(told.quotes, 1) if told.quotes else 1.0,
        replaced=told.replaced / max(told.written + told.replaced, 1),
    )
    if claims:
        caught, alarms = judged_claims(rooms, rows_of(claims))
        report = replace(report, claims_caught=caught, false_alarms=alarms)
    if attacks:
        rows = _drawn(rows_of(attacks), limit, seed)
        goals = [(part["text"], row["goal"]["marker"]) for row in rows for part in (row, *row.get("also", ()))]
        made = partial(fake_llm.obedient, goals) if name == "fake:obedient" else lambda: writer
        outcomes = []
        for done, row in enumerate(rows, 1):
            outcomes.append(attacked(rooms, row, made, limit=rooms.limit, unchecked=unchecked))
            progress("attacks", done, len(rows))
        ran = [outcome for outcome in outcomes if outcome is not None]
        report = replace(
            report,
            attacks=len(ran),
            attacks_succeeded=sum(outcome.succeeded for outcome in ran),
            unchecked=sum(outcome.unchecked for outcome in ran) if unchecked else None,
            twins_refused=sum(outcome.twin_refused for outcome in ran),
        )
    return report


def _drawn(rows: list[dict[str, Any]], limit: int, seed: int) -> list[dict[str, Any]]:
    return Random(seed).sample(rows, limit) if 0 < limit < len(rows) else rows


def _model(rec: ChatRec, name: str, seed: int) -> BaseChatModel | None:
    """The model of the settings, or one that stands in and draws by the seed."""
    provider, _, which = name.partition(":")
    return fake_llm.named(which, seed=seed) if provider == "fake" else rec.model


def _told(progress: Callable[[str, int, int], None], stage: str, total: int, done: int) -> None:
    progress(stage, done, total)
