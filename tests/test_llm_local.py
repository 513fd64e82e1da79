"""A language model in this process: found, checked, picked up when it comes, counted by, stopped; and doctor."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from openai_server import model_file

from chatrec import Settings, doctor
from chatrec.errors import SettingsError
from chatrec.fake_llm import FakeChatModel
from chatrec.llm import Current, ask, chat_model, count_tokens, is_local, local, models
from chatrec.llm.fallback import InOrder
from chatrec.llm.line import Line
from chatrec.llm.link import Link

QUESTION = [("user", "Say one word.")]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of whoever runs the tests


def put(home: Path, content: bytes, name: str = "own.gguf") -> Path:
    path = home / "models" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_half_copied_file_is_passed_over_by_auto_and_told_by_doctor(tmp_path: Path) -> None:
    whole = model_file().read_bytes()
    for name in (model_file().name, "own.gguf"):  # of a registered name, and of one's own
        path = put(tmp_path, whole[: len(whole) // 2], name)
        auto = Settings(home=tmp_path, llm="auto")
        assert chat_model(auto) is None
        found = next(each for each in doctor.examine(auto) if each.part == "language model")
        assert (found.state, "chatrec llm pull" in found.mend) == ("broken", True)
        assert name in found.what
        with pytest.raises(SettingsError, match=r"chatrec llm pull"):
            chat_model(Settings(home=tmp_path, llm="local"))
        path.unlink()


def test_a_registered_model_goes_before_ones_own(tmp_path: Path) -> None:
    put(tmp_path, b"GGUF", "a-first-one.gguf")
    registered = put(tmp_path, b"GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf")
    put(tmp_path, b"GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf")
    assert local.model_file(Settings(home=tmp_path)) == registered


def test_one_that_comes_later_is_picked_up_and_nobody_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, made = threading.Event(), []

    def slow(settings: Settings) -> InOrder | None:
        if local.model_file(settings) is None:
            return None
        assert loaded.wait(10)
        made.append(1)
        return InOrder(links=(Link("local:own", FakeChatModel, line=Line()),))

    monkeypatch.setattr(models, "chat_model", slow)
    current = Current(Settings(home=tmp_path, llm="auto"))
    assert current() is None
    put(tmp_path, b"GGUF")
    begun = time.monotonic()
    assert [current() for _ in range(3)] == [None] * 3
    assert time.monotonic() - begun < 1
    loaded.set()
    deadline = time.monotonic() + 10
    while current() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_local(current())
    assert made == [1]


def test_what_is_set_is_made_once(tmp_path: Path) -> None:
    current = Current(Settings(home=tmp_path, llm="fake:scripted"))
    assert current() is current()
    assert Current(Settings(home=tmp_path, llm="builtin"))() is None
    with pytest.raises(SettingsError):
        Current(Settings(home=tmp_path, llm="local"))()


def test_doctor_tells_the_jobs_who_stands_in_and_the_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asked = Settings(home=tmp_path, llm="fake:scripted", llm_fallback="openai:some-model", llm_for="explain")
    found = {each.part: each for each in doctor.examine(asked)}
    assert found["language model for"].what == "explain (CHATREC_LLM_FOR=explain)"
    assert "OPENAI_API_KEY" in found["stands in: openai:some-model"].what
    assert found["stands in: openai:some-model"].state == "broken"
    assert "2026" in found["prices"].what


@pytest.mark.slow
def test_it_answers_counts_and_stops(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, llm="local", local_model=model_file(), llm_timeout=60)
    model = chat_model(settings)
    assert model
    assert ask(model, QUESTION, limit=60).usage.models == (f"local:{model_file().stem}",)
    few, many = count_tokens(model, "one two"), count_tokens(model, "one two three four five six")
    assert few
    assert many
    assert few < many <= 10
    assert count_tokens(FakeChatModel(), "one two") is None
    first = local._running[model_file().resolve()]
    assert chat_model(settings)
    assert local._running[model_file().resolve()] is first  # shared
    found = next(each for each in doctor.examine(settings) if each.part == "language model")
    assert "Apache-2.0" in found.what
    assert "checksum right" in found.what
    del first
    local.stop()
    assert count_tokens(model, "one two") is None
