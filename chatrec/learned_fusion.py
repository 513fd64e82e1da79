"""A fusion that was learned: gradient-boosted trees, trained to put what people took first, order the candidates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatrec.errors import MissingPackage, StoreError
from chatrec.features import Features

ROUNDS = 125
SETTINGS = {
    "objective": "lambdarank",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "lambdarank_truncation_level": 30,
    "verbosity": -1,
    "deterministic": True,
}
"""Chosen on redial_train and redial_valid; around them little changes (README, results)."""


THREADS = 2
"""More threads would wait for one another: a query has about a thousand candidates."""


class LearnedFusion:
    """LambdaMART (Burges, 2010) by LightGBM over `Features`. `names` are the features it was trained on."""

    def __init__(self, booster: Any, names: Sequence[str]) -> None:
        self._booster, self.names = booster, tuple(names)

    def rank(self, features: Features) -> list[tuple[str, float]]:
        """(item id, score) best first, ties by item id; scores lie in (0, 1). A feature that is missing is unknown."""
        if not features.item_ids:
            return []
        place = {name: column for column, name in enumerate(features.names)}
        matrix = np.full((len(features.item_ids), len(self.names)), np.nan, dtype=np.float32)
        for column, name in enumerate(self.names):
            if name in place:
                matrix[:, column] = features.matrix[:, place[name]]
        scores = self.score(matrix)
        return sorted(zip(features.item_ids, scores.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))

    def score(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of rows whose columns are `names`."""
        return np.asarray(
            1.0 / (1.0 + np.exp(-self._booster.predict(matrix, num_threads=THREADS, num_iteration=ROUNDS)))
        )

    def save(self, folder: Path) -> None:
        """Writes the trees as LightGBM's text and the names as JSON: nothing that is run on loading."""
        folder.mkdir(parents=True, exist_ok=True)
        self._booster.save_model(folder / "trees.txt")
        (folder / "features.json").write_text(json.dumps(self.names, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> LearnedFusion:
        """Raises MissingPackage without LightGBM, StoreError for files that are damaged."""
        lightgbm = _lightgbm()
        try:
            names = json.loads((folder / "features.json").read_text(encoding="utf-8"))
            return cls(lightgbm.Booster(model_file=folder / "trees.txt"), names)
        except (OSError, ValueError, lightgbm.basic.LightGBMError) as exc:
            raise StoreError("The learned fusion of this catalogue is damaged.", mend="Run: chatrec train") from exc


def fit(
    matrix: NDArray[np.float32], labels: NDArray[np.int8], sizes: Sequence[int], *, names: Sequence[str], seed: int
) -> LearnedFusion:
    """From candidates of many queries, `sizes` of them after one another, labelled 1 where somebody took the item."""
    lightgbm = _lightgbm()
    data = lightgbm.Dataset(matrix, labels, group=list(sizes))
    return LearnedFusion(lightgbm.train({**SETTINGS, "seed": seed}, data, ROUNDS), names)


def _lightgbm() -> Any:
    try:
        import lightgbm
    except (ImportError, OSError) as exc:  # OSError: the library libgomp is missing
        raise MissingPackage(
            "A learned fusion needs the package lightgbm and the system library libgomp.",
            mend="Install them with: pip install lightgbm, and apt-get install libgomp1",
        ) from exc
    return lightgbm
