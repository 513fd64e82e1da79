"""P5: what its indexes are made of, what its trie lets through, and that numpy serves what PyTorch trained."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import numpy as np
import pytest
from test_neural_recommenders import ask, by_popularity, data_of, recall, toy, worlds

from chatrec.prompts import phrases
from chatrec.recommenders import TrainingData, _training, p5
from chatrec.recommenders.p5 import indexing, language, t5
from chatrec.types import Query

KINDS = get_args(indexing.Indexing)
GENRES = [{"genres": (f"g{item % 5}",), "maker": (f"m{item % 3}",)} for item in range(24)]
SUBJECTS = "lamps rivers ants ropes boats kings moons trees foxes bells roads songs".split()

FAST: Any = {"learning_rate": 0.005, "reg": 0.0, "batch_size": 24}


def told_toy() -> TrainingData:
    """The toy set, and of each item what it is about."""
    texts = [f"Item {item}\nA tale of {SUBJECTS[item % 12]} and {SUBJECTS[item // 2]}." for item in range(24)]
    return replace(toy(), texts=texts, facets=GENRES)


@cache
def by_heart() -> p5.Recommender:
    model = p5.Recommender(
        embedding_size=32,
        layers=1,
        length=6,
        branches=6,
        dropout=0.0,
        indexing="hybrid",
        explanation=0.2,
        epochs=160,
        **FAST,
    )
    model.fit(told_toy(), seed=2)
    return model


@cache
def untrained(**changed: Any) -> p5.Recommender:
    model = p5.Recommender(**{**p5.TINY, "epochs": 0, **changed})
    model.fit(told_toy(), seed=2)
    return model


def after(data: TrainingData, history: Any) -> Query:
    return Query("", liked=tuple(data.item_ids[item] for item in history))


def test_it_learns_twenty_users_by_heart() -> None:
    data = toy()
    for history in data.sequences:
        assert np.argmax(ask(by_heart(), data, history[:5])) == history[5]
        assert by_heart().generate(after(data, history[:5]), n=1)[0][0] == data.item_ids[history[5]]


def test_it_learns_to_say_what_an_item_is() -> None:
    said = [by_heart().explain(f"i{item}") for item in range(24)]
    meant = [f"a tale of {SUBJECTS[item % 12]} and {SUBJECTS[item // 2]}" for item in range(24)]
    assert sum(one == other for one, other in zip(said, meant, strict=True)) >= 18
    assert by_heart().explain("stranger") == ""


def test_it_beats_popularity_and_names_that_say_something_beat_drawn_ones() -> None:
    found = {}
    for kind in ("hybrid", "random"):
        model = p5.Recommender(
            embedding_size=32, layers=1, length=8, branches=8, drawn=4, epochs=9, indexing=kind, **FAST
        )
        model.fit(worlds()[0], seed=1)
        found[kind] = recall(model)
    assert found["hybrid"] > max(by_popularity(), found["random"]) + 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_items_is_decoded(kind: str) -> None:
    model, data = untrained(indexing=kind), told_toy()
    query = after(data, [3, 5])
    scores = dict(zip(data.item_ids, model.score(query, data.item_ids), strict=True))
    everything = model.generate(query, n=99, width=99)
    assert [item for item, _ in everything] == sorted(scores, key=lambda item: -scores[item])
    np.testing.assert_allclose([value for _, value in everything], [scores[item] for item, _ in everything], rtol=1e-5)
    assert np.exp(list(scores.values())).sum() == pytest.approx(1)
    narrow = [item for item, _ in model.generate(query, n=3, width=3)]
    assert len(set(narrow) & set(scores)) == 3
    assert model.generate(after(data, []), n=3) == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_index_names_each_item_alone(kind: Any) -> None:
    paths = indexing.index_of(kind, list(toy().sequences), 24, facets=GENRES, branches=4)
    assert len(set(paths)) == len(paths) == 24
    assert not [1 for one in paths for other in paths if one != other and other[: len(one)] == one]
    assert paths == indexing.index_of(kind, list(toy().sequences), 24, facets=GENRES, branches=4)


def test_indexes_differ() -> None:
    histories = list(toy().sequences)
    assert len({tuple(indexing.index_of(kind, histories, 24, facets=GENRES, branches=4)) for kind in KINDS}) == 5


def test_an_index_brings_together_what_it_is_made_of() -> None:
    data, _ = worlds()
    histories = [history[history < 60] for history in data.sequences]
    clusters = indexing.index_of("collaborative", histories, 60, branches=4)
    assert [len({path[0] for path in clusters[world : world + 15]}) for world in range(0, 60, 15)] == [1] * 4
    assert len({path[0] for path in clusters}) == 4
    alike = indexing.index_of("semantic", [], 24, facets=GENRES)
    assert {path[:2] for path in alike[::15]} == {("<maker m0>", "<genres g0>")}
    met = indexing.index_of("sequential", [np.asarray([7, 2, 9]), np.asarray([2, 4])], 16)
    assert [met[item] for item in (7, 2, 9, 4, 0)] == [
        ("<0>", "<0>"), ("<0>", "<1>"), ("<0>", "<2>"), ("<0>", "<3>"), ("<1>", "<0>")
    ]  # fmt: skip
    hybrid = indexing.index_of("hybrid", histories, 60, branches=4)
    assert [path[:-1] for path in hybrid] == [path[:-1] for path in clusters]
    assert len({path[-1] for path in hybrid}) == 60


def test_many_items_that_nobody_used_together_are_still_cut() -> None:
    alone = [np.asarray([item]) for item in range(600)]
    paths = indexing.index_of("collaborative", alone, 600, branches=4)
    assert len(set(paths)) == 600
    assert max(map(len, paths)) <= 8  # of 600 items, peeled off three at a time, it would be 200


@pytest.mark.parametrize("kind", ["sequential", "collaborative", "hybrid"])
def test_no_index_sees_what_is_held_out(kind: str) -> None:
    generator = np.random.default_rng(6)
    histories = [generator.permutation(30)[:6] for _ in range(60)]
    found = []
    for shift in (0, 11):  # of all 60 users the last item is held out, and only that differs
        last = [np.setdiff1d(np.arange(30), history[:5]) for history in histories]
        changed = [np.append(history[:5], rest[shift]) for history, rest in zip(histories, last, strict=True)]
        model = p5.Recommender(**{**p5.TINY, "epochs": 0, "indexing": kind})
        model.fit(data_of(changed, 30), seed=2)
        found.append([model._language.written(path) for path in model._language.paths])
    assert found[0] == found[1]


@pytest.mark.parametrize("changed", ["random ids", "semantic ids", "without the rating task"])
def test_switching_off_a_part_changes_the_ranking(changed: str) -> None:
    data, found = told_toy(), []
    for hyperparameters in ({}, p5.ABLATIONS[changed]):
        model = p5.Recommender(**{**p5.TINY, "epochs": 2, **hyperparameters})
        model.fit(data, seed=1)
        found.append(np.argsort(-ask(model, data, [3, 5]), kind="stable").tolist())
    assert found[0] != found[1]


def test_numpy_serves_what_pytorch_trained() -> None:
    import torch

    with _training.repeatable(3):
        module = t5.net(tokens=40, embedding_size=16, layers=2, heads=2, dropout=0.1, first_word=20).eval()
        prompts, answers = torch.randint(2, 40, (1, 150)), torch.randint(2, 40, (3, 40))
    with torch.inference_mode():
        states = module.states(prompts.expand(3, -1), answers).numpy()
        words = torch.from_numpy(t5.whole_words(prompts.numpy(), 20))
        embedded = (module.t5.shared(prompts) + module.whole(words)).expand(3, -1, -1)
        logits = module.t5(inputs_embeds=embedded, labels=answers).logits.numpy()
    np.testing.assert_allclose(states @ module.t5.shared.weight.detach().numpy().T, logits, atol=1e-4)  # T5's own
    decoder = t5.Decoder(t5.exported(_training.arrays_of(module)), prompts.numpy()[0], heads=2, first_word=20)
    said = decoder.start()
    said = decoder.after(said, np.zeros(3, dtype=np.int64), answers.numpy()[:, 0])
    for place in range(1, 39):
        np.testing.assert_allclose(said.states, states[:, place], atol=1e-4)
        said = decoder.after(said, np.arange(3), answers.numpy()[:, place])


def test_what_is_saved_loads_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, model = toy(), by_heart()
    model.save(tmp_path / "p5")
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "transformers", None)
    loaded = p5.Recommender.load(tmp_path / "p5")
    assert loaded == model
    np.testing.assert_array_equal(ask(loaded, data, [1, 2]), ask(model, data, [1, 2]))
    assert loaded.generate(after(data, [1, 2]), n=5) == model.generate(after(data, [1, 2]), n=5)
    assert loaded.explain("i4") == model.explain("i4")


def test_each_task_has_prompts_with_the_places_that_are_filled() -> None:
    places = {"sequential": {"history"}, "rating": {"history", "item"}, "explanation": {"item"}}
    some = phrases("p5")
    assert some.keys() == places.keys()
    for task, prompts in some.items():
        assert len(prompts) >= 2
        assert all({name for _, name, _, _ in Formatter().parse(prompt) if name} == places[task] for prompt in prompts)


def test_prompts_of_all_tasks_are_told_with_answers_that_are_true() -> None:
    data = told_toy()
    rated = data.interactions.multiply(3).tocsr()
    rated[0, data.sequences[0][0]] = 5
    own = untrained()._language
    texts = [language.told(text) for text in data.texts]
    tasks = language.Tasks(own, list(data.sequences), True, language.stars_of(rated), texts, 6, 5, 1.0, 1.0)
    pairs = [(own.written(prompt), own.written(answer)) for prompt, answer in tasks.pairs(np.random.default_rng(0))]
    assert len(pairs) == 3 * 20 * 5
    named = {own.written(own.item(item)): item for item in range(24)}
    stars = [(prompt, answer) for prompt, answer in pairs if answer.split()[0] in language.STARS]
    assert {answer for _, answer in stars} == {"0 </s>", "3 </s>", "5 </s>"}
    told = [(prompt, answer) for prompt, answer in pairs if answer.startswith("a tale of")]
    assert len(told) == len(stars) == 100
    for prompt, answer in told:
        item = next(item for name, item in named.items() if f"{name} " in prompt)
        assert answer == f"a tale of {SUBJECTS[item % 12]} and {SUBJECTS[item // 2]} </s>"


def test_no_text_can_name_an_item() -> None:
    own = untrained(indexing="sequential")._language
    assert set(own.said("item_ <0> <1> </s> what")) <= {language.UNKNOWN, *range(own.first_word, len(own.tokens))}


def test_the_tokens_of_an_item_are_one_word() -> None:
    own = untrained(indexing="sequential")._language
    prompt = own.prompt("sequential", 0, history=[4, 7])
    assert own.written(prompt).count("item_") == 2
    numbers = t5.whole_words(np.asarray(prompt), own.first_word)
    assert numbers.tolist() == [1, 2, 3, 4, 4, 4, 5, 5, 5, 6]


def test_stars_are_those_of_ratings_and_one_for_all_without() -> None:
    rated = data_of([np.asarray([0, 1]), np.asarray([2])], 3).interactions.copy()
    assert set(language.stars_of(rated * 4).data) == {1}
    rated.data = np.asarray([9.0, 3.4, 0.2])
    assert language.stars_of(rated).data.tolist() == [5, 3, 1]
