"""How long reading a message takes, without finding anything: python tests/benchmarks/bench_parse.py --catalog NAME
[--messages FILE.jsonl[.gz]] [--limit 1000]. The file holds rows as of dialogue evaluation; the last thing the user
said in each is read. CHATREC_HOME says where the catalogue is indexed."""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import time
from pathlib import Path

from chatrec import ChatRec
from chatrec.dialogue.reading import Setting

MESSAGES = [
    "a comedy from the eighties, ideally under 100 minutes",
    "no horror, thrillers or war films, PG-13 or milder, something in French or Italian",
    "I loved the first one but hated the second; newer than that and not too long please",
    "what would you recommend for two people who liked old westerns, rated at least 7.5, made between 1950 and 1970?",
    "not that one, it's in black and white",
    "who directed the third one?",
]


def read_messages(path: Path, limit: int) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for _, line in zip(range(limit), lines, strict=False)]
    said = [[turn["text"] for turn in row["history"] if turn["role"] == "user"] for row in rows]
    return [texts[-1] for texts in said if texts and texts[-1].strip()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalog", default="sample")
    parser.add_argument("--messages", type=Path)
    parser.add_argument("--limit", type=int, default=1000)
    arguments = parser.parse_args()
    rooms = ChatRec.from_env(catalog=arguments.catalog).rooms()
    messages = read_messages(arguments.messages, arguments.limit) if arguments.messages else MESSAGES * 50
    shown = tuple(rooms.retriever.snapshot.items.ids[:5])
    setting = Setting(shown, item=rooms.item)
    rooms.reader.read(messages[0], setting)
    times = []
    for message in messages:
        begun = time.perf_counter()
        rooms.reader.read(message, setting)
        times.append(1000 * (time.perf_counter() - begun))
    times.sort()
    print(
        f"{len(times)} messages, {statistics.mean(map(len, messages)):.0f} characters on average: "
        f"median {statistics.median(times):.2f} ms, p95 {times[int(0.95 * len(times))]:.2f} ms, most {times[-1]:.1f} ms"
    )


if __name__ == "__main__":
    main()
