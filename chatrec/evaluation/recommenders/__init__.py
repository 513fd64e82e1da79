"""Recommender models in one table: fitted on the same splits, tuned with the same budget, measured on full rankings."""

from __future__ import annotations

from chatrec.evaluation.recommenders.dataset import DataSet
from chatrec.evaluation.recommenders.evaluate import evaluate_recommenders
from chatrec.evaluation.recommenders.named import NAMED, read_data
from chatrec.evaluation.recommenders.report import MEASURES, RecommenderReport, RecommenderRow
from chatrec.evaluation.recommenders.split import PROTOCOLS, Protocol, Split, split

__all__ = [
    "MEASURES",
    "NAMED",
    "PROTOCOLS",
    "DataSet",
    "Protocol",
    "RecommenderReport",
    "RecommenderRow",
    "Split",
    "evaluate_recommenders",
    "read_data",
    "split",
]
