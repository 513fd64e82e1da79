"""What is handed in on the page: safe names, nothing left behind, a preview in which nothing runs; and accounts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from chatrec import Settings
from chatrec.errors import CatalogError, SettingsError
from chatrec.store.index import catalog_folder
from chatrec.ui.actions import action_of
from chatrec.ui.preview import preview
from chatrec.ui.reading import MOST, Desk, name_for, safe_name
from chatrec.ui.shared import Place


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what is handed in lies for a while."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


def file(tmp_path: Path, name: str = "films.csv", content: str = "id,title\na,One\n") -> Path:
    (tmp_path / name).write_text(content)
    return tmp_path / name


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("films.csv", "films.csv"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\My films (1).jsonl.gz", "My-films-1-.jsonl.gz"),
        (".env", "env"),
        ("-rf.csv", "rf.csv"),
        ("<b>\n\0.csv", "b-.csv"),
        ("", "file"),
        ("x" * 300 + ".csv", "x" * 56 + ".csv"),
        ("фильмы.csv", "csv"),
    ],
)
def test_names_are_made_safe(given: str, safe: str, tmp_path: Path) -> None:
    assert safe_name(given) == safe
    catalog_folder(tmp_path, name_for(given))  # the name that is proposed can be one


def test_the_file_goes_at_once_and_what_was_read_when_it_is_discarded(tmp_path: Path, folder: Path) -> None:
    desk, path = Desk(), file(tmp_path)
    handed = desk.take(path, largest=1000)
    assert not path.exists()
    assert [each.name for each in folder.glob("*/*")] == ["records"]
    assert [record.id for record in desk.of(handed.id).records()] == ["a"]  # type: ignore[union-attr]
    desk.discard(handed.id)
    desk.discard(handed.id)
    assert list(folder.iterdir()) == []
    with pytest.raises(CatalogError, match="not kept any more"):
        desk.of(handed.id)


@pytest.mark.parametrize(
    ("name", "largest", "sentence"),
    [
        ("films.exe", 1000, r"films.exe is of no kind.*\.csv.*\.parquet"),
        ("films.csv", 3, "larger than 0 MB"),
        ("films.parquet", 1000, "films.parquet"),
    ],
)
def test_what_cannot_be_read_leaves_nothing(
    name: str, largest: int, sentence: str, tmp_path: Path, folder: Path
) -> None:
    path = file(tmp_path, name)
    with pytest.raises(CatalogError, match=sentence):
        Desk().take(path, largest=largest)
    assert not path.exists()
    assert list(folder.iterdir()) == []


def test_only_so_many_are_kept(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chatrec.ui import reading

    monkeypatch.setattr(reading, "MOST", 2)
    desk = Desk()
    ids = [desk.take(file(tmp_path), largest=1000).id for _ in range(3)]
    assert MOST > 2
    assert len(list(folder.iterdir())) == 2
    assert desk.of(ids[2]).understood.items == 1


def test_nothing_of_a_file_is_markup_in_its_preview(tmp_path: Path, folder: Path) -> None:
    evil = '<img src=x onerror="alert(1)">'
    content = f'id,title,{evil.replace(chr(34), "")}\na,"{evil.replace(chr(34), chr(34) * 2)}",<b>x</b>\n{evil},\n'
    handed = Desk().take(file(tmp_path, content=content), largest=10_000)
    html = preview(handed.name, handed.understood)
    assert "<img" not in html
    assert "<b>x" not in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html


@pytest.mark.parametrize("wrong", ["ann", "ann:", ":hunter2", "ann:hunter2,ben"])
def test_accounts_that_are_none_are_told_without_their_passwords(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATREC_UI_AUTH", wrong)
    with pytest.raises(SettingsError, match=r"CHATREC_UI_AUTH.*user:password") as caught:
        Settings.from_env()
    assert "hunter2" not in str(caught.value)


def test_accounts_are_read_and_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATREC_UI_AUTH", "ann:hunter2, ben:with:colons ,")
    settings = Settings.from_env()
    assert settings.ui_accounts() == {"ann": "hunter2", "ben": "with:colons"}
    assert "hunter2" not in repr(settings) + settings.model_dump_json()
    monkeypatch.delenv("CHATREC_UI_AUTH")
    assert Settings().ui_accounts() == {}


@pytest.mark.parametrize(
    "kept",
    [
        '{"user": "", "session": "s", "catalog": ""}',
        '{"session": "s"}',
        '{"user": "short", "session": "s"}',
        '{"user": ["x"], "session": "s"}',
        '"s"',
        "null",
        "[",
    ],
)
def test_who_is_nobody_has_no_session(kept: str) -> None:
    assert Place.read(kept).session == ""


def test_only_deeds_that_there_are_get_through() -> None:
    assert action_of('{"do": "delete_session", "items": ["s"], "stamp": 1}')
    assert action_of('{"do": "rename_session", "items": ["s"], "text": "For <b> the hall"}')
    assert action_of('{"do": "more", "items": ["s"], "text": "For the hall"}') is None
    assert action_of('{"do": "delete_everything", "items": []}') is None
