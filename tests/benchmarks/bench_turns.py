"""What a turn costs: median and p95 milliseconds, stage by stage and as the caller waits.

    CHATREC_HOME=DIR python tests/benchmarks/bench_turns.py --catalog movies [--llm local] [--messages FILE.jsonl.gz]
        [--turns 200]

Messages are the last thing a user said in rows as in a `history` of past dialogues; without a file, ten written here.
Each session has three turns, committed to the database as in real use. A language model that answers at once, such as
`--llm chatrec.fake_llm:FakeChatModel`, shows what is left of a turn with a hosted one beside the waiting for it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from itertools import islice
from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.table import Table

from chatrec import ChatRec, Settings
from chatrec.session import Session
from chatrec.types import CardsEvent, DoneEvent, TextEvent

WRITTEN = [
    "something quiet about an old friendship",
    "a story set at sea, not too long",
    "funny but not silly",
    "I liked the last one, something darker please",
    "anything with a twist at the end",
    "what would you give somebody who likes slow, thoughtful things?",
    "something for the whole family on a rainy day",
    "a true story",
    "something from another country that I will not know",
    "surprise me",
]


def messages(path: Path | None) -> list[str]:
    if path is None:
        return WRITTEN
    with gzip.open(path, "rt", encoding="utf-8") as file:
        histories = [json.loads(line)["history"] for line in islice(file, 2000)]
    said = [[turn["text"] for turn in history if turn["role"] == "user"] for history in histories]
    found = [texts[-1] for texts in said if texts and texts[-1].strip()]
    random.Random(0).shuffle(found)
    return found


def timed(session: Session, message: str) -> dict[str, float]:
    """Milliseconds of each stage, and until there is something to see: cards, a first reason, those of three items."""
    begun = time.perf_counter()
    seen: dict[str, float] = {}
    told: set[str] = set()
    for event in session.stream(message):
        after = 1000 * (time.perf_counter() - begun)
        if isinstance(event, CardsEvent):
            seen["until the cards"] = after
        elif isinstance(event, TextEvent) and event.item_id:
            told.add(event.item_id)
            seen.setdefault("until a first reason", after)
            if len(told) <= 3:
                seen["until reasons of three"] = after
        elif isinstance(event, DoneEvent):
            return {**event.reply.timings, **seen, "whole turn": after}
    return {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalog", default="sample")
    parser.add_argument("--messages", type=Path)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--llm", default="builtin")
    asked = parser.parse_args()
    rec = ChatRec(Settings.from_env().model_copy(update={"catalog": asked.catalog, "llm": asked.llm}))
    said = messages(asked.messages)
    rec.session().send(said[0])
    taken: dict[str, list[float]] = {}
    for turn in range(asked.turns):
        if turn % 3 == 0:
            session = rec.session()
        for stage, milliseconds in timed(session, said[turn % len(said)]).items():
            taken.setdefault(stage, []).append(milliseconds)
    table = Table("stage", "turns", "median ms", "p95 ms")
    for stage, times in taken.items():
        cuts = quantiles(times, n=20)
        table.add_row(stage, str(len(times)), f"{cuts[9]:.1f}", f"{cuts[18]:.1f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
