"""Reads one message against the catalogue and what was said before: what it is for, what it names, what it asks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from chatrec.catalog.vocabulary import idle, things
from chatrec.dialogue import cues
from chatrec.dialogue.acts import ASKING, act_of
from chatrec.dialogue.feelings import felt_of
from chatrec.dialogue.heard import Heard
from chatrec.dialogue.lifting import let_go
from chatrec.dialogue.mentions import named_in
from chatrec.dialogue.objections import objections
from chatrec.dialogue.parse import Parser
from chatrec.dialogue.reading import Act, Reading, Setting
from chatrec.dialogue.references import Pointed, pointed
from chatrec.dialogue.titles import WORD, TitleIndex

TELLING = 3
"""Letters from which a word may be one to search for."""

WHATS = re.compile(r"\b(what|who|how|where|when)s\b", re.IGNORECASE)


@dataclass(frozen=True)
class Reader:
    """Safe to share between threads."""

    parser: Parser
    titles: TitleIndex

    def read(self, message: str, setting: Setting) -> Reading:
        """What `message` says. Nothing is changed by it yet."""
        heard = self._heard(message, setting)
        act = act_of(heard, self.parser)
        if act in ("greet", "thanks", "out of scope"):
            return Reading(act)
        vague = tuple(item for point in heard.points if point.vague for item in point.item_ids)
        if act in ("why", "compare", "ask"):
            several = setting.about if len(setting.about) > 1 else setting.shown
            whole = several if act == "compare" else setting.about or setting.shown[:1]
            return Reading(act, items=heard.ids or vague or whole)
        if act == "accept":
            return Reading(act, items=heard.ids or vague[:1] or setting.about or setting.shown[:1])
        return self._afresh(heard) if act == "restart" else self._changes(heard, act)

    def question(self, message: str, setting: Setting) -> str:
        """A question about one item with "it" in the place of its name."""
        places = [(name.start, name.end) for name in named_in(message, setting, self.titles, self.parser.values)]
        places += [(point.start, point.end) for point in pointed(message, setting) if not point.vague]
        for start, end in sorted(set(places), reverse=True):
            message = f"{message[:start]}it{message[end:]}"
        message = WHATS.sub(r"\1's", message)
        asking = ASKING.search(message)
        return asking.group().strip() if asking else message

    def _heard(self, message: str, setting: Setting) -> Heard:
        named = named_in(message, setting, self.titles, self.parser.values)
        taken = [(name.start, name.end) for name in named]
        points = [
            point
            for point in pointed(message, setting)
            if all(point.end <= start or point.start >= end for start, end in taken)
        ]
        clear = [point for point in points if not point.vague]
        ids = tuple(
            dict.fromkeys([*(name.item_id for name in named), *(item for point in clear for item in point.item_ids)])
        )
        taken += [(point.start, point.end) for point in clear]
        marked = self.parser.read(message, replace(setting, about=ids or setting.about), taken=taken)
        return Heard(message, setting, marked, named, points, tuple(dict.fromkeys([*ids, *marked.references])))

    def _changes(self, heard: Heard, act: Act) -> Reading:
        """Conditions that are set, replaced and lifted, and what is felt about items."""
        dropped, declined, constraints = let_go(heard, self.parser)
        if act == "undo":
            return Reading(act, dropped=dropped)
        described = [Pointed(start, end, (item_id,), True) for start, end, item_id in heard.marked.described]
        felt = felt_of(heard.message, heard.named, [*heard.points, *described], act)
        if act == "reject":
            felt = felt or [("rejected", item) for item in heard.ids or heard.setting.shown]
        if heard.setting.shown:
            constraints = objections(heard.message, heard.setting, constraints, felt)
        only_drops = bool(dropped or declined) and not constraints
        return Reading(
            act,
            tuple(constraints),
            heard.marked.order,
            dropped,
            declined,
            tuple(felt),
            heard.ids,
            "" if act in ("reject", "surprise") or only_drops else _rest(heard),
            bool(cues.INSTEAD.search(heard.message)),
        )

    def _afresh(self, heard: Heard) -> Reading:
        """Everything forgotten, and what the same message goes on to ask for."""
        marked = heard.marked
        for found in cues.AGAIN.finditer(heard.message):
            marked.take(found.start(), found.end(), silent=True)
        felt = tuple(felt_of(heard.message, heard.named, (), "recommend"))
        ids = tuple(name.item_id for name in heard.named)
        return Reading("restart", tuple(marked.constraints), marked.order, felt=felt, items=ids, rest=_rest(heard))


def _rest(heard: Heard) -> str:
    """The words to search with, where there are some that were read as nothing else, or as wanted; else nothing."""
    words = [word.lower().replace("’", "'") for word in WORD.findall(heard.marked.rest)]
    ordinary = idle() | things()
    telling = any(len(word) >= TELLING and word not in ordinary and not word.isdigit() for word in words)
    wanted = any(known.op in ("any", "within") or known.strength == "soft" for known in heard.marked.constraints)
    return heard.marked.words if telling or heard.named or wanted else ""
