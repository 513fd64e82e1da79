"""What every format promises, tested on whatever stands in `catalog/formats/` and `tests/formats/<name>/`.

A new format needs a folder there with samples (`sample*`, files or folders), bad ones (`bad*`), and `expected.json`:
the records of each sample, without their empty fields, and (file, line, field) of each bad record.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatrec import plugins
from chatrec.catalog import Record, sample
from chatrec.catalog.source import open_source, suffixes
from chatrec.errors import BadRecord, CatalogError

FOLDER = Path(__file__).parent / "formats"
NAMES = plugins.names("formats")
SAMPLES = sorted(path for path in FOLDER.glob("*/sample*"))
BAD = sorted(path for path in FOLDER.glob("*/bad*"))
LINES = ("amazon_reviews", "dialogue_turns", "dialogues", "interactions", "jsonl", "redial")
"""Formats made of JSON lines."""


def module(name: str) -> ModuleType:
    return plugins.load("formats", name)


def told(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def expected(path: Path) -> Any:
    both = json.loads((path.parent / "expected.json").read_text(encoding="utf-8"))
    return (both["samples"] | both["bad"])[path.name]


def as_json(record: Record) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(record).items() if value not in (None, "", {}, ())}
    return json.loads(json.dumps({type(record).__name__: fields}))


def test_every_format_has_samples_and_bad_ones() -> None:
    assert {path.parent.name for path in SAMPLES} == {path.parent.name for path in BAD} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_format_says_what_it_reads(name: str) -> None:
    assert module(name).TITLE
    assert not module(name).TITLE.endswith(".")
    files = [path for path in SAMPLES if path.parent.name == name and path.is_file()]
    assert all(path.name.removesuffix(".gz").endswith(module(name).SUFFIXES) for path in files)
    assert set(module(name).SUFFIXES) <= set(suffixes())


@pytest.mark.parametrize("path", SAMPLES, ids=told)
def test_a_sample_holds_what_is_expected(path: Path) -> None:
    assert [as_json(record) for record in module(path.parent.name).read(path)] == expected(path)


@pytest.mark.parametrize("path", SAMPLES, ids=told)
def test_a_sample_is_taken_for_its_own_format_with_a_reason(path: Path) -> None:
    (file,) = open_source([path]).files
    assert file.format == path.parent.name
    assert file.why


@pytest.mark.parametrize("path", SAMPLES, ids=told)
def test_only_the_general_formats_also_look_like_a_sample_of_another(path: Path) -> None:
    taken = {name for name in NAMES if module(name).looks_like(path)}
    assert taken - {path.parent.name} <= {"jsonl", "csv"}


@pytest.mark.parametrize("path", [path for path in SAMPLES if path.is_file() and path.suffix != ".parquet"], ids=told)
def test_a_zipped_sample_holds_the_same(path: Path, tmp_path: Path) -> None:
    zipped = tmp_path / f"{path.name}.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    source = open_source([zipped])
    assert source.files[0].format == path.parent.name
    assert [as_json(record) for record in source.records()] == expected(path)


@pytest.mark.parametrize("path", [path for path in SAMPLES if path.is_file() and path.suffix != ".parquet"], ids=told)
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(path: Path, tmp_path: Path) -> None:
    saved = tmp_path / path.name
    saved.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert [as_json(record) for record in open_source([saved]).records()] == expected(path)


@pytest.mark.parametrize("path", BAD, ids=told)
def test_bad_records_name_file_line_and_field_and_the_others_are_read(path: Path) -> None:
    records = list(module(path.parent.name).read(path))
    bad = [record for record in records if isinstance(record, BadRecord)]
    assert [[Path(record.file).name, record.line, record.field] for record in bad] == expected(path)
    assert all(f"line {record.line}: " in str(record) and record.expected for record in bad)
    assert not isinstance(records[-1], BadRecord), "the last record of each bad sample is good"


@pytest.mark.parametrize("path", BAD, ids=told)
def test_the_first_bad_record_is_raised_unless_they_are_skipped(path: Path) -> None:
    with pytest.raises(BadRecord) as raised:
        list(open_source([path], format=path.parent.name).records())
    assert (raised.value.line, raised.value.field) == tuple(expected(path)[0][1:])
    source = open_source([path], format=path.parent.name, skip_bad=True)
    assert all(isinstance(record, get_args(Record)) for record in source.records())
    assert source.bad_count == len(source.bad) == len(expected(path))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("path", SAMPLES, ids=told)
def test_a_file_of_another_format_gives_records_or_a_clear_error(name: str, path: Path) -> None:
    records: list[Any] = []
    try:
        records = list(open_source([path], format=name, skip_bad=True).records())
    except CatalogError as error:
        records = [error]
    assert all(isinstance(record, get_args(Record)) or path.name in str(record) for record in records)


@pytest.mark.parametrize(
    ("path", "name"),
    [(sample.films(), "jsonl"), (sample.dialogues(), "dialogues"), (sample.interactions(), "interactions")],
)
def test_the_sample_catalogue_is_read_whole(path: Path, name: str) -> None:
    source = open_source([path])
    assert source.files[0].format == name
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(list(source.records())) == len(lines) - (path.suffix == ".csv")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "id title description reviews attributes item_id text user item rating timestamp parent_asin user_id features"
    " details images price utterances role items messages movieMentions conversationId senderWorkerId name sku"
).split()


def objects() -> Iterator[st.SearchStrategy[Any]]:
    values = JSON | st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4), max_size=2)
    yield st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), values, max_size=8)
    yield st.fixed_dictionaries({"id": st.text(), "title": st.text()}, optional=dict.fromkeys(FIELDS[2:], values))


@pytest.mark.parametrize("name", LINES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(entries=st.lists(st.one_of(JSON, *objects()), min_size=1, max_size=3))
def test_any_json_value_is_a_record_or_a_bad_one(name: str, entries: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "any.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    try:
        records = list(module(name).read(path))
    except BadRecord:  # the first line of interactions stands for a header
        return
    assert all(isinstance(record, (BadRecord, *get_args(Record))) for record in records)
    for record in records:
        json.dumps(str(record) if isinstance(record, BadRecord) else asdict(record), allow_nan=False).encode()


@pytest.mark.parametrize("name", ["csv", "interactions", "inspired", "product_feed"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(body=st.text(st.sampled_from('a1,;"\t|[] \n\r\0é\x1f'), max_size=60) | st.binary(max_size=40))
def test_any_table_is_records_or_bad_ones(name: str, body: str | bytes, tmp_path: Path) -> None:
    path = next(path for path in SAMPLES if path.parent.name == name and path.suffix in (".csv", ".tsv"))
    header = path.read_bytes().split(b"\n")[0]
    copied = tmp_path / path.name
    copied.write_bytes(header + b"\n" + (body if isinstance(body, bytes) else body.encode()))
    try:
        records = list(module(name).read(copied))
    except BadRecord as bad:  # a quotation mark that is not closed
        records = [bad]
    assert all(isinstance(record, (BadRecord, *get_args(Record))) for record in records)


def test_latest_without_its_optional_files(tmp_path: Path) -> None:
    shutil.copytree(FOLDER / "movielens" / "sample_latest", tmp_path, dirs_exist_ok=True)
    (tmp_path / "tags.csv").unlink()
    (tmp_path / "links.csv").unlink()
    assert len(list(open_source([tmp_path]).records())) == 3


def feed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "feed.xml"
    path.write_text(text, encoding="utf-8")
    return path


GOOGLE = 'xmlns:g="http://base.google.com/ns/1.0"'


def test_an_xml_bomb_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>\n'
    path = feed(tmp_path, f"{bomb}<r {GOOGLE}><item><id>&b;</id></item></r>")
    with pytest.raises(CatalogError, match=r"feed\.xml, line 1: .*entities"):
        list(open_source([path]).records())


def test_xml_that_breaks_off_names_the_line_and_is_not_skipped(tmp_path: Path) -> None:
    path = feed(tmp_path, f"<r {GOOGLE}>\n<item><id>a</id><title>A</title></item>\n<item><id>b</id>\n")
    with pytest.raises(BadRecord, match=r"feed\.xml, line 4: expected well-formed XML"):
        list(open_source([path], skip_bad=True).records())


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        ("1,299.00 USD", 1299.0),
        ("1.299,00 EUR", 1299.0),
        ("25,50 EUR", 25.5),
        ("€ 7", 7.0),
        ("on request", "on request"),
    ],
)
def test_prices_are_read_as_shops_write_them(price: str, amount: float | str, tmp_path: Path) -> None:
    path = feed(tmp_path, f"<r {GOOGLE}><item><g:id>a</g:id><g:title>A</g:title><g:price>{price}</g:price></item></r>")
    (item,) = open_source([path]).records()
    assert item.attributes["price"] == amount  # type: ignore[union-attr]


def test_a_column_of_several_types_is_text_in_every_row(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("id,title,size,pages\na,A,12,100\nb,B,12B,\nc,C,true,99\n", encoding="utf-8")
    attributes = [item.attributes for item in open_source([path]).records()]  # type: ignore[union-attr]
    assert attributes == [{"size": "12", "pages": 100}, {"size": "12B"}, {"size": "true", "pages": 99}]
