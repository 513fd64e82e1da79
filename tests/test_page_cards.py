"""What can be done with cards, suggestions and replies, in a real browser, against a whole ChatRec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Reader, browser_of_this_machine, served
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from playwright.sync_api import Browser, Locator, expect
from small import small

from chatrec import ChatRec
from chatrec.catalog import Item
from chatrec.errors import LanguageModelError
from chatrec.fake_llm import FakeChatModel, named
from chatrec.types import DialogueState, Mention

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_of_this_machine() as running:
        yield running


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatRec]:
    rec = small(tmp_path_factory.mktemp("films"), "films")
    yield rec
    rec.close()


@pytest.fixture(scope="module")
def address(films: ChatRec) -> Iterator[str]:
    with served(films) as url:
        yield url


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Reader]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    made = Reader(context, address)
    yield made
    assert made.alarms == []
    assert [each for each in made.requests if not each.startswith((address, "data:", "blob:"))] == []
    context.close()


def last(reader: Reader) -> Locator:
    return reader.page.locator("#past .turn:not([data-edit])").last


def press(reader: Reader, card: Locator, name: str) -> None:
    card.get_by_role("button", name=name).click()


def await_turns(reader: Reader, count: int) -> None:
    expect(reader.page.locator("#past .turn:not([data-edit])")).to_have_count(count)
    expect(reader.page.locator("#now .turn")).to_have_count(0)


def state_of(reader: Reader, films: ChatRec) -> DialogueState:
    """The state of the session that stands in this browser, by its latest turn."""
    said = reader.page.locator("#past .turn .said").first.text_content() or ""
    for user in users(films):
        for summary in films.conversations.list_sessions(user):
            session = films.session(summary.id)
            if session.turns and f"You: {session.turns[0].message}" == said:
                return session.state
    raise AssertionError("no session begins like this")


def users(films: ChatRec) -> list[str]:
    from sqlalchemy import select

    from chatrec.conversations.rows import USERS

    with films.conversations._database.reading() as rows:
        return list(rows._connection.scalars(select(USERS.c.id)))


def test_more_like_this_and_not_this_are_turns_that_can_be_undone(reader: Reader, films: ChatRec) -> None:
    reader.ask("a comedy, more and not")
    card = reader.cards.nth(1)
    title, item_id = card.locator("h3").inner_text(), card.get_attribute("data-item")
    press(reader, card, "More like this")
    await_turns(reader, 2)
    expect(last(reader).locator(".said")).to_have_text(f"You: More like “{title}”")
    assert [mention.item_id for mention in state_of(reader, films).liked] == [item_id]
    turned_down = last(reader).locator(".card").first
    gone = turned_down.get_attribute("data-item")
    press(reader, turned_down, "Not this")
    await_turns(reader, 3)
    assert Mention(str(gone), 3) in state_of(reader, films).rejected
    assert gone not in [card.get_attribute("data-item") for card in last(reader).locator(".card").all()]
    reader.ask("undo that")
    assert state_of(reader, films).rejected == ()
    assert [mention.item_id for mention in state_of(reader, films).liked] == [item_id]


def test_seen_and_saved_are_marks_that_stay_and_can_be_taken_off(reader: Reader, films: ChatRec) -> None:
    reader.ask("a comedy, seen and saved")
    card = reader.cards.first
    title, item_id = card.locator("h3").inner_text(), card.get_attribute("data-item")
    press(reader, card, "Save")
    expect(card.get_by_role("button", name="Saved")).to_have_attribute("aria-pressed", "true")
    press(reader, card, "Seen it")
    expect(card.get_by_role("button", name="Seen")).to_have_attribute("aria-pressed", "true")
    expect(reader.page.locator("#past [data-edit]")).to_contain_text(title)
    assert [mention.item_id for mention in state_of(reader, films).seen] == [item_id]
    reader.page.reload()
    expect(card.get_by_role("button", name="Saved")).to_have_attribute("aria-pressed", "true")
    press(reader, card, "Seen")
    expect(card.get_by_role("button", name="Seen it")).to_have_attribute("aria-pressed", "false")
    assert state_of(reader, films).seen == ()
    reader.button("Saved items").click()
    expect(reader.page.get_by_label("Saved", exact=True).locator("li")).to_have_text([title])


def test_why_is_written_on_demand_into_the_card_and_folds_again(reader: Reader) -> None:
    reader.ask("a comedy, why")
    card = reader.cards.nth(1)
    press(reader, card, "Why?")
    expect(card.locator(".given li").first).to_be_visible()
    expect(reader.page.locator(".given")).to_have_count(1)
    press(reader, card, "Why?")
    expect(reader.page.locator(".given")).to_have_count(0)


def test_two_cards_stand_side_by_side_with_facts_praise_and_complaints(reader: Reader) -> None:
    reader.ask("a comedy, side by side")
    titles = [reader.cards.nth(place).locator("h3").inner_text() for place in (0, 2)]
    bar = reader.page.locator("#choosing")
    expect(bar).to_be_hidden()
    press(reader, reader.cards.nth(0), "Compare")
    expect(bar).to_contain_text("choose one more")
    expect(bar.get_by_role("button", name="Compare")).to_be_disabled()
    press(reader, reader.cards.nth(2), "Compare")
    bar.get_by_role("button", name="Compare").click()
    table = reader.page.get_by_label("Comparison")
    expect(table.locator("thead th")).to_have_text(titles)
    expect(table.get_by_role("row", name="Runtime")).to_contain_text("min")
    expect(table.get_by_role("row", name="Praise")).to_contain_text("I recommend it")
    expect(table.get_by_role("row", name="Complaints")).to_contain_text("disappointment")
    expect(table.get_by_role("heading", name="Side by side")).to_be_focused()
    expect(bar).to_be_hidden()
    table.get_by_role("button", name="Close").click()
    expect(table).to_be_hidden()
    expect(reader.box).to_be_focused()


def test_a_suggestion_is_sent_by_one_click_and_only_the_last_reply_has_some(reader: Reader, films: ChatRec) -> None:
    reader.ask("a comedy, suggestions")
    reader.page.get_by_role("group", name="Suggested next messages").get_by_role("button", name="Shorter").click()
    await_turns(reader, 2)
    expect(last(reader).locator(".said")).to_have_text("You: something shorter")
    [constraint] = [known for known in state_of(reader, films).constraints if known.facet == "runtime"]
    assert (constraint.op, constraint.turn) == ("below", 2)
    facts = last(reader).locator(".facts .matters", has_text=" min").all_inner_texts()
    runtimes = [float(found[1]) for fact in facts if (found := re.search(r"([\d.]+) min", fact))]
    assert runtimes
    assert max(runtimes) < float(constraint.values[0])
    expect(reader.page.locator(".turn").first.locator(".chips")).to_be_hidden()
    expect(last(reader).locator(".chips")).to_be_visible()


def test_a_reloaded_reply_is_as_rich_as_the_live_one(reader: Reader) -> None:
    reader.ask("a comedy in French under 95 minutes, rich")
    rich = reader.page.locator("#past .turn")
    live = rich.inner_html()
    expect(rich.locator(".breaks, .matters").first).to_be_visible()
    expect(rich.locator(".used")).to_contain_text("no language model")
    reader.page.reload()
    expect(rich).to_have_count(1)
    assert rich.inner_html().replace(' hidden=""', "") == live.replace(' hidden=""', "")


def test_the_focus_stays_where_it_was_when_the_page_is_drawn_anew(reader: Reader) -> None:
    reader.ask("a comedy, focus")
    button = reader.cards.nth(1).get_by_role("button", name="Save")
    button.focus()
    reader.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_be_focused()
    reader.page.keyboard.press("Tab")
    expect(reader.cards.nth(1).get_by_role("button", name="Why?")).to_be_focused()
    reader.page.keyboard.press("Enter")
    expect(reader.cards.nth(1).locator(".given li").first).to_be_visible()


class Dying(FakeChatModel):
    """Hangs up after half of every answer."""

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        chunks = list(super()._stream(messages, *args, **kwargs))
        yield from chunks[: len(chunks) // 2]
        raise LanguageModelError("The language model hung up.")


def test_everything_about_cards_can_be_done_with_the_keyboard(reader: Reader, films: ChatRec) -> None:
    keyboard = reader.page.keyboard
    keyboard.type("a comedy, by keyboard")
    keyboard.press("Enter")
    await_turns(reader, 1)
    for place in (2, 0):
        back_to(reader, reader.cards.nth(place).get_by_role("button", name="Compare"))
        keyboard.press("Space")
    for _ in range(60):
        keyboard.press("Tab")
        if reader.page.evaluate("document.activeElement.id") == "compare":
            break
    keyboard.press("Enter")
    expect(reader.page.get_by_role("heading", name="Side by side")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")  # Close
    expect(reader.box).to_be_focused()
    chip = last(reader).locator(".chip").first
    words = chip.get_attribute("data-say")
    back_to(reader, chip)
    keyboard.press("Enter")
    await_turns(reader, 2)
    expect(last(reader).locator(".said")).to_have_text(f"You: {words}")
    back_to(reader, last(reader).locator(".card").first.get_by_role("button", name="Not this"))
    keyboard.press("Enter")
    await_turns(reader, 3)
    assert len(state_of(reader, films).rejected) == 1


def back_to(reader: Reader, element: Locator) -> None:
    """Tabs backwards until the element has the focus."""
    for _ in range(90):
        reader.page.keyboard.press("Shift+Tab")
        if element.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("it cannot be reached")


def test_a_language_model_that_dies_in_the_middle_leaves_a_reply_and_a_note(browser: Browser, tmp_path: Path) -> None:
    rec = small(tmp_path, "lamps")
    rec.model = Dying(answers=named("scripted").answers)  # type: ignore[attr-defined]  # it is a FakeChatModel
    with served(rec) as url:
        context = browser.new_context()
        reader = Reader(context, url)
        reader.ask("a red lamp")
        expect(reader.cards.first).to_be_visible()
        expect(reader.cards.first.locator(".claim").first).to_be_visible()
        expect(reader.page.locator(".note").first).to_contain_text("hung up")
        expect(reader.page.get_by_role("alert")).to_have_count(0)
        expect(reader.page.locator(".used")).to_be_visible()
        reader.ask("cheaper")
        expect(reader.page.locator("#past .turn")).to_have_count(2)
        context.close()
    rec.close()


def test_hostile_reviews_and_titles_stay_text_in_comparisons_and_reasons(browser: Browser, tmp_path: Path) -> None:
    rec = small(tmp_path, "lamps")
    script = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    rec.index(
        [
            {
                "id": f"x{place}\"'<b>",
                "title": f"{script} {place}",
                "description": f"A crooked lamp. {script}",
                "colour": f"red {script}",
                "picture": "http://evil.example/x.png",
                "reviews": [
                    {"id": "1", "text": f"It is a delight {script}, and I recommend it.", "rating": 5},
                    {"id": "2", "text": f"A dreadful disappointment {script}.", "rating": 1},
                ],
            }
            for place in range(3)
        ]
    )
    with served(rec) as url:
        context = browser.new_context()
        reader = Reader(context, url)
        reader.ask("a crooked lamp")
        for place in (0, 1):
            press(reader, reader.cards.nth(place), "Compare")
        reader.page.locator("#compare").click()
        expect(reader.page.get_by_label("Comparison").locator("thead th").first).to_contain_text("<script>")
        press(reader, reader.cards.first, "Why?")
        expect(reader.cards.first.locator(".given")).to_be_visible()
        press(reader, reader.cards.first, "More like this")
        await_turns(reader, 2)
        expect(last(reader).locator(".said")).to_contain_text("<script>")
        assert reader.page.locator("#page :is(a, img, script, iframe)").count() == 0
        assert reader.alarms == []
        assert [each for each in reader.requests if not each.startswith((url, "data:", "blob:"))] == []
        context.close()
    rec.close()


def test_a_picture_of_the_catalogue_is_shown_and_a_broken_one_gives_way_to_letters(
    browser: Browser, tmp_path: Path
) -> None:
    rec = small(tmp_path, "lamps")
    broken = "data:image/png;base64,AAAA"
    rec.index(
        [
            {"id": f"pictured/{place}", "title": f"Pictured {place}", "colour": "mauve", "cover": cover}
            for place, cover in enumerate((PIXEL, broken))
        ]
    )
    with served(rec) as url:
        context = browser.new_context()
        reader = Reader(context, url)
        reader.ask("a mauve lamp")
        shown = reader.page.locator(".card[data-item='pictured/0'] img")
        expect(shown).to_be_visible()
        assert shown.evaluate("image => image.complete && image.naturalWidth") == 1
        expect(reader.page.locator(".card[data-item='pictured/1'] img")).to_be_hidden()
        expect(reader.page.locator(".card[data-item='pictured/1'] .initials")).to_have_text("P1")
        expect(reader.page.locator(".card[data-item='luna'] img")).to_have_count(0)
        context.close()
    rec.close()


def test_only_pictures_are_pictures() -> None:
    from chatrec.ui.pictures import picture_of

    assert picture_of(Item("a", "A", attributes={"cover": PIXEL}))
    for other in ("data:image/svg+xml;base64,PHN2Zz4=", "data:text/html;base64,PGI+", "http://x/y.png", "/etc/passwd"):
        assert picture_of(Item("a", "A", attributes={"cover": other})) is None
