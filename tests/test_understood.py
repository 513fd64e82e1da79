"""The column of what was understood in a real browser, with the real thing behind it, on the catalogue that ships."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Reader, browser_of_this_machine, served
from playwright.sync_api import Browser, Locator, expect

from chatrec import ChatRec

pytestmark = pytest.mark.slow

Open = Callable[..., Reader]

FIRST = "A comedy under two hours, ideally in French"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_of_this_machine() as running:
        yield running


@pytest.fixture(scope="module")
def url(rec: ChatRec) -> Iterator[str]:
    with served(rec) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, url: str) -> Iterator[Open]:
    contexts = []

    def opened(*, width: int = 1440, scheme: str = "light") -> Reader:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))  # type: ignore[arg-type]
        return Reader(contexts[-1], url)

    yield opened
    for context in contexts:
        context.close()


def entry(reader: Reader, words: str) -> Locator:
    return reader.page.locator("#held li", has_text=words)


def facet(reader: Reader, name: str) -> Locator:
    return reader.page.locator(f'#facets [data-facet="{name}"]')


def fitting(reader: Reader) -> int:
    return int(reader.page.locator(".count-fitting b").inner_text().replace(",", ""))


def is_unlike(reader: Reader, before: int) -> None:
    expect(reader.page.locator(".count-fitting b")).not_to_have_text(f"{before:,}")


def titles(reader: Reader) -> list[str]:
    return reader.page.locator("#past .turn").last.locator(".card h3").all_inner_texts()


def show_what_fits(reader: Reader) -> None:
    answers = reader.page.locator("#past .unsaid")
    before = answers.count()
    reader.button("Show what fits now").click()
    answers.nth(before).wait_for()
    reader.button("Send").wait_for()


def test_a_story_of_four_turns_with_a_chip_a_rejection_an_edit_and_an_undo(rec: ChatRec, open_page: Open) -> None:
    reader = open_page()
    reader.ask("A comedy, ideally in French")
    shorter = reader.page.locator("#past .chip", has_text="shorter").last
    shorter.click()
    reader.page.locator("#past .turn").nth(1).wait_for()
    reader.button("Send").wait_for()
    expect(entry(reader, "runtime: under")).to_be_visible()
    expect(reader.page.locator("#held section", has=reader.page.get_by_role("heading", name="Rather"))).to_contain_text(
        "languages: French"
    )
    first = titles(reader)
    reader.ask("not the first one, something else")
    expect(entry(reader, first[0])).to_be_visible()  # among what was turned down, by its title
    assert not set(first) & set(titles(reader))
    before = fitting(reader)
    facet(reader, "year").locator("summary").click()
    facet(reader, "year").get_by_label("to").fill("1960")
    facet(reader, "year").get_by_label("to").press("Enter")
    expect(entry(reader, "year: at most 1960")).to_be_visible()
    is_unlike(reader, before)
    expect(reader.page.locator("#past")).to_contain_text("Set: year: at most 1960.")
    show_what_fits(reader)
    assert titles(reader)
    old = titles(reader)
    known = {item.title: item for item in rec.rooms().retriever.snapshot.items.all()}
    assert all(known[title].attributes["year"] <= 1960 for title in old)
    reader.page.locator("#understood").get_by_role("button", name="Undo").click()
    expect(entry(reader, "year: at most 1960")).to_have_count(0)
    expect(reader.page.locator(".count-fitting b")).to_have_text(f"{before:,}")
    show_what_fits(reader)
    assert any(known[title].attributes["year"] > 1960 for title in titles(reader))
    assert reader.alarms == []
    reader.page.reload()
    expect(entry(reader, "genres: Comedy")).to_be_visible()
    expect(reader.page.locator(".count-fitting b")).to_have_text(f"{before:,}")


def test_what_is_switched_off_stays_listed_and_has_no_effect(open_page: Open) -> None:
    reader = open_page()
    reader.ask(FIRST)
    before = fitting(reader)
    switch = entry(reader, "runtime").get_by_role("switch")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    is_unlike(reader, before)
    reader.page.reload()
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(reader.page.locator(".count-fitting b")).to_have_text(f"{before:,}")


def test_things_are_edited_where_they_are_listed(open_page: Open) -> None:
    reader = open_page()
    reader.ask(FIRST)
    entry(reader, "genres: Comedy").get_by_role("button", name="Edit").click()
    expect(facet(reader, "genres").locator("input").first).to_be_focused()
    facet(reader, "genres").get_by_label("Drama").check()
    expect(entry(reader, "genres: Drama or Comedy")).to_be_visible()
    expect(facet(reader, "genres")).to_have_attribute("open", "")  # though the column was drawn anew
    facet(reader, "genres").get_by_label("An item must have").select_option("all")
    expect(reader.page.locator("#held").get_by_text("genres: Drama", exact=True)).to_be_visible()
    entry(reader, "runtime").get_by_role("button", name="Only rather").click()
    expect(entry(reader, "runtime").get_by_role("button", name="Make it a must")).to_be_visible()
    entry(reader, "languages: French").get_by_role("button", name="Remove").click()
    expect(entry(reader, "languages")).to_have_count(0)
    facet(reader, "genres").get_by_role("button", name="Clear").click()
    expect(entry(reader, "genres")).to_have_count(0)


def test_each_thing_leads_to_the_turn_it_came_from(open_page: Open) -> None:
    reader = open_page()
    reader.ask(FIRST)
    reader.ask("something else")
    reader.ask("with a wedding")
    expect(reader.page.locator("#past .said").first).not_to_be_in_viewport()
    entry(reader, "runtime").get_by_role("button", name="turn 1").click()
    expect(reader.page.locator("#past .said").first).to_be_in_viewport()


def test_facets_can_be_set_before_anything_is_said(open_page: Open) -> None:
    reader = open_page()
    facet(reader, "genres").locator("summary").click()
    finder = facet(reader, "genres").get_by_label("Find another")
    finder.fill("Western")  # not among those that are most frequent
    finder.press("Enter")
    expect(entry(reader, "genres: Western")).to_be_visible()
    expect(facet(reader, "genres").get_by_label("Western")).to_be_checked()
    show_what_fits(reader)
    expect(reader.cards.first.locator(".facts")).to_contain_text("Western")


def test_the_drawing_follows_the_facets_and_scores_come_on_demand(open_page: Open) -> None:
    reader = open_page()
    reader.ask(FIRST)
    plot = reader.page.locator("#plot")
    expect(plot.locator(".mark")).to_have_count(5)
    plot.get_by_label("across").select_option("runtime")
    plot.get_by_label("upwards").select_option("year")
    expect(plot.get_by_role("img")).to_have_attribute(
        "aria-label", f"The items shown by runtime (min) and year among {fitting(reader):,} that fit"
    )
    scores = reader.page.locator("#scores")
    expect(scores.locator("table")).to_have_count(0)
    scores.locator("summary").click()
    expect(scores.locator("thead th")).to_have_count(6)
    expect(scores.get_by_role("rowheader", name="reviews")).to_be_visible()


def test_two_who_edit_the_same_conversation_are_told(open_page: Open) -> None:
    reader = open_page()
    reader.ask(FIRST)
    other = reader.page.context.new_page()
    other.goto(reader.url)
    other.locator("#held .switch").first.wait_for()
    other.locator("#held li", has_text="runtime").get_by_role("button", name="Remove").click()
    expect(other.locator("#held li", has_text="runtime")).to_have_count(0)
    entry(reader, "genres").get_by_role("button", name="Remove").click()
    expect(reader.page.locator("#fits").get_by_role("alert")).to_have_text(
        "This conversation has gone on meanwhile. Here is how it stands now."
    )
    expect(entry(reader, "runtime")).to_have_count(0)
    expect(entry(reader, "genres")).to_have_count(1)


def press_until(reader: Reader, key: str, target: Locator, *, most: int = 60) -> None:
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        reader.page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead there")


def test_the_column_can_be_used_with_the_keyboard_alone(open_page: Open) -> None:
    reader = open_page()
    keyboard = reader.page.keyboard
    expect(reader.box).to_be_focused()
    keyboard.type(FIRST)
    keyboard.press("Enter")
    switch = entry(reader, "runtime").get_by_role("switch")
    switch.wait_for()
    reader.button("Send").wait_for()
    press_until(reader, "Tab", switch)
    keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(switch).to_be_focused()  # though the column was drawn anew
    press_until(reader, "Tab", entry(reader, "genres").get_by_role("button", name="Edit"))
    keyboard.press("Enter")
    comedy = facet(reader, "genres").get_by_label("Comedy")
    press_until(reader, "Tab", comedy, most=12)
    keyboard.press("Space")
    expect(entry(reader, "genres")).to_have_count(0)
    expect(comedy).to_be_focused()
    undo = reader.page.locator("#understood").get_by_role("button", name="Undo")
    press_until(reader, "Shift+Tab", undo)
    keyboard.press("Enter")
    expect(entry(reader, "genres: Comedy")).to_be_visible()
    expect(undo).to_be_focused()
    press_until(reader, "Shift+Tab", reader.button("Show what fits now"))
    keyboard.press("Enter")
    reader.page.locator("#past .unsaid").wait_for()


# Accessibility


def findings(reader: Reader) -> list[str]:
    """What axe finds that is serious or critical, and where."""
    reader.page.wait_for_timeout(400)  # colours that fade
    found = Axe().run(reader.page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nobody_is_kept_out(width: int, scheme: str, open_page: Open) -> None:
    reader = open_page(width=width, scheme=scheme)
    expect(reader.page.get_by_text("What are you looking for?")).to_be_visible()
    assert findings(reader) == []
    reader.ask(FIRST)
    reader.cards.first.locator("summary").first.click()
    assert findings(reader) == []
    if width < 1024:
        reader.button("What I understood").click()
    entry(reader, "runtime").get_by_role("switch").click()
    expect(entry(reader, "runtime").get_by_role("switch")).to_have_attribute("aria-checked", "false")
    for name in ("genres", "runtime"):
        facet(reader, name).locator("summary").click()
    reader.page.locator("#held .rewording summary").first.click()
    reader.page.locator("#scores summary").click()
    reader.page.locator("#scores table").wait_for()
    assert findings(reader) == []
    assert reader.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert [each for each in reader.requests if not each.startswith((reader.url, "data:", "blob:"))] == []
