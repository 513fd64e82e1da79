"""The index on disk: nothing is embedded twice, nothing is lost, and whoever reads sees one whole generation."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hash_embedder import HashEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrec.catalog import Dialogue, Interaction, Item, Record, Review, Utterance
from chatrec.errors import BadRecord, CatalogNotFound, EmbedderMismatch, StoreError, StoreLocked
from chatrec.store import manifest
from chatrec.store.index import (
    IndexReport,
    Snapshot,
    build_generation,
    catalog_folder,
    current_generation,
    delete_items,
    list_catalogs,
    open_snapshot,
    remove_catalog,
)
from chatrec.store.lock import writing
from chatrec.store.passages import BLOCK, cosines
from chatrec.store.words import text_of
from chatrec.types import Constraint

HERE = Path(__file__).parent


def item(place: int, **more: object) -> Item:
    reviews = tuple(Review(f"i{place}", f"r{n}", f"note {n} of thing {place} word{place * n}") for n in range(2))
    known = {
        "description": f"thing number {place} made of word{place}",
        "attributes": {
            "price": float(place),
            "colour": ["red", "green", "blue"][place % 3],
            "tags": (f"t{place % 5}",),
        },
        "reviews": reviews,
    }
    return Item(f"i{place}", f"Thing {place}", **{**known, **more})


ITEMS = [item(place) for place in range(60)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return catalog_folder(tmp_path, "things")


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


def build(folder: Path, records: Iterable[Record], embedder: HashEmbedder, **more: object) -> IndexReport:
    return build_generation(folder, records, embedder, **more)


def opened(folder: Path) -> Snapshot:
    return open_snapshot(folder, stamp=HashEmbedder().stamp)


# What is kept


def test_items_come_back_as_they_were(folder: Path, embedder: HashEmbedder) -> None:
    report = build(folder, ITEMS, embedder)
    assert (report.items, report.passages, report.added, report.embedded) == (60, 180, 60, 180)
    snapshot = opened(folder)
    assert snapshot.items.get(["i7", "nobody", "i3"]) == [ITEMS[7], ITEMS[3]]
    assert list(snapshot.items.all()) == ITEMS
    assert [snapshot.items.row(item_id) for item_id in snapshot.items.ids] == list(range(60))
    assert snapshot.items.row("nobody") is None


def test_reviews_find_their_item_before_and_after_it(folder: Path, embedder: HashEmbedder) -> None:
    early, late = Review("i1", "early", "first word"), Review("i1", "late", "last word")
    build(folder, [early, item(1), late, Review("stranger", "x", "of nobody")], embedder)
    (found,) = opened(folder).items.get(["i1"])
    assert [review.id for review in found.reviews] == ["r0", "r1", "early", "late"]
    report = build(folder, [Review("stranger", "y", "more"), Item("stranger", "Known now")], embedder)
    assert report.items == 2
    assert len(opened(folder).items.get(["stranger"])[0].reviews) == 2


def test_interactions_are_a_matrix_and_dialogues_are_kept(folder: Path, embedder: HashEmbedder) -> None:
    said = Dialogue("d", (Utterance("user", "hello"), Utterance("assistant", "Thing 1?", ("i1",))))
    rows = [Interaction("u1", "i0", 4.0, 1.0), Interaction("u1", "i2"), Interaction("u2", "gone", 5.0)]
    report = build(folder, [*ITEMS[:3], *rows, said], embedder)
    assert (report.interactions, report.dialogues) == (3, 1)
    snapshot = opened(folder)
    assert snapshot.interactions.toarray().tolist() == [[4.0, 0.0, 1.0]]
    assert list(snapshot.dialogues()) == [said]


def test_an_item_without_any_text_is_indexed_and_reported(folder: Path, embedder: HashEmbedder) -> None:
    report = build(folder, [item(1), Item("bare", "Bare", "  ", {"colour": "red"})], embedder)
    assert report.without_text == ("bare",)
    snapshot = opened(folder)
    assert snapshot.mask([Constraint("colour", "any", ("red",))], ()).tolist() == [False, True]
    assert [item_id for item_id, _ in snapshot.words.search("bare", 5, mask=None)] == ["bare"]


# Incremental


def test_a_second_index_embeds_nothing_and_keeps_the_generation(folder: Path, embedder: HashEmbedder) -> None:
    first = build(folder, ITEMS, embedder)
    again = build(folder, ITEMS, embedder)
    assert (again.generation, again.unchanged, again.embedded) == (first.generation, 60, 0)
    assert len(embedder.embedded) == 180


def test_only_what_changed_is_embedded(folder: Path, embedder: HashEmbedder) -> None:
    build(folder, ITEMS, embedder)
    embedder.embedded.clear()
    cheaper = replace(ITEMS[4], attributes={**ITEMS[4].attributes, "price": 0.5})
    rewritten = replace(ITEMS[5], description="entirely rewritten")
    report = build(folder, [cheaper, rewritten], embedder)
    assert (report.changed, report.unchanged, report.items) == (2, 0, 60)
    assert embedder.embedded == ["Thing 5\nblue, t0\nentirely rewritten"]
    snapshot = opened(folder)
    assert snapshot.items.get(["i4"])[0].attributes["price"] == 0.5
    best = snapshot.vectors.search(embedder.embed_query("entirely rewritten"), 1, kind="description", mask=None)
    assert [passage.ref for passage in best] == ["i5#description"]


def test_sync_removes_what_is_gone_of_the_kinds_it_has(folder: Path, embedder: HashEmbedder) -> None:
    build(folder, [*ITEMS, Interaction("u", "i0")], embedder)
    report = build(folder, ITEMS[10:], embedder, mode="sync")
    assert (report.removed, report.items, report.interactions, report.embedded) == (10, 50, 1, 0)
    snapshot = opened(folder)
    for kind in ("description", "review"):
        found = snapshot.vectors.search(embedder.embed_query("thing number 3 word3"), 50, kind=kind, mask=None)
        assert {passage.owner_id for passage in found} <= {one.id for one in ITEMS[10:]}


def test_reset_starts_over(folder: Path, embedder: HashEmbedder) -> None:
    build(folder, ITEMS, embedder)
    assert build(folder, ITEMS[:5], embedder, mode="reset").items == 5


def test_deleted_items_are_gone_everywhere(folder: Path, embedder: HashEmbedder) -> None:
    build(folder, ITEMS, embedder)
    report = delete_items(folder, ["i3", "nobody"], embedder)
    assert (report.removed, report.items) == (1, 59)
    snapshot = opened(folder)
    assert snapshot.items.get(["i3"]) == []
    assert "i3" not in [item_id for item_id, _ in snapshot.words.search("thing", 99, mask=None)]


# Nothing half-written


def test_a_bad_record_leaves_everything_as_it_was(folder: Path, embedder: HashEmbedder) -> None:
    def broken() -> Iterator[Record]:
        yield item(99)
        raise BadRecord("some.jsonl", 2, "title", "expected a text")

    with pytest.raises(BadRecord):
        build(folder, broken(), embedder)
    assert current_generation(folder) == ""
    first = build(folder, ITEMS, embedder)
    with pytest.raises(BadRecord):
        build(folder, broken(), embedder)
    assert current_generation(folder) == first.generation
    assert opened(folder).count == 60


KILLED = """
    import os, signal, sys
    sys.path.insert(0, {here!r})
    import test_store as t
    from pathlib import Path
    from chatrec.store import manifest, parts
    class Slow(t.HashEmbedder):
        def embed(self, texts, *, progress=None):
            if {stage!r} == "embedding" and len(self.embedded) >= 512: os.kill(os.getpid(), signal.SIGKILL)
            return super().embed(texts)
    def killed(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
    def reading():
        for place, one in enumerate(t.many()):
            if {stage!r} == "reading" and place == 200: killed()
            yield one
    if {stage!r} == "vectors": parts.vectors._add = killed
    if {stage!r} == "words": parts.words.build = killed
    if {stage!r} == "publishing": manifest.publish = killed
    if {stage!r} == "sweeping": manifest.sweep = killed
    t.build_generation(Path({folder!r}), reading(), Slow())
"""


def many() -> list[Item]:
    return [item(place) for place in range(400)]


@pytest.mark.parametrize("stage", ["reading", "embedding", "vectors", "words", "publishing", "sweeping"])
def test_killed_at_any_moment_it_goes_on_where_it_was(
    folder: Path, embedder: HashEmbedder, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = textwrap.dedent(KILLED).format(here=str(HERE), stage=stage, folder=str(folder))
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == -signal.SIGKILL
    report = build(folder, many(), embedder)
    expected = {"reading": 1200, "embedding": 1200 - 512, "sweeping": 0}.get(stage, 0)
    assert (report.items, report.passages, report.embedded) == (400, 1200, expected)
    monkeypatch.setattr(manifest, "GRACE", 0.0)
    manifest.sweep(folder)
    snapshot = opened(folder)
    for kind, count in (("description", 400), ("review", 800)):
        found = snapshot.vectors.search(embedder.embed_query("thing"), 2000, kind=kind, mask=None)
        assert len({passage.ref for passage in found}) == len(found) == count
    left = {path.name for path in (folder / "parts").iterdir()}
    assert left == set(manifest.read(folder, report.generation).parts.values())


def test_a_full_disk_is_told_and_changes_nothing(
    folder: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(folder, ITEMS, embedder)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", full)
        with pytest.raises(StoreError, match=r"full .* free") as failed:
            build(folder, [item(99)], embedder)
    assert "CHATREC_HOME" in failed.value.mend
    assert current_generation(folder) == first.generation
    assert build(folder, [item(99)], embedder).embedded == 0


def test_a_full_database_is_told(folder: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("chatrec.store.index._ingested", full)
    with pytest.raises(StoreError, match="full"):
        build(folder, ITEMS, embedder)


# One writer, many readers


def test_a_second_writer_is_told_who_the_first_is(folder: Path, embedder: HashEmbedder) -> None:
    with writing(folder), pytest.raises(StoreLocked, match=f"process {os.getpid()}"):
        build(folder, ITEMS, embedder)
    assert build(folder, ITEMS, embedder).items == 60


READS = """
    import sys, json
    sys.path.insert(0, {here!r})
    import test_store as t
    from pathlib import Path
    snapshot = t.opened(Path({folder!r}))
    print("open", flush=True)
    sys.stdin.readline()
    e = t.HashEmbedder()
    query = e.embed_query("thing number 7 word7")
    found = [p.ref for p in snapshot.vectors.search(query, 5, kind="description", mask=None)]
    words = snapshot.words.search("word7", 5, mask=None)
    print(json.dumps([snapshot.count, found, words, len(snapshot.items.get(snapshot.items.ids))]))
"""


def test_readers_in_other_processes_see_their_generation_whole_while_others_are_built(
    folder: Path, embedder: HashEmbedder
) -> None:
    build(folder, ITEMS, embedder)
    code = textwrap.dedent(READS).format(here=str(HERE), folder=str(folder))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    readers = [subprocess.Popen([sys.executable, "-c", code], **pipes) for _ in range(3)]
    for reader in readers:
        assert reader.stdout.readline() == "open\n"
    published = folder / "parts" / manifest.read(folder, current_generation(folder)).parts["vectors"]
    before = {
        path: path.stat().st_mtime_ns for path in published.rglob("*") if path.is_file() and path.suffix == ".npy"
    }
    build(folder, [item(100)], embedder)
    early = readers.pop()
    answers = [early.communicate("go\n", timeout=60)[0]]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    build(folder, [replace(ITEMS[7], title="Another")], embedder)
    answers += [reader.communicate("go\n", timeout=60)[0] for reader in readers]
    for answer in answers:
        count, found, words, items = json.loads(answer)
        assert (count, found[0], words[0][0], items) == (60, "i7#description", "i7", 60)
    assert opened(folder).count == 61


def test_many_processes_read_one_embedded_chroma_at_once(folder: Path, embedder: HashEmbedder) -> None:
    """The published folder is only read, so the rule of one process a folder, which is about writing, is kept."""
    build(folder, ITEMS, embedder)
    code = textwrap.dedent(READS).format(here=str(HERE), folder=str(folder))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    for _ in range(2):
        readers = [subprocess.Popen([sys.executable, "-c", code], **pipes) for _ in range(4)]
        answers = [reader.communicate("go\n", timeout=90)[0].splitlines()[-1] for reader in readers]
        assert len(set(answers)) == 1
        assert json.loads(answers[0])[1][0] == "i7#description"
    assert build(folder, [item(200)], embedder).items == 61


# Finding

CONSTRAINTS = st.lists(
    st.one_of(
        st.builds(Constraint, st.just("price"), st.sampled_from(["min", "max"]), st.tuples(st.integers(-5, 70))),
        st.builds(Constraint, st.just("price"), st.sampled_from(["any", "none"]), st.tuples(st.integers(-5, 70))),
        st.builds(
            Constraint,
            st.sampled_from(["colour", "tags", "weight"]),
            st.sampled_from(["any", "none"]),
            st.lists(st.sampled_from(["red", "GREEN", "t1", "t2", "T4", "mauve"]), min_size=1).map(tuple),
        ),
    ),
    max_size=3,
)


def naive(one: Item, constraint: Constraint) -> bool:
    value = one.attributes.get(constraint.facet)
    held = (
        {str(v).casefold() for v in (value if isinstance(value, tuple) else (value,))} if value is not None else set()
    )
    if constraint.op in ("min", "max"):
        return value is not None and (
            value >= constraint.values[0] if constraint.op == "min" else value <= constraint.values[0]
        )
    if isinstance(value, float):
        met = value in constraint.values
    else:
        met = bool(held & {str(v).casefold() for v in constraint.values})
    return met != (constraint.op == "none")


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = catalog_folder(tmp_path_factory.mktemp("things"), "things")
    build_generation(folder, [*many(), Item("bare", "Bare")], HashEmbedder())
    return opened(folder)


@settings(deadline=None)
@given(constraints=CONSTRAINTS, excluded=st.sets(st.sampled_from(["i1", "i2", "i399", "nobody"])))
def test_masks_mean_what_constraints_say(things: Snapshot, constraints: list[Constraint], excluded: set[str]) -> None:
    everything = list(things.items.all())
    mask = things.mask(constraints, excluded)
    expected = [one.id not in excluded and all(naive(one, c) for c in constraints) for one in everything]
    assert (mask.tolist() if mask is not None else [True] * len(everything)) == expected


@pytest.mark.parametrize("kind", ["description", "review"])
@pytest.mark.parametrize("allowed", [1.0, 0.98, 0.5, 0.01])
def test_the_nearest_passages_are_found_under_any_mask(things: Snapshot, kind: str, allowed: float) -> None:
    random = np.random.default_rng(1)
    mask = None if allowed == 1.0 else random.random(things.count) < allowed
    embedder = HashEmbedder()
    for place in range(0, 400, 40):
        query = embedder.embed_query(f"thing number {place} note 1 word{place}")
        found = things.vectors.search(query, 20, kind=kind, mask=mask)
        exact = things.vectors._exact(
            query, 20, kind, None if mask is None else mask[things.vectors._passages.rows[kind]]
        )
        scores = [passage.score for passage in found]
        assert scores == sorted(scores, reverse=True)
        assert len(found) == len(exact)
        assert np.allclose(scores[:1], [exact[0].score], atol=1e-3)
        shared = {passage.ref for passage in found} & {passage.ref for passage in exact}
        close = sum(abs(one.score - other.score) < 1e-3 for one, other in zip(found, exact, strict=True))
        assert max(len(shared), close) >= 0.9 * len(exact)
        assert mask is None or all(mask[things.items.row(passage.owner_id)] for passage in found)


@settings(deadline=None)
@given(count=st.integers(0, 3 * BLOCK), share=st.floats(0, 1), seed=st.integers(0, 9))
def test_cosines_are_the_same_however_many_are_asked_for(count: int, share: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.standard_normal((count, 8)).astype(np.float32)
    vector = random.standard_normal(8).astype(np.float32)
    places = np.flatnonzero(random.random(count) < share)
    assert cosines(matrix, vector, places) == pytest.approx(matrix[places] @ vector, abs=1e-5)


def test_a_column_gives_the_same_mask_each_time_it_is_asked(things: Snapshot) -> None:
    for constraint in (Constraint("colour", "any", ("red", "mauve")), Constraint("price", "min", (30,))):
        first = things.mask([constraint], ())
        assert first is not None
        expected = first.copy()
        first[:] = False  # what a caller does to its mask is its own business
        again = things.mask([constraint], ())
        assert again is not None
        assert again.tolist() == expected.tolist()


def test_the_best_by_words_are_the_first_of_all_with_ties_in_the_order_of_rows(things: Snapshot) -> None:
    everything = things.words.search("thing number made", things.count, mask=None)
    assert len({score for _, score in everything}) < len(everything)
    for k in (1, 2, 7, len(everything) - 1, len(everything)):
        assert things.words.search("thing number made", k, mask=None) == everything[:k]


def test_words_are_found_stemmed_and_masked(things: Snapshot) -> None:
    found = things.words.search("Things WORD5", 3, mask=None)
    assert found[0][0] == "i5"
    mask = np.ones(things.count, dtype=bool)
    mask[things.items.row("i5")] = False
    assert "i5" not in [item_id for item_id, _ in things.words.search("word5", 9, mask=mask)]
    assert things.words.search("", 3, mask=None) == things.words.search("zebra", 3, mask=None) == []


def test_vectors_of_items_are_those_of_their_descriptions(things: Snapshot) -> None:
    have, vectors = things.vectors.of_items(["i3", "nobody", "bare", "i1"])
    assert have == ["i3", "bare", "i1"]
    expected = HashEmbedder().embed([text_of(item(3)), "Bare", text_of(item(1))])
    np.testing.assert_allclose(vectors, expected, atol=2e-3)


def test_an_empty_catalogue_of_texts_finds_nothing(folder: Path, embedder: HashEmbedder) -> None:
    build(folder, [Item("a", "..."), Item("b", "!!")], embedder)
    snapshot = opened(folder)
    assert snapshot.vectors.search(embedder.embed_query("x"), 3, kind="review", mask=None) == []
    assert snapshot.words.search("x", 3, mask=None) == []


# What is refused


def test_another_embedder_is_refused_with_the_way_out(folder: Path, embedder: HashEmbedder) -> None:
    build(folder, ITEMS, embedder)
    with pytest.raises(EmbedderMismatch, match="CHATREC_EMBEDDER=hash"):
        open_snapshot(folder, stamp=HashEmbedder(seed=1).stamp)
    other = HashEmbedder(seed=1)
    assert build(folder, ITEMS[:1], other).embedded == 180  # indexing again is the other way out
    assert open_snapshot(folder, stamp=other.stamp).count == 60


def test_catalogues_are_listed_and_removed(tmp_path: Path, embedder: HashEmbedder) -> None:
    for name in ("b", "a"):
        build(catalog_folder(tmp_path, name), ITEMS[:2], embedder)
    assert list_catalogs(tmp_path) == ["a", "b"]
    remove_catalog(tmp_path, "a")
    assert list_catalogs(tmp_path) == ["b"]
    with pytest.raises(CatalogNotFound, match="There are: b"):
        remove_catalog(tmp_path, "a")
    with pytest.raises(CatalogNotFound, match="chatrec index"):
        opened(catalog_folder(tmp_path, "a"))


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "x" * 65, "a\nb", "C:\\x"])
def test_a_catalogues_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="name of a catalogue"):
        catalog_folder(tmp_path, name)


@pytest.mark.parametrize("damage", ["", "{", '{"format": 99}', "[]"])
def test_a_damaged_or_newer_index_says_how_to_go_on(folder: Path, embedder: HashEmbedder, damage: str) -> None:
    report = build(folder, ITEMS, embedder)
    (folder / "generations" / f"{report.generation}.json").write_text(damage, encoding="utf-8")
    with pytest.raises(StoreError, match="--reset"):
        opened(folder)
    assert build(folder, ITEMS, embedder, mode="reset").items == 60


# A Chroma server


@pytest.fixture(scope="module")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real `chroma run` server."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chroma = Path(sys.executable).parent / "chroma"
    program = [str(chroma)] if chroma.exists() else [sys.executable, "-c", "from chromadb.cli.cli import app; app()"]
    path = tmp_path_factory.mktemp("chroma")
    command = [*program, "run", "--path", str(path), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        server.kill()


def test_vectors_may_lie_in_a_chroma_server(folder: Path, embedder: HashEmbedder, chroma_url: str) -> None:
    build(folder, ITEMS, embedder, chroma_url=chroma_url)
    build(folder, [item(70)], embedder, chroma_url=chroma_url)
    snapshot = open_snapshot(folder, stamp=embedder.stamp, chroma_url=chroma_url)
    query = embedder.embed_query("thing number 70 made of word70")
    found = snapshot.vectors.search(query, 3, kind="description", mask=None)
    assert found[0].ref == "i70#description"
    assert not list(folder.rglob("chroma.sqlite3"))
    with pytest.raises(StoreError, match="CHATREC_CHROMA_URL"):
        open_snapshot(folder, stamp=embedder.stamp)
    remove_catalog(folder.parent.parent, folder.name, chroma_url=chroma_url)


def test_a_server_that_is_not_there_is_told_without_its_password(folder: Path, embedder: HashEmbedder) -> None:
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9") as failed:
        build(folder, ITEMS, embedder, chroma_url="http://me:secret@127.0.0.1:9")
    assert "secret" not in str(failed.value)
    assert "chroma run" in failed.value.mend
    assert current_generation(folder) == ""
