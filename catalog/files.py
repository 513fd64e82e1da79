"""Opening files of any kind: gzip or plain, with errors that name the file, the line, and what to do."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any

from chatrec.errors import BadRecord, CatalogError

LONGEST_LINE = 64 * 2**20
"""Bytes; a longer line is taken for a file that is not made of lines."""

LARGEST_FIELD = 16 * 2**20
"""Characters in one cell of a CSV file."""

PIECE = 64 * 1024
"""Characters of a JSON array that are read at once."""

ESCAPED = re.compile("[\udc80-\udcff]")
"""What Python makes of a byte that is not of the encoding."""

csv.field_size_limit(LARGEST_FIELD)

Row = dict[str, str]


def stem(path: Path) -> str:
    """The file's name in lower case without `.gz`: what formats look at."""
    return path.name.lower().removesuffix(".gz")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unzipped where it is gzip by content. Foreign errors are raised as CatalogError."""
    try:
        with path.open("rb") as raw:
            if raw.peek(2)[:2] == b"\x1f\x8b":
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


def lines(path: Path, *, encoding: str = "utf-8") -> Iterator[tuple[int, str | BadRecord]]:
    """(number from 1, text) of each line that is not blank; a BadRecord *value* for a line of another encoding."""
    for number, raw in _raw_lines(path, encoding):
        text = raw.strip("\r\n")
        if text.strip():
            yield number, _undecodable(text, path, number, encoding) or text


def objects(path: Path) -> Iterator[tuple[int, Any]]:
    """(line, value) of each JSON line, or of each entry of a JSON array; a BadRecord *value* for a broken line."""
    with opened(path) as file:
        start = file.read(PIECE).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"["):
        yield from _array(path)
        return
    for number, text in lines(path):
        yield number, text if isinstance(text, BadRecord) else _parsed(text, path, number)


def _parsed(text: str, path: Path, number: int) -> Any:
    """The JSON value of one line, or a BadRecord that says where it breaks off."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        expected = f"expected one JSON object, but {_lowered(exc.msg)} (column {exc.colno})"
        mend = "Write each record in one line, or all of them as one array." if text.strip() in "{[" else ""
        return BadRecord(str(path), number, "", expected, mend=mend)
    except RecursionError:
        return BadRecord(str(path), number, "", "the JSON is nested too deeply")
    except ValueError:  # thousands of digits
        return BadRecord(str(path), number, "", "expected numbers that fit 64 bits")


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def _array(path: Path) -> Iterator[tuple[int, Any]]:
    """Each entry of a JSON array with the line it begins in, read piece by piece. Raises BadRecord where it breaks."""
    decode = json.JSONDecoder().raw_decode
    with opened(path) as file:
        pieces = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape")
        text = pieces.read(PIECE).lstrip()[1:]
        line, done = 1, False
        while True:
            rest = text.lstrip(" \t\r\n,")
            line += text.count("\n", 0, len(text) - len(rest))
            if rest.startswith("]"):
                return
            try:
                value, end = decode(rest)
                problem = "the array is not closed"
            except json.JSONDecodeError as exc:
                end, problem = len(rest), f"{_lowered(exc.msg)} (column {exc.colno})"
            except (RecursionError, ValueError) as exc:
                raise BadRecord(str(path), line, "", "the JSON is nested too deeply, or has an endless number") from exc
            if end < len(rest):
                yield line, _undecodable(rest[:end], path, line) or value
                line += rest.count("\n", 0, end)
                text = rest[end:]
            elif done:
                raise BadRecord(str(path), line, "", f"expected an array of JSON objects, but {problem}")
            else:  # a value that goes to the end of the text may go on in the next piece
                piece = pieces.read(max(PIECE, len(rest)))
                text, done = rest + piece, not piece


def rows(path: Path, *, delimiter: str = "", encoding: str = "utf-8") -> Iterator[tuple[int, Row | BadRecord]]:
    """(line, cells by column) of a table with a header; a BadRecord *value* for a row that is not as the header says.

    `delimiter` empty: a tab if the header has one, else the more frequent of semicolon and comma.
    """
    texts = (text for _, text in _raw_lines(path, encoding))
    first = next(texts, "")
    reader = csv.reader(chain([first], texts), delimiter=delimiter or _delimiter(first), strict=True)
    names: list[str] = []
    while True:
        begun = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            yield begun, _broken(exc, path, begun)
            continue
        if names and any(cell.strip() for cell in cells):
            yield begun, _row(names, cells, path, begun, encoding)
        elif not names:
            names = [name.strip() for name in cells]
            if twice := next((name for name in names if name and names.count(name) > 1), ""):
                raise BadRecord(str(path), 1, twice, "expected one column of that name, found several")


def header(path: Path) -> list[str]:
    """The column names of a table in lower case; none where the first line is none. Raises BadRecord for UTF-16."""
    try:
        first = next(_raw_lines(path, "utf-8"), (0, ""))[1]
        cells: Iterable[str] = next(csv.reader([first], delimiter=_delimiter(first)), [])
    except csv.Error:
        return []
    return [name.strip().lower() for name in cells]


def first_object(path: Path) -> dict[str, Any]:
    """The first JSON object of a file; empty where it does not begin with one."""
    try:
        for _, value in objects(path):
            return value if isinstance(value, dict) else {}
    except CatalogError:
        pass
    return {}


def _raw_lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Lines with their ends, blank ones included, since a cell may hold line breaks; bytes of another encoding are
    kept as lone surrogates, so that only the record they stand in is lost."""
    with opened(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
            if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                mend = f"Convert the file first: iconv -f UTF-16 -t UTF-8 '{path.name}'"
                raise BadRecord(str(path), 1, "", f"expected {encoding.upper()}, found UTF-16", mend=mend)
            if len(line) == LONGEST_LINE:
                raise BadRecord(str(path), number, "", f"a line is longer than {LONGEST_LINE >> 20} MiB")
            text = line.decode(encoding, "surrogateescape").replace("\0", "")
            yield number, text.removeprefix("\ufeff") if number == 1 else text


def _undecodable(text: str, path: Path, number: int, encoding: str = "utf-8") -> BadRecord | None:
    """What to say of a record in which bytes are not of the encoding."""
    found = None if text.isascii() else ESCAPED.search(text)
    if not found:
        return None
    return BadRecord(
        str(path),
        number,
        "",
        f"expected {encoding.upper()}, found the byte 0x{ord(found[0]) - 0xDC00:02x}",
        mend=f"Convert the file first, for example: iconv -f WINDOWS-1252 -t UTF-8 '{path.name}'",
    )


def _delimiter(first: str) -> str:
    return "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","


def _row(names: list[str], cells: list[str], path: Path, line: int, encoding: str) -> Row | BadRecord:
    if len(cells) > len(names):
        return BadRecord(str(path), line, "", f"expected {len(names)} cells as in the header, found {len(cells)}")
    bad = _undecodable("".join(cells), path, line, encoding)
    return bad or dict(zip(names, cells + [""] * (len(names) - len(cells)), strict=True))


def _broken(exc: csv.Error, path: Path, line: int) -> BadRecord:
    """A row that cannot be read. Raised where a quoted cell runs on: what it swallowed is lost as well."""
    if "unexpected end" in str(exc) or "field limit" in str(exc):
        expected = "a cell that begins with a quotation mark here does not end, or is longer than can be read"
        raise BadRecord(str(path), line, "", expected, mend="Close the quotation mark.") from exc
    mend = "Within a cell in quotation marks, double those that belong to the text."
    return BadRecord(str(path), line, "", f"expected a row of cells: {exc}", mend=mend)
