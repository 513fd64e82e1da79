"""What a catalogue's source does with bad input, and how loose values become strict ones."""

from __future__ import annotations

import gzip
import json
import stat
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrec.catalog import Item, Record, Review
from chatrec.catalog import source as source_module
from chatrec.catalog.files import PIECE
from chatrec.catalog.markup import plain
from chatrec.catalog.records import clean, inferred, item_from
from chatrec.catalog.source import names, open_records, open_source
from chatrec.errors import BadRecord, CatalogError

MUG = {"id": "mug", "title": "Mug"}


def written(path: Path, *entries: Any) -> Path:
    path.write_text("".join(f"{entry if isinstance(entry, str) else json.dumps(entry)}\n" for entry in entries))
    return path


def read(*paths: Path, format: str = "auto") -> list[Record]:
    return list(open_source(paths, format=format).records())


def item(**fields: Any) -> Item:
    return item_from({**MUG, **fields})


# Files


def test_a_missing_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"There is no file .*gone\.jsonl\. Check the path\."):
        open_source([tmp_path / "gone.jsonl"])


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "items.jsonl", MUG)
    path.chmod(0)
    as_before = Path.open

    def refused(self: Path, *args: Any, **kwargs: Any) -> Any:  # root may read what nobody may
        if not self.stat().st_mode & stat.S_IRUSR:
            raise PermissionError(13, "Permission denied")
        return as_before(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(CatalogError, match=r"items\.jsonl cannot be read: permission denied\."):
        open_source([path])


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")])
def test_an_empty_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(CatalogError, match=r"items\.jsonl\.gz is empty\."):
        open_source([path])


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", "\n \n"), ("a.csv", "id,title\n"), ("a.json", "[]")])
def test_a_file_in_which_there_is_nothing(name: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(CatalogError, match=r"a\.\w+: nothing in it\."):
        read(path)


def test_a_gzip_file_that_breaks_off_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    whole = gzip.compress(
        "".join(json.dumps({"id": str(n), "title": f"T{n * 7919}"}) + "\n" for n in range(5000)).encode()
    )
    path = tmp_path / "items.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CatalogError, match=r"items\.jsonl\.gz is a damaged gzip file"):
        list(open_source([path], skip_bad=True).records())


def test_a_file_called_gz_that_is_not_zipped_is_read(tmp_path: Path) -> None:
    assert len(read(written(tmp_path / "items.jsonl.gz", MUG))) == 1


def test_a_line_of_another_encoding_says_how_to_convert_and_can_be_skipped(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes(json.dumps(MUG).encode() + b'\n{"id": "cafe", "title": "Caf\xe9"}\n{"id": "b", "title": "B"}\n')
    with pytest.raises(BadRecord, match=r"line 2: expected UTF-8, found the byte 0xe9\. .*iconv .*'items\.jsonl'"):
        read(path)
    source = open_source([path], skip_bad=True)
    assert [record.id for record in source.records() if isinstance(record, Item)] == ["mug", "b"]
    assert source.bad_count == 1


def test_a_table_of_another_encoding_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(b"id,title,note\na,A,\nb,B,Caf\xe9\n")
    with pytest.raises(BadRecord, match="line 3: expected UTF-8, found the byte 0xe9"):
        read(path)


@pytest.mark.parametrize("name", ["items.jsonl", "items.csv"])
def test_utf_16_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("id,title\na,A\n", encoding="utf-16")
    with pytest.raises(BadRecord, match=r"line 1: .*found UTF-16\. .*iconv -f UTF-16"):
        read(path, format=name.split(".")[1])


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "a", "title": ',
        "[" * 100_000,
        '{"id": "a", "title": "A", "n": ' + "1" * 5000 + "}",
        "nonsense",
        '"text"',
        "7",
    ],
)
def test_a_broken_line_is_named_and_the_others_are_read(line: str, tmp_path: Path) -> None:
    path = written(tmp_path / "items.jsonl", MUG, line, {"id": "b", "title": "B"})
    source = open_source([path], skip_bad=True)
    assert len(list(source.records())) == 2
    (bad,) = source.bad
    assert (bad.file, bad.line) == (str(path), 2)
    assert "expected" in str(bad) or "too deeply" in str(bad)


def test_json_over_several_lines_is_told_how_to_be_written(tmp_path: Path) -> None:
    path = tmp_path / "items.json"
    path.write_text(json.dumps(MUG, indent=2))
    with pytest.raises(BadRecord, match=r"line 1: .* Write each record in one line, or all of them as one array\."):
        read(path)


def test_an_array_is_read_piece_by_piece_and_knows_its_lines(tmp_path: Path) -> None:
    entries = [{"id": str(n), "title": f"Title {n}", "description": "é" * (n % 3 * PIECE)} for n in range(50)]
    path = tmp_path / "items.json"
    path.write_text(json.dumps([*entries[:-1], {"id": 7}], ensure_ascii=False, indent=1), encoding="utf-8")
    source = open_source([path], skip_bad=True)
    assert len(list(source.records())) == len(entries) - 1
    assert source.bad[0].line == path.read_text(encoding="utf-8").splitlines().index('  "id": 7')


@pytest.mark.parametrize(
    "text", ['[{"id": "a", "title": "A"}', '[{"id": "a", "title": "A"},\n{"id": }]', '[{"id": "\udce9"}]']
)
def test_an_array_that_breaks_is_an_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "items.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadRecord, match=r"items\.json, line [12]: expected"):
        read(path)


def test_a_quotation_mark_that_is_not_closed_does_not_swallow_the_rest(tmp_path: Path) -> None:
    path = written(tmp_path / "items.csv", "id,title", "a,A", 'b,"B', *(f"c{n},C" for n in range(100)))
    with pytest.raises(BadRecord, match=r"items\.csv, line 3: .*quotation mark"):
        list(open_source([path], skip_bad=True).records())


@pytest.mark.parametrize("name", ["items.jsonl", "items.csv"])
@pytest.mark.parametrize("size", [1_000_001, 10_000_000])
def test_a_text_of_ten_megabytes_is_refused_by_name_and_can_be_skipped(name: str, size: int, tmp_path: Path) -> None:
    path = tmp_path / name
    if name.endswith(".csv"):
        path.write_text(f"id,title,reviews\nmug,Mug,\nbig,Big,{'x' * size}\n")
        line = 3
    else:
        written(path, MUG, {"id": "big", "title": "Big", "reviews": [{"text": "x" * size}]})
        line = 2
    source = open_source([path], skip_bad=True)
    assert len(list(source.records())) == 1
    assert (source.bad[0].line, source.bad[0].field) == (line, "reviews[0].text")
    assert f"at most 1,000,000 characters, found {size:,}" in str(source.bad[0])


def test_what_is_no_parquet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    path.write_text("not at all")
    with pytest.raises(CatalogError, match=r"items\.parquet is not a Parquet file that can be read"):
        read(path)


def test_columns_of_the_same_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecord, match="line 1: field 'size': expected one column of that name"):
        read(written(tmp_path / "items.csv", "id,title,size,size", "a,A,1,2"))


# What it was taken for


@pytest.mark.parametrize("name", ["folder", "notes.txt", "table.csv"])
def test_what_is_of_no_format_lists_those_there_are(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    else:
        path.write_text("colour,size\nred,1\n")
    with pytest.raises(CatalogError) as raised:
        open_source([path])
    assert all(known in str(raised.value) for known in names())
    assert str(path) in str(raised.value)


def test_an_unknown_format_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"There is no format 'xls'\. There are: auto, amazon_reviews, .*redial"):
        open_source([written(tmp_path / "items.jsonl", MUG)], format="xls")


def test_a_column_taken_for_another_is_told(tmp_path: Path) -> None:
    source = open_source([written(tmp_path / "items.csv", "sku,name,price", "a,A,1")])
    assert "sku is taken for the id; name is taken for the title" in source.files[0].why
    assert list(source.records()) == [Item("a", "A", attributes={"price": 1})]


def test_two_columns_that_might_be_the_id_are_not_guessed_at(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="none of the formats known"):
        open_source([written(tmp_path / "items.csv", "sku,asin,title", "a,b,A")])


def test_a_table_without_an_id_names_the_column(tmp_path: Path) -> None:
    with pytest.raises(BadRecord, match="line 1: field 'id': expected a column of that name; there are name, price"):
        read(written(tmp_path / "items.csv", "name,price", "A,1"), format="csv")


# Records


def test_duplicate_ids_name_both_lines(tmp_path: Path) -> None:
    path = written(tmp_path / "items.jsonl", MUG, {"id": "b", "title": "B"}, MUG)
    with pytest.raises(BadRecord, match="line 3: field 'id': 'mug' is the id of line 1 already"):
        read(path)


def test_duplicate_ids_in_one_line_of_an_array(tmp_path: Path) -> None:
    with pytest.raises(BadRecord, match="'mug' is the id of line 1 already"):
        read(written(tmp_path / "items.json", json.dumps([MUG, MUG])))


def test_duplicate_ids_of_two_files_name_both(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a.jsonl", MUG), written(tmp_path / "b.jsonl", MUG)
    with pytest.raises(BadRecord, match=r"b\.jsonl: field 'id': 'mug' is the id of an item in .*a\.jsonl already"):
        read(first, second)
    with pytest.raises(BadRecord, match="already"):
        read(first, first)


def test_all_bad_records_are_counted_and_the_first_hundred_listed(tmp_path: Path) -> None:
    source = open_source([written(tmp_path / "items.jsonl", MUG, *[{"id": 1}] * 250)], skip_bad=True)
    assert len(list(source.records())) == 1
    assert (source.bad_count, len(source.bad)) == (250, source_module.LISTED)


def test_mappings_and_ready_records_are_taken_as_well() -> None:
    records: list[Any] = [MUG, Review("mug", "r1", "Fine.")]
    assert list(open_records(records).records()) == [Item("mug", "Mug"), Review("mug", "r1", "Fine.")]
    with pytest.raises(BadRecord, match="records, line 2: field 'title'"):
        list(open_records([MUG, {"id": "b"}]).records())


@pytest.mark.parametrize("value", [None, 7, 7.5, True, ["a"], {"a": 1}, "", " \n", "\x00", "x" * 513])
def test_an_id_must_be_a_short_text(value: Any) -> None:
    with pytest.raises(BadRecord) as raised:
        item(id=value)
    assert raised.value.field == "id"


def test_an_id_that_is_a_number_is_told_how_to_be_written() -> None:
    with pytest.raises(BadRecord, match='Write it in quotes: "7"'):
        item(id=7)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**63, [[1]], [{"a": 1}], [float("nan")], object()])
def test_an_attribute_that_cannot_be_held_names_its_field(value: Any) -> None:
    with pytest.raises(BadRecord) as raised:
        item(size=value)
    assert raised.value.field == "size"


def test_attributes_nested_too_deeply_are_refused() -> None:
    assert item(a={"b": {"c": 1}}).attributes == {"a.b.c": 1}
    with pytest.raises(BadRecord, match="at most 3 levels"):
        item(a={"b": {"c": {"d": {"e": 1}}}})


def test_values_keep_their_types() -> None:
    given = {
        "year": 1999,
        "price": Decimal("1.5"),
        "open": True,
        "since": date(2020, 2, 3),
        "tags": [" a", "", None, 2, 2.0, True],
        "none": None,
        "empty": "",
        "count": np.int64(3),
        "score": np.float32(0.5),
        "list": np.array(["x", "y"]),
        "": 4,
    }
    attributes = item(**given).attributes
    assert attributes == {
        "year": 1999,
        "price": 1.5,
        "open": True,
        "since": "2020-02-03",
        "tags": ("a", "2", "2", "true"),
        "count": 3,
        "score": 0.5,
        "list": ("x", "y"),
    }
    assert {name: type(value) for name, value in attributes.items() if name in ("count", "score", "open")} == {
        "count": int,
        "score": float,
        "open": bool,
    }


def test_an_item_without_any_text_is_passed_on() -> None:
    assert list(open_records([MUG]).records()) == [Item("mug", "Mug")]


def test_reviews_without_text_or_said_twice_are_left_out() -> None:
    reviews = item(
        reviews=["Good.", {"text": "Good."}, "", {"rating": 3}, {"id": 5, "text": "Fine.", "rating": "2.5"}]
    ).reviews
    assert [(review.text, review.rating) for review in reviews] == [("Good.", None), ("Fine.", 2.5)]
    assert reviews[1].id == "5"


@given(st.text(st.characters(exclude_categories=())))
def test_cleaned_text_can_be_stored_and_shown_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert clean(cleaned) == cleaned
    assert not any(ord(char) < 32 and char not in "\n\t" for char in cleaned)


def test_cleaning_keeps_what_is_written_and_drops_what_hides() -> None:
    assert clean("a\x00b\x1b[31m\x1fc\r\nd\u2028e") == "ab[31mc\nd\ne"
    assert clean("\u202eevil\u202c \U000e0041x\ufeff") == "evil x"
    assert clean("👩\u200d🚀 می\u200cخواهم\ttab 1\u00a0kg") == "👩\u200d🚀 می\u200cخواهم\ttab 1\u00a0kg"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12), ("-3.5", -3.5), ("0", 0), ("0.5", 0.5), ("1e3", 1000.0), ("TRUE", True), ("", None), ("  ", None),
        ("007", "007"), ("nan", "nan"), ("inf", "inf"), ("1_000", "1_000"), ("12 kg", "12 kg"), ("[1", "[1"),
        ('["a", 2]', ("a", "2")), ("12345678901234567890", 12345678901234567890.0), ("2020-01-02", "2020-01-02"),
    ],
)  # fmt: skip
def test_what_a_cell_holds(cell: str, value: Any) -> None:
    assert inferred(cell) == value
    assert type(inferred(cell)) is type(value)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a < b and c > d", "a < b and c > d"),
        ("<p>One &amp; two</p><p>Three</p>", "One & two\nThree"),
        ("x<script>alert(1)</script><br>y<!-- z -->", "x\ny"),
        ("AT&T &lt;3", "AT&T <3"),
        ("no markup\n  here", "no markup\n  here"),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    assert plain(markup) == text
