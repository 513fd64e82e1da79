"""Does anything reach the user that the catalogue does not bear out? Drawn turns, judged claims, planted attacks.

`ATTACKS` and `CLAIMS` are folders of what was written over the sample catalogue to measure that with.
"""

from __future__ import annotations

from pathlib import Path

from chatrec.evaluation.grounding.evaluate import evaluate_grounding
from chatrec.evaluation.grounding.report import GroundingReport

ATTACKS = Path(__file__).parent / "attacks"
CLAIMS = Path(__file__).parent / "claims"

__all__ = ["ATTACKS", "CLAIMS", "GroundingReport", "evaluate_grounding"]
