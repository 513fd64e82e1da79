"""Reads what a message feels about the items it names or points at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatrec.dialogue import cues
from chatrec.dialogue.reading import Act, Attitude
from chatrec.dialogue.references import Pointed
from chatrec.dialogue.scope import clause
from chatrec.dialogue.titles import Named


def felt_of(message: str, named: Sequence[Named], points: Sequence[Pointed], act: Act) -> list[tuple[Attitude, str]]:
    """What is felt of each item named or pointed at, by the words of its clause."""
    places: list[tuple[int, int, tuple[str, ...], bool]]
    places = [(name.start, name.end, (name.item_id,), False) for name in named]
    places += [(point.start, point.end, point.item_ids, point.vague) for point in points]
    places.sort()
    felt: list[tuple[Attitude, str]] = []
    for number, (start, end, ids, vague) in enumerate(places):
        begin, stop = clause(message, start, end)
        begin = max(
            begin, places[number - 1][1] if number and not _listed(message, places[number - 1][1], start) else begin
        )
        after = message[end : stop + 40]
        if number + 1 < len(places):  # words before the next item belong to that one
            after = re.split(r"[,;.!?]|\b(?:and|but)\b", message[end : places[number + 1][0]])[0]
        feeling = cues.attitude(message[begin:start], after)
        if number and _listed(message, places[number - 1][1], start) and feeling == "liked" and felt:
            feeling = felt[-1][0]
        if (
            vague
            and feeling == "liked"
            and (
                act == "reject"
                or not re.search(r"\b(?:love|loved|like|liked|enjoyed|more like)\b", message, re.IGNORECASE)
            )
        ):
            continue
        if re.search(r"\bthan\s*[\"“]?$", message[begin:start]) and feeling == "liked":
            continue  # only compared with
        felt += [(feeling, item_id) for item_id in ids]
    return felt


def _listed(message: str, end: int, start: int) -> bool:
    return bool(
        re.fullmatch(
            r"[\s\"”“’]*(?:\(?\d{4}\)?)?[\s\"”“’]*(?:,|and|or|nor|&|,\s*and|/)[\s\"“]*(?:the\s+)?",
            message[end:start],
            re.IGNORECASE,
        )
    )
