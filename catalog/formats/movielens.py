"""MovieLens folders (ml-100k, ml-1m, ml-latest): items with title, year and genres, and the ratings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import lines, rows
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, interaction_from, item_from
from chatrec.errors import BadRecord, CatalogError

TITLE = "a MovieLens folder (100K, 1M or latest)"

TITLED = re.compile(r"^(?P<title>.*?)\s*\((?P<year>\d{4})(?:[-–]\d{0,4})?\)\s*$")
ARTICLE = re.compile(r"^(?P<rest>.*), (?P<article>The|A|An|Le|La|Les|L'|Il|Der|Die|Das|El|Los|Las)$")

LAYOUTS = {
    "ml-100k": ("u.item", "u.data"),
    "ml-1m": ("movies.dat", "ratings.dat"),
    "ml-latest": ("movies.csv", "ratings.csv"),
}
"""Layout -> (file of items, file of ratings)."""


def looks_like(path: Path) -> str:
    layout = _layout(path)
    return f"the folder has {' and '.join(LAYOUTS[layout])}" if layout else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    layout = _layout(path)
    if not layout:
        known = "; ".join(" and ".join(files) for files in LAYOUTS.values())
        raise CatalogError(f"{path} is no MovieLens folder.", mend=f"One has the files {known}.")
    items, ratings = (path / name for name in LAYOUTS[layout])
    yield from _READERS[layout](items, ratings)


def _layout(path: Path) -> str:
    if not path.is_dir():
        return ""
    return next((name for name, files in LAYOUTS.items() if all((path / file).is_file() for file in files)), "")


def _read_100k(items: Path, ratings: Path) -> Iterator[Record | BadRecord]:
    genres = [line.split("|")[0] for _, line in lines(items.parent / "u.genre")] if _has(items, "u.genre") else []

    def film(line: str, where: Where) -> Iterator[Record]:
        cells = line.split("|")
        if len(cells) < 5:
            raise where.bad("", "expected movie id|title|date|video date|address|genre flags")
        flags = [name for name, flag in zip(genres, cells[5:], strict=False) if flag == "1"]
        yield _item(cells[0], cells[1], flags, where)

    yield from each(items, lines(items, encoding="latin-1"), film)
    yield from each(ratings, lines(ratings), lambda line, where: _rating(line.split("\t"), where))


def _read_1m(items: Path, ratings: Path) -> Iterator[Record | BadRecord]:
    def film(line: str, where: Where) -> Iterator[Record]:
        cells = line.split("::")
        if len(cells) != 3:
            raise where.bad("", "expected MovieID::Title::Genres")
        yield _item(cells[0], cells[1], cells[2].split("|"), where)

    yield from each(items, lines(items, encoding="latin-1"), film)
    yield from each(ratings, lines(ratings), lambda line, where: _rating(line.split("::"), where))


def _read_latest(items: Path, ratings: Path) -> Iterator[Record | BadRecord]:
    def film(cells: dict[str, str], where: Where) -> Iterator[Record]:
        genres = [genre for genre in cells.get("genres", "").split("|") if genre != "(no genres listed)"]
        yield _item(cells.get("movieId", ""), cells.get("title", ""), genres, where)

    def rating(cells: dict[str, str], where: Where) -> Iterator[Record]:
        yield from _rating([cells.get(name, "") for name in ("userId", "movieId", "rating", "timestamp")], where)

    yield from each(items, rows(items, delimiter=","), film)
    yield from each(ratings, rows(ratings, delimiter=","), rating)


_READERS: dict[str, Callable[[Path, Path], Iterator[Record | BadRecord]]] = {
    "ml-100k": _read_100k,
    "ml-1m": _read_1m,
    "ml-latest": _read_latest,
}


def _item(item_id: str, title: str, genres: list[str], where: Where) -> Record:
    found = TITLED.match(title)
    plain = found["title"] if found else title
    article = ARTICLE.match(plain)
    mapping: dict[str, Any] = {
        "id": item_id,
        "title": f"{article['article']} {article['rest']}" if article else plain,
        "year": int(found["year"]) if found else None,
        "genres": [genre for genre in genres if genre],
    }
    return item_from(mapping, file=where.file, line=where.line)


def _rating(cells: list[str], where: Where) -> Iterator[Record]:
    if len(cells) != 4:
        raise where.bad("", "expected user, item, rating and timestamp")
    yield interaction_from(dict(zip(("user", "item", "rating", "timestamp"), cells, strict=True)), where=where)


def _has(items: Path, name: str) -> bool:
    return (items.parent / name).is_file()
