"""Takes the pictures in ui/screenshots anew, against the sample catalogue: python tests/take_screenshot.py."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from browsing import Reader, browser_of_this_machine, served
from playwright.sync_api import Browser

MESSAGE = "I loved Spirited Away. Something as strange, but for grown-ups?"
PICTURES = Path(__file__).parent.parent / "ui" / "screenshots"


def take(rec: Any, pictures: Path = PICTURES) -> None:
    """page.png: a reply with a quote opened; comparison.png: two items side by side; phone.png: at night, narrow."""
    with served(rec) as url, browser_of_this_machine() as browser:
        reader = _asked(browser, url, width=1440)
        reader.cards.first.locator("summary").click()
        reader.box.focus()
        reader.page.screenshot(path=pictures / "page.png")
        for place in (0, 1):
            reader.cards.nth(place).get_by_role("button", name="Compare").click()
        reader.page.locator("#compare").click()
        reader.page.locator(".comparison").wait_for()
        reader.page.wait_for_timeout(500)  # it scrolls into view
        reader.page.screenshot(path=pictures / "comparison.png")
        phone = _asked(browser, url, width=390, color_scheme="dark")
        phone.page.screenshot(path=pictures / "phone.png")


def _asked(browser: Browser, url: str, *, width: int, **context: Any) -> Reader:
    reader = Reader(browser.new_context(viewport={"width": width, "height": 900}, **context), url)
    reader.ask(MESSAGE)
    return reader


def main() -> None:
    from chatrec import ChatRec, Settings
    from chatrec.catalog import sample

    with tempfile.TemporaryDirectory() as home:
        rec = ChatRec(Settings(home=Path(home), catalog="sample", llm="builtin"))
        rec.index(sample.films())
        take(rec)
        rec.close()


if __name__ == "__main__":
    main()
