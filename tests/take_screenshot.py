"""Takes ui/screenshots/page.png anew, of one request against the sample catalogue: python tests/take_screenshot.py."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from browsing import Reader, browser_of_this_machine, served

MESSAGE = "I loved Spirited Away. Something as strange, but for grown-ups?"
PICTURE = Path(__file__).parent.parent / "ui" / "screenshots" / "page.png"


def take(rec: Any, picture: Path = PICTURE, *, message: str = MESSAGE) -> None:
    with served(rec) as url, browser_of_this_machine() as browser:
        reader = Reader(browser.new_context(viewport={"width": 1440, "height": 1000}), url)
        reader.ask(message)
        reader.cards.first.locator("summary").click()
        reader.box.focus()
        # The column and some air around it, rather than the whole window.
        reader.page.screenshot(path=picture, clip={"x": 280, "y": 0, "width": 880, "height": 1000})


def main() -> None:
    from chatrec import ChatRec, Settings
    from chatrec.catalog import sample

    with tempfile.TemporaryDirectory() as home:
        rec = ChatRec(Settings(home=Path(home), catalog="sample", llm="builtin"))
        rec.index(sample.films())
        take(rec, message=sys.argv[1] if len(sys.argv) > 1 else MESSAGE)
        rec.close()


if __name__ == "__main__":
    main()
