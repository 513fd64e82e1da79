"""Does anything reach the user that the catalogue does not bear out? Drawn turns, judged claims, planted attacks."""

from __future__ import annotations

from chatrec.evaluation.grounding.evaluate import evaluate_grounding
from chatrec.evaluation.grounding.report import GroundingReport

__all__ = ["GroundingReport", "evaluate_grounding"]
