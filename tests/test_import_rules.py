"""Imports run one way, heavy packages have one door each, and importing chatrec costs nothing."""

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A copy of the tree in the shape in which it is installed, to be spoilt."""
    ignored = shutil.ignore_patterns("__pycache__", "*.jsonl", "screenshots")
    shutil.copytree(ROOT / "chatrec", tmp_path / "chatrec", ignore=ignored)
    for name in ("catalog", "ui"):
        shutil.copytree(ROOT / name, tmp_path / "chatrec" / name, ignore=ignored)
    return tmp_path


def checked(folder: Path) -> tuple[int, str]:
    """What import-linter says of the package in that folder, by the rules of pyproject.toml."""
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    ran = subprocess.run(
        [sys.executable, "-c", command, "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    return ran.returncode, ran.stdout + ran.stderr


def test_the_rules_are_kept(installed: Path) -> None:
    status, said = checked(installed)
    assert status == 0, said
    assert "0 broken" in said


@pytest.mark.parametrize(
    ("where", "line", "rule"),
    [
        ("catalog/source.py", "from chatrec import types", "imports run one way"),
        ("catalog/formats/csv.py", "import chatrec.store.index", "imports run one way"),
        ("ui/cards.py", "import chatrec.cli", "imports run one way"),
        ("errors.py", "import chatrec.settings", "imports run one way"),
        ("ui/page.py", "import chromadb", "Chroma is one file's business"),
        ("store/words.py", "import chromadb", "Chroma is one file's business"),
        ("catalog/records.py", "import torch", "PyTorch is the business of embedding and of recommender models"),
        ("dialogue/state.py", "from dotenv import dotenv_values", "one file reads the environment"),
        ("newcomer.py", "import os", "imports run one way"),
    ],
)
def test_a_planted_breach_is_found(installed: Path, where: str, line: str, rule: str) -> None:
    with (installed / "chatrec" / where).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    status, said = checked(installed)
    assert status == 1, said
    assert f"{rule} BROKEN" in said


def sources() -> list[Path]:
    return [path for name in ("chatrec", "catalog", "ui") for path in sorted((ROOT / name).rglob("*.py"))]


def test_only_the_settings_read_the_environment() -> None:
    readers = {"environ", "getenv", "environb", "putenv"}
    found = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = node.attr if isinstance(node, ast.Attribute) else node.name if isinstance(node, ast.alias) else ""
            if named in readers:
                found.add(str(path.relative_to(ROOT)))
    assert found == {"chatrec/settings.py"}


def test_every_package_is_installed() -> None:
    folders = {path.parent.relative_to(ROOT) for path in sources()}
    inside = {str(folder if folder.parts[0] == "chatrec" else "chatrec" / folder) for folder in folders}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == {name.replace("/", ".") for name in inside}


def test_importing_chatrec_loads_and_reads_nothing() -> None:
    # An audit hook sees every file that is opened; Python's own modules and chatrec's are what may be.
    script = """
import __future__, sys, json, typing, importlib.util
known = set(sys.modules)
package = importlib.util.find_spec("chatrec").submodule_search_locations[0]
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event in ("open", "socket.connect") else None)
import os
class Guarded(dict):
    def __getitem__(self, key): opened.append("environment"); return super().__getitem__(key)
    get = __contains__ = __getitem__
os.environ = Guarded()
import chatrec
chatrec.__version__
print(json.dumps({"modules": sorted(set(sys.modules) - known),
    "opened": [name for name in opened if not name.startswith(package)]}))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    told = json.loads(ran.stdout)
    assert [name for name in told["modules"] if name.split(".")[0] == "chatrec"] == ["chatrec"]
    assert {name.split(".")[0] for name in told["modules"]} <= set(sys.stdlib_module_names) | {"chatrec"}
    assert told["opened"] == []


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("chatrec.cli", "torch sentence_transformers chromadb gradio langchain numpy pydantic sqlalchemy openai"),
        ("chatrec.app", "torch sentence_transformers gradio langchain_core openai transformers sklearn pandas pyarrow"),
        ("chatrec.ui", "gradio torch"),
    ],
)
def test_what_is_heavy_waits_until_it_is_needed(module: str, absent: str) -> None:
    script = f"import {module}, sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert set(ran.stdout.split()) & set(absent.split()) == set()
