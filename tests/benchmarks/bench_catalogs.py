"""What indexing costs: for each catalogue file the time, passages a second, peak memory and disk, cold and again.

    python tests/benchmarks/bench_catalogs.py FILE... [--home DIR]

Each file is indexed as a catalogue of its own by `chatrec index` in a fresh process; the embedding model is exported
before the clock starts. With --home the catalogues are kept there, to be talked to or timed by bench_turns.py.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chatrec.embedding import load_embedder
from chatrec.settings import Settings
from chatrec.store.index import catalog_folder, open_snapshot


def indexed(path: Path, name: str, home: Path) -> tuple[float, float]:
    """Seconds and peak memory (MiB) of one `chatrec index` in a process of its own."""
    command = [sys.executable, "-m", "chatrec.cli", "index", str(path), "--catalog", name]
    begun = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "CHATREC_HOME": str(home)}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    assert isinstance(usage, resource.struct_rusage)
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    table = Table("catalogue", "items", "passages", "seconds", "passages/s", "peak MiB", "disk MiB", "again s")
    with tempfile.TemporaryDirectory() as scratch:
        home = asked.home or Path(scratch)
        embedder = load_embedder(Settings.from_env().model_copy(update={"home": home}))
        for path in asked.files:
            name = re.sub(r"\W+", "-", path.name.split(".")[0])
            seconds, memory = indexed(path, name, home)
            again, _ = indexed(path, name, home)
            folder = catalog_folder(home, name)
            snapshot = open_snapshot(folder, stamp=embedder.stamp)
            passages = sum(bool(item.description.strip()) + len(item.reviews) for item in _all(snapshot))
            disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20
            table.add_row(
                name,
                f"{snapshot.count:,}",
                f"{passages:,}",
                f"{seconds:.1f}",
                f"{passages / seconds:.0f}",
                f"{memory:.0f}",
                f"{disk:.0f}",
                f"{again:.1f}",
            )
            snapshot.close()
    Console(width=120).print(table)


def _all(snapshot):  # type: ignore[no-untyped-def]
    ids = snapshot.items.ids
    for start in range(0, len(ids), 500):
        yield from snapshot.items.get(ids[start : start + 500])


if __name__ == "__main__":
    main()
