"""Tells what is said of items that are turned down from what is wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chatrec.dialogue.reading import Attitude, Setting
from chatrec.dialogue.scope import clause
from chatrec.holding import meets
from chatrec.types import Constraint, Op

WANTS = re.compile(
    r"\b(?:want(?:ed)?|prefer|need|looking|rather|after|should|must|has to|have to|got to|as long as|provided|make sure|meant|give|show|something|anything|i'm|we're|only|make|ideally|"
    r"would be|could|instead|where|mood|love|hoping|wish|ones? that|an? (?:[\w-]+ ){1,4}?that)\b",
    re.IGNORECASE,
)
OF_THEM = re.compile(
    r"\b(?:it(?:['’]?s| is| was| runs| has| costs| isn['’]t| doesn['’]t)|its|that(?:['’]?s| is| one is| was| one(?:['’]s)?| isn['’]t| has| costs| runs)|"
    r"this(?:['’]?s| is| one is)|they(?:['’]re| are| all| aren['’]t)|these (?:are|aren['’]t)|those (?:are|aren['’]t)|"
    r"(?:the|this|that|these|those) \w+(?:['’]s| is| are| was)|too|another|yet another|none of (?:them|these|those)|nobody|no one)\b",
    re.IGNORECASE,
)
NOT_FIRST = re.compile(r"\W*(?:hmm+|sorry|but|well|no|nah|nope)?\W*not\b[^,;.]*$", re.IGNORECASE)
COMPLAINS = re.compile(
    r"^[^.!?]*\b(?:no way|so no\b|no thanks?|no thank you|not for me|sorry|i['’]ll pass|pass\b|won['’]t do)",
    re.IGNORECASE,
)
OPPOSITE: Mapping[Op, Op] = {
    "any": "none", "none": "any", "min": "below", "below": "min", "max": "above", "above": "max", "within": "outside",
    "outside": "within",
}  # fmt: skip


def objections(
    message: str, setting: Setting, constraints: Sequence[Constraint], felt: Sequence[tuple[Attitude, str]]
) -> list[Constraint]:
    """What is said of items that are turned down, and true of them, is what should not be so."""
    ids = dict.fromkeys(item_id for _, item_id in felt)
    items = [item for item_id in ids or setting.shown if (item := setting.item(item_id))]
    turned = []
    for constraint in constraints:
        described = bool(items) and _describes(message, constraint)
        if described and all(meets(item, constraint) for item in items):
            constraint = replace(constraint, op=OPPOSITE[constraint.op], strength="hard")
        turned.append(constraint)
    return turned


def _describes(message: str, constraint: Constraint) -> bool:
    """Whether the words are said of what was shown ("it's in ...", "not 80s", "too long") and not of what is wanted."""
    said = constraint.text
    place = message.find(said)
    if place < 0 or not said:
        return False
    begin, stop = clause(message, place, place + len(said))
    before, after = message[begin:place], message[place + len(said) : stop]
    if WANTS.search(before):
        return False
    return bool(
        OF_THEM.search(before)
        or (constraint.op == "outside" and len(message.split()) <= 3 and NOT_FIRST.match(before))
        or COMPLAINS.search(message[place + len(said) :])
        or re.search(r"\b(?:in|on|about) (?:that|it|this|there|them)\b", after, re.IGNORECASE)
    )
