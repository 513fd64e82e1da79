"""Text-based recommender models: they fit what they saw, their parts are there, items nobody used are scored."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from chatrec import plugins
from chatrec.recommenders import TrainingData
from chatrec.recommenders._texts import codes, graph, net, quantise
from chatrec.recommenders._texts.whitening import whitening
from chatrec.types import Query

NAMES = ("idasr", "tcf", "unisrec", "vqrec", "zsir")
PARTS = [(name, part) for name in NAMES for part in plugins.declared("recommenders", name, "ABLATIONS")]
TOPICS = 3
WORDS = ("sea family grief", "robots rockets war", "detective murder city")


def data_of(histories: list[list[int]], items: int, *, seed: int = 0, **more) -> TrainingData:
    """Items of three topics in turn, by vectors, words and genres; `histories` of their columns."""
    generator = np.random.default_rng(seed)
    topics = np.arange(items) % TOPICS
    vectors = generator.normal(0, 0.15, (items, 24))
    vectors[np.arange(items), topics] += 1.0
    rows = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    columns = np.concatenate([np.asarray(history, dtype=np.int64) for history in histories])
    return TrainingData(
        [f"item-{number:02}" for number in range(items)],
        csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(histories), items)),
        sequences=[np.asarray(history, dtype=np.int64) for history in histories],
        texts=[f"item {number} {WORDS[topic]}" for number, topic in enumerate(topics)],
        vectors=(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
        facets=[
            {"genres": (WORDS[topic].split()[0],), "maker": (str(number % 7),)} for number, topic in enumerate(topics)
        ],
        **more,
    )


def of_one_topic(users: int, items: range, *, seed: int = 0) -> list[list[int]]:
    """Every user uses six items of one topic."""
    generator = np.random.default_rng(seed)
    own = [[item for item in items if item % TOPICS == topic] for topic in range(TOPICS)]
    return [generator.permutation(own[user % TOPICS])[:6].tolist() for user in range(users)]


def new(name: str, **more):
    return plugins.load("recommenders", name)(**{**plugins.declared("recommenders", name, "TINY"), **more})


def ranked(model, data: TrainingData, history: list[int]) -> list[int]:
    """All columns but those of the history, the best first."""
    scores = model.score(Query("", liked=tuple(data.item_ids[column] for column in history)), data.item_ids)
    return [column for column in np.argsort(-scores, kind="stable").tolist() if column not in history]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        *((name, {"epochs": 300} if name == "tcf" else {}) for name in NAMES),
        ("tcf", {"texts": "frozen"}),
        ("tcf", {"texts": "frozen", "head": "dssm", "epochs": 300}),
    ],
)
def test_twenty_users_are_learned_by_heart(name: str, more: dict) -> None:
    generator = np.random.default_rng(1)
    histories = [[*generator.choice(20, 4, replace=False).tolist(), 20 + user] for user in range(20)]
    if name == "zsir":  # it goes from items to items that are near, in whichever order
        histories = [[user, 20 + user] for user in range(20)]
    data = data_of(histories, 40)
    large = {
        "embedding_size": 32,
        "layers": 2,
        "temperature": 0.1,
        "epochs": 100,
        "learning_rate": 5e-3,
        "slices": 6,
        "codes": 20,
    }
    options = plugins.load("recommenders", name)().__dict__
    model = new(name, **{key: value for key, value in (large | more).items() if key in options})
    model.fit(data, seed=0)
    assert [ranked(model, data, history[:-1])[0] for history in histories] == [history[-1] for history in histories]


@pytest.mark.parametrize("name", NAMES)
def test_items_nobody_used_score_by_what_they_resemble(name: str) -> None:
    data = data_of(of_one_topic(30, range(30)), 45)  # the last fifteen are cold
    model = new(name)
    model.fit(data, seed=0)
    right = []
    for history in data.sequences:
        cold = [column for column in ranked(model, data, history.tolist()) if column >= 30]
        right.append(np.mean([column % TOPICS == history[0] % TOPICS for column in cold[:5]]))
    assert np.mean(right) > 0.9


@pytest.fixture(scope="module")
def two_domains() -> TrainingData:
    histories = of_one_topic(24, range(20, 45)) + of_one_topic(24, range(30), seed=1)
    return data_of(histories, 48, domains=["other"] * 24 + [""] * 24)


@pytest.fixture(scope="module")
def whole(two_domains: TrainingData) -> dict:
    models = {name: new(name) for name in NAMES}
    for model in models.values():
        model.fit(two_domains, seed=0)
    return models


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_each_part_changes_the_ranking(name: str, part: str, whole: dict, two_domains: TrainingData) -> None:
    without = new(name, **plugins.declared("recommenders", name, "ABLATIONS")[part])
    without.fit(two_domains, seed=0)
    histories = [history.tolist() for history in two_domains.sequences[24:]]
    before = [ranked(whole[name], two_domains, history) for history in histories]
    assert before != [ranked(without, two_domains, history) for history in histories]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_saved_serves_without_torch(
    name: str, whole: dict, two_domains: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole[name].save(tmp_path)
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it raises
    loaded = type(whole[name]).load(tmp_path)
    query = Query("", liked=("item-03", "item-06"))
    np.testing.assert_array_equal(
        loaded.score(query, two_domains.item_ids), whole[name].score(query, two_domains.item_ids)
    )


def test_identities_are_left_out_in_training_alone() -> None:
    import torch

    made = net.net(torch.nn.Identity(), torch.nn.Identity(), np.zeros((4, 3), dtype=np.float32))
    made.identify(3, left_out=1.0)
    torch.nn.init.ones_(made.identities)
    assert made.train().table(torch.arange(4)).sum() == 0
    assert made.eval().table(torch.arange(4)).sum() == 12


def test_progress_is_told_by_the_epoch(two_domains: TrainingData) -> None:
    told: list[tuple[int, int]] = []
    new("unisrec", pretrain_epochs=2, epochs=3).fit(two_domains, progress=lambda *at: told.append(at))
    assert told == [*((number, 5) for number in range(1, 6)), (5, 5)]


def test_a_rotation_makes_codes_say_more() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(400, 8)) @ (generator.normal(size=(8, 8)) * 2.0 ** -np.arange(8))
    turned, plain = (quantise.learned(vectors, 4, codes=8, coding=coding) for coding in ("opq", "pq"))
    np.testing.assert_allclose(turned.rotation @ turned.rotation.T, np.eye(8), atol=1e-9)
    assert turned.codes(vectors).shape == (400, 4)
    assert turned.codes(vectors).max() < 8

    def lost(quantiser: quantise.Quantiser) -> float:
        return float(((quantiser.vectors(quantiser.codes(vectors)) - vectors) ** 2).mean())

    assert lost(turned) < 0.8 * lost(plain)


def test_there_are_no_more_codes_than_vectors() -> None:
    quantiser = quantise.learned(np.repeat(np.eye(4), 3, axis=0), 2, codes=16)
    assert quantiser.books.shape == (2, 4, 2)


def test_whitening_weighs_all_axes_alike() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.normal(3.0, 1.0, size=(500, 6)) * (1, 2, 3, 4, 5, 6)
    shift, matrix = whitening(vectors, 4)
    white = (vectors - shift) @ matrix
    np.testing.assert_allclose(np.cov(white, rowvar=False, bias=True), np.eye(4) / 4, atol=1e-9)


def test_an_item_starts_as_its_vector_whitened() -> None:
    vectors = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    quantiser = quantise.learned(vectors, 2, codes=6, rounds=50)
    table = codes.meant(quantiser, vectors, 8, 3)
    shift, matrix = whitening(vectors, 3)
    own = quantiser.codes(vectors)
    np.testing.assert_allclose(
        table[0, own[:, 0]] + table[1, own[:, 1]], (quantiser.vectors(own) - shift) @ matrix, atol=1e-5
    )


def test_what_is_permuted_is_each_slice_in_another_order() -> None:
    import torch

    plain = codes.embedded(np.random.default_rng(0).normal(size=(3, 5, 2)).astype(np.float32), dropout=0.0)
    module = codes.permuter(plain)
    with torch.no_grad():
        module.logits[1] = torch.eye(5).flip(0) * 9
        table, before = module.permuted(), plain.table
        for number in range(3):
            rows = {tuple(row) for row in np.round(before[number].numpy(), 5).tolist()}
            assert {tuple(row) for row in np.round(table[number].numpy(), 5).tolist()} == rows
        np.testing.assert_allclose(table[1].numpy(), before[1].flip(0).numpy(), atol=1e-6)


def test_a_permutation_is_learned() -> None:
    import torch

    torch.manual_seed(0)
    plain = codes.embedded(np.random.default_rng(0).normal(size=(1, 6, 4)).astype(np.float32) / 2, dropout=0.0)
    plain.requires_grad_(False)
    module = codes.permuter(plain)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    optimiser = torch.optim.Adam([module.logits], lr=0.1)
    for _ in range(200):
        loss = ((module.permuted()[0] - plain.table[0][order]) ** 2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    np.testing.assert_allclose(module.permuted()[0].detach().numpy(), plain.table[0][order].numpy(), atol=1e-5)


def test_walks_go_from_item_to_item_by_a_shared_value() -> None:
    facets = [
        {"genres": ("a",)},
        {"genres": ("a", "b"), "maker": ("m",)},
        {"genres": ("b",)},
        {"maker": ("m", "n")},
        {},
    ]
    found = graph.graph_of(facets, 5, relations=2)
    assert found.relations == ("genres", "maker")
    walks = found.walks(np.random.default_rng(0), 200)
    assert set(map(tuple, walks[:, :3].tolist())) == {(0, 0, 1), (1, 0, 0), (1, 0, 2), (2, 0, 1), (1, 1, 3), (3, 1, 1)}


def test_neighbours_vectors_are_averaged_by_relation() -> None:
    found = graph.graph_of([{"genres": ("a",)}, {"genres": ("a",)}, {}], 3, relations=1)
    spread = found.spread(np.array([[1.0, 0.0], [0.0, 1.0], [5.0, 5.0]]))
    np.testing.assert_allclose(spread[:, 1], [[0.5, 0.5], [0.5, 0.5], [0.0, 0.0]])
