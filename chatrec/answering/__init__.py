"""Answers about items of the catalogue: what is asked of one, how some differ, why one was recommended."""

from __future__ import annotations

from chatrec.answering.about import about_item
from chatrec.answering.comparing import Beside, compare, side_by_side
from chatrec.answering.opinions import for_and_against
from chatrec.answering.values import Answer
from chatrec.answering.why import why

__all__ = ["Answer", "Beside", "about_item", "compare", "for_and_against", "side_by_side", "why"]
