"""What the page is made of: cards, kept turns, running turns, the server around it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Generator, Iterator, Sequence
from pathlib import Path

import pytest
from browsing import served
from stand_in import StandIn, answering, item, recommended

from chatrec.catalog import Item
from chatrec.errors import SettingsError
from chatrec.types import (
    CardsEvent,
    Claim,
    DialogueState,
    DoneEvent,
    ErrorEvent,
    Event,
    Evidence,
    Recommendation,
    Reply,
    StageEvent,
    TextEvent,
    Turn,
)
from chatrec.ui import serve
from chatrec.ui.about import About, about
from chatrec.ui.cards import card, initials
from chatrec.ui.facts import facts
from chatrec.ui.kept import kept
from chatrec.ui.running import Answering, Turns
from chatrec.ui.server import listen
from chatrec.ui.view import TurnView

DESK = item("desk", "Oak desk", "A desk of oak.", "Heavy.", year=1999)


# Cards


def test_facts_are_short_and_begin_with_the_year() -> None:
    thing = Item(
        "a",
        "A",
        attributes={
            "blurb": "word " * 30,
            "image_url": "x.png",
            "homepage": "https://example.org/a",
            "weight": 2.5,
            "votes": 1234567,
            "makers": tuple(f"Maker number {place}" for place in range(9)),
            "dimmable": True,
            "recalled": False,
            "empty": "",
            "release_year": 1999,
        },
    )
    assert [(fact.name, fact.text) for fact in facts(thing)] == [
        ("release year", "1999"),
        ("weight", "weight 2.5"),
        ("votes", "votes 1,234,567"),
        ("makers", "Maker number 0, Maker number 1"),
        ("dimmable", "dimmable"),
    ]


@pytest.mark.parametrize(
    ("title", "letters"),
    [("Oak desk, large", "OD"), ("lamp", "L"), ("“Ça ira”", "ÇI"), ("…", "·"), ("", "·"), ("12 chairs", "1C")],
)
def test_initials_stand_for_the_picture(title: str, letters: str) -> None:
    assert initials(title) == letters


def test_claims_count_the_quotes_they_rest_on_and_these_come_first() -> None:
    evidence = tuple(Evidence(f"desk#review:{place}", "desk", f"quote {place}") for place in range(3))
    claims = [Claim("Last.", ("desk#review:2", "desk#fact:gone")), Claim("Both.", ("desk#review:0", "desk#review:2"))]
    html = card(Recommendation(DESK, 1.0, {}, evidence), claims=claims)
    order = [html.index(f"quote {place}</blockquote>") for place in (2, 0, 1)]
    assert order == sorted(order)
    marks = html.replace('<span class="unseen">quote </span>', "")
    assert "Last.<sup>1</sup>" in marks
    assert "Both.<sup>2</sup><sup>1</sup>" in marks


def test_text_that_json_cannot_carry_does_not_break_a_card() -> None:
    card(recommended(item("x", "\ud800", "a \ud83d b.", "\udfff")), claims=()).encode("utf-8")


# The catalogue and the language model


def test_names_the_language_model_in_use_and_suggests_only_what_is_short() -> None:
    with_model = About("mine", 1, "openai:<b>", "Long title " * 9)
    assert with_model.banner == ""
    assert "Language model: openai:&lt;b&gt;." in with_model.footer
    assert "1 item<" in with_model.header
    assert "CHATREC_LLM" in About("mine", 2, "", "").banner
    assert "being fetched" in About("mine", 2, "", "", fetching=True).banner
    rec = StandIn([item("a", "Long title " * 9, "", ""), DESK])
    assert about(rec).suggestions[-1] == "Something like Oak desk"


# Turns that were kept


def test_a_kept_turn_has_its_cards_again_and_what_has_left_the_catalogue_stays_as_words() -> None:
    reply = "These 3 answer you best:\n1. Oak desk: It is of oak. It is heavy.\n2. Gone: It was here.\n3. Lamp"
    lamp = item("lamp", "Lamp", "", "Warm.")
    view = kept(Turn(1, "asked", reply, ("desk", "gone", "lamp")), {"desk": DESK, "lamp": lamp})
    assert [shown.item.id for shown in view.cards] == ["desk", "lamp"]
    assert view.claims == {"desk": [Claim("It is of oak. It is heavy.", ())]}
    assert view.opening == ["These 3 answer you best:", "2. Gone: It was here."]
    assert 'aria-busy="false"' in view.html


def test_a_failed_turn_shows_no_cards() -> None:
    view = TurnView("asked")
    view.take(CardsEvent((recommended(DESK),)))
    view.take(ErrorEvent(SettingsError("It broke.")))
    assert "Oak desk" not in view.html
    assert "It broke." in view.html


# Turns that run


def test_every_follower_sees_the_whole_turn() -> None:
    turn = Turns().start("s", "asked", _giving(answering("asked", [DESK])))
    first, second = ([event for events in turn.follow() for event in events] for _ in range(2))
    assert [event.kind for event in first] == ["stage", "cards", "stage", "text", "text", "done"]
    assert first == second


def test_a_turn_waits_for_the_one_before_it_in_the_same_session_only() -> None:
    turns, let_on, order = Turns(), threading.Event(), list[str]()

    def slow(name: str) -> Iterator[Event]:
        yield StageEvent("finding")
        let_on.wait(10)
        order.append(name)
        yield DoneEvent(Reply("", (), DialogueState()))

    def quick(name: str) -> Iterator[Event]:
        order.append(name)
        yield DoneEvent(Reply("", (), DialogueState()))

    turns.start("a", "1", _giving(slow("first")))
    after = turns.start("a", "2", _giving(quick("second")))
    turns.start("b", "3", _giving(quick("other"))).thread.join(10)
    assert order == ["other"]
    let_on.set()
    after.thread.join(10)
    assert order == ["other", "first", "second"]
    assert turns.of("a") is None


def test_cards_that_come_after_the_stop_are_not_kept_as_shown() -> None:
    reached, let_on = threading.Event(), threading.Event()

    def script(message: str, items: Sequence[Item]) -> Iterator[Event]:
        yield StageEvent("ranking")
        reached.set()
        let_on.wait(10)
        yield from answering(message, items)

    rec = StandIn([DESK], lambda message, items: (event for event in script(message, items) if event.kind != "stage"))
    turn = Turns().start("s", "asked", rec.session("s").stream)
    assert reached.wait(10)
    turn.stop()
    assert list(turn.follow()) == []
    let_on.set()
    turn.thread.join(10)
    assert rec.kept == {}


def _giving(events: Iterator[Event]) -> Answering:
    def answer(message: str, *, touched: Collection[str]) -> Generator[Event, None, None]:
        yield from events

    return answer


# The server


def test_a_busy_port_is_an_error_with_a_next_step() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port}.*CHATREC_UI_PORT"):
            serve(StandIn([DESK]), host="127.0.0.1", port=port)


def test_an_address_of_another_machine_is_an_error() -> None:
    with pytest.raises(SettingsError, match="CHATREC_UI_HOST"):
        listen("192.0.2.1", 0)


def test_answers_only_to_its_own_name_and_forbids_other_hosts() -> None:
    with served(StandIn([DESK])) as url:
        address = url.removeprefix("http://")
        assert _answer(address, "/", host=address)[0] == 200
        assert _answer(address, "/", host="evil.example")[0] == 400
        status, headers, _ = _answer(address, "/config", host=address)
        assert status == 200
        assert "default-src 'self'" in headers["content-security-policy"]
        _, _, endpoints = _answer(address, "/gradio_api/info", host=address)
        assert endpoints == b'{"named_endpoints":{},"unnamed_endpoints":{}}'
        assert _answer(address, f"/gradio_api/file={Path(__file__)}", host=address)[0] == 403


def _answer(address: str, path: str, *, host: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def test_ctrl_c_ends_the_page_though_somebody_reads_it() -> None:
    program = (
        "from stand_in import StandIn, item\nfrom chatrec.ui import serve\n"
        "serve(StandIn([item('a', 'A', 'An a.', 'Good.')]), host='127.0.0.1', port=0,"
        " ready=lambda url: print(url, flush=True))\nprint('ended')"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as page:
        assert page.stdout is not None
        host, _, port = page.stdout.readline().strip().removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as reader:
            reader.sendall(f"GET /gradio_api/heartbeat/x HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert reader.recv(20).startswith(b"HTTP/1.1 200")
            page.send_signal(signal.SIGINT)
            out, err = page.communicate(timeout=10)
    assert (page.returncode, out, err) == (0, "ended\n", "")


def test_importing_the_page_loads_no_gradio() -> None:
    program = "import sys, chatrec.ui; sys.exit('gradio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_sponsored_card_says_so_in_its_title_and_a_question_stands_below_the_cards() -> None:
    view = TurnView("hello")
    view.take(CardsEvent((Recommendation(Item("a", "Alpha"), 1.0, {}, disclosure="Sponsored"),)))
    view.take(TextEvent("This one answers you best:"))
    view.take(TextEvent("Do you have a colour in mind?"))
    assert 'Alpha <span class="disclosure">(Sponsored)</span></h3>' in view.html
    assert view.html.index("answers you best") < view.html.index("Alpha") < view.html.index("a colour in mind?")


def test_a_kept_turn_keeps_its_disclosure_and_its_question() -> None:
    reply = "This one answers you best:\n1. Alpha (Sponsored): Red. It glows.\nDo you have a colour in mind?"
    view = kept(Turn(1, "a lamp", reply, ("a",)), {"a": Item("a", "Alpha")})
    assert [card.disclosure for card in view.cards] == ["Sponsored"]
    assert (view.opening, view.asked) == (["This one answers you best:"], ["Do you have a colour in mind?"])
    assert [claim.text for claim in view.claims["a"]] == ["Red. It glows."]
