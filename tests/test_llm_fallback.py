"""Language models that fail: retries, the breaker, those that stand in, and who is told."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from broken_servers import broken

from chatrec import Settings
from chatrec.errors import LanguageModelError, SettingsError
from chatrec.fake_llm import FakeChatModel
from chatrec.llm import ask, chat_model, fallback_note, is_local, jobs, speaking, stream
from chatrec.llm.breaker import FAILURES, LONGEST_REST, REST, Breaker
from chatrec.llm.fallback import InOrder
from chatrec.llm.line import Line
from chatrec.llm.link import Link
from chatrec.types import Note, Usage

QUESTION = [("user", "?")]


class Refused(Exception):
    """An error as providers raise them."""

    def __init__(self, status_code: int) -> None:
        super().__init__(f"status {status_code}")
        self.status_code = status_code


def links(*models: FakeChatModel) -> InOrder:
    return InOrder(links=tuple(Link(f"fake:{place}", lambda model=model: model) for place, model in enumerate(models)))


# One that stands in


def test_the_next_one_answers_where_the_first_fails_and_a_note_says_so() -> None:
    model = links(FakeChatModel(answers=[Refused(401)]), FakeChatModel(answers=["here I am"]))
    answer = ask(model, QUESTION, limit=5)
    assert answer.text == "here I am"
    assert answer.usage.models == ("fake:1",)
    note = fallback_note(model, answer.usage)
    assert note == Note(
        "fallback_used", "fake:1 answered instead of fake:0: The language model's provider refused the key."
    )


def test_who_answers_as_was_meant_is_no_note() -> None:
    model = links(FakeChatModel(answers=["here I am"]), FakeChatModel(answers=["and I"]))
    assert fallback_note(model, ask(model, QUESTION, limit=5).usage) is None
    assert fallback_note(None, Usage(1, 1)) is None


def test_half_a_text_is_not_said_again() -> None:
    def breaks_off(messages: object) -> str:
        return "It begins well"

    class BreaksOff(FakeChatModel):
        def _stream(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def, override]
            yield from list(super()._stream(*args, **kwargs))[:1]  # type: ignore[arg-type]
            raise Refused(500)

    other = FakeChatModel(answers=["Something else"])
    said = []
    with (
        pytest.raises(LanguageModelError, match="status 500"),
        closing(stream(links(BreaksOff(answers=["It begins well"]), other), QUESTION, limit=5)) as pieces,
    ):
        said += list(pieces)
    assert other.asked == []


def test_one_that_is_silent_leaves_time_for_the_next() -> None:
    model = links(FakeChatModel(answers=["too late"], delay=30), FakeChatModel(answers=["in time"]))
    begun = time.monotonic()
    assert ask(model, QUESTION, limit=2).text == "in time"
    assert time.monotonic() - begun < 2.5


def test_what_stands_in_is_made_when_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = chat_model(Settings(home=tmp_path, llm="fake:scripted", llm_fallback="openai:some-model,local,builtin"))
    assert model
    assert [link.name for link in model.links] == ["fake:scripted", "openai:some-model", "local:models"]  # type: ignore[attr-defined]
    for _ in range(FAILURES):
        model.links[0].breaker.failed()  # type: ignore[attr-defined]
    with pytest.raises(LanguageModelError, match="needs a GGUF file"):  # the last one's, after the key that is missing
        ask(model, QUESTION, limit=5)
    assert "OPENAI_API_KEY" in model.links[1].problem  # type: ignore[attr-defined]
    model.links[0].breaker.worked()  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrong", ["gpt-5", "auto", "openai:"])
def test_what_cannot_stand_in_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("CHATREC_LLM_FALLBACK", wrong)
    with pytest.raises(SettingsError, match="CHATREC_LLM_FALLBACK"):
        Settings.from_env()


def test_it_is_a_langchain_chat_model_as_well() -> None:
    model = links(FakeChatModel(answers=[Refused(500)]), FakeChatModel(answers=["one two"]))
    assert model.invoke("Say something.").text == "one two"


# Retries


def test_what_passes_is_tried_again_and_what_does_not_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "PAUSE", 0.01)
    busy = FakeChatModel(answers=[Refused(503), Refused(429), "at last"])
    assert ask(busy, QUESTION, limit=5).text == "at last"
    wrong_key = FakeChatModel(answers=[Refused(401), "never"])
    with pytest.raises(LanguageModelError, match="refused the key"):
        ask(wrong_key, QUESTION, limit=5)
    assert len(wrong_key.asked) == 1


def test_retries_end_with_the_limit() -> None:
    begun = time.monotonic()
    with pytest.raises(LanguageModelError, match="status 503"):
        ask(FakeChatModel(answers=[Refused(503)]), QUESTION, limit=1)
    assert time.monotonic() - begun < 1.5


# The breaker


def test_a_dead_provider_stops_slowing_and_is_tried_again_after_a_rest() -> None:
    now = [0.0]
    dead = FakeChatModel(answers=[Refused(401)] * (FAILURES + 1) + ["back"])
    link = Link("openai:dead", lambda: dead, breaker=Breaker(lambda: now[0]))
    model = InOrder(links=(link,))
    for _ in range(FAILURES):
        with pytest.raises(LanguageModelError, match="key"):
            ask(model, QUESTION, limit=5)
    with pytest.raises(LanguageModelError, match="asked again in 15 seconds"):
        ask(model, QUESTION, limit=5)
    assert len(dead.asked) == FAILURES
    now[0] += REST
    with pytest.raises(LanguageModelError, match="key"):  # the one try
        ask(model, QUESTION, limit=5)
    with pytest.raises(LanguageModelError, match="asked again in 30 seconds"):
        ask(model, QUESTION, limit=5)
    now[0] += 2 * REST
    assert ask(model, QUESTION, limit=5).text == "back"
    assert link.breaker.rests() == 0


def test_one_try_at_a_time_after_a_rest() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES):
        breaker.failed()
    assert not breaker.admits()
    now[0] += REST
    assert breaker.admits()
    assert not breaker.admits()
    breaker.left()
    assert breaker.admits()


def test_a_rest_grows_to_its_longest_and_late_failures_do_not_lengthen_it() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES + 5):  # five were under way when it opened
        breaker.failed()
    assert breaker.rests() == REST
    for _ in range(10):
        now[0] += LONGEST_REST
        assert breaker.admits()
        breaker.failed()
    assert breaker.rests() == LONGEST_REST


def test_a_request_that_is_too_long_is_not_the_models_fault() -> None:
    model = links(FakeChatModel(answers=[Refused(400)]))
    for _ in range(FAILURES + 1):
        with pytest.raises(LanguageModelError, match="could not take the request"):
            ask(model, QUESTION, limit=5)
    assert model.links[0].breaker.rests() == 0


def test_the_breaker_is_the_processs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-the-tests")
    with broken(status=401) as address:
        monkeypatch.setenv("OPENAI_BASE_URL", address)
        for _ in range(FAILURES):
            with pytest.raises(LanguageModelError, match="key"):
                ask(chat_model(Settings(home=tmp_path, llm="openai:some-model")), QUESTION, limit=5)  # type: ignore[arg-type]
        with pytest.raises(LanguageModelError, match="asked again"):
            ask(chat_model(Settings(home=tmp_path, llm="openai:some-model")), QUESTION, limit=5)  # type: ignore[arg-type]


# The line


def test_first_come_first_served_and_who_gives_up_leaves() -> None:
    line, order, first = Line(), [], threading.Event()
    given_up = [threading.Event() for _ in range(5)]

    def wait(place: int) -> None:
        with line.turn(given_up[place]) as mine:
            if mine:
                order.append(place)
                if place == 0:
                    first.wait(10)

    threads = []
    for place in range(5):
        threads.append(threading.Thread(target=wait, args=(place,)))
        threads[-1].start()
        while line.length <= place:
            time.sleep(0.005)
    given_up[2].set()
    threads[2].join(5)
    assert line.length == 4
    first.set()
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 3, 4]
    assert line.length == 0


def test_a_model_with_a_line_answers_one_at_a_time() -> None:
    at_once, most = [], []

    class Counting(FakeChatModel):
        def _stream(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def, override]
            at_once.append(1)
            most.append(len(at_once))
            try:
                yield from super()._stream(*args, **kwargs)  # type: ignore[arg-type]
            finally:
                at_once.pop()

    counting = Counting(answers=["some words to say"], delay=0.02)
    model = InOrder(links=(Link("local:one", lambda: counting, line=Line()),))
    threads = [threading.Thread(target=ask, args=(model, QUESTION), kwargs={"limit": 20}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


# What it is to do


@pytest.mark.parametrize(
    ("asked", "hosted", "local"),
    [
        ("auto", {"understand", "rank", "explain"}, {"rank", "explain"}),
        ("understand,explain", {"understand", "explain"}, {"understand", "explain"}),
        ("none", set(), set()),
    ],
)
def test_the_jobs_are_switched_apart(
    monkeypatch: pytest.MonkeyPatch, asked: str, hosted: set[str], local: set[str]
) -> None:
    monkeypatch.setenv("CHATREC_LLM_FOR", asked)
    settings = Settings.from_env()
    here = InOrder(links=(Link("local:one", FakeChatModel, line=Line()),))
    assert is_local(here)
    assert not is_local(links(FakeChatModel()))
    assert jobs(settings, links(FakeChatModel())) == hosted
    assert jobs(settings, here) == local
    assert jobs(settings, None) == set()


@pytest.mark.parametrize("wrong", ["ranking", "auto,rank", "none,rank"])
def test_an_unknown_job_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("CHATREC_LLM_FOR", wrong)
    with pytest.raises(SettingsError, match="understand, rank, explain"):
        Settings.from_env()
