"""The sentences of a reply that are the same for every catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from chatrec.catalog.schema import Facet
from chatrec.steering.relaxing import Relaxation
from chatrec.wording import name_of, wish_in_words

FIXED = {
    "greet": "Hello. Tell me what you are in the mood for, or name something you liked.",
    "thanks": "You are welcome.",
    "restart": "All forgotten. What are you looking for?",
    "out of scope": "I only know what is in this catalogue. Tell me what you are looking for, and I will look there.",
    "which": "Which one do you mean? Name it, or say “the first one”.",
}


def fixed(intent: str, title: str) -> str:
    if intent == "accept":
        return f"Good: {title}." if title else "Good. Tell me which one, by its name or its place."
    return FIXED.get(intent, FIXED["greet"])


def opening(intent: str, count: int) -> str:
    if intent == "undo":
        return "Taken back. As it was before:"
    if intent == "surprise":
        return "Something you may not have thought of:"
    return "This one answers you best:" if count == 1 else f"These {count} answer you best:"


def refusal(found: Relaxation, schema: Mapping[str, Facet]) -> str:
    """That nothing fits, what excludes most, and that what follows does not meet everything."""
    facet = schema.get(found.blocking.facet)
    blocking = f"{name_of(found.blocking.facet, facet)}: {wish_in_words(found.blocking, facet)}"
    without = f"Without it, {found.left:,} would fit." if found.left > 1 else "Without it, one would fit."
    return (
        f"Nothing in the catalogue meets all of that. What excludes most is “{blocking}”."
        + (f" {without}" if found.left else "")
        + " These come nearest, with what each of them does not meet:"
    )


def nothing_left(conditions: bool) -> str:
    if conditions:
        return "Nothing in the catalogue meets every condition. Loosen one of them and ask again."
    return (
        "There is nothing left in the catalogue that you have not seen or turned down. Say “start over” to begin anew."
    )


def held_back() -> str:
    return "Here is what I found:"
