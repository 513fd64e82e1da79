"""The page in a real browser, as somebody meets it: every story that must hold, with a stand-in behind it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest
from browsing import Open, Reader, browser_of_this_machine, served
from playwright.sync_api import Browser, Locator, expect
from stand_in import StandIn, answering, item

from chatrec.catalog import Item
from chatrec.errors import MessageError
from chatrec.types import CardsEvent, DoneEvent, Event, Note, NoteEvent, ReorderEvent, StageEvent

ITEMS = (
    item("oak-desk", "Oak desk", "A desk of solid oak. It is heavy.", "Took four of us.", year=1999, width=140),
    item("cork-board", "Cork board", "A board of cork. It is light.", "Pins fall out.", year=2004, materials=("cork",)),
    item("lamp", "Reading lamp", "A lamp that bends. It is warm.", "My eyes thank me.", dimmable=True),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_of_this_machine() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens an address in a browser of its own, that shares nothing with the others; gives a Reader."""
    contexts = []

    def opened(url: str, *, width: int = 1024) -> Reader:
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}))
        return Reader(contexts[-1], url)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[str]:
    """The page of a stand-in that always answers at once."""
    with served(StandIn(ITEMS)) as url:
        yield url


class Paced:
    """A script that waits at every event until it is let on; `told` counts the events it gave out."""

    def __init__(self) -> None:
        self.turnstile = threading.Semaphore(0)

    def __call__(self, message: str, items: Sequence[Item]) -> Iterator[Event]:
        for event in answering(message, items):
            if not self.turnstile.acquire(timeout=20):
                raise AssertionError("nobody let the turn on")
            yield event

    def let_on(self, events: int = 100) -> None:
        self.turnstile.release(events)


def test_is_usable_once_it_is_there(plain: str, open_page: Open) -> None:
    reader = open_page(plain)
    expect(reader.box).to_be_editable()
    expect(reader.page.get_by_text("What are you looking for?")).to_be_visible()


def test_an_answer_has_cards_reasons_and_quotes_that_open_in_place(plain: str, open_page: Open) -> None:
    reader = open_page(plain)
    reader.ask("a place to write")
    expect(reader.shown.get_by_text("These 3 answer you best:")).to_be_visible()
    desk = reader.cards.first
    expect(desk.get_by_role("heading")).to_have_text("Oak desk")
    expect(desk.locator(".facts")).to_contain_text("1999")
    expect(desk.locator(".facts")).to_contain_text("width 140")
    expect(desk.locator(".claim")).to_contain_text("A desk of solid oak.")
    quote = desk.get_by_text("Took four of us.")
    expect(quote).to_be_hidden()
    desk.get_by_text("2 quotes").click()
    expect(quote).to_be_visible()
    expect(desk.get_by_text("oak-desk#review:1")).to_be_visible()
    assert reader.alarms == []


def test_cards_come_first_and_reasons_sentence_by_sentence(open_page: Open) -> None:
    paced = Paced()
    with served(StandIn(ITEMS, paced)) as url:
        reader = open_page(url)
        reader.say("a place to write")
        paced.let_on(1)
        expect(reader.page.locator(".stage")).to_have_text("Searching the catalogue")
        paced.let_on(1)
        expect(reader.cards).to_have_count(3)
        expect(reader.page.locator(".claim")).to_have_count(0)
        paced.let_on(1)
        expect(reader.page.locator(".stage")).to_have_text("Writing down why")
        reader.cards.first.locator("summary").click()
        paced.let_on(2)
        expect(reader.page.locator(".claim")).to_have_count(1)
        expect(reader.cards.first.locator("details")).to_have_attribute("open", "")  # though the page was drawn anew
        paced.let_on()
        expect(reader.page.locator(".stage")).to_have_count(0)
        expect(reader.page.locator(".claim")).to_have_count(3)
        expect(reader.cards.first.locator("details")).to_have_attribute("open", "")


def test_a_new_order_and_notes_are_shown(open_page: Open) -> None:
    turnstile = threading.Event()

    def script(message: str, items: Sequence[Item]) -> Iterator[Event]:
        for event in answering(message, items):
            if isinstance(event, DoneEvent):
                turnstile.wait(20)
            yield event
            if isinstance(event, CardsEvent):
                desk, board, lamp = event.recommendations
                yield ReorderEvent((lamp, desk, board))
                yield NoteEvent(Note("ranker", "The language model was not heard."))

    with served(StandIn(ITEMS, script)) as url:
        reader = open_page(url)
        reader.say("light")
        expect(reader.shown.get_by_text("The language model was not heard.")).to_be_visible()
        expect(reader.page.locator(".card h3")).to_have_text(["Reading lamp", "Oak desk", "Cork board"])
        turnstile.set()


def test_which_card_was_clicked_is_known_while_the_turn_runs(open_page: Open) -> None:
    paced = Paced()
    rec = StandIn(ITEMS, paced)
    with served(rec) as url:
        reader = open_page(url)
        reader.say("a place to write")
        paced.let_on(2)
        reader.cards.nth(1).get_by_text("2 quotes").click()
        for _ in range(100):
            if rec.touched:
                break
            reader.page.wait_for_timeout(50)
        assert set(rec.touched) == {"cork-board"}
        paced.let_on()
        reader.page.locator("#past .turn").wait_for()


def test_a_second_message_goes_on_and_a_reload_resumes(plain: str, open_page: Open) -> None:
    reader = open_page(plain)
    reader.ask("a place to write")
    reader.ask("something lighter")
    expect(reader.turns).to_have_count(2)
    reader.page.reload()
    expect(reader.page.locator(".said")).to_have_text(["You: a place to write", "You: something lighter"])
    expect(reader.cards).to_have_count(6)
    expect(reader.cards.first.locator(".why")).to_have_text("A desk of solid oak.quote 1")
    expect(reader.cards.first.get_by_text("2 quotes")).to_be_visible()  # as the live card had
    reader.cards.first.get_by_text("2 quotes").click()
    expect(reader.shown.get_by_text("oak-desk#description").first).to_be_visible()
    reader.ask("and once more")
    expect(reader.turns).to_have_count(3)


def test_a_page_reloaded_in_the_middle_follows_the_turn_to_its_end(open_page: Open) -> None:
    paced = Paced()
    with served(StandIn(ITEMS, paced)) as url:
        reader = open_page(url)
        reader.say("a place to write")
        paced.let_on(2)
        expect(reader.cards).to_have_count(3)
        reader.page.reload()
        expect(reader.cards).to_have_count(3)
        paced.let_on()
        expect(reader.page.locator(".turn[aria-busy=false] .claim")).to_have_count(3)
        expect(reader.turns).to_have_count(1)


def test_a_message_sent_while_the_page_still_loads_is_answered_once(open_page: Open) -> None:
    paced = Paced()
    rec = StandIn(ITEMS, paced)
    with served(rec) as url:
        reader = open_page(url)
        paced.let_on(8)
        reader.ask("a place to write")
        rec.readable.clear()
        reader.page.reload()
        reader.say("something lighter")
        paced.let_on(1)
        expect(reader.page.locator(".stage")).to_have_text("Searching the catalogue")
        rec.readable.set()  # what was said before arrives in the middle of the turn
        expect(reader.turns).to_have_count(2)
        reader.page.wait_for_timeout(500)
        expect(reader.page.locator(".said")).to_have_text(["You: a place to write", "You: something lighter"])
        expect(reader.page.locator(".stage")).to_have_count(1)
        paced.let_on()
        reader.page.locator("#past .turn").nth(1).wait_for()
        expect(reader.turns).to_have_count(2)
        expect(reader.page.locator(".stage")).to_have_count(0)


def test_what_is_typed_while_a_reply_is_made_waits_in_the_box(open_page: Open) -> None:
    paced = Paced()
    with served(StandIn(ITEMS, paced)) as url:
        reader = open_page(url)
        reader.say("a place to write")
        paced.let_on(2)
        expect(reader.cards).to_have_count(3)
        reader.say("something lighter")
        reader.page.wait_for_timeout(300)
        expect(reader.box).to_have_value("something lighter")
        paced.let_on()
        reader.page.locator("#past .turn").wait_for()
        expect(reader.box).to_have_value("something lighter")
        reader.box.press("Enter")
        reader.page.locator("#past .turn").nth(1).wait_for()


def test_what_is_new_is_told_once_to_whoever_listens(open_page: Open) -> None:
    paced = Paced()
    with served(StandIn(ITEMS, paced)) as url:
        reader = open_page(url)
        heard = reader.page.locator("#heard")
        reader.say("a place to write")
        paced.let_on(1)
        expect(heard).to_have_text("Searching the catalogue")
        paced.let_on(1)
        expect(heard).to_have_text("Oak desk, Cork board, Reading lamp")
        paced.let_on(3)
        expect(heard).to_contain_text("Oak desk: A desk of solid oak.")
        expect(heard).not_to_contain_text("Cork board, Reading lamp")
        paced.let_on()


def test_two_browsers_have_two_conversations(plain: str, open_page: Open) -> None:
    one, other = open_page(plain), open_page(plain)
    one.ask("only mine")
    other.ask("something else")
    other.page.reload()
    expect(other.page.locator(".said")).to_have_text(["You: something else"])
    expect(one.page.locator(".said")).to_have_text(["You: only mine"])


def test_a_new_conversation_begins_empty_and_stays_so(plain: str, open_page: Open) -> None:
    reader = open_page(plain)
    reader.ask("a place to write")
    reader.button("New conversation").click()
    expect(reader.page.get_by_text("What are you looking for?")).to_be_visible()
    expect(reader.turns).to_have_count(0)
    reader.page.reload()
    expect(reader.page.get_by_text("What are you looking for?")).to_be_visible()
    expect(reader.turns).to_have_count(0)


def test_a_suggestion_is_asked_by_one_click(plain: str, open_page: Open) -> None:
    reader = open_page(plain)
    reader.button("Something like Oak desk").click()
    expect(reader.page.locator(".said")).to_have_text("You: Something like Oak desk")
    expect(reader.cards).to_have_count(3)


def test_stopping_after_the_cards_keeps_them(open_page: Open) -> None:
    paced = Paced()
    rec = StandIn(ITEMS, paced)
    with served(rec) as url:
        reader = open_page(url)
        reader.say("a place to write")
        paced.let_on(2)
        expect(reader.cards).to_have_count(3)
        reader.button("Stop").click()
        expect(reader.shown.get_by_text("Stopped.", exact=True)).to_be_visible()
        expect(reader.button("Send")).to_be_visible()
        paced.let_on()
        reader.ask("go on")
        expect(reader.turns).to_have_count(2)
        [(first, second)] = rec.kept.values()
        assert (first.stopped, second.stopped) == (True, False)
        reader.page.reload()
        expect(reader.cards).to_have_count(6)
        expect(reader.shown.get_by_text("Stopped.", exact=True)).to_have_count(1)


def test_stopping_before_the_cards_keeps_nothing(open_page: Open) -> None:
    paced = Paced()
    rec = StandIn(ITEMS, paced)
    with served(rec) as url:
        reader = open_page(url)
        reader.say("a place to write")
        paced.let_on(1)
        expect(reader.page.locator(".stage")).to_have_text("Searching the catalogue")
        reader.button("Stop").click()
        expect(reader.shown.get_by_text("Nothing of this is kept.")).to_be_visible()
        paced.let_on()  # the cards come after all, and nobody sees them
        reader.ask("go on")
        [turns] = rec.kept.values()
        assert [turn.message for turn in turns] == ["go on"]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (MessageError("That is too long.", mend="Say it in fewer words."), "That is too long. Say it in fewer words."),
        (RuntimeError("secret inside"), "Something went wrong in here. Ask again, or differently."),
    ],
)
def test_a_fault_is_a_sentence(fault: Exception, sentence: str, open_page: Open) -> None:
    def script(message: str, items: Sequence[Item]) -> Iterator[Event]:
        yield StageEvent("understanding")
        if "bad" in message:
            raise fault
        yield from answering(message, items)

    with served(StandIn(ITEMS, script)) as url:
        reader = open_page(url)
        reader.ask("bad")
        expect(reader.page.get_by_role("alert")).to_have_text(sentence)
        expect(reader.page.locator("body")).not_to_contain_text("secret inside")
        expect(reader.page.locator("body")).not_to_contain_text("Traceback")
        reader.ask("better")
        expect(reader.cards).to_have_count(3)


HOSTILE = (
    "<script>alert(1)</script>",
    '<img src="http://evil.example/x.png" onerror="alert(2)">',
    "[click](http://evil.example/) ![pic](http://evil.example/y.png) **bold**",
    '<a href="javascript:alert(3)">go</a>',
    "${alert(4)} {{value}} `x` $$\\frac12$$",
    '"><details open ontoggle=alert(5)>',
)


def test_hostile_text_is_shown_as_text_and_nothing_of_it_runs(open_page: Open) -> None:
    hostile = tuple(
        item(f"{place}'\"<b>", words, f"{words} A description.", words, kind=words[:30], names=(words[:20],))
        for place, words in enumerate(HOSTILE)
    )

    def script(message: str, items: Sequence[Item]) -> Iterator[Event]:
        yield NoteEvent(Note("test", HOSTILE[1]))
        start = int(message[0]) // 3 * 3
        yield from answering(message, items[start : start + 3])

    with served(StandIn(hostile, script, catalog="<i>mine</i>")) as url:
        reader = open_page(url)
        for place, words in enumerate(HOSTILE):
            reader.ask(f"{place} {words}")
            expect(reader.page.locator(".said").last).to_have_text(f"You: {place} {words}")
        expect(reader.cards.last.locator("h3")).to_have_text(HOSTILE[-1])
        for summary in reader.page.locator(".card summary").all():
            summary.click()
        reader.page.reload()
        expect(reader.turns).to_have_count(len(HOSTILE))
        for summary in reader.page.locator(".card summary").all():
            summary.click()
        assert reader.page.locator("#page :is(a, img, script, iframe, strong, .katex)").count() == 0
        assert reader.alarms == []
        assert [each for each in reader.requests if not each.startswith((url, "data:", "blob:"))] == []


def test_no_request_leaves_this_host(plain: str, open_page: Open) -> None:
    reader = open_page(plain)
    reader.ask("a place to write")
    reader.page.reload()
    expect(reader.cards).to_have_count(3)
    reader.ask("a place to swim")  # by then all parts of the page have been fetched
    assert len(reader.requests) > 20
    assert [each for each in reader.requests if not each.startswith((plain, "data:", "blob:"))] == []


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_nothing_is_wider_than_the_window(width: int, open_page: Open) -> None:
    long = item("x" * 300, "Donaudampfschifffahrt" * 20, "y" * 900, "z" * 500, kind="w" * 40)
    with served(StandIn((long, *ITEMS), catalog="c" * 60)) as url:
        reader = open_page(url, width=width)
        reader.ask("v" * 400)
        reader.cards.first.locator("summary").click()
        assert reader.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert reader.box.bounding_box()["y"] < 800  # the composer stays in sight


def test_everything_can_be_done_with_the_keyboard(plain: str, open_page: Open) -> None:
    reader = open_page(plain)
    keyboard = reader.page.keyboard
    expect(reader.box).to_be_focused()
    keyboard.type("a place to write")
    keyboard.press("Enter")
    reader.page.locator(".turn[aria-busy=false]").wait_for()
    back_to(reader, reader.cards.first.locator("summary"))
    keyboard.press("Enter")
    expect(reader.shown.get_by_text("Took four of us.")).to_be_visible()
    keyboard.press("Enter")
    expect(reader.shown.get_by_text("Took four of us.")).to_be_hidden()
    back_to(reader, reader.button("New conversation"))
    keyboard.press("Enter")
    expect(reader.turns).to_have_count(0)


def back_to(reader: Reader, element: Locator) -> None:
    """Tabs backwards until the element has the focus."""
    for _ in range(60):
        reader.page.keyboard.press("Shift+Tab")
        if element.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("it cannot be reached")


def test_says_which_catalogue_and_that_no_language_model_is_used(plain: str, open_page: Open) -> None:
    reader = open_page(plain)
    expect(reader.page.get_by_role("heading", level=1)).to_have_text("chatrec")
    expect(reader.page.locator("#header")).to_contain_text("tests, 3 items")
    expect(reader.page.locator("#footer")).to_contain_text("Language model: none")
    reader.page.get_by_text("No language model in use").click()
    expect(reader.page.get_by_text("CHATREC_LLM", exact=True)).to_be_visible()
