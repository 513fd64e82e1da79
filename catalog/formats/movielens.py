"""MovieLens folders (ml-100k, ml-1m, ml-latest): items with title, year, genres and tags, and the ratings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import lines, rows
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, interaction_from, item_from
from chatrec.errors import BadRecord, CatalogError

TITLE = "a MovieLens folder (100K, 1M or latest)"
SUFFIXES: tuple[str, ...] = ()  # a folder

TITLED = re.compile(r"^(?P<title>.*?)\s*\((?P<year>\d{4})(?:[-–]\d{0,4})?\)\s*$")
ARTICLE = re.compile(r"^(?P<rest>.*), (?P<article>The|A|An|Le|La|Les|L'|Il|Der|Die|Das|El|Los|Las)$")

LAYOUTS = {
    "ml-100k": ("u.item", "u.data"),
    "ml-1m": ("movies.dat", "ratings.dat"),
    "ml-latest": ("movies.csv", "ratings.csv"),
}
"""Layout -> (file of items, file of ratings)."""

MOST_TAGS = 20
"""How many of the words that viewers put to an item become its tags, the most frequent first."""

RATING = ("userId", "movieId", "rating", "timestamp")


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
    listed = items.parent / "u.genre"
    genres = [str(line).split("|")[0] for _, line in lines(listed)] if listed.is_file() else []

    def film(line: str, where: Where) -> Iterator[Record]:
        cells = line.split("|")
        if len(cells) < 5:
            raise where.bad("", "expected movie id|title|date|video date|address|genre flags")
        flags = [name for name, flag in zip(genres, cells[5:], strict=False) if flag == "1"]
        yield _item(cells[0], cells[1], flags, where, {"released": _iso(cells[2])})

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
    tags = _tags(items.parent / "tags.csv")

    def film(cells: Mapping[str, str], where: Where) -> Iterator[Record]:
        item_id, title, listed = _cells(cells, ("movieId", "title", "genres"), where)
        genres = [genre for genre in listed.split("|") if genre != "(no genres listed)"]
        yield _item(item_id, title, genres, where, {"tags": tags.get(item_id)})

    def rating(cells: Mapping[str, str], where: Where) -> Iterator[Record]:
        yield from _rating(_cells(cells, RATING, where), where)

    yield from each(items, rows(items, delimiter=","), film)
    yield from each(ratings, rows(ratings, delimiter=","), rating)


_READERS: dict[str, Callable[[Path, Path], Iterator[Record | BadRecord]]] = {
    "ml-100k": _read_100k,
    "ml-1m": _read_1m,
    "ml-latest": _read_latest,
}


def _item(
    item_id: str, title: str, genres: list[str], where: Where, more: Mapping[str, Any] = MappingProxyType({})
) -> Record:
    found = TITLED.match(title)
    plain = found["title"] if found else title
    article = ARTICLE.match(plain)
    mapping: dict[str, Any] = {
        "id": item_id,
        "title": f"{article['article']} {article['rest']}" if article else plain,
        "year": int(found["year"]) if found else None,
        "genres": [genre for genre in genres if genre],
        **more,
    }
    return item_from(mapping, file=where.file, line=where.line)


def _rating(cells: list[str], where: Where) -> Iterator[Record]:
    if len(cells) != 4:
        raise where.bad("", "expected user, item, rating and timestamp")
    yield interaction_from(dict(zip(("user", "item", "rating", "timestamp"), cells, strict=True)), where=where)


def _cells(cells: Mapping[str, str], names: tuple[str, ...], where: Where) -> list[str]:
    """The cells of these columns. Raises BadRecord for one that is not there."""
    for name in names:
        if name not in cells:
            raise where.bad(name, f"expected a column of that name; there are {', '.join(cells)}")
    return [cells[name] for name in names]


def _tags(path: Path) -> dict[str, list[str]]:
    """The most frequent tags of each item, in lower case."""
    counts: dict[str, Counter[str]] = {}
    for _, cells in rows(path, delimiter=",") if path.is_file() else ():
        if not isinstance(cells, BadRecord) and cells.get("tag", "").strip():
            counts.setdefault(cells.get("movieId", ""), Counter())[cells["tag"].strip().lower()] += 1
    return {item_id: sorted(found, key=lambda tag: (-found[tag], tag))[:MOST_TAGS] for item_id, found in counts.items()}


def _iso(date: str) -> str | None:
    """A date such as 01-Jan-1995 in ISO's form."""
    try:
        return datetime.strptime(date, "%d-%b-%Y").date().isoformat()
    except ValueError:
        return None
