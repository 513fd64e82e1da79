"""Conversations, catalogues, feedback and passwords on the page, in a real browser with the real rooms behind it."""

from __future__ import annotations

import http.client
import json
import logging
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Open, Reader, browser_of_this_machine, served
from hash_embedder import HashEmbedder
from playwright.sync_api import Browser, expect

from chatrec import ChatRec, Settings
from chatrec.ui.shared import Place

LAMPS = [
    {"id": f"lamp-{n}", "title": f"Lamp {n}", "description": f"A {word} lamp.", "colour": word, "price": 10 * n}
    for n, word in enumerate(("red", "green", "blue", "yellow"), 1)
]
GAMES = "id,title,description,players\ng1,Ferry Lanes,A quiet puzzle of boats.,2\ng2,Pocket Weir,A loud race.,4\n"


def lamps(home: Path, **settings: Any) -> ChatRec:
    rec = ChatRec(Settings(home=home, catalog="lamps", llm="builtin", **settings))
    rec.__dict__["embedder"] = HashEmbedder()
    if "lamps" not in rec.catalogs():
        rec.index(LAMPS)
    return rec


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_of_this_machine() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens an address in a browser of its own, that shares nothing with the others; gives a Reader."""
    contexts = []

    def opened(url: str, *, width: int = 1440, **more: Any) -> Reader:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **more))
        return Reader(contexts[-1], url)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def rec(tmp_path: Path) -> Iterator[ChatRec]:
    rec = lamps(tmp_path)
    yield rec
    rec.close()


@pytest.fixture
def url(rec: ChatRec) -> Iterator[str]:
    with served(rec) as address:
        yield address


def titles(reader: Reader) -> Any:
    return reader.page.locator("#talks .title > span:first-child")


def menu(reader: Reader, title: str, entry: str) -> None:
    reader.page.get_by_label(f"More for: {title}").click()
    reader.page.locator("details.menu[open]").get_by_role("button", name=entry).click()


def anew(reader: Reader) -> None:
    reader.button("New conversation").click()
    expect(reader.turns).to_have_count(0)


def link_of(reader: Reader) -> str:
    return f"{reader.url}?c={reader.page.locator('#talks .current').get_attribute('data-session')}"


def test_after_a_reload_and_a_restart_it_goes_on(tmp_path: Path, open_page: Open) -> None:
    first = lamps(tmp_path)
    with served(first) as address:
        reader = open_page(address)
        reader.ask("a red lamp")
        anew(reader)
        reader.ask("a blue lamp")
        reader.page.reload()
        expect(reader.page.locator(".said")).to_have_text(["You: a blue lamp"])
        expect(titles(reader)).to_have_text(["a blue lamp", "a red lamp"])
    first.close()
    again = lamps(tmp_path)
    with served(again, port=int(address.rpartition(":")[2])):
        reader.page.reload()
        expect(titles(reader)).to_have_text(["a blue lamp", "a red lamp"])
        reader.page.get_by_role("button", name="a red lamp", exact=True).click()
        expect(reader.page.locator(".said")).to_have_text(["You: a red lamp"])
        reader.ask("under 15")
        expect(titles(reader)).to_have_text(["a red lamp", "a blue lamp"])
        expect(reader.page.locator("#talks [aria-current=true]")).to_have_text("a red lamp")
    [user] = {again.conversations.load(each).user for each in sessions_of(again)}  # type: ignore[union-attr]
    assert re.fullmatch(r"[\w-]{22}", user or "")
    again.close()


def sessions_of(rec: ChatRec) -> list[str]:
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{rec.settings.home / 'conversations.db'}")
    with engine.connect() as connection:
        found = list(connection.scalars(text("SELECT id FROM sessions")))
    engine.dispose()
    return found


def test_conversations_are_renamed_searched_and_deleted(rec: ChatRec, url: str, open_page: Open) -> None:
    reader = open_page(url)
    reader.ask("a red lamp")
    anew(reader)
    reader.ask("a blue lamp")
    menu(reader, "a red lamp", "Rename")
    reader.page.get_by_role("dialog").get_by_role("textbox").fill("For <b>the hall</b>")
    reader.page.keyboard.press("Enter")
    expect(titles(reader)).to_have_text(["a blue lamp", "For <b>the hall</b>"])
    expect(reader.page.get_by_label("More for: For <b>the hall</b>")).to_be_focused()
    search = reader.page.get_by_label("Search conversations")
    search.fill("HALL")
    expect(titles(reader)).to_have_text(["For <b>the hall</b>"])
    search.fill("red lamp")  # what was said
    expect(titles(reader)).to_have_text(["For <b>the hall</b>"])
    search.fill("submarine")
    expect(reader.page.get_by_text("Nothing found.")).to_be_visible()
    search.fill("")
    expect(titles(reader)).to_have_count(2)
    menu(reader, "a blue lamp", "Delete")
    reader.button("Cancel").click()
    expect(titles(reader)).to_have_count(2)
    menu(reader, "a blue lamp", "Delete")
    reader.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(titles(reader)).to_have_text(["For <b>the hall</b>"])
    assert reader.page.evaluate("document.activeElement.tagName") != "BODY"
    expect(reader.turns).to_have_count(0)  # it was the one that was open
    assert len(sessions_of(rec)) == 1
    assert reader.alarms == []


def test_two_people_see_their_own_and_a_link_is_to_be_read(rec: ChatRec, url: str, open_page: Open) -> None:
    ann, ben = open_page(url), open_page(url)
    ann.ask("a red lamp")
    ben.ask("a blue lamp")
    expect(titles(ann)).to_have_text(["a red lamp"])
    expect(titles(ben)).to_have_text(["a blue lamp"])
    ben.page.goto(link_of(ann))
    expect(ben.page.locator(".said")).to_have_text(["You: a red lamp"])
    expect(ben.page.get_by_text("somebody else's conversation")).to_be_visible()
    expect(ben.page.locator(".thumbs")).to_have_count(0)
    ben.say("and a green one")
    expect(ben.page.get_by_role("alert")).to_contain_text("another user's")
    [theirs] = [each for each in sessions_of(rec) if rec.conversations.load(each).title == "a red lamp"]  # type: ignore[union-attr]
    assert len(rec.conversations.load(theirs).turns) == 1  # type: ignore[union-attr]
    expect(titles(ben)).to_have_text(["a blue lamp"])
    assert "?c=" not in ben.page.url


def test_a_link_opens_a_conversation_of_ones_own_and_makes_none(rec: ChatRec, url: str, open_page: Open) -> None:
    reader = open_page(url)
    reader.ask("a red lamp")
    link = link_of(reader)
    anew(reader)
    reader.page.goto(link)
    expect(reader.page.locator(".said")).to_have_text(["You: a red lamp"])
    reader.ask("a cheaper one")
    reader.page.goto(f"{url}?c=chosen-by-somebody-else")
    expect(reader.page.get_by_text("That conversation is not there")).to_be_visible()
    anew(reader)
    reader.ask("a blue lamp")
    assert rec.conversations.load("chosen-by-somebody-else") is None


@pytest.mark.parametrize(
    ("entry", "suffix", "part"),
    [
        ("Export as Markdown", "md", "**You:** a \\<b\\>red\\</b\\> lamp"),
        ("Export as JSON", "json", '"catalog": "lamps"'),
    ],
)
def test_an_export_is_downloaded(entry: str, suffix: str, part: str, rec: ChatRec, url: str, open_page: Open) -> None:
    reader = open_page(url)
    reader.ask("a <b>red</b> lamp")
    with reader.page.expect_download() as downloading:
        menu(reader, "a <b>red</b> lamp", entry)
    file = downloading.value
    assert file.suggested_filename == f"a-b-red-b-lamp.{suffix}"
    assert part in Path(file.path()).read_text(encoding="utf-8")


def test_what_is_thought_of_a_reply_is_kept(rec: ChatRec, url: str, open_page: Open) -> None:
    reader = open_page(url)
    reader.ask("a red lamp")
    good, bad = (reader.page.get_by_role("button", name=f"{name} reply") for name in ("Good", "Bad"))
    good.click()
    why = reader.page.get_by_label("Why, in a word")
    why.fill("just <i>right</i>")
    why.press("Enter")
    expect(reader.page.get_by_text("Kept, thank you.")).to_be_visible()
    reader.ask("a blue lamp")
    expect(good.first).to_have_attribute("aria-pressed", "true")
    reader.page.reload()
    expect(good.first).to_have_attribute("aria-pressed", "true")
    expect(why.first).to_have_value("just <i>right</i>")
    bad.nth(1).click()
    bad.nth(1).click()  # taken back
    expect(bad.nth(1)).to_have_attribute("aria-pressed", "false")
    expected = [(1, "", 1, "just <i>right</i>")]
    for _ in range(100):  # the browser shows it before the server has it
        votes = [(vote.turn, vote.item_id, vote.value, vote.text) for vote in rec.conversations.feedback_rows()]
        if votes == expected:
            break
        reader.page.wait_for_timeout(100)
    assert votes == expected
    assert "lamp-1" in {item for _, item in rec.conversations.marked_good("lamps")}


def test_forget_me_deletes_everything(rec: ChatRec, url: str, open_page: Open) -> None:
    reader, other = open_page(url), open_page(url)
    other.ask("a green lamp")
    reader.ask("a red lamp for Zanzibar")
    anew(reader)
    reader.ask("a blue lamp for Zanzibar")
    reader.page.get_by_role("button", name="Good reply").click()
    link = link_of(reader)
    reader.button("Forget me").click()
    reader.page.get_by_role("dialog").get_by_role("button", name="Forget me").click()
    expect(reader.page.get_by_text("All that was kept of you is deleted.")).to_be_visible()
    expect(reader.turns).to_have_count(0)
    expect(titles(reader)).to_have_count(0)
    other.page.goto(link)
    expect(other.page.get_by_text("That conversation is not there")).to_be_visible()
    expect(titles(other)).to_have_text(["a green lamp"])
    assert not any(b"Zanzibar" in path.read_bytes() for path in rec.settings.home.glob("conversations.db*"))
    reader.ask("a red lamp")
    expect(titles(reader)).to_have_text(["a red lamp"])


# Catalogues


def hand_in(reader: Reader, name: str, content: bytes) -> None:
    if not reader.page.locator("#adding").is_visible():
        reader.button("Add a catalogue").click()
    with reader.page.expect_file_chooser() as choosing:
        reader.button("Choose a file").click()
    choosing.value.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})


def test_a_catalogue_is_added_and_talked_to(rec: ChatRec, url: str, open_page: Open) -> None:
    reader = open_page(url)
    reader.ask("a red lamp")
    hand_in(reader, "../../My <i>games</i>.csv", GAMES.encode())
    report = reader.page.locator("#report")
    expect(report).to_contain_text("was read as csv: its header has the columns id and title")
    expect(report).to_contain_text("2 items in it.")
    expect(report.locator("tbody tr").first).to_contain_text("Ferry Lanes")
    expect(report).to_contain_text("players number 2 to 4")
    name = reader.page.get_by_label("Name of the catalogue")
    name.fill("lamps")
    reader.button("Index it").click()
    expect(reader.page.get_by_role("alert")).to_contain_text("There is a catalogue 'lamps' already.")
    name.fill("../games")
    reader.button("Index it").click()
    expect(reader.page.get_by_role("alert")).to_contain_text("cannot be the name of a catalogue")
    name.fill("games")
    reader.button("Index it").click()
    expect(reader.page.locator("#header")).to_contain_text("games, 2 items")
    expect(reader.page.locator("#adding")).to_be_hidden()
    expect(reader.turns).to_have_count(0)  # the conversation about the other catalogue has gone
    reader.ask("a quiet puzzle")
    expect(reader.cards.first.get_by_role("heading")).to_contain_text("Ferry Lanes")
    expect(reader.page.locator("#talks .where")).to_have_text(["lamps"])
    assert rec.catalogs() == ["games", "lamps"]
    reader.page.get_by_role("button", name="a red lamp").first.click()
    expect(reader.page.locator("#header")).to_contain_text("lamps, 4 items")
    expect(reader.page.locator(".said")).to_have_text(["You: a red lamp"])
    reader.page.get_by_label("Catalogue", exact=True).select_option("games")
    expect(reader.page.locator("#header")).to_contain_text("games")
    expect(reader.turns).to_have_count(0)
    reader.page.reload()
    expect(reader.page.locator("#header")).to_contain_text("games")
    assert reader.alarms == []


def test_a_bad_file_is_told_by_line_and_the_rest_can_be_taken(rec: ChatRec, url: str, open_page: Open) -> None:
    reader = open_page(url)
    lines = ['{"id": "a", "title": "One"}', '{"id": "b"}', "<script>alert(1)</script>", '{"id": "c", "title": "Two"}']
    hand_in(reader, "things.jsonl", "\n".join(lines).encode())
    alert = reader.page.get_by_role("alert")
    expect(alert).to_contain_text("2 records are bad and would be left out:")
    expect(alert.locator("li").nth(0)).to_contain_text("things.jsonl, line 2: field 'title'")
    expect(alert.locator("li").nth(1)).to_contain_text("things.jsonl, line 3: expected one JSON object")
    expect(reader.page.locator("#report")).to_contain_text("2 items in it.")
    hand_in(reader, "films.zip", b"PK\x03\x04" + bytes(100))
    expect(reader.page.get_by_text(re.compile("films.zip"))).to_contain_text(".csv")  # what it may be instead
    expect(reader.page.locator("body")).not_to_contain_text("Traceback")
    reader.button("Cancel").click()
    expect(reader.page.locator("#adding")).to_be_hidden()
    assert rec.catalogs() == ["lamps"]


def test_where_no_files_are_taken_none_arrive(tmp_path: Path, open_page: Open) -> None:
    rec = lamps(tmp_path, ui_upload_mb=0)
    with served(rec) as address:
        reader = open_page(address)
        expect(reader.page.locator("#choice")).to_be_visible()
        expect(reader.button("Add a catalogue")).to_have_count(0)
        assert posted(address, "/gradio_api/upload", *form(b"x" * 100)) >= 400
    rec.close()


def test_a_file_beyond_the_limit_does_not_arrive(tmp_path: Path) -> None:
    rec = lamps(tmp_path, ui_upload_mb=1)
    with served(rec) as address:
        assert posted(address, "/gradio_api/upload", *form(b"x" * (2**20 + 2**16))) >= 400
        assert posted(address, "/gradio_api/upload", *form(b"x" * 1000)) == 200
    rec.close()


def form(content: bytes) -> tuple[bytes, dict[str, str]]:
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n' + content + b"\r\n--x--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=x"}


# Who may enter


def asked(url: str, path: str, headers: dict[str, str], *, method: str = "GET", body: bytes | None = None) -> int:
    host, _, port = url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def posted(url: str, path: str, body: bytes, headers: dict[str, str]) -> int:
    return asked(url, path, headers, method="POST", body=body)


def basic(credentials: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(credentials.encode()).decode()}


PATHS = ("/", "/config", "/gradio_api/info", "/gradio_api/queue/data?session_hash=x", "/gradio_api/file=/etc/passwd",
         "/theme.css", "/gradio_api/startup-events", "/no-such-page")  # fmt: skip


def test_with_a_password_nothing_is_reached_without_it(
    tmp_path: Path, open_page: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rec = lamps(tmp_path, ui_auth="ann:hunter2, ben:other:words")
    assert "hunter2" not in repr(rec.settings)
    with served(rec) as address:
        for path in PATHS:
            assert asked(address, path, {}) == 401, path
        for wrong in ("ann:hunter", "ann:other:words", "ben:hunter2", ":", "ann:hunter2\0", ""):
            assert asked(address, "/config", basic(wrong)) == 401, wrong
        for odd in ("Basic", "Basic ###", "Bearer hunter2", "Basic " + "x" * 5000):
            assert asked(address, "/config", {"Authorization": odd}) == 401, odd
        assert posted(address, "/gradio_api/upload", *form(b"x")) == 401
        for right in ("ann:hunter2", "ben:other:words"):
            assert asked(address, "/config", basic(right)) == 200
        reader = open_page(address, http_credentials={"username": "ann", "password": "hunter2"})
        reader.ask("a red lamp")
        expect(titles(reader)).to_have_text(["a red lamp"])
    assert "hunter2" not in caplog.text
    rec.close()


def test_a_foreign_page_cannot_send_anything_here(url: str) -> None:
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200)):
        body, headers = form(b"id,title\n")
        assert posted(url, "/gradio_api/upload", body, {**headers, "Sec-Fetch-Site": site}) == status


# Many at once


def test_twenty_people_at_once_have_states_of_their_own(rec: ChatRec, url: str) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    words = ("red", "green", "blue", "yellow")
    failures: list[str] = []

    def call(message: str, place: Place, visit: str) -> None:
        """Sends a message as the page does, and follows the reply to its end."""
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        event = {"data": [message, place.kept()], "fn_index": ask, "session_hash": visit, "trigger_id": None}
        connection.request("POST", "/gradio_api/queue/join", json.dumps(event), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
        connection.request("GET", f"/gradio_api/queue/data?session_hash={visit}")
        stream = connection.getresponse()
        for line in iter(stream.readline, b""):
            told = json.loads(line.removeprefix(b"data: ")) if line.startswith(b"data: ") else {}
            assert told.get("success", True), told
            if told.get("msg") == "close_stream":
                break
        connection.close()

    def talk(number: int) -> None:
        try:
            place = Place(user=f"user-{number:017d}").settled()
            barrier.wait(60)
            call(f"a {words[number % 4]} lamp, says {number}", place, f"visit-{number}a")
            call(f"under {11 + number}", place, f"visit-{number}b")
        except Exception as error:  # noqa: BLE001 (a thread's errors reach the test by this list)
            failures.append(f"{number}: {error!r}")

    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.request("GET", "/config")
    config = json.loads(connection.getresponse().read())
    connection.close()
    [box] = [each["id"] for each in config["components"] if each["props"].get("elem_id") == "box"]
    [ask] = [each["id"] for each in config["dependencies"] if [box, "submit"] in each["targets"]]
    barrier = threading.Barrier(20)
    threads = [threading.Thread(target=talk, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    for number in range(20):
        [line] = rec.conversations.list_sessions(f"user-{number:017d}")
        kept = rec.conversations.load(line.id)
        assert kept is not None
        said = [f"a {words[number % 4]} lamp, says {number}", f"under {11 + number}"]
        assert [turn.message for turn in kept.turns] == said
        assert [each.values for each in kept.state.constraints if each.facet == "price"] == [(11 + number,)]
