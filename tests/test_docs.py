"""Documents that cannot rot: what is made from the code is up to date, and every block of the README runs."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from chatrec.catalog import sample
from chatrec.catalog.policy import check_policy, read_policy
from chatrec.catalog.schema import profile
from chatrec.catalog.source import names, open_source
from chatrec.cli import app
from chatrec.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MADE: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "docs.py"), run_name="docs")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_the_tree_and_the_settings_of_the_readme_are_those_of_the_code() -> None:
    assert MADE["readme"](README) == README, "run: make docs"


def test_env_example_holds_every_setting_and_nothing_else() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert text == MADE["env_example"](), "run: make docs"
    variables = re.findall(r"^# (CHATREC_\w+)=", text, flags=re.MULTILINE)
    assert variables == ["CHATREC_" + name.upper() for name in Settings.model_fields]


def test_env_example_uncommented_says_what_holds_anyway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("CHATREC_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    plain = Settings.from_env()
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    (tmp_path / ".env").write_text(re.sub(r"^# (CHATREC_\w+=)", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    assert Settings.from_env() == plain


def test_every_setting_has_a_description() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_every_module_in_the_tree_says_what_it_is_for() -> None:
    silent = [
        path for folder in ("chatrec", "catalog", "ui") for path in (ROOT / folder).rglob("*.py")
        if not MADE["sentence"](path) or len(MADE["sentence"](path)) > 130
    ]  # fmt: skip
    assert silent == []


def test_the_formats_of_the_readme_are_those_there_are() -> None:
    section = README.split("## Catalogue formats")[1].split("\n## ")[0]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == names()


def test_links_and_pictures_of_the_readme_are_there() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []


def test_the_commands_of_the_readme_are_there() -> None:
    said = [line.split("#")[0].split() for block in blocks("console") for line in block.splitlines() if line.strip()]
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    commands |= {group.name for group in app.registered_groups}
    known = {"make": targets, "chatrec": commands}
    for program, first, *_ in said:
        assert (program == "python" and (ROOT / first).is_file()) or first in known[program]


@pytest.fixture(scope="module")
def home(embedder_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CHATREC_HOME of its own, with the embedding model ready."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(embedder_home / "models", folder / "models")
    return folder


def ran(command: list[str], home: Path) -> str:
    """What a command says that must succeed, run outside the repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATREC_")}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    env = kept | {"CHATREC_HOME": str(home), "CHATREC_LLM": "builtin", "PATH": programs}
    done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("python"))
def test_the_python_block_runs(block: str, home: Path) -> None:
    lines = ran([sys.executable, "-c", block], home).splitlines()
    assert lines
    if "stream" in block:
        assert "done" in lines
        assert any("#description" in line or "#review:" in line for line in lines)
    if "blocking" in block:
        assert any("facet='runtime'" in line for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("sh"))
def test_the_commands_run(block: str, home: Path) -> None:
    for line in block.splitlines():
        said = ran(["sh", "-c", line], home)
        if "--json" in line:
            assert json.loads(said)["recommendations"]


@pytest.mark.parametrize("block", blocks("toml"))
def test_the_house_rules_fit_the_sample(block: str, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(block, encoding="utf-8")
    policy = read_policy(tmp_path / "policy.toml")
    assert all(getattr(policy, field.name) for field in fields(policy)), "every rule is shown"
    check_policy(policy, profile(record for record in open_source([sample.films()]).records()))


def test_every_package_is_pinned_once() -> None:
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins), "no local versions, addresses or paths"
    pinned = [_plain(pin.split("==")[0]) for pin in pins]
    assert len(pinned) == len(set(pinned))
    asked = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    direct = {_plain(re.split(r"[\[<>=!~; ]", one)[0]) for one in asked} - {"chatrec"}
    assert direct <= set(pinned)


def test_what_is_installed_here_is_what_is_pinned() -> None:
    from importlib.metadata import PackageNotFoundError, version

    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, sign, wanted = line.partition("==")
        try:
            found = version(name) if sign and not line.startswith("#") else ""
        except PackageNotFoundError:  # for another Python or system
            continue
        assert found.split("+")[0] == wanted, name


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_no_merge_was_left_half_done() -> None:
    assert not re.search(r"^(<{7}|={7}|>{7})( |$)", README, flags=re.MULTILINE)
