"""How good retrieval is, measured on past dialogues and on requests with graded items, as the product answers them."""

from __future__ import annotations

from chatrec.evaluation.evaluate import KS, evaluate_dialogues, evaluate_requests
from chatrec.evaluation.ranking import RankingReport, evaluate_ranking
from chatrec.evaluation.report import Beyond, Comparison, Latency, Report, Row

__all__ = [
    "KS",
    "Beyond",
    "Comparison",
    "Latency",
    "RankingReport",
    "Report",
    "Row",
    "evaluate_dialogues",
    "evaluate_ranking",
    "evaluate_requests",
]
