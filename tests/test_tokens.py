"""A prompt keeps to its budget: what is worth least goes first, the request never, and nothing is downloaded."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai_server import model_file

from chatrec import Settings, tokens
from chatrec.asking import LATEST, request_of, system_prompt
from chatrec.catalog import Item
from chatrec.explainer import explain
from chatrec.fake_llm import FakeChatModel
from chatrec.llm import budget_of, chat_model, count_tokens, local, models
from chatrec.llm.fallback import InOrder
from chatrec.llm.line import Line
from chatrec.llm.link import Link
from chatrec.prompts import prompt
from chatrec.ranking import Ranker
from chatrec.tokens import Budget, bound, counter, fitting
from chatrec.types import Candidate, Constraint, Evidence, Example, Query, Recommendation
from chatrec.untrusted import plain


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    tokens._encoding.cache_clear()
    yield
    tokens._encoding.cache_clear()


def reading(most: int) -> FakeChatModel:
    """A model that says how much it reads."""
    return FakeChatModel(answers=['{"order": ["c1"]}'], profile={"max_input_tokens": most})


def of(number: int, text: str, *scores: float, title: str = "Thing") -> Candidate:
    item = Item(f"id-{number}", f"{title} {number}", text, {"colour": "red", "made in": "Porto"})
    pieces = (
        Evidence(f"id-{number}#review:{at}", item.id, f"{text} {score}", score) for at, score in enumerate(scores)
    )
    return Candidate(item, 1 / number, {}, tuple(pieces))


def asked(model: FakeChatModel, place: int = -1) -> str:
    return str(model.asked[place][-1].content)


def shown(candidates: list[Candidate]) -> list[Recommendation]:
    return [Recommendation(each.item, each.score, each.hits, each.evidence) for each in candidates]


# Counting


def test_counting_never_reaches_for_the_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("something was looked for elsewhere")

    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    for text in ("", "plain words", "naïve façade — “quotes”", "日本語", "\ud800"):
        assert counter("gpt-4o")(text) == bound(text) >= len(text.split())
    budget = budget_of(FakeChatModel())
    assert not budget.takes("word " * 10_000)


def test_an_empty_cache_variable_means_a_download_to_tiktoken_and_a_bound_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    ranks = tmp_path / "data-gym-cache" / hashlib.sha1(tokens.RANKS.encode()).hexdigest()
    ranks.parent.mkdir()
    ranks.write_bytes(b"the right file")
    monkeypatch.setattr(tokens, "CHECKSUM", hashlib.sha256(b"the right file").hexdigest())
    assert counter("gpt-4o") is bound


@pytest.mark.parametrize(
    ("name", "known"),
    [("gpt-4o-mini", True), ("gpt-5", True), ("o3-mini", True), ("gpt-4", False), ("claude-x", False), ("", False)],
)
def test_only_models_that_read_by_these_ranks_are_counted_for_by_them(
    monkeypatch: pytest.MonkeyPatch, name: str, known: bool
) -> None:
    class Words:
        def encode_ordinary(self, text: str) -> list[str]:
            return text.split()

    monkeypatch.setattr(tokens, "_encoding", tokens.lru_cache(Words))
    assert counter(name)("three little words") == (3 if known else 18)


def test_the_most_valuable_texts_fit_first_and_none_that_is_worth_less_than_one_left_out() -> None:
    assert fitting([(0.1, "a" * 50), (0.9, "b" * 50), (0.5, "c" * 60)], Budget(112)) == {1, 2}
    assert fitting([(1.0, "x" * 99), (0.5, "y")], Budget(10)) == set()


def test_the_counter_is_asked_only_where_bytes_do_not_say_it_fits() -> None:
    counted: list[str] = []

    def words(text: str) -> int:
        counted.append(text)
        return len(text.split())

    budget = Budget(100, words)
    assert budget.takes("ten words " * 5)
    assert counted == []
    assert all(budget.takes("ten words " * 5) for _ in range(9))
    assert not budget.takes("more")
    assert len(counted) <= 11


def local_model(monkeypatch: pytest.MonkeyPatch) -> tuple[InOrder, list[str]]:
    """A model that counts as one of this process, four bytes a token, and the texts that it counted."""
    counted: list[str] = []

    def count(_: object, text: str) -> int:
        counted.append(text)
        return bound(text) // 4

    monkeypatch.setattr(local, "count_tokens", count)
    made = FakeChatModel(answers=['{"sentence": "It is a thing of some colour."}'])
    return InOrder(links=(Link("local:own", lambda: made, line=Line()),)), counted


def test_a_local_model_counts_itself_and_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    model, counted = local_model(monkeypatch)
    items = shown([of(number, "A plain passage of some words. " * 5, 0.5, 0.4) for number in range(1, 4)])
    list(explain(Query("something red"), items, model=model, limit=5, together=1))
    assert counted == []
    long = Query("something red", history=("much was said of it before " * 20,) * 60)
    list(explain(long, items, model=model, limit=5, together=1))
    assert 0 < len(counted) < 60
    made = model.links[0].model()
    assert isinstance(made, FakeChatModel)
    for messages in made.asked:
        written = sum(bound(str(message.content)) for message in messages)
        assert written // 4 <= models.LONGEST_LOCAL
    assert written > models.LONGEST_LOCAL  # by the byte there would not have been room for it


def test_a_server_that_does_not_count_leaves_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = local_model(monkeypatch)
    monkeypatch.setattr(local, "count_tokens", lambda *_: None)
    budget = budget_of(model)
    assert budget.takes("x" * (budget.tokens - 1))
    assert not budget.takes("x")


def test_the_budget_is_that_of_the_model_that_is_asked_first_as_things_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    model, counted = local_model(monkeypatch)
    hosted = Link("hosted", lambda: FakeChatModel(answers=["yes"]))
    both = InOrder(links=(hosted, *model.links))
    assert budget_of(both).tokens == models.LONGEST - models.SPARE
    for _ in range(3):
        hosted.breaker.failed()
    resting = budget_of(both)
    assert resting.tokens == budget_of(model).tokens
    assert resting.takes("x" * (2 * resting.tokens))
    assert counted


# Prompts

WORDS = st.text(st.sampled_from("ab é日 .\n"), max_size=400)


@given(
    st.integers(2_500, 9_000),
    st.lists(WORDS, min_size=1, max_size=30),
    st.lists(st.tuples(WORDS, st.lists(st.floats(0, 1), max_size=3)), min_size=2, max_size=14),
)
def test_a_prompt_keeps_to_its_budget_and_the_request_is_whole(
    most: int, said: list[str], things: list[tuple[str, list[float]]]
) -> None:
    query = Query(said[0], history=tuple(said[1:]), constraints=(Constraint("colour", "any", ("crimson",)),))
    candidates = [of(place, text, *scores) for place, (text, scores) in enumerate(things, 1)]
    model = reading(most)
    told = Example("a storm at sea " * 10, ("The Gale",))
    Ranker(model).rank(query, candidates, n=5, examples=[told])
    list(explain(query, shown(candidates[:3]), model=model, limit=5))
    needed = Budget(0)
    request_of(Query(said[0], history=tuple(said[1:LATEST]), constraints=query.constraints), needed)
    for messages in model.asked:
        system, written = (str(message.content) for message in messages)
        assert "crimson" in written
        assert all(f"<<<{plain(text)}>>>" in written for text in said[:LATEST] if text.strip())
        assert bound(system) + bound(written) <= most
    if needed._used + bound(system_prompt() + prompt("rank")) + 1_000 < most:
        assert len(model.asked) == 2


def test_the_least_relevant_evidence_goes_first_then_the_last_candidate_and_examples_cost_none() -> None:
    candidates = [of(place, "word " * 30, 1 - place / 20, 0.5 - place / 20) for place in range(1, 9)]
    told = [Example("a storm", ("The Gale",))]
    before: set[str] | None = None
    for most in range(9_000, 1_000, -100):
        model = reading(most)
        Ranker(model).rank(Query("word"), candidates, n=3, examples=told)
        if not model.asked:
            assert most < 2_000
            break
        written = asked(model)
        scores_as_written = re.findall(r"word (0\.\d+)>>>", written)
        scores = [float(each) for each in scores_as_written]
        names = [int(each) for each in re.findall(r"^c\d+: <<<Thing (\d+)>>>", written, re.MULTILINE)]
        assert sorted(names) == list(range(1, len(names) + 1))
        assert len(names) == 8 or not scores
        best = sorted((1 - place / 20 for place in names), reverse=True) + sorted(
            (0.5 - place / 20 for place in names), reverse=True
        )
        assert sorted(scores) == pytest.approx(sorted(best[: len(scores)]))
        Ranker(model).rank(Query("word"), candidates, n=3)
        assert re.findall(r"word (0\.\d+)>>>", asked(model)) == scores_as_written
        now = {*map(str, names), *map(str, scores)}
        assert before is None or now <= before
        before = now
        assert most < 9_000 or ("The Gale" in written and len(scores) == 16)
    assert before
    assert len(before) < 8


def test_the_oldest_messages_go_first_and_the_latest_never() -> None:
    query = Query("the latest " * 200, history=tuple(f"message {place} " * 10 for place in range(1, 40)))
    written = request_of(query, Budget(6_000))
    told = [int(each) for each in re.findall(r"<<<message (\d+) ", written)]
    assert told == list(range(len(told), 0, -1))
    assert LATEST <= len(told) < 20
    assert written.count("the latest") == 200
    tight = request_of(query, Budget(10))
    assert re.findall(r"<<<message (\d+) ", tight) == ["2", "1"]


def test_a_request_that_leaves_no_room_leaves_the_items_as_found_and_says_so() -> None:
    candidates = [of(place, "word", 0.5) for place in range(1, 9)]
    model = reading(3_000)
    ranking = Ranker(model).rank(Query("x" * 8_000), candidates, n=3)
    assert [each.item.id for each in ranking.candidates] == ["id-1", "id-2", "id-3"]
    assert "longer than the language model reads" in ranking.notes[0].text
    assert model.asked == []


def test_a_candidate_that_was_left_out_follows_those_that_were_named() -> None:
    candidates = [of(place, "word", title="A rather long title " * 5) for place in range(1, 13)]
    model = FakeChatModel(
        answers=[lambda messages: json.dumps({"order": re.findall(r"^(c\d+):", str(messages[-1].content), re.M)[-1:]})],
        profile={"max_input_tokens": 2_500},
    )
    ranking = Ranker(model).rank(Query("word"), candidates, n=12)
    left = len(re.findall(r"^c\d+:", asked(model), re.MULTILINE))
    assert 1 < left < 12
    assert {each.item.id for each in ranking.candidates} == {each.item.id for each in candidates}
    assert [each.item.id for each in ranking.candidates][left:] == [each.item.id for each in candidates][left:]


@pytest.mark.slow
def test_a_local_models_own_server_counts(tmp_path: Path) -> None:
    model = chat_model(Settings(home=tmp_path, llm="local", local_model=model_file(), llm_timeout=60))
    assert model
    budget = budget_of(model)
    text = "A plain passage of some words about the sea. "
    taken = 0
    while budget.takes(text):
        taken += 1
    fits = count_tokens(model, (text + "\n") * taken)
    assert fits
    assert fits <= budget.tokens < fits + 30
    assert bound(text) * taken > 3 * budget.tokens
    local.stop()
