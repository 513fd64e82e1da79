"""Answers about items of the catalogue: what is asked of one, how some differ, why one was recommended."""

from __future__ import annotations

from chatrec.answering.about import about_item
from chatrec.answering.comparing import compare
from chatrec.answering.values import Answer
from chatrec.answering.why import why

__all__ = ["Answer", "about_item", "compare", "why"]
