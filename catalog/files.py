"""Opening files of any kind: gzip or plain, with errors that name the file, the line, and what to do."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from chatrec.errors import BadRecord, CatalogError

LONGEST_LINE = 64 * 2**20
"""Bytes; a longer line is taken for a file that is not made of lines."""

LARGEST_FIELD = 16 * 2**20
"""Characters in one cell of a CSV file."""

csv.field_size_limit(LARGEST_FIELD)


def stem(path: Path) -> str:
    """The file's name in lower case without `.gz`: what formats look at."""
    return path.name.lower().removesuffix(".gz")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unzipped where it is gzip by content. Foreign errors are raised as CatalogError."""
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if zipped:
                with gzip.open(raw) as file:
                    yield io.BufferedReader(file)
            else:
                yield raw
    except FileNotFoundError as exc:
        raise CatalogError(f"There is no file {path}.", mend="Check the path.") from exc
    except PermissionError as exc:
        raise CatalogError(f"{path} cannot be read: permission denied.", mend="Check its owner and mode.") from exc
    except (EOFError, gzip.BadGzipFile, zlib.error) as exc:
        raise CatalogError(f"{path} is a damaged gzip file: {exc}.", mend="Download or copy it again.") from exc
    except OSError as exc:
        raise CatalogError(f"{path} cannot be read: {exc.strerror or exc}.", mend="Check the file.") from exc


def lines(path: Path, *, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """(number from 1, text) of each line that is not blank. Raises BadRecord at a line of another encoding."""
    with opened(path) as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise BadRecord(str(path), number, "", f"a line is longer than {LONGEST_LINE >> 20} MiB")
            text = decoded(line, path, number, encoding).strip("\r\n")
            if text.strip():
                yield number, text.removeprefix("\ufeff")


def decoded(line: bytes, path: Path, number: int, encoding: str = "utf-8") -> str:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as exc:
        raise BadRecord(
            str(path),
            number,
            "",
            f"expected {encoding.upper()}, found the byte 0x{line[exc.start]:02x}",
            mend=f"Convert the file first, for example: iconv -f WINDOWS-1252 -t UTF-8 '{path.name}'",
        ) from exc


def objects(path: Path) -> Iterator[tuple[int, Any]]:
    """(line, value) of each JSON line, or of each entry of a JSON array; a BadRecord *value* for a broken line."""
    with opened(path) as file:
        array = file.peek(1 << 16).lstrip()[:1] == b"[" if hasattr(file, "peek") else file.read(1) == b"["
    if array:
        yield from _array(path)
        return
    for number, text in lines(path):
        yield number, parsed(text, path, number)


def parsed(text: str, path: Path, number: int) -> Any:
    """The JSON value of one line, or a BadRecord that says where it breaks off."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        return BadRecord(
            str(path), number, "", f"expected one JSON object, but {_lowered(exc.msg)} (column {exc.colno})"
        )
    except RecursionError:
        return BadRecord(str(path), number, "", "the JSON is nested too deeply")


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def _array(path: Path) -> Iterator[tuple[int, Any]]:
    with opened(path) as file:
        whole = decoded(file.read(), path, 1)
    try:
        entries = json.loads(whole)
    except (json.JSONDecodeError, RecursionError) as exc:
        line = getattr(exc, "lineno", 1)
        raise BadRecord(
            str(path), line, "", f"expected a JSON array: {getattr(exc, 'msg', 'nested too deeply')}"
        ) from exc
    yield from enumerate(entries, 1)


def rows(
    path: Path, *, delimiter: str | None = None, encoding: str = "utf-8"
) -> Iterator[tuple[int, dict[str, str] | BadRecord]]:
    """(line, cells by column) of a table with a header; a BadRecord *value* where a row has too many cells.

    `delimiter` None: a tab if the header has one, else the more frequent of semicolon and comma.
    """
    texts = (text for _, text in _raw_lines(path, encoding))
    header = next(texts, None)
    if header is None:
        return
    mark = delimiter or ("\t" if "\t" in header else ";" if header.count(";") > header.count(",") else ",")
    reader = csv.reader(_chained(header, texts), delimiter=mark)
    try:
        names = [name.strip() for name in next(reader)]
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(names):
                expected = f"expected {len(names)} cells as in the header, found {len(cells)}"
                yield reader.line_num, BadRecord(str(path), reader.line_num, "", expected)
                continue
            yield reader.line_num, dict(zip(names, cells, strict=False))
    except csv.Error as exc:
        raise BadRecord(str(path), reader.line_num, "", f"expected a table of cells: {exc}") from exc


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _raw_lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Lines with their ends, blank ones included, since a cell may hold line breaks."""
    with opened(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
            text = decoded(line, path, number, encoding).replace("\0", "")
            yield number, text.removeprefix("\ufeff") if number == 1 else text


def header(path: Path) -> list[str]:
    """The column names of a table in lower case; none where the first line is not one."""
    try:
        first = next(_raw_lines(path, "utf-8"), (0, ""))[1].strip()
    except CatalogError:
        return []
    mark = "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","
    return [name.strip().strip('"').lower() for name in first.split(mark)]


def first_object(path: Path) -> dict[str, Any]:
    """The first JSON object of a file; empty where it does not begin with one."""
    try:
        for _, value in objects(path):
            return value if isinstance(value, dict) else {}
    except CatalogError:
        pass
    return {}
