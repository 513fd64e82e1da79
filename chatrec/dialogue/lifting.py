"""Reads which conditions no longer hold, and about which facets the user does not mind."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chatrec.catalog.schema import Facet
from chatrec.dialogue import cues
from chatrec.dialogue.heard import Heard
from chatrec.dialogue.parse import Parser
from chatrec.dialogue.reading import Setting
from chatrec.dialogue.scope import clause
from chatrec.dialogue.titles import WORD
from chatrec.types import Constraint


def let_go(heard: Heard, parser: Parser) -> tuple[tuple[str, ...], tuple[str, ...], list[Constraint]]:
    """The facets that no longer matter, those the user does not mind about, and the conditions that stay."""
    message, setting, marked = heard.message, heard.setting, heard.marked
    dropped: list[str] = []
    declined: list[str] = []
    spoken = parser.named(message)
    for facet, (start, end) in spoken.items():
        begin, stop = clause(message, start, end)
        words = message[max([begin, message.rfind(",", begin, start) + 1]) : stop]
        let_go = cues.DROP.search(words) or cues.DONT_MIND.search(words)
        mine = _conditioned(facet, setting, parser.schema)
        if not mine and let_go and not marked.constraints and len(words.split()) < 8:
            declined.append(facet)  # there is no condition on it, and none is wanted
        if not mine:
            continue
        facet = mine
        if not let_go or re.search(r"\b(?:too|as long as|unless|provided)\b", message[begin:], re.IGNORECASE):
            continue
        if (
            re.match(r"(?:drop|skip|lose|without the|remove|leave out|get rid of)\b", let_go.group(), re.IGNORECASE)
            and not setting.shown
        ):
            continue
        dropped.append(facet)
    for known in setting.conditions:
        own = {word for value in known.values for word in WORD.findall(str(value).casefold()) if len(word) > 3}
        if own & set(WORD.findall(message.casefold())) and not marked.constraints and cues.DROP.search(message):
            dropped.append(known.facet)
    kept = [constraint for constraint in marked.constraints if not _is_let_go(message, constraint)]
    dropped += [constraint.facet for constraint in marked.constraints if constraint not in kept]
    if len(kept) == len(marked.constraints):  # it is the old conditions that are let go
        kept = [constraint for constraint in kept if constraint.facet not in dropped]
    asked = setting.asked
    if asked and not kept and asked not in dropped and cues.DONT_MIND.search(message):
        declined.append(asked)
    return tuple(dict.fromkeys(dropped)), tuple(dict.fromkeys(declined)), kept


def _conditioned(facet: str, setting: Setting, schema: Mapping[str, Facet]) -> str:
    """The facet that is meant, if there is a condition on it or a question about it: who says "the language" may
    have said "French" and been taken for the country."""
    known = {condition.facet for condition in setting.conditions} | {setting.asked}
    if facet in known:
        return facet
    alike = {"language": "country", "country": "language"}.get(schema[facet].measure)
    return next((name for name in sorted(known - {""}) if alike and schema[name].measure == alike), "")


def _is_let_go(message: str, constraint: Constraint) -> bool:
    """Whether the words say that this very condition no longer holds: "ignore the two euros"."""
    place = message.find(constraint.text)
    if place < 0 or not constraint.text:
        return False
    return bool(
        re.search(
            r"(?:\b(?:needn['’]?t|need not|do(?:es)?(?:n['’]?t| not) (?:really )?(?:have|need) to|not necessarily|no need (?:for|to))(?: (?:be|have|in|on|from|with|an?|the|any))*\s*$|"
            r"\b(?:forget|ignore|drop|scrap|never ?mind|lift|take back|cancel|swap|replace|trade|exchange)(?: about| what i said about)?(?: the| that| my)?(?: \w+)?\s*$)",
            message[:place],
            re.IGNORECASE,
        )
    )
