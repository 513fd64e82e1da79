"""What has been measured, a file a cell, named by all that goes into it: so that an evaluation resumes."""

from __future__ import annotations

import ast
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chatrec import plugins, recommenders
from chatrec.evaluation.recommenders.measuring import Measured, measured
from chatrec.evaluation.recommenders.split import Protocol, Split

FORMAT = 2
"""Another one where what is measured, or how it is split, has changed."""


@dataclass(frozen=True)
class Cell:
    """A recommender model with its hyperparameters, on one split of one data set (named by its digest)."""

    recommender: str
    hyperparameters: Mapping[str, Any]
    data: str
    protocol: Protocol
    seed: int

    @property
    def name(self) -> str:
        """Other code of the recommender model, and of what it imports from its folder, is another cell."""
        known = [FORMAT, self.recommender, dict(self.hyperparameters), self.data, self.protocol, self.seed]
        told = json.dumps([*known, code_of(self.recommender)], sort_keys=True)
        return f"{self.recommender.replace(':', '.')}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def result_of(cell: Cell, split: Callable[[], Split], folder: Path, tell: Callable[[str, int, int], None]) -> Measured:
    """What `cell` measures: read from `folder` where it stands there, else measured and written down.

    Raises TrainingError and MissingPackage as fitting does; they are not written down.
    """
    path = folder / f"{cell.name}.json"
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        figures = {name: math.nan if value is None else float(value) for name, value in kept["figures"].items()}
        return Measured(figures, kept["users"], kept["cases"])
    model = plugins.load("recommenders", cell.recommender)(**cell.hyperparameters)
    result = measured(model, split(), seed=cell.seed, tell=tell)
    plain = {name: None if math.isnan(value) else value for name, value in result.figures.items()}
    about = {**vars(cell), "hyperparameters": dict(cell.hyperparameters), **vars(result), "figures": plain}
    folder.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(about), encoding="utf-8")
    beside.replace(path)
    return result


def code_of(recommender: str) -> str:
    """A digest of the source of a recommender model and of what it imports, directly or not, from its package."""
    kind = plugins.load("recommenders", recommender)
    start = recommender.partition(":")[0] if ":" in recommender else f"{recommenders.__name__}.{recommender}"
    package = recommenders.__name__ if start.startswith(recommenders.__name__) else kind.__module__.rpartition(".")[0]
    waiting, digests = [start], dict[str, str]()
    while waiting:
        name = waiting.pop()
        if name in digests or name == recommenders.__name__:
            continue
        digests[name] = ""
        for path in _files(name):
            text = path.read_text(encoding="utf-8")
            digests[name] += hashlib.sha256(text.encode()).hexdigest()
            waiting += _imported(text, package)
    return hashlib.sha256(json.dumps(sorted(digests.items())).encode()).hexdigest()


def _files(name: str) -> list[Path]:
    """The sources of a module; of a package those of all its modules."""
    file = getattr(import_module(name), "__file__", None)
    if not file:
        return []
    path = Path(file)
    return sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]


def _imported(text: str, package: str) -> list[str]:
    """The modules of `package` that a source imports."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(package):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [node.module, *(name for name in inner if _is_module(name))]
    return found


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a name in a module that is no package
        return False
