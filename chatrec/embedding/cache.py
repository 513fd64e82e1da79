"""Exported models on disk: made once, in another process, and found again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from chatrec.embedding.sources import folder_of, weights_of
from chatrec.errors import EmbeddingError

FORMAT = 1
"""Counts up when the export changes, so that older ones are made anew."""


@dataclass(frozen=True, slots=True)
class Exported:
    """An exported model. `cosine` and `overlap` say how well int8 agreed with torch on real texts (means).

    `engine` is what may run by default: "onnx-int8" where it agreed well enough, else "onnx".
    """

    folder: str
    name: str
    dimension: int
    checksum: str
    longest: int
    query_prompt: str
    passage_prompt: str
    cosine: float
    overlap: float
    engine: str

    def path(self, file: str) -> Path:
        return Path(self.folder) / file


def exported(name: str, models: Path, *, progress: Callable[[str], None]) -> Exported:
    """The exported model of that name, made if it is not there. Safe beside other processes and against kill -9."""
    folder = models / _safe(name)
    found = _read(folder, name)
    if found:
        return found
    models.mkdir(parents=True, exist_ok=True)
    with FileLock(models / f"{folder.name}.lock"):
        found = _read(folder, name)  # another process may have made it meanwhile
        if found:
            return found
        source = folder_of(name)
        with tempfile.TemporaryDirectory(dir=models, prefix=".export-") as scratch:
            _export(source, name, Path(scratch) / "model", progress)
            about = json.loads((Path(scratch) / "model" / "about.json").read_text(encoding="utf-8"))
            (Path(scratch) / "model" / "about.json").write_text(
                json.dumps({**about, "format": FORMAT, "weights": _fingerprint(source)}, indent=1), encoding="utf-8"
            )
            shutil.rmtree(folder, ignore_errors=True)
            (Path(scratch) / "model").rename(folder)
    found = _read(folder, name)
    assert found, "what was just written can be read"
    return found


def known(name: str, models: Path) -> Exported | None:
    """The exported model of that name if it is there; makes nothing."""
    return _read(models / _safe(name), name)


def _read(folder: Path, name: str) -> Exported | None:
    try:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if about.pop("format", None) != FORMAT:
        return None
    weights = about.pop("weights")
    if Path(name).is_dir() and weights != _fingerprint(Path(name)):
        return None
    return Exported(folder=str(folder), **about)


def _fingerprint(source: Path) -> list[list[int]]:
    """Size and time of the weights: tells a changed model folder without reading it."""
    return [[path.stat().st_size, path.stat().st_mtime_ns] for path in weights_of(source)]


def _safe(name: str) -> str:
    """A folder name for a model's name or path, distinct and readable."""
    import hashlib

    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', Path(name).name)[:60]}-{digest}"


def _export(source: Path, name: str, target: Path, progress: Callable[[str], None]) -> None:
    """Runs the export in a process of its own, so that torch's memory goes with it."""
    command = [sys.executable, "-m", "chatrec.embedding.export", str(source), name, str(target)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as complaints:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True, encoding="utf-8")
        failure: EmbeddingError | None = None
        assert process.stdout
        for line in process.stdout:
            kind, _, text = line.rstrip("\n").partition("\t")
            if kind == "progress":
                progress(text)
            elif kind == "error":
                what, _, mend = text.partition("\t")
                failure = EmbeddingError(what, mend=mend)
        if process.wait() == 0:
            return
        complaints.seek(0)
        last = complaints.read().strip().splitlines()[-1:]
    raise failure or EmbeddingError(
        f"The embedding model {name!r} could not be exported: {' '.join(last) or process.returncode}.",
        mend="Set CHATREC_EMBEDDING_ENGINE=torch to run it without an export, or free memory and disk.",
    )


def as_json(model: Exported) -> str:
    """What `about.json` says of a model, without the folder it lies in."""
    return json.dumps({name: value for name, value in asdict(model).items() if name != "folder"}, indent=1)
