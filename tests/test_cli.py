"""The command line as its users meet it: what each command prints, where, and with which exit status."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chatrec import ChatRec, Settings
from chatrec.embedding import load_embedder

Run = Callable[..., subprocess.CompletedProcess[str]]

COMMAND = [str(Path(sys.executable).with_name("chatrec"))]
HOSTILE = "\x1b[31mRed\x1b[0m [bold]desk[/bold] \x07"
DESKS = (
    {"id": "oak", "title": HOSTILE, "description": "A desk of oak, broad and heavy.", "price": 300, "room": "study"},
    {
        "id": "pine",
        "title": "Pine desk",
        "description": "A light desk of pine. It wobbles.",
        "price": 90,
        "room": "hall",
    },
    {"id": "bare", "title": "Bare"},
)


def written(path: Path, *entries: object) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATREC_")}
    return kept | {"CHATREC_HOME": str(home), "CHATREC_LLM": "builtin", "COLUMNS": "100"} | more


@pytest.fixture(scope="module")
def home(embedder_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CHATREC_HOME with the catalogue "desks", and with one record left out of it."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "models").symlink_to(embedder_home / "models")
    rec = ChatRec(Settings(home=folder, catalog="desks", llm="builtin"))
    rec.index([written(folder / "desks.jsonl", *DESKS)])
    rec.close()
    return folder


@pytest.fixture
def run(home: Path, tmp_path: Path) -> Run:
    """Runs the command in an empty folder; `env` holds variables, `given` what it reads."""

    def call(*arguments: str, given: str = "", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        variables = environment(home, CHATREC_CATALOG="desks") | (env or {})
        return subprocess.run(
            [*COMMAND, *arguments], cwd=tmp_path, env=variables, input=given, capture_output=True, text=True,
            timeout=100, check=False,
        )  # fmt: skip

    return call


def told(ran: subprocess.CompletedProcess[str], *parts: str) -> None:
    """A mistake: status 2, one clear message on stderr that holds the parts, nothing on stdout."""
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) <= 4
    for part in parts:
        assert part in ran.stderr


def test_help_is_quick_and_names_every_command(run: Run) -> None:
    begun = time.monotonic()
    said = run("--help").stdout
    assert time.monotonic() - begun < 2
    assert all(name in said for name in ("index", "chat", "ui", "recommend", "evaluate", "catalogs", "doctor"))
    assert re.fullmatch(r"chatrec \d+\.\d+\.\d+\n", run("--version").stdout)


def test_index_says_what_it_took_the_file_for_and_what_it_did(run: Run, tmp_path: Path) -> None:
    ran = run("index", str(written(tmp_path / "desks.jsonl", *DESKS)), "--catalog", "fresh")
    assert ran.returncode == 0, ran.stderr
    assert "desks.jsonl: read as jsonl (" in ran.stdout
    assert "3 items (3 added), 3 passages" in ran.stdout
    assert "facets only: 1 (bare)" in ran.stdout
    again = run("index", str(written(tmp_path / "desks.jsonl", DESKS[0])), "--catalog", "fresh", "--sync")
    assert "1 items (2 removed, 1 unchanged)" in again.stdout
    assert "0 were embedded now" in again.stdout


def test_a_bad_line_stops_the_index_or_is_listed(run: Run, home: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "bad.jsonl", DESKS[0])
    path.write_text(path.read_text() + '{"id": 7\n' + json.dumps(DESKS[1]) + "\n")
    told(run("index", str(path), "--catalog", "bad"), "bad.jsonl, line 2")
    assert not (home / "catalogs" / "bad" / "CURRENT").exists()
    ran = run("index", str(path), "--catalog", "bad", "--skip-bad")
    assert ran.returncode == 0, ran.stderr
    assert "Bad records left out: 1" in ran.stdout
    assert "line 2" in ran.stdout


def test_the_sample_does_not_go_into_a_catalogue_of_ones_own(run: Run, home: Path) -> None:
    assert run("index", "--sample").returncode == 0
    sizes = run("catalogs", "list").stdout
    assert re.search(r"desks\W+3\W", sizes)
    assert re.search(r"sample\W+256\W", sizes)


def test_recommend_prints_titles_and_quotes_with_nothing_to_interpret(run: Run) -> None:
    ran = run("recommend", "a broad desk of oak", "-n", "1")
    assert ran.returncode == 0, ran.stderr
    assert "[bold]desk[/bold]" in ran.stdout, "markup of the catalogue is text"
    assert "A desk of oak, broad and heavy." in ran.stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", ran.stdout)


def test_recommend_prints_the_json_others_script_against(run: Run) -> None:
    ran = run("recommend", "a broad desk of oak", "--json", "-n", "2")
    answer = json.loads(ran.stdout)
    assert set(answer) == {"recommendations", "notes", "timings", "usage"}
    shown = answer["recommendations"][0]
    assert set(shown) == {"item", "score", "explanation", "evidence"}
    assert (shown["item"]["id"], shown["item"]["price"], shown["item"]["room"]) == ("oak", 300, "study")
    assert shown["explanation"]["text"] == " ".join(claim["text"] for claim in shown["explanation"]["claims"])
    assert {"ref": "oak#description", "quote": "A desk of oak, broad and heavy."} in shown["evidence"]
    refs = {evidence["ref"] for evidence in shown["evidence"]}
    assert all(set(claim["refs"]) <= refs for claim in shown["explanation"]["claims"])


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (["price=50..100"], {"pine"}),
        (["price=100.."], {"oak"}),
        (["price=..100"], {"pine"}),
        (["room=hall"], {"pine"}),
        (["room=hall,study"], {"pine", "oak"}),
        (["room=hall,study", "price=200..400"], {"oak"}),
        (["room!=hall", "price=0.."], {"oak"}),
    ],
)
def test_filters(run: Run, filters: list[str], ids: set[str]) -> None:
    options = [part for entry in filters for part in ("--filter", entry)]
    answer = json.loads(run("recommend", "a desk", "--json", *options).stdout)
    assert {shown["item"]["id"] for shown in answer["recommendations"]} == ids


def test_what_is_liked_is_not_recommended_back(run: Run) -> None:
    answer = json.loads(run("recommend", "", "--liked", "oak", "--json").stdout)
    assert [shown["item"]["id"] for shown in answer["recommendations"]][:1] == ["pine"]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["recommend", "x", "--filter", "price"], ["--filter 'price'", "facet=value"]),
        (["recommend", "x", "--filter", "prise=1..2"], ["'prise'", "price"]),
        (["recommend", "x", "--filter", "price=low..high"], ["'price'", "number"]),
        (["recommend", "x", "--liked", "nobody"], ["'nobody'"]),
        (["recommend", "x", "-n", "0"], ["0"]),
        (["recommend", " "], ["empty"]),
        (["train", "--dialogues", "nowhere.jsonl", "--catalog", "desks"], ["nowhere.jsonl", "path"]),
        (["train", "--catalog", "desks"], ["nothing to learn from", "--dialogues FILE"]),
        (["recommend", "x " * 50_000], ["99,999", "shorter"]),
        (["recommend", "x", "--catalog", "nowhere"], ["'nowhere'", "chatrec index"]),
        (["recommend", "x", "--catalog", "../desks"], ["'../desks'"]),
        (["chat", "--catalog", "nowhere"], ["'nowhere'"]),
        (["ui", "--catalog", "nowhere"], ["'nowhere'"]),
        (["ui", "--sample", "--catalog", "nowhere"], ["'nowhere'"]),
        (["index"], ["--sample"]),
        (["index", "missing.jsonl"], ["missing.jsonl"]),
        (["index", "--sample", "--format", "jason"], ["'jason'", "jsonl"]),
        (["index", "--sample", "--sync", "--reset"], ["--sync", "--reset"]),
        (["catalogs", "remove", "nowhere", "--yes"], ["'nowhere'", "desks"]),
        (["nonsense"], ["nonsense"]),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_mistakes_end_with_a_sentence_and_status_2(run: Run, arguments: list[str], parts: list[str]) -> None:
    told(run(*arguments), *parts)


@pytest.mark.parametrize(
    ("variables", "parts"),
    [
        ({"CHATREC_CATALOGUE": "x"}, ["CHATREC_CATALOGUE", "CHATREC_CATALOG;"]),
        ({"CHATREC_N": "many"}, ["CHATREC_N:"]),
        ({"CHATREC_ROUTES": "wrods"}, ["wrods", "words"]),
        ({"CHATREC_LLM": "openai:any", "OPENAI_API_KEY": ""}, ["OPENAI_API_KEY", ".env"]),
        ({"CHATREC_LLM": "gpt"}, ["CHATREC_LLM", "provider:model"]),
        ({"CHATREC_EMBEDDER": "/nowhere/model"}, ["/nowhere/model"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_settings_that_cannot_be_end_the_same_way(run: Run, variables: dict[str, str], parts: list[str]) -> None:
    told(run("recommend", "x", env=variables), *parts)


def test_an_error_nobody_foresaw_keeps_its_traceback(home: Path) -> None:
    script = "import chatrec.cli as cli, chatrec.app as app; app.ChatRec.from_env = lambda **_: 1 / 0; cli.main()"
    ran = subprocess.run(
        [sys.executable, "-c", script, "recommend", "x"], env=environment(home), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr
    assert "ZeroDivisionError" in ran.stderr


def test_a_reader_that_has_had_enough_is_no_error(home: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "recommend", "a desk", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(home, CHATREC_CATALOG="desks"),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_catalogs_are_listed_and_removed(run: Run, tmp_path: Path) -> None:
    assert run("index", str(written(tmp_path / "one.jsonl", DESKS[1])), "--catalog", "brief").returncode == 0
    assert "brief" in run("catalogs", "list").stdout
    assert run("catalogs", "remove", "brief", given="n\n").returncode == 1
    assert "brief" in run("catalogs", "list").stdout
    assert run("catalogs", "remove", "brief", given="y\n").returncode == 0
    assert "brief" not in run("catalogs", "list").stdout


def test_a_piped_chat_answers_line_by_line_and_can_be_gone_on_with(run: Run) -> None:
    ran = run("chat", "--user", "ann", given="a desk of oak\n\nsomething else\n")
    assert ran.returncode == 0, ran.stderr
    assert "> a desk of oak" in ran.stdout
    assert "A desk of oak, broad and heavy." in ran.stdout
    assert "[bold]desk[/bold]" in ran.stdout
    assert "\x1b" not in ran.stdout
    session = re.search(r"chatrec chat --session (\S+)", ran.stdout)
    assert session
    again = run("chat", "--session", session[1], given="")
    assert "> a desk of oak" in again.stdout, "what was said before is shown again"
    assert session[1] in again.stdout


def interruptible() -> None:
    """Ctrl-C works even where the tests run in the background, which ignores it for all that they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def terminal() -> None:
    """Makes standard input the terminal that Ctrl-C comes from."""
    interruptible()
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


SLOW = """
from pathlib import Path
from chatrec.fake_llm import FakeChatModel
def answer(messages):
    Path(__file__).with_name("asked").touch()
    return "word " * 4000
def Slow():
    return FakeChatModel(answers=[answer], delay=0.05)
"""


@pytest.mark.parametrize("ending", [b"\x04", b"\x03"], ids=["Ctrl-D", "Ctrl-C"])
def test_ctrl_c_stops_the_turn_and_the_prompt_can_be_left(home: Path, tmp_path: Path, ending: bytes) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "slow.py").write_text(SLOW)
    env = environment(home, CHATREC_CATALOG="desks", CHATREC_LLM="mine.slow:Slow", PYTHONPATH=str(tmp_path))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "chat"], stdin=theirs, stdout=theirs, stderr=theirs, env=env, preexec_fn=terminal
    )
    os.close(theirs)
    seen = ""

    def until(wanted: str, *, again: bytes = b"") -> None:
        """Reads up to `wanted`; `again` is pressed once more where nothing comes for three seconds."""
        nonlocal seen
        end = time.monotonic() + 30
        while wanted not in seen:
            assert time.monotonic() < end, seen
            if select.select([ours], [], [], 3.0)[0]:
                seen += os.read(ours, 4096).decode(errors="replace")
            else:
                os.write(ours, again)
        seen = seen.split(wanted, 1)[1]

    try:
        until("> ")
        os.write(ours, b"a desk of oak\r")
        until("oak")
        while not (tmp_path / "mine" / "asked").exists():  # the turn waits for its language model
            time.sleep(0.1)
        os.write(ours, b"\x03")
        until("Stopped.")
        until("> ")
        os.write(ours, ending)
        until("chatrec chat --session", again=ending)  # readline may miss a signal as it begins to wait
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_ctrl_c_outside_a_turn_ends_with_130(home: Path) -> None:
    script = (
        "import chatrec.cli as cli, chatrec.app as app, os, signal, time\n"
        "app.ChatRec.from_env = lambda **_: (os.kill(os.getpid(), signal.SIGINT), time.sleep(5))\n"
        "cli.main()"
    )
    command = [sys.executable, "-c", script, "recommend", "x"]
    options = {"env": environment(home), "capture_output": True, "text": True, "timeout": 60, "check": False}
    ran = subprocess.run(command, preexec_fn=interruptible, **options)
    assert ran.returncode == 130
    assert "Traceback" not in ran.stderr


def test_doctor_finds_everything_in_order(run: Run) -> None:
    ran = run("doctor")
    assert ran.returncode == 0, ran.stdout
    for part in ("chromadb", "onnxruntime", "embedder", "cosine", "builtin", "SQLite", "catalogue desks", "3 items"):
        assert part in ran.stdout


@pytest.mark.parametrize(
    ("variables", "parts"),
    [
        ({"CHATREC_LLM": "openai:any", "OPENAI_API_KEY": ""}, ["OPENAI_API_KEY=your-key"]),
        (
            {"CHATREC_LLM": "openai:any", "OPENAI_API_KEY": "sk-secret-42", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"},
            ["language model"],
        ),
        ({"CHATREC_DATABASE_URL": "postgresql://ann:sk-secret-42@127.0.0.1:9/talk"}, ["conversations"]),
        ({"CHATREC_CHROMA_URL": "http://127.0.0.1:9"}, ["catalogue desks", "CHATREC_CHROMA_URL"]),
    ],
    ids=["no key", "no server", "no database", "no Chroma"],
)
def test_doctor_names_what_is_broken_and_no_secret(run: Run, variables: dict[str, str], parts: list[str]) -> None:
    ran = run("doctor", env=variables)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "!!" in ran.stdout
    for part in parts:
        assert part in ran.stdout
    assert "sk-secret-42" not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_doctor_asks_the_language_model(run: Run) -> None:
    ran = run("doctor", env={"CHATREC_LLM": "chatrec.fake_llm:FakeChatModel"})
    assert ran.returncode == 0, ran.stdout
    assert "chatrec.fake_llm:FakeChatModel answers" in ran.stdout


@pytest.mark.parametrize(
    ("variables", "says", "does"),
    [
        ({}, "counts 1, asked listwise", "understand, rank, explain"),
        ({"CHATREC_RANKING_WEIGHT": "0"}, "weight 0, the language model does not rank: CHATREC_RANKING_WEIGHT=0", ""),
        ({"CHATREC_RANKING": "none"}, "weight 0, the language model does not rank: CHATREC_RANKING=none", ""),
    ],
)
def test_doctor_tells_whether_the_language_model_ranks(
    run: Run, variables: dict[str, str], says: str, does: str
) -> None:
    ran = run("doctor", env={"CHATREC_LLM": "chatrec.fake_llm:FakeChatModel", **variables})
    assert ran.returncode == 0, ran.stdout
    assert says in ran.stdout
    assert f"language model for  {does or 'understand, explain'} (" in ran.stdout


def test_doctor_finds_an_index_of_another_embedder(run: Run, home: Path) -> None:
    load_embedder(Settings(home=home))
    served = home / "catalogs" / "desks"
    manifest = served / "generations" / f"{(served / 'CURRENT').read_text().strip()}.json"
    whole = manifest.read_text()
    try:
        about = json.loads(whole)
        about["stamp"]["checksum"] = "0" * 64
        manifest.write_text(json.dumps(about))
        ran = run("doctor")
        assert ran.returncode == 1
        assert "embedder" in ran.stdout.split("catalogue desks")[1]
        told(run("recommend", "x"), "embedder")
    finally:
        manifest.write_text(whole)
