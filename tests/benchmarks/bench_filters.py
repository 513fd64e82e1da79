"""What a hard constraint costs: the whole retrieval of a turn without and with one, in one run.

    CHATREC_HOME=DIR python tests/benchmarks/bench_filters.py --catalog NAME [--messages FILE] [--constraint CONDITION]
    python tests/benchmarks/bench_filters.py --items 100000 [--home DIR]

A CONDITION is facet=a..b (numbers, either may be left out) or facet=value, and may be given several times; without
one, three are made from the catalogue: a range that keeps about a third, a value of a list, a range that keeps about
1 %. FILE has past dialogues or requests, as `chatrec evaluate` takes them; without it, ten are written here.

With --items, a catalogue of that many made-up items is indexed first, vectors and all, with an embedder that only
hashes words (384 dimensions); with --home it is kept there, and found again by the next run.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from chatrec import ChatRec, Settings
from chatrec.catalog.files import first_object
from chatrec.dialogue.filters import constraints_from
from chatrec.evaluation.protocols import dialogue_cases, read_dialogues, request_cases
from chatrec.rooms import CANDIDATES
from chatrec.store.snapshot import Snapshot
from chatrec.types import Constraint, Query

sys.path.append(str(Path(__file__).parent.parent))
from hash_embedder import HashEmbedder

WORDS = """amber anchor ash autumn barley beacon birch blue bramble brass bridge bright calm candle canvas cedar
chalk cinder clay clear cliff cloud coast cobalt copper coral corner cotton crane creek crystal dawn deep delta drift
dusk eager early ember fable fern field flint fog forest fresh frost gentle glade glass golden granite green grove
harbour hazel hidden hollow honey indigo iron island ivory jade juniper kind lagoon lantern late light linen little
lively long lost lunar maple marble meadow mellow mild mist moss narrow near night noble north oak ocean old olive
open orchard pale paper pearl pebble pine plain plum pond quick quiet rain rapid raven red reed ridge river rough
round rust saffron sage salt sand shadow sharp shore silent silver simple slate slow small smoke snow soft south spark
spring spruce steel still stone storm straw summer sunny swift tall thistle thunder tide timber tower trail true
twilight upper valley velvet violet warm water west wheat white wide wild willow wind winter wooden yellow young"""
WRITTEN = ("quiet and old", "warm light by the water", "something with snow and timber", "bright, not too long")
SORTS = ("basic", "classic", "compact", "deluxe", "folding", "heavy", "outdoor", "portable", "solid", "travel")

RUNS = 200
WARM_UP = 10


def records(count: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Items with a title, a short description, a review for one in four, numbers and lists; words by Zipf's law."""
    draw, words = random.Random(seed), WORDS.split()
    weights = [1 / place for place in range(1, len(words) + 1)]

    def text(length: int) -> str:
        return " ".join(draw.choices(words, weights, k=length))

    for number in range(count):
        yield {
            "id": f"made-{number:06}",
            "title": f"{text(2).title()} {number}",
            "description": f"{text(20).capitalize()}.",
            "price": round(draw.lognormvariate(3, 1), 2),
            "year": draw.randint(1950, 2025),
            "rating": round(draw.uniform(1, 5), 1),
            "sorts": draw.sample(SORTS, k=draw.randint(1, 3)),
            "materials": draw.choices(words, weights, k=2),
            "reviews": [{"id": "1", "text": f"{text(15).capitalize()}."}] if number % 4 == 0 else [],
        }


def made(count: int, home: Path) -> ChatRec:
    """A catalogue of that many made-up items, indexed unless it is there already."""
    rec = ChatRec(Settings(home=home, catalog=f"made-{count}", llm="builtin"))
    rec.embedder = HashEmbedder(384)
    if rec.settings.catalog not in rec.catalogs():
        begun = time.perf_counter()
        rec.index(records(count))
        print(f"{count:,} items indexed in {time.perf_counter() - begun:.0f} s")
    return rec


def queries(path: Path | None, snapshot: Snapshot) -> list[Query]:
    if path is None:
        draw = random.Random(0)
        texts = [*WRITTEN, *(" ".join(draw.choices(WORDS.split(), k=8)) for _ in range(6))]
        liked = [tuple(draw.sample(list(snapshot.items.ids), k=number % 3)) for number in range(len(texts))]
        return [Query(text, liked=ids, excluded=frozenset(ids)) for text, ids in zip(texts, liked, strict=True)]
    read = request_cases(path) if "relevant" in first_object(path) else dialogue_cases(read_dialogues(path))
    found = [case.query for case in read]
    random.Random(0).shuffle(found)
    return found


def given(condition: str, snapshot: Snapshot) -> tuple[Constraint, ...]:
    facet, _, wanted = condition.partition("=")
    low, between, high = wanted.partition("..")
    if not between:
        return constraints_from({facet: wanted}, snapshot.schema)
    bounds = {op: float(bound) for op, bound in (("min", low), ("max", high)) if bound}
    return constraints_from({facet: bounds}, snapshot.schema)


def usual(snapshot: Snapshot) -> Iterator[str]:
    """A range that keeps about a third, the value of a list that does so best, a range that keeps about 1 %."""
    numbers = {name: column[np.isfinite(column)] for name, column in snapshot.numbers.items()}
    name = max(numbers, key=lambda name: len(np.unique(numbers[name])))
    for share in (1 / 3, 1 / 100):
        low, high = np.quantile(numbers[name], [0.5 - share / 2, 0.5 + share / 2])
        yield f"{name}={low:g}..{high:g}"
    held = [
        (abs(np.diff(table.by_value.indptr) / snapshot.count - 1 / 3), table) for table in snapshot.facet_space.tables
    ]
    far, table = min(held, key=lambda pair: pair[0].min())
    yield f"{table.name}={table.values[int(np.argmin(far))]}"


def measured(
    rec: ChatRec, asked: Sequence[Query], variants: Sequence[tuple[Constraint, ...]], runs: int
) -> list[list[float]]:
    """Milliseconds of each retrieval, a list a variant; the variants take turns, so that all see the same machine."""
    retriever = rec.rooms().retriever
    taken: list[list[float]] = [[] for _ in variants]
    for number in range(-WARM_UP, runs):
        query = asked[number % len(asked)]
        for place in sorted(range(len(variants)), key=lambda place: (place + number) % len(variants)):
            begun = time.perf_counter()
            retriever.retrieve(replace(query, constraints=variants[place]), CANDIDATES)
            if number >= 0:
                taken[place].append(1000 * (time.perf_counter() - begun))
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="default: CHATREC_HOME, or a temporary folder with --items")
    parser.add_argument("--catalog", default="sample")
    parser.add_argument("--items", type=int, help="index that many made-up items")
    parser.add_argument("--messages", type=Path)
    parser.add_argument("--constraint", action="append", default=[], metavar="CONDITION")
    parser.add_argument("--runs", type=int, default=RUNS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        if asked.items:
            rec = made(asked.items, asked.home or Path(scratch))
        else:
            over = {"catalog": asked.catalog, "llm": "builtin"} | ({"home": asked.home} if asked.home else {})
            rec = ChatRec(Settings.from_env().model_copy(update=over))
        show(rec, asked)
        rec.close()


def show(rec: ChatRec, asked: argparse.Namespace) -> None:
    snapshot = rec.rooms().retriever.snapshot
    conditions = asked.constraint or list(usual(snapshot))
    variants = [(), *(given(condition, snapshot) for condition in conditions)]
    taken = measured(rec, queries(asked.messages, snapshot), variants, asked.runs)
    table = Table("constraint", "keeps", "median ms", "p95 ms", "median to none", "p95 to none")
    without, slowest = median(taken[0]), float(np.percentile(taken[0], 95))
    for condition, constraints, times in zip(["none", *conditions], variants, taken, strict=True):
        mask = snapshot.mask(constraints, ())
        share = 1.0 if mask is None else float(mask.mean())
        middle, late = median(times), float(np.percentile(times, 95))
        cells = (f"{share:.1%}", f"{middle:.1f}", f"{late:.1f}", f"{middle / without:.2f}", f"{late / slowest:.2f}")
        table.add_row(condition, *cells)
    Console(width=110, markup=False).print(f"{snapshot.count:,} items, {asked.runs} retrievals each", table)


if __name__ == "__main__":
    main()
