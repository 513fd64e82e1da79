"""How long the page takes until it can be used, in a real browser: python tests/benchmarks/bench_page.py

Median and worst of some loads, each in a browser profile of its own, of the sample catalogue without a language model.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1]))

from browsing import browser_of_this_machine, served
from playwright.sync_api import Page, expect

from chatrec import ChatRec, Settings


def seconds(page: Page, url: str) -> float:
    """From asking for the address until a message can be typed and the first suggestions stand there."""
    begun = time.perf_counter()
    page.goto(url)
    expect(page.get_by_label("Your message")).to_be_editable()
    expect(page.get_by_text("What are you looking for?")).to_be_visible()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=10)
    asked = parser.parse_args()
    rec = ChatRec(Settings.from_env().model_copy(update={"llm": "builtin"}))
    taken = []
    with served(rec) as url, browser_of_this_machine() as browser:
        for load in range(asked.loads + 1):
            context = browser.new_context()
            spent = seconds(context.new_page(), url)
            context.close()
            taken += [spent] if load else []  # the first one reads the server's files
    Console().print(
        f"{asked.loads} loads: median {median(taken):.2f} s, worst {max(taken):.2f} s until it can be used."
    )


if __name__ == "__main__":
    main()
