"""The ranker: puts candidates in order, by what was found alone or with a language model's say beside it."""

from chatrec.ranking.blending import blended, standardised
from chatrec.ranking.judgement import Judgement
from chatrec.ranking.ranker import LISTWISE_WEIGHT, POINTWISE_WEIGHT, Ranker, Ranking
from chatrec.ranking.settling import settled

__all__ = [
    "LISTWISE_WEIGHT",
    "POINTWISE_WEIGHT",
    "Judgement",
    "Ranker",
    "Ranking",
    "blended",
    "settled",
    "standardised",
]
