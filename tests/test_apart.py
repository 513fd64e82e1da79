"""A file of unknown origin is read in a process of its own: what was understood, and an end in a sentence."""

from __future__ import annotations

import gzip
import json
import os
import sys
import zipfile
from pathlib import Path

import pytest

from chatrec.catalog import Record, apart, sample
from chatrec.catalog.apart import Limits, records_of, understood
from chatrec.catalog.source import open_source
from chatrec.errors import CatalogError

FORMATS = Path(__file__).parent / "formats"
SAMPLES = sorted(path for path in FORMATS.glob("*/sample*") if path.is_file())


AMPLE = Limits()


def read(path: Path, tmp_path: Path, limits: Limits = AMPLE) -> apart.Understood:
    return understood(path, tmp_path / "records", limits=limits)


def test_says_what_it_took_the_file_for_and_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text("id,title,year,mood\n" + "".join(f"f{n},Film {n},{1990 + n},calm\n" for n in range(9)) + "f9,\n")
    found = read(path, tmp_path)
    assert (found.format, found.items, found.bad_count) == ("csv", 9, 1)
    assert "id and title" in found.why
    assert [item.title for item in found.first] == [f"Film {n}" for n in range(5)]
    assert {name: facet.kind for name, facet in found.facets.items()} == {"mood": "category", "year": "number"}
    assert found.bad[0].startswith("films.csv, line 11: field 'title'")
    assert str(tmp_path) not in repr(found)


@pytest.mark.parametrize("path", [*SAMPLES, sample.films()], ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_record_arrives_as_it_was_read(path: Path, tmp_path: Path) -> None:
    read(path, tmp_path)
    arrived: list[Record] = list(records_of(tmp_path / "records"))
    assert arrived == list(open_source([path], skip_bad=True).records())


def bombed(folder: Path) -> Path:
    with gzip.open(folder / "b.jsonl.gz", "wb", compresslevel=9) as file:
        for place in range(60):
            file.write(b'{"id": "i%d", "title": "' % place + b"x" * 999_000 + b'"}\n')
    return folder / "b.jsonl.gz"


def long_line(folder: Path) -> Path:
    with gzip.open(folder / "l.json.gz", "wb") as file:
        file.write(b'[{"id": "a", "title": "' + b"x" * 50_000_000)
    return folder / "l.json.gz"


def zipped(folder: Path, name: str = "films.zip") -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("films.csv", "id,title\n" + "x" * 10_000_000)
    return folder / name


def disguised(folder: Path) -> Path:
    return zipped(folder, "films.csv")


@pytest.mark.parametrize(
    ("make", "limits", "sentence"),
    [
        (bombed, Limits(written=10 * 2**20), "unfolds to more than 10 MB"),
        (bombed, Limits(items=20), "more than 20 items"),
        (long_line, Limits(memory=200 * 2**20), "given up: reading it took more memory"),
        (bombed, Limits(seconds=0), "given up: reading it took longer"),
        (zipped, Limits(), "in none of the formats known"),
        (disguised, Limits(), "in none of the formats known"),
    ],
    ids=["bomb", "many", "memory", "slow", "zip", "disguised"],
)  # fmt: skip
def test_what_goes_beyond_a_limit_ends_in_a_sentence(make, limits: Limits, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=sentence) as caught:
        read(make(tmp_path), tmp_path, limits)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("noise.jsonl", os.urandom(5000)),
        ("noise.parquet", b"PAR1" + os.urandom(500) + b"PAR1"),
        ("half.jsonl.gz", gzip.compress(b'{"id": "a", "title": "b"}\n' * 100)[:40]),
        ("entities.xml", b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><rss xmlns:g="http://base.google.com/ns/1.0">&b;</rss>'),
        ("deep.json", b"[" * 100_000),
    ],
)  # fmt: skip
def test_what_is_no_catalogue_ends_in_a_sentence(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    try:
        told = " ".join(read(tmp_path / name, tmp_path).bad)
    except CatalogError as error:
        told = str(error)
    assert name in told
    assert "Traceback" not in told
    assert str(tmp_path) not in told


def test_the_process_is_given_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2")
    told = tmp_path / "told.py"
    told.write_text(
        f"#!{sys.executable}\nimport json, os, sys\nprint(json.dumps({{'what': str(dict(os.environ)), 'mend': ''}}))\n"
    )
    told.chmod(0o700)
    monkeypatch.setattr(apart.sys, "executable", str(told))
    (tmp_path / "a.csv").write_text("id,title\n")
    with pytest.raises(CatalogError) as caught:
        read(tmp_path / "a.csv", tmp_path)
    assert "hunter2" not in str(caught.value)


def test_what_is_told_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "a", "title": "<b>", "tags": ["x", "y"], "ok": True, "n": 1.5}) + "\n")
    found = read(path, tmp_path)
    assert found.first[0].attributes == {"tags": ("x", "y"), "ok": True, "n": 1.5}
