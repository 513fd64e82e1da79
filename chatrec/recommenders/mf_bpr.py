"""Matrix factorisation by pairwise ranking, through the `implicit` library; new users are folded in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chatrec.errors import MissingPackage
from chatrec.recommenders import Columns, Progress, TrainingData
from chatrec.recommenders._neighbours import binary
from chatrec.types import Query

OTHERS = 300
"""With how many other items, drawn once, a new user's are compared where they are solved for."""

STEPS = 10
"""Steps of L-BFGS for such a user; the problem is convex and small."""

SEARCH = {
    "embedding_size": (32, 64, 128),
    "epochs": (100, 200, 400),
    "learning_rate": (0.01, 0.03),
    "reg": (0.003, 0.01, 0.03),
}

ABLATIONS = {"user solved for": {"folding": "criterion"}}

TINY = {"embedding_size": 2, "epochs": 50, "learning_rate": 0.1, "reg": 0.05}


class Recommender:
    """Bayesian personalised ranking (Rendle et al., UAI'09): items of a user shall score above the others.

    Factors and a bias for every item come from stochastic gradient ascent with uniformly drawn negatives. A query's
    liked items make a new user: the mean of their factors (`folding` "mean"), or the vector that maximises the
    paper's criterion over all pairs of a liked and another item, the items held fixed ("criterion"). The paper's own
    user factors are not kept: on MovieLens-100K the mean ranks better than they do.
    """

    scores_cold: ClassVar[bool] = False
    personal: ClassVar[bool] = True

    def __init__(
        self,
        *,
        embedding_size: int = 64,
        epochs: int = 200,
        learning_rate: float = 0.01,
        reg: float = 0.01,
        folding: Literal["mean", "criterion"] = "mean",
    ) -> None:
        self.embedding_size, self.epochs, self.learning_rate, self.reg = embedding_size, epochs, learning_rate, reg
        self.folding = folding

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        """Raises MissingPackage without `implicit`."""
        try:
            from implicit.cpu.bpr import BayesianPersonalizedRanking
        except ImportError as exc:
            raise MissingPackage(
                "The recommender model mf_bpr needs the package implicit.",
                mend='Install it with: pip install "chatrec[recommenders]"',
            ) from exc
        used = binary(data.interactions)
        self._columns = Columns(data.item_ids)
        self._items = np.zeros((len(data.item_ids), self.embedding_size + 1))  # the last column is the bias
        self._seen = np.asarray(used.sum(axis=0)).ravel() > 0
        others = np.flatnonzero(self._seen)
        if len(others) > OTHERS:
            others = np.sort(np.random.default_rng(seed).choice(others, OTHERS, replace=False))
        self._others = others
        if used.nnz:
            model = BayesianPersonalizedRanking(
                factors=self.embedding_size,
                learning_rate=self.learning_rate,
                regularization=self.reg,
                iterations=self.epochs,
                num_threads=1,  # with more of them the same seed would not repeat
                random_state=seed,
            )
            told = (lambda epoch, *_: progress(epoch + 1, self.epochs)) if progress else None
            model.fit(used, show_progress=False, callback=told)
            self._items = np.asarray(model.item_factors, dtype=np.float64)

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        liked = [column for column in self._columns.known(query.liked) if self._seen[column]]
        if not liked:
            return np.full(len(item_ids), np.nan)
        scores = self._items[:, :-1] @ self._user(liked) + self._items[:, -1]
        return self._columns.pick(np.where(self._seen, scores, np.nan), item_ids)

    def _user(self, liked: list[int]) -> NDArray[np.float64]:
        mean = np.asarray(self._items[liked, :-1].mean(axis=0))
        others = self._others[~np.isin(self._others, liked)]
        if self.folding == "mean" or not len(others):
            return mean
        from scipy.optimize import minimize

        found = minimize(
            _loss, mean, (self._items[liked], self._items[others], self.reg), "L-BFGS-B", jac=True,
            options={"maxiter": STEPS},
        )  # fmt: skip
        return np.asarray(found.x)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / "items.npz", items=self._items, seen=self._seen, others=self._others)
        about = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        about["item_ids"] = self._columns.item_ids
        (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Recommender:
        about: dict[str, Any] = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        columns = Columns(about.pop("item_ids"))
        loaded = cls(**about)
        loaded._columns = columns
        with np.load(folder / "items.npz", allow_pickle=False) as arrays:
            loaded._items, loaded._seen, loaded._others = arrays["items"], arrays["seen"], arrays["others"]
        return loaded


def _loss(
    user: NDArray[np.float64], liked: NDArray[np.float64], others: NDArray[np.float64], reg: float
) -> tuple[float, NDArray[np.float64]]:
    """Minus the criterion, the mean over all pairs of log sigmoid(liked - other) less the penalty, and its gradient."""
    margin = (liked[:, :-1] @ user + liked[:, -1])[:, None] - (others[:, :-1] @ user + others[:, -1])[None, :]
    wrong = 1.0 / (1.0 + np.exp(np.clip(margin, -30.0, 30.0)))
    pairs = margin.size
    gradient = others[:, :-1].T @ wrong.sum(axis=0) - liked[:, :-1].T @ wrong.sum(axis=1)
    loss = float(np.logaddexp(0.0, -margin).sum()) / pairs + reg / 2 * float(user @ user)
    return loss, gradient / pairs + reg * user
