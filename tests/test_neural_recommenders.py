"""The neural recommender models: what each learns, and that the part it is named for does the work."""

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from chatrec import plugins
from chatrec.recommenders import TrainingData, _histories, _training, _transformer
from chatrec.types import Query

NAMES = ("lightgcn", "neumf", "sasrec", "shopperbert")


def toy() -> TrainingData:
    """Twenty users, each with six of 24 items in a turn of their own: nothing to generalise, all to be learned."""
    generator = np.random.default_rng(4)
    return data_of([generator.permutation(24)[:6] for _ in range(20)], 24)


def worlds() -> tuple[TrainingData, list[int]]:
    """Users of four worlds of 15 items, who walk round theirs in steps of one or two; and a popular world for all.

    Comes with the item that follows each history.
    """
    generator = np.random.default_rng(9)
    histories, following = [], []
    for user in range(160):
        world, at = user % 4, int(generator.integers(15))
        walk = []
        for _ in range(9):
            walk.append(world * 15 + at)
            at = (at + int(generator.integers(1, 3))) % 15
        popular = 60 + generator.permutation(5)[:3]
        walk[2:2] = popular.tolist()
        histories.append(np.asarray(walk[:-1]))
        following.append(walk[-1])
    return data_of(histories, 65), following


def data_of(histories: list[Any], items: int) -> TrainingData:
    used = np.zeros((len(histories), items))
    for row, history in zip(used, histories, strict=True):
        row[history] = 1
    return TrainingData([f"i{item}" for item in range(items)], csr_matrix(used), sequences=histories)


FITTED: Mapping[str, Mapping[str, Any]] = {
    "lightgcn": {"embedding_size": 32, "epochs": 40, "learning_rate": 0.05, "layers": 2},
    "neumf": {"embedding_size": 16, "epochs": 20, "learning_rate": 0.03, "batch_size": 16},
    "sasrec": {"embedding_size": 32, "layers": 1, "length": 12, "epochs": 40, "learning_rate": 0.005},
    "shopperbert": {
        "embedding_size": 32,
        "layers": 1,
        "length": 12,
        "epochs": 80,
        "learning_rate": 0.005,
        "batch_size": 16,
    },
}

_ROW = {"embedding_size": 32, "layers": 1, "length": 6, "dropout": 0.0, "learning_rate": 0.01}

BY_HEART: Mapping[str, Mapping[str, Any]] = {
    "lightgcn": {"layers": 1, "epochs": 150, "learning_rate": 0.1, "reg": 0.0},
    "neumf": {"embedding_size": 32, "epochs": 120, "learning_rate": 0.02, "dropout": 0.0, "reg": 0.0},
    "sasrec": {**_ROW, "epochs": 80},
    "shopperbert": {**_ROW, "epochs": 300, "masked": 0.4},
}


@cache
def fitted(name: str, **changed: Any) -> Any:
    model = plugins.load("recommenders", name)(**{**FITTED[name], **changed})
    model.fit(worlds()[0], seed=1)
    return model


def ask(model: Any, data: TrainingData, history: Any) -> Any:
    return model.score(Query("", liked=tuple(data.item_ids[item] for item in history)), data.item_ids)


def recall(model: Any, n: int = 5) -> float:
    """How often the item that follows stands among the first n of those not yet used."""
    data, following = worlds()
    found = 0
    for history, target in zip(data.sequences, following, strict=True):
        scores = ask(model, data, history)
        scores[history] = -np.inf
        found += target in np.argsort(-scores, kind="stable")[:n]
    return found / len(following)


def by_popularity(n: int = 5) -> float:
    data, following = worlds()
    counts = np.asarray(data.interactions.sum(axis=0)).ravel()
    found = 0
    for history, target in zip(data.sequences, following, strict=True):
        scores = counts.copy()
        scores[history] = -np.inf
        found += target in np.argsort(-scores, kind="stable")[:n]
    return found / len(following)


def ranking(model: Any) -> list[int]:
    data, _ = worlds()
    return np.argsort(-ask(model, data, data.sequences[0]), kind="stable").tolist()


@pytest.mark.parametrize("name", NAMES)
def test_it_learns_twenty_users_by_heart(name: str) -> None:
    data = toy()
    model = plugins.load("recommenders", name)(**BY_HEART[name])
    model.fit(data, seed=2)
    for history in data.sequences:
        if name in ("lightgcn", "neumf"):  # of all items the user's own come first
            assert set(np.argsort(-ask(model, data, history))[:6]) == set(history)
        else:  # the sixth item is what is expected after five
            assert np.argmax(ask(model, data, history[:5])) == history[5]


@pytest.mark.parametrize("name", NAMES)
def test_it_beats_popularity(name: str) -> None:
    assert recall(fitted(name)) > by_popularity() + 0.2


@pytest.mark.parametrize("name", NAMES)
def test_switching_off_a_part_changes_the_ranking(name: str) -> None:
    for changed in plugins.declared("recommenders", name, "ABLATIONS").values():
        assert ranking(fitted(name, **changed)) != ranking(fitted(name))


@pytest.mark.parametrize("name", NAMES)
def test_serving_needs_no_pytorch(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = fitted(name)
    model.save(tmp_path / name)
    expected = ranking(model)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert ranking(plugins.load("recommenders", name).load(tmp_path / name)) == expected


def test_the_graph_carries_what_users_of_users_used() -> None:
    # Two users share one item; the first never meets the other's second item but over the graph.
    data = data_of([np.asarray([0, 1]), np.asarray([1, 2]), np.asarray([3, 4]), np.asarray([4, 5])], 6)
    kind = plugins.load("recommenders", "lightgcn")
    model = kind(embedding_size=16, layers=3, epochs=30, learning_rate=0.05)
    model.fit(data, seed=0)
    scores = ask(model, data, [0])
    assert scores[2] > max(scores[3:])


def test_both_towers_have_their_say() -> None:
    model = fitted("neumf")
    towers = {name.split(".")[1] for name in model._arrays}
    assert towers == {"gmf", "mlp"}
    assert {name.split(".")[1] for name in fitted("neumf", towers="gmf")._arrays} == {"gmf"}
    assert {name.split(".")[1] for name in fitted("neumf", towers="mlp")._arrays} == {"mlp"}


@pytest.mark.parametrize("name", ["sasrec", "shopperbert"])
def test_only_models_of_sequences_ask_for_the_order(name: str) -> None:
    data, _ = worlds()
    history = data.sequences[0]
    assert np.abs(ask(fitted(name), data, history) - ask(fitted(name), data, history[::-1])).max() > 1e-3
    np.testing.assert_allclose(
        ask(fitted("lightgcn"), data, history), ask(fitted("lightgcn"), data, history[::-1]), rtol=1e-4, atol=1e-6
    )


def test_attention_reads_more_than_the_latest_item() -> None:
    data, _ = worlds()
    first, second = data.sequences[0], data.sequences[1]
    mixed = np.concatenate((second[: len(first) - 1], first[-1:]))
    with_, without = fitted("sasrec"), fitted("sasrec", layers=0)
    assert np.abs(ask(with_, data, first) - ask(with_, data, mixed)).max() > 1e-3
    np.testing.assert_allclose(ask(without, data, first), ask(without, data, mixed))


@pytest.mark.parametrize(("sight", "changes"), [("past", False), ("all", True)])
def test_a_place_sees_the_past_alone_where_the_mask_is_causal(sight: Any, changes: bool) -> None:
    import torch

    with _training.repeatable(3):
        module = _transformer.encoder(embedding_size=8, layers=2, heads=2, length=5, dropout=0.1, sight=sight).eval()
        vectors, there = torch.randn(1, 5, 8), torch.ones(1, 5, dtype=torch.bool)
    other = vectors.clone()
    other[0, 4] = vectors[0, 0]
    with torch.inference_mode():
        assert torch.allclose(module(vectors, there)[0, :4], module(other, there)[0, :4]) != changes


@pytest.mark.parametrize("sight", ["past", "all"])
def test_numpy_serves_what_pytorch_trained(sight: Any) -> None:
    import torch

    with _training.repeatable(3):
        module = _transformer.encoder(embedding_size=8, layers=2, heads=2, length=6, dropout=0.1, sight=sight).eval()
        vectors, there = torch.randn(2, 5, 8), torch.ones(2, 5, dtype=torch.bool)
    there[0, :3] = False
    with torch.inference_mode():
        expected = module(vectors, there).numpy()
    arrays = _training.arrays_of(module)
    found = _transformer.run(arrays, vectors.numpy(), there.numpy(), heads=2, sight=sight)
    np.testing.assert_allclose(found[there.numpy()], expected[there.numpy()], atol=1e-5)


def test_one_user_vector_serves_other_tasks() -> None:
    data, _ = worlds()
    model, untrained = fitted("shopperbert"), fitted("shopperbert", epochs=0)
    world = np.arange(160) % 4

    def vectors(of: Any) -> Any:
        own = np.stack([of.user_vector(Query("", liked=tuple(data.item_ids[i] for i in s))) for s in data.sequences])
        return (own - own.mean(axis=0)) / np.linalg.norm(own - own.mean(axis=0), axis=1, keepdims=True)

    def next_category(own: Any) -> float:  # a linear head, learned on half of the users
        head, *_ = np.linalg.lstsq(own[:80], np.eye(4)[world[:80]], rcond=0.05)
        return float((np.argmax(own[80:] @ head, axis=1) == world[80:]).mean())

    def similar_users(own: Any) -> float:  # whether the nearest user is of the same world
        near = own @ own.T - 2 * np.eye(len(own))
        return float((world[near.argmax(axis=1)] == world).mean())

    own, theirs = vectors(model), vectors(untrained)
    assert next_category(own) >= 0.95
    assert similar_users(own) >= 0.95
    assert similar_users(theirs) < similar_users(own)
    assert np.isnan(model.user_vector(Query("", liked=("stranger",)))).all()


@pytest.mark.parametrize("loss", ["cross-entropy", "bce"])
def test_sasrec_learns_by_either_loss(loss: str) -> None:
    assert recall(fitted("sasrec", loss=loss)) > by_popularity() + 0.1


def test_held_out_items_are_ranked_among_all_but_the_history() -> None:
    held = _histories.Held([np.asarray([0, 1])], [np.asarray([3, 4])])
    scores = np.asarray([[9.0, 9.0, 5.0, 6.0, 4.0, 1.0]])
    ideal = 1 + 1 / np.log2(3)
    assert held.ndcg(lambda _: scores) == pytest.approx((1 + 1 / np.log2(4)) / ideal)
    assert held.ndcg(lambda _: np.zeros((1, 6)), n=2) == 0  # equal scores count against


def test_few_users_are_all_learned_from() -> None:
    few = [np.arange(5)] * (_histories.FEWEST_HELD - 1)
    assert _histories.hold_last(few, seed=0) == (few, None)
    left, held = _histories.hold_last([*few, np.arange(5)], seed=0)
    assert held is not None
    assert {len(history) for history in left} == {4}
    assert [target.tolist() for target in held.targets] == [[4]] * len(left)


def test_negatives_are_items_not_used() -> None:
    used = _histories.matrix_of([np.asarray([0, 2]), np.asarray([], dtype=np.int64), np.asarray([1, 2, 3])], 5)
    users = np.repeat(np.arange(3), 200)
    drawn = _histories.negatives(used, users, np.random.default_rng(0), of=np.arange(5))
    found = [set(drawn[users == user].tolist()) for user in range(3)]
    assert found == [{1, 3, 4}, {0, 1, 2, 3, 4}, {0, 4}]


def test_windows_ask_for_each_next_item_once() -> None:
    history = np.arange(10)
    parts = _histories.windows([history, np.asarray([7])], 4)
    assert sorted(item for part in parts for item in part[1:]) == list(range(1, 10))
    assert max(map(len, parts)) <= 4
    assert _histories.padded([history, history[:2]], 3, pad=99).tolist() == [[7, 8, 9], [99, 0, 1]]


def test_histories_without_an_order_are_read_in_another_one_every_epoch() -> None:
    histories = [np.arange(30)]
    generator = np.random.default_rng(0)
    known = _histories.parts_of(histories, 40, ordered=True)
    assert [known(generator)[0].tolist() for _ in range(2)] == [list(range(30))] * 2
    drawn = _histories.parts_of(histories, 40, ordered=False)
    one, other = (drawn(generator)[0].tolist() for _ in range(2))
    assert one != other
    assert sorted(one) == sorted(other) == list(range(30))


def test_training_stops_when_the_held_out_figure_does_not_rise() -> None:
    import torch

    with _training.repeatable(0) as device:
        module = torch.nn.Linear(1, 1)
        figures, seen = iter([0.1, 0.5, 0.4, 0.3, 0.9]), []
        told: list[tuple[int, int]] = []

        def look() -> float:
            seen.append(float(module.weight.detach()))
            return next(figures)

        outcome = _training.train(
            module,
            lambda _: [(np.ones((4, 1), np.float32),)],
            lambda batch: (module(batch) ** 2).mean(),
            plan=_training.Plan(epochs=20, learning_rate=0.1, patience=2),
            device=device,
            seed=0,
            look=look,
            progress=lambda done, total: told.append((done, total)),
        )
    assert (outcome.epochs, outcome.best, len(outcome.losses)) == (2, 0.5, 4)
    assert float(module.weight.detach()) == seen[1]
    assert told[-1] == (4, 20)


def test_a_state_comes_back_from_its_folder(tmp_path: Path) -> None:
    import torch

    with _training.repeatable(5):
        module, other = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    _training.save(tmp_path / "state", _training.arrays_of(module), {"sizes": [3, 2]})
    arrays, about = _training.load(tmp_path / "state")
    _training.restore(other, arrays)
    assert torch.equal(other.weight, module.weight)
    assert about == {"sizes": [3, 2]}


def test_training_leaves_the_random_state_and_the_threads_as_they_were() -> None:
    import torch

    state, threads = torch.get_rng_state(), torch.get_num_threads()
    with _training.repeatable(7):
        torch.rand(3)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
