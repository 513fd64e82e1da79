"""Decides what a message is for: a wish, a question about an item, a refusal, a change of mind."""

from __future__ import annotations

import re

from chatrec.dialogue import cues
from chatrec.dialogue.heard import Heard
from chatrec.dialogue.parse import Parser
from chatrec.dialogue.reading import Act

ASKING = re.compile(r"[^.!?;:\n]+\?")
COULD = re.compile(
    r"\W*(?:and |but |so |ok,? )*(?:could|can|should|might|would) (?:it|they|that|you|we|this)\b", re.IGNORECASE
)
MAY_ASK = re.compile(r"\bcan (?:you|i|we) (?:tell|know|ask|check|see if|say)\b", re.IGNORECASE)
BACK = re.compile(r"\b(?:undo|take (?:that|it)(?: last)?(?: \w+)? back|scratch that last|unsay)\b", re.IGNORECASE)
BUT = re.compile(r"\b(?:but|only|except|though|n['’]t|not)\b", re.IGNORECASE)
TURNS_DOWN = re.compile(r"\W*(?:not|no)\b", re.IGNORECASE)
LIKE_IT = re.compile(r"\bthan\b|\b(?:something|anything|one|ones|somewhere)\s+(?:like|similar)\b", re.IGNORECASE)
ELSE = re.compile(r"\b(?:like|similar|instead|recommend|suggest|else)\b", re.IGNORECASE)
MORE = re.compile(r"\b(?:like|similar|more|another|else|something)\b", re.IGNORECASE)
AMONG = re.compile(
    r"\bwhich (?:one )?(?:of|is|has|was)\b|\bof (?:them|these|those)\b|"
    r"\bcompare (?:them|these|those|both|the (?:two|three))\b",
    re.IGNORECASE,
)
OBJECTS = re.compile(r"\b(?:no way|(?<!not )(?<!n['’]t )(?<!nothing )too \w+|not for me|pass|drags)\b", re.IGNORECASE)
LATER_QUESTION = re.compile(rf"[,;:–—-]\s*{cues.QUESTION.pattern[4:]}", re.IGNORECASE)


def act_of(heard: Heard, parser: Parser) -> Act:
    """The first that fits, from the most explicit to the least."""
    return _aside(heard) or _of_items(heard) or _change_of_mind(heard, parser) or _wish(heard, parser)


def _aside(heard: Heard) -> Act | None:
    message = heard.message
    if cues.AGAIN.search(message):
        return "restart"
    if cues.GREETING.match(message):
        return "greet"
    return "thanks" if cues.THANKS.match(message) else None


def _of_items(heard: Heard) -> Act | None:
    if cues.WHY.search(heard.message) and (heard.about or heard.setting.shown):
        return "why"
    if _is_comparison(heard):
        return "compare"
    turns_down = bool(heard.named) and bool(TURNS_DOWN.match(heard.message))
    return "ask" if heard.about and not turns_down and _asks_about(heard) else None


def _change_of_mind(heard: Heard, parser: Parser) -> Act | None:
    found = cues.UNDO.search(heard.message)
    if not found:
        return None
    names_nothing = not heard.said and not parser.named(heard.message[found.start() :])
    return "undo" if names_nothing or BACK.search(heard.message) else None


def _wish(heard: Heard, parser: Parser) -> Act:
    message, shown = heard.message, heard.setting.shown
    if shown and not heard.said and _accepts(heard):
        return "accept"
    if not heard.said and not heard.named and cues.OUT_OF_SCOPE.search(message):
        return "out of scope"
    if not heard.said and not heard.setting.asked and cues.SURPRISE.search(message):
        return "surprise"
    objects = bool(OBJECTS.search(message))
    others = bool(cues.OTHERS.search(message))
    if shown and (others or (cues.NO_THANKS.search(message) and (heard.about or objects))):
        conditions = {condition.facet for condition in heard.setting.conditions}
        lets_go = cues.DROP.search(message) and conditions & set(parser.named(message))
        wants = heard.said and not objects and (_compares(heard) or not (heard.about or others))
        return "refine" if lets_go or wants else "reject"
    return "refine" if shown and heard.said else "recommend"


def _accepts(heard: Heard) -> bool:
    if heard.about and cues.TAKES.match(heard.message):
        return True
    return bool(cues.ACCEPT.search(heard.message) and not BUT.search(heard.message))


def _compares(heard: Heard) -> bool:
    """Whether something other than an item is asked for: newer, cheaper, not as long."""
    return any(
        known.op in ("above", "below") and not any(char.isdigit() for char in known.text)
        for known in heard.marked.constraints
    )


def _is_comparison(heard: Heard) -> bool:
    if not cues.COMPARE.search(heard.message):
        return False
    several = len(heard.ids) > 1 or any(len(point.item_ids) > 1 for point in heard.points)
    return several or (bool(heard.setting.shown) and bool(AMONG.search(heard.message)))


def _asks_about(heard: Heard) -> bool:
    """Whether the message asks something of an item, not for items."""
    asking = ASKING.search(heard.masked)
    begin, end = asking.span() if asking else (0, len(heard.masked))
    said = heard.masked[begin:end]
    if heard.marked.order or LIKE_IT.search(said):
        return False
    if cues.TELL_ME.search(heard.masked):
        return True
    if _compares(heard):
        return False
    if heard.marked.constraints and COULD.match(said.strip()):
        return False
    inside = [start for start, _ in heard.places if begin <= start < end]
    if any(cues.OF_IT.match(heard.masked[begin:start]) for start in inside):
        return not ELSE.search(said)
    if cues.ASKS.search(said) and not MAY_ASK.search(said):
        return False
    if cues.WHO_BY.search(said) or cues.QUESTION.match(said) or LATER_QUESTION.search(said):
        return True
    return bool(asking and inside and not MORE.search(said))
