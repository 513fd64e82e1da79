"""The ranker: puts candidates in order, by what was found alone or with a language model's say beside it."""

from chatrec.ranking.blending import blended, standardised
from chatrec.ranking.fitting import Judged, fitted_weight, gain
from chatrec.ranking.judgement import Judgement
from chatrec.ranking.ranker import CONSIDERED, LISTWISE_WEIGHT, POINTWISE_WEIGHT, Ranker, Ranking
from chatrec.ranking.settling import settled

__all__ = [
    "CONSIDERED",
    "LISTWISE_WEIGHT",
    "POINTWISE_WEIGHT",
    "Judged",
    "Judgement",
    "Ranker",
    "Ranking",
    "blended",
    "fitted_weight",
    "gain",
    "settled",
    "standardised",
]
