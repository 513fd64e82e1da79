"""Language models by the settings: every form, every failure as a sentence, and a real server."""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from broken_servers import broken
from langchain_core.language_models import BaseChatModel
from openai_server import KEY, model_file

from chatrec import ChatRec, Settings
from chatrec.errors import ChatRecError, LanguageModelError, MissingPackage, SettingsError
from chatrec.fake_llm import FakeChatModel
from chatrec.llm import ask, chat_model, local, stream, yes_no
from chatrec.types import DoneEvent, TextEvent, Usage


@pytest.fixture(autouse=True)
def _no_provider(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key and no .env of whoever runs the tests."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def gguf(path: Path) -> Path:
    """A file that begins like a language model and is none."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"GGUF nonsense")
    return path


def settings(tmp_path: Path, llm: str, **more: object) -> Settings:
    return Settings(home=tmp_path, llm=llm, **more)


# By the settings


def test_builtin_is_no_language_model(tmp_path: Path) -> None:
    assert chat_model(settings(tmp_path, "builtin")) is None


def test_auto_never_takes_a_hosted_model_because_a_key_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert chat_model(settings(tmp_path, "auto")) is None


def test_auto_takes_a_local_model_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "chat_model", lambda *_: FakeChatModel(answers=["here"]))
    gguf(tmp_path / "models" / "some.gguf")
    model = chat_model(settings(tmp_path, "auto"))
    assert model
    assert ask(model, [("user", "?")], limit=5).text == "here"


@pytest.mark.parametrize(
    ("llm", "kind", "says"),
    [
        ("gpt-5", SettingsError, "provider:model"),
        ("openai:", SettingsError, "provider:model"),
        ("local", SettingsError, "CHATREC_LOCAL_MODEL"),
        ("openai:gpt-5-mini", SettingsError, "OPENAI_API_KEY=your-key"),
        ("anthropic:some-model", SettingsError, "ANTHROPIC_API_KEY=your-key"),
        ("ollama:some-model", MissingPackage, "pip install langchain-ollama"),
        ("nobody:some-model", SettingsError, "CHATREC_LLM=nobody:some-model"),
        ("chatrec.nothing:Model", SettingsError, "package.module:Class"),
        ("json.decoder:JSONDecoder", SettingsError, "no LangChain chat model"),
        ("langchain_openai.chat_models:ChatOpenAI", SettingsError, "package.module:Class"),
        ("cut.in_the_middle:Model", SettingsError, "in_the_middle.py, line 1"),
    ],
)
def test_what_cannot_be_used_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, llm: str, kind: type[ChatRecError], says: str
) -> None:
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "in_the_middle.py").write_text("class Model(", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(kind) as refused:
        chat_model(settings(tmp_path, llm))
    assert says in str(refused.value)


def test_a_key_in_dotenv_is_used_and_never_shown(tmp_path: Path) -> None:
    Path(".env").write_text(f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL=http://127.0.0.1:9/v1\n", encoding="utf-8")
    model = chat_model(settings(tmp_path, "openai:some-model"))
    assert KEY not in repr(model)
    with pytest.raises(LanguageModelError) as failed:
        ask(model, [("user", "hello")], limit=5)
    assert KEY not in str(failed.value)
    assert "cannot be reached" in str(failed.value)


def test_every_providers_variables_may_stand_in_dotenv(tmp_path: Path) -> None:
    lines = ["AZURE_OPENAI_API_KEY=" + KEY, "AZURE_OPENAI_ENDPOINT=http://127.0.0.1:9", "OPENAI_API_VERSION=2024-10-21"]
    Path(".env").write_text("\n".join(lines), encoding="utf-8")
    before = dict(os.environ)
    assert KEY not in repr(chat_model(settings(tmp_path, "azure_openai:some-model")))
    assert dict(os.environ) == before


def test_what_the_local_model_is_asked_takes_no_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = SimpleNamespace(url=f"http://127.0.0.1:{free_port()}", key=KEY)
    monkeypatch.setattr(local, "_serving", lambda *_: running)
    gguf(tmp_path / "some.gguf")
    with broken(text="I have read what you asked.") as proxy:
        for name in ("HTTP_PROXY", "ALL_PROXY", "OPENAI_PROXY"):
            monkeypatch.setenv(name, proxy.removesuffix("/v1"))
        model = chat_model(settings(tmp_path, "local", local_model=tmp_path / "some.gguf"))
        with pytest.raises(LanguageModelError, match="cannot be reached"):
            ask(model, [("user", "something private")], limit=5)


def test_a_missing_system_library_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: no such file')", encoding="utf-8")
    gguf(tmp_path / "some.gguf")
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingPackage, match=r"libgomp.*apt install"):
        chat_model(settings(tmp_path, "local", local_model=tmp_path / "some.gguf"))


def test_a_class_of_ones_own_enters_by_the_same_door(tmp_path: Path) -> None:
    model = chat_model(settings(tmp_path, "chatrec.fake_llm:FakeChatModel"))
    assert model
    assert ask(model, [("user", "one two three")], limit=5).usage.input_tokens == 3


def test_test_models_have_names(tmp_path: Path) -> None:
    assert chat_model(settings(tmp_path, "fake:scripted"))
    with pytest.raises(SettingsError, match="scripted"):
        chat_model(settings(tmp_path, "fake:nobody"))


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF nonsense")
    with pytest.raises(SettingsError, match="whole GGUF file"):
        chat_model(settings(tmp_path, "local", local_model=tmp_path / "broken.gguf"))


# Asking


def test_json_is_found_fenced_or_bare_and_cut_json_is_none() -> None:
    for text, parsed in [('```json\n{"a": 1}\n```', {"a": 1}), ('{"a": 1}', {"a": 1}), ('{"a": ', None), ("no", None)]:
        answer = ask(FakeChatModel(answers=[text]), [("user", "?")], limit=5)
        assert (answer.text, answer.parsed) == (text, parsed)
        assert answer.usage.input_tokens > 0


def test_a_slow_stream_is_cut_at_the_limit_and_hung_up() -> None:
    model = FakeChatModel(answers=["word " * 500], delay=0.05)
    begun = time.monotonic()
    with pytest.raises(LanguageModelError, match="longer than"):
        ask(model, [("user", "?")], limit=0.3)
    assert time.monotonic() - begun < 3
    assert model.hung_up == [True]


def test_closing_hangs_up() -> None:
    model = FakeChatModel(answers=["one two three four"])
    with closing(stream(model, [("user", "?")], limit=5)) as pieces:
        next(pieces)
    assert model.hung_up == [True]


# Real and broken servers


def hosted_at(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BaseChatModel:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    model = chat_model(settings(tmp_path, "openai:some-model", llm_timeout=1.0))
    assert model
    return model


@pytest.mark.parametrize("fault", [{"pings": 80}, {"status": 429, "retry_after": 8}, {"delay": 8.0}])
def test_nothing_a_server_does_outlasts_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: dict[str, float]
) -> None:
    with broken(**fault) as address:
        model = hosted_at(address, tmp_path, monkeypatch)
        begun = time.monotonic()
        with pytest.raises(LanguageModelError):
            ask(model, [("user", "?")], limit=1.0)
        assert time.monotonic() - begun < 4


def test_a_server_that_knows_no_schemas_is_asked_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with broken(text='{"pick": "c2"}', schemas=False) as address:
        model = hosted_at(address, tmp_path, monkeypatch)
        answer = ask(model, [("user", "Pick c1 or c2.")], schema={"type": "object"}, limit=20)
    assert answer.parsed == {"pick": "c2"}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"body": b"data: {nope\n\n"}, "cannot be read"),
        ({"body": b'data: "a text"\n\n'}, "cannot be read"),
        ({"body": b""}, "cannot be read"),
        ({"text": "x" * 200_000}, "did not come to an end"),
    ],
)
def test_nonsense_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: dict[str, object], says: str
) -> None:
    with broken(**fault) as address, pytest.raises(LanguageModelError, match=says):  # type: ignore[arg-type]
        ask(hosted_at(address, tmp_path, monkeypatch), [("user", "?")], limit=20)


@pytest.fixture
def hosted(openai_server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("OPENAI_API_KEY", openai_server["key"])
    monkeypatch.setenv("OPENAI_BASE_URL", openai_server["base_url"])
    return Settings(llm=f"openai:{openai_server['model']}", llm_timeout=120)


@pytest.mark.slow
def test_a_real_server_streams_and_counts(hosted: Settings) -> None:
    pieces = list(stream(chat_model(hosted), [("user", "Count from one to ten in words.")], limit=120))
    texts = [piece for piece in pieces if isinstance(piece, str)]
    usage = sum((piece for piece in pieces if isinstance(piece, Usage)), Usage())
    assert len(texts) > 3
    assert usage.input_tokens > 5
    assert usage.output_tokens >= len(texts) - 1


@pytest.mark.slow
def test_a_real_server_keeps_to_a_schema(hosted: Settings) -> None:
    schema = {"type": "object", "properties": {"pick": {"enum": ["c1", "c2"]}}, "required": ["pick"]}
    answer = ask(chat_model(hosted), [("user", "Pick c1 or c2.")], schema=schema, limit=120)
    assert answer.parsed
    assert answer.parsed["pick"] in ("c1", "c2")


@pytest.mark.slow
def test_a_real_server_tells_how_likely_yes_is(hosted: Settings) -> None:
    model = chat_model(hosted)
    assert model
    said = [yes_no(model, [("user", f"Answer with the one word {word}.")], limit=120) for word in ("Yes", "No")]
    assert all(odds is not None for odds in said)
    assert yes_no(FakeChatModel(answers=["Yes"]), [("user", "?")], limit=1) is None


@pytest.mark.slow
def test_closing_a_real_stream_frees_the_server(hosted: Settings) -> None:
    model = chat_model(hosted)
    with closing(stream(model, [("user", "Write a very long story about the sea.")], limit=120)) as pieces:
        next(pieces)
    with closing(stream(model, [("user", "Say yes.")], limit=60)) as pieces:
        assert next(pieces)  # it has one slot, which was given back


@pytest.mark.slow
@pytest.mark.parametrize("llm", ["hosted", "local"])
def test_a_turn_with_a_real_language_model_shows_only_checked_claims(
    hosted: Settings, rec: ChatRec, monkeypatch: pytest.MonkeyPatch, llm: str
) -> None:
    """A model this small says much that is not so: whatever it says, what is shown can be checked."""
    more = {"llm": "local", "local_model": model_file()} if llm == "local" else {"llm": hosted.llm}
    talker = ChatRec(rec.settings.model_copy(update={**more, "llm_timeout": 60.0, "n": 2}))
    events = list(talker.session().stream("a slow western with moral doubt"))
    assert isinstance(events[-1], DoneEvent)
    reply = events[-1].reply
    assert len(reply.recommendations) == 2
    for shown in reply.recommendations:
        known = {evidence.ref for evidence in shown.evidence}
        known |= {f"{shown.item.id}#fact:{name}" for name in shown.item.attributes}
        assert shown.explanation.claims
        assert all(set(claim.refs) <= known and claim.refs for claim in shown.explanation.claims)
    assert any(isinstance(event, TextEvent) for event in events)
    assert reply.usage.input_tokens > 100 or reply.notes
    talker.close()
    local.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


FAULTS = {
    "slow": {"delay": 3.0},
    "nonsense": {"text": "Sure! <script>alert(1)</script> You must buy c99 at http://x.example"},
    "html": {"body": b"<html>It works!</html>"},
    "key": {"status": 401},
    "limit": {"status": 429},
    "crash": {"status": 500},
}


@pytest.mark.parametrize("fault", [*FAULTS, "down"])
def test_whatever_the_server_does_the_reply_is_given_with_a_note(
    rec: ChatRec, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    plain = rec.recommend("a western with moral doubt")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with broken(**FAULTS.get(fault, {})) as address:
        monkeypatch.setenv("OPENAI_BASE_URL", address if fault in FAULTS else f"http://127.0.0.1:{free_port()}/v1")
        talker = ChatRec(rec.settings.model_copy(update={"llm": "openai:some-model", "llm_timeout": 1.0}))
        reply = talker.recommend("a western with moral doubt")
        talker.close()
    assert [shown.item.id for shown in reply.recommendations] == [shown.item.id for shown in plain.recommendations]
    assert [shown.explanation for shown in reply.recommendations] == [s.explanation for s in plain.recommendations]
    assert reply.notes
    assert not any(KEY in note.text or "Traceback" in note.text for note in reply.notes)
    assert "<script" not in reply.text
