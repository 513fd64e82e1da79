"""Turns with made-up messages, and what their replies hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from chatrec.catalog import Item
from chatrec.grounds import grounds_of
from chatrec.retriever import passages_of
from chatrec.rooms import Rooms
from chatrec.sentences import sentences, words
from chatrec.turn import run_turn
from chatrec.types import Claim, DialogueState, DoneEvent, Evidence, Reply

QUOTE = re.compile(r"[“\"]([^”\"]+)[”\"]")
NAME = re.compile(r"\b[A-ZÀ-Þ][\w’'-]+(?:\s[A-ZÀ-Þ][\w’'-]+)+")


@dataclass
class Tally:
    """What was counted so far."""

    turns: int = 0
    outside: int = 0
    claims: int = 0
    written: int = 0
    referred: int = 0
    quotes: int = 0
    found: int = 0
    replaced: int = 0


def drawn_turns(rooms: Rooms, count: int, *, seed: int, progress: Callable[[int], None]) -> Tally:
    """Holds `count` turns, each a conversation's first, with messages drawn from the catalogue's own words."""
    tally, draw = Tally(), Random(seed)
    items = rooms.retriever.snapshot.items
    pool = _phrases(list(items.get(draw.sample(list(items.ids), min(len(items.ids), 200)))))
    for _ in range(count):
        message = " ".join(draw.sample(pool, min(len(pool), draw.randint(1, 2))))[:160]
        for event in run_turn(rooms, DialogueState(), message):
            if isinstance(event, DoneEvent):
                _count(tally, event.reply, rooms, message)
        tally.turns += 1
        progress(tally.turns)
    return tally


def _phrases(items: list[Item]) -> list[str]:
    found = [f"something like {item.title}" for item in items]
    found += [sentence for item in items for sentence in sentences(item.description)[:2]]
    return found or ["something new"]


def _count(tally: Tally, reply: Reply, rooms: Rooms, message: str) -> None:
    outside = False
    # What the catalogue calls what was asked for stands in sentences on what an item does not meet.
    asked = " ".join([message, *(str(value) for wish in reply.state.constraints for value in wish.values)])
    for shown in reply.recommendations:
        item = rooms.item(shown.item.id)
        if item is None:
            outside = True
            continue
        for claim in shown.explanation.claims:
            outside |= _counted(tally, claim, item, asked)
    tally.outside += outside
    tally.replaced += sum(note.count for note in reply.notes if note.kind == "replaced_claims")


def _counted(tally: Tally, claim: Claim, item: Item, asked: str) -> bool:
    """Counts a claim; whether it names what neither the item holds nor anybody asked for."""
    evidence = tuple(Evidence(ref, item.id, text) for ref, text in passages_of(item).items())
    grounds = grounds_of(item, evidence)
    tally.claims += 1
    tally.written += claim.written
    tally.referred += bool(claim.refs) and all(ref in grounds for ref in claim.refs)
    cited = _flat("\n".join(grounds.get(ref, "") for ref in claim.refs))
    for quote in QUOTE.findall(claim.text):
        tally.quotes += 1
        tally.found += _flat(quote).rstrip("….,;:!?") in cited
    known = set(words(f"{item.title}\n{asked}\n" + "\n".join(grounds.values())))
    return any(word not in known for name in NAME.findall(QUOTE.sub("", claim.text)) for word in words(name)[1:])


def _flat(text: str) -> str:
    return " ".join(text.replace("’", "'").split()).casefold()
