"""A page served in this process and a real browser to read it with."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from chatrec.ui.server import PageServer, listen

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)


expect.set_options(timeout=15_000)  # milliseconds: machines that test have other things to do as well


@contextmanager
def browser_of_this_machine() -> Iterator[Browser]:
    """Debian's chromium with an empty profile."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.fail("These tests read the page in a real browser: apt-get install --yes chromium", pytrace=False)
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))) as browser,
    ):
        yield browser


@contextmanager
def served(rec: Any, *, port: int = 0) -> Iterator[str]:
    """The address of the page of `rec`, while the block lasts; port 0 is any free one."""
    up = threading.Event()
    with listen("127.0.0.1", port) as listening:
        server = PageServer(rec, listening, ready=lambda _: up.set())
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket.socket(fileno=listening.detach())]})
        thread.start()
        try:
            assert up.wait(20)
            yield server.url
        finally:
            server.should_exit = True
            thread.join(10)


class Reader:
    """Somebody in front of the page: what they do, and what their browser asked for."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        context.set_default_timeout(30_000)
        self.url = url
        self.page: Page = context.new_page()
        self.requests: list[str] = []
        self.alarms: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.alarms.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.alarms.append(dialog.message), dialog.dismiss())[0])
        self.page.goto(url)
        self.box.wait_for()

    @property
    def box(self) -> Any:
        return self.page.get_by_label("Your message")

    @property
    def shown(self) -> Any:
        """The talk as it is seen; the same words are told once more to whoever hears the page."""
        return self.page.locator("#past, #now")

    @property
    def turns(self) -> Any:
        return self.page.locator(".turn")

    @property
    def cards(self) -> Any:
        return self.page.locator(".card")

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name)

    def say(self, message: str) -> None:
        self.box.fill(message)
        self.box.press("Enter")

    def ask(self, message: str) -> None:
        """Says it and waits until the whole reply stands among what was said before."""
        before = self.turns.count()
        self.say(message)
        self.page.locator("#past .turn").nth(before).wait_for()
        expect(self.page.locator("#now .turn")).to_have_count(0)
        self.button("Send").wait_for()


Open = Callable[..., Reader]
