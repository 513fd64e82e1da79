"""Writes what is made from the code: the tree and the settings of README.md, and .env.example."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

from chatrec.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent

TOP = {
    "catalog": "installed as chatrec.catalog: everything about catalogues",
    "chatrec": "the rooms, from the command line down to the errors",
    "ui": "installed as chatrec.ui: the Gradio page",
    "tests": "one file a room or more; helpers and fixtures beside them",
    "tools": "what the Makefile calls",
    "Makefile": "make run, make test, make lint, make docs",
    "constraints.txt": "the pinned version of everything that is installed",
    "pyproject.toml": "packages, extras, lint, types, import rules",
    ".env.example": "every setting, with what it does",
    ".ci/run": "from a clean clone: the wheel, lint, types, import rules, every test",
}
CLOSED = {"tests/formats", "tests/scenarios"}
"""Folders that are named, and what lies in them is not."""
SILENT = {"__pycache__", "__init__.py", "screenshots", "fixtures"}
PROVIDERS = """
# Of the provider of a hosted language model, if CHATREC_LLM names one (provider:model). For openai:
# OPENAI_API_KEY=
# Any server that speaks OpenAI's protocol:
# OPENAI_BASE_URL=http://127.0.0.1:8080/v1
"""


def sentence(path: Path) -> str:
    """The first sentence of a module's docstring, of a package's for a folder; empty where there is none."""
    source = path / "__init__.py" if path.is_dir() else path
    if source.suffix != ".py" or not source.exists():
        return ""
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return re.split(r"(?<=[.!?])\s", " ".join(text.split("\n\n")[0].split()))[0].rstrip(".")


def tree(root: Path = ROOT) -> str:
    """Every module, folder by folder, with what it is for."""
    rows: list[tuple[str, str]] = []
    for name, about in TOP.items():
        path = root / name
        rows.append((f"{name}/" if path.is_dir() else name, about))
        if path.is_dir():
            rows += _below(path, depth=1)
    width = max(len(name) for name, _ in rows) + 2
    return "\n".join(f"{name:{width}}{about}".rstrip() for name, about in rows)


def _below(folder: Path, *, depth: int) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    entries = [entry for entry in folder.iterdir() if entry.name not in SILENT and not entry.name.startswith(".")]
    for entry in sorted(entries, key=lambda entry: (entry.is_dir(), entry.name)):
        rows.append(("  " * depth + entry.name + ("/" if entry.is_dir() else ""), sentence(entry)))
        if entry.is_dir() and entry.relative_to(ROOT).as_posix() not in CLOSED:
            rows += _below(entry, depth=depth + 1)
    return rows


def settings() -> list[tuple[str, str, str]]:
    """Each variable, its default as it is written in the environment, and what it does."""
    rows = []
    for name, field in Settings.model_fields.items():
        value = field.default
        if field.default_factory is not None:
            default = "the user's data folder"
        elif isinstance(value, tuple):
            default = ",".join(value)
        elif hasattr(value, "get_secret_value"):
            default = value.get_secret_value()
        else:
            default = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        rows.append((PREFIX + name.upper(), default, field.description or ""))
    return rows


def settings_table() -> str:
    lines = ["| variable | default | |", "| --- | --- | --- |"]
    for variable, default, about in settings():
        written = default if default.startswith("the ") else f"`{default}`" if default else ""
        lines.append(f"| `{variable}` | {written} | {about.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def env_example() -> str:
    parts = ["# Copy to .env and take the # off the lines to change; the environment goes over .env."]
    for variable, default, about in settings():
        parts += ["", *(f"# {line}" for line in textwrap.wrap(about.replace("`", ""), 110))]
        parts.append(f"# {variable}={'' if default.startswith('the ') else default}")
    return "\n".join(parts) + "\n" + PROVIDERS


def readme(text: str) -> str:
    """The README with what stands between its markers made anew."""
    for name, made in {"tree": f"```\n{tree()}\n```", "settings": settings_table()}.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if text.count(start) != 1 or text.count(end) != 1:
            raise SystemExit(f"README.md must have {start.strip()} and {end} once.")
        before, rest = text.split(start)
        text = f"{before}{start}{made}\n{end}{rest.split(end)[1]}"
    return text


def main() -> None:
    path = ROOT / "README.md"
    path.write_text(readme(path.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / ".env.example").write_text(env_example(), encoding="utf-8")


if __name__ == "__main__":
    main()
