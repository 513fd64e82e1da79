"""The installation: a plain one is enough without a language model, and the Makefile serves within seconds."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PLAIN = """
import sys
from importlib.abc import MetaPathFinder
class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from chatrec.cli import main
main()
"""


def brought_along(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """The distributions that installing this one installs, itself included."""
    found: set[str] = set()
    todo = [(name, extras)]
    seen = set()
    while todo:
        asked = todo.pop()
        if asked in seen:
            continue
        seen.add(asked)
        try:
            needed = requires(asked[0]) or []
        except PackageNotFoundError:
            continue
        found.add(_plain(asked[0]))
        for one in map(Requirement, needed):
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *asked[1])):
                todo.append((one.name, frozenset(one.extras)))
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def home(embedder_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CHATREC_HOME with the embedding model ready and the sample catalogue indexed by the command."""
    folder = tmp_path_factory.mktemp("install")
    shutil.copytree(embedder_home / "models", folder / "models")
    return folder


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHATREC_", "MAKE"))}
    return kept | {"CHATREC_HOME": str(home), "CHATREC_LLM": "builtin"} | more


def test_a_plain_install_indexes_recommends_and_chats(home: Path) -> None:
    plain = brought_along("chatrec")
    assert "chromadb" in plain
    owners = packages_distributions()
    absent = {name for name, owning in owners.items() if not {_plain(owner) for owner in owning} & plain}
    assert {"gradio", "xllamacpp", "implicit", "psycopg"} <= absent
    program = PLAIN.format(absent=absent)

    def call(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-c", program, *arguments]
        return subprocess.run(
            command, cwd=home, env=environment(home), input=given, capture_output=True, text=True, timeout=200,
            check=False,
        )  # fmt: skip

    for arguments, given in ((["index", "--sample"], ""), (["recommend", "grief"], ""), (["chat"], "a heist\n")):
        ran = call(*arguments, given=given)
        assert ran.returncode == 0, ran.stderr
    page = call("ui")
    assert page.returncode == 2
    assert 'pip install "chatrec[ui]"' in page.stderr
    assert "Traceback" not in page.stderr
    doctor = call("doctor")
    assert doctor.returncode == 0, doctor.stdout


@pytest.mark.slow
def test_make_run_serves_the_sample_and_indexes_nothing_the_second_time(home: Path) -> None:
    made(home)
    said = made(home)
    assert "embedd" not in said.lower(), "nothing is indexed again"


def made(home: Path) -> str:
    """What `make run` in the environment of these tests says until it serves the page."""
    made_before = f"{sys.prefix}/.installed-ui"
    command = ["make", "--old-file", made_before, "run", f"VENV={sys.prefix}", "EXTRAS=ui", "CHATREC_UI_PORT=0"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(home, PYTHONUNBUFFERED="1"), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            said = ""
            while not (address := re.search(r"http://127\.0\.0\.1:\d+", said)):
                line = process.stdout.readline()
                assert line, said
                said += line
            with urllib.request.urlopen(address[0], timeout=20) as page:
                assert b"gradio" in page.read().lower()
            return said
        finally:
            os.killpg(process.pid, signal.SIGINT)


def test_make_test_fails_where_a_browser_is_missing_and_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "ls").symlink_to("/bin/ls")
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")  # not root
    (tmp_path / "id").chmod(0o755)
    ran = subprocess.run(
        ["/bin/sh", str(ROOT / "tools" / "system.sh"), "test"], env={"PATH": str(tmp_path), "PYTHON": sys.executable},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert re.search(r"sudo apt-get install --yes --no-install-recommends .*chromium", ran.stderr)
    assert ran.stdout == ""


def test_a_python_of_the_right_version_is_found() -> None:
    ran = subprocess.run(
        ["sh", str(ROOT / "tools" / "system.sh"), "run"], env=os.environ | {"PYTHON": sys.executable},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    version = subprocess.run(
        [ran.stdout.strip(), "-c", "import sys; print(sys.version_info[1])"], capture_output=True, text=True, check=True
    )
    assert int(version.stdout) in (11, 12, 13)


def test_an_installation_that_failed_is_tried_again(tmp_path: Path) -> None:
    offline = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE"))}
    offline |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "PYTHON": sys.executable}
    for _ in range(2):
        ran = subprocess.run(
            ["make", "run", f"VENV={tmp_path}/venv"], cwd=ROOT, env=offline, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert ran.returncode == 2
        assert "No matching distribution" in ran.stderr
    assert not list(tmp_path.glob("venv/.installed*"))
