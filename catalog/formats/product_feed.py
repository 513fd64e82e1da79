"""A shop's product feed: Google Merchant as XML (RSS or Atom) or TSV, and Shopify's product CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from chatrec.catalog import Record
from chatrec.catalog.files import Row, header, opened, rows, stem
from chatrec.catalog.formats import each, together
from chatrec.catalog.markup import plain
from chatrec.catalog.records import Where, inferred, item_from
from chatrec.errors import BadRecord

TITLE = "a product feed: Google Merchant XML or TSV, Shopify CSV"

NAMESPACE = b"base.google.com/ns/1.0"

TABLES = (".csv", ".tsv", ".txt")
SUFFIXES = (*TABLES, ".xml")

GOOGLE = {"id", "title", "link", "price"}
GOOGLE_ONLY = {"availability", "condition", "image_link", "gtin", "google_product_category"}
"""A Google feed has all of the former columns and some of the latter."""

DESCRIPTIONS = ("description", "summary", "content")
"""Fields that hold the description: Google's, and Atom's own."""

CODES = ("gtin", "mpn", "item_group_id", "identifier_exists")
"""Fields of Google's that are no numbers, whatever they look like."""

RENAMED = {
    "url handle": "handle",
    "description": "body (html)",
    "price": "variant price",
    "inventory quantity": "variant inventory qty",
    "product image url": "image src",
    "published on online store": "published",
}
"""Shopify's newer names of columns -> its older ones."""

SHOPIFY = {"handle", "title", "body (html)", "vendor"}

FACETS = {"vendor": "vendor", "type": "type", "product category": "category", "status": "status"}
"""Shopify's columns that become facets of a product."""

PRICE = re.compile(r"^\D*?(?P<amount>\d[\d.,]*)\s*(?P<currency>[A-Z]{3})?\s*$")


def looks_like(path: Path) -> str:
    if not path.is_file():
        return ""
    if stem(path).endswith(".xml"):
        with opened(path) as file:
            return "it is XML with Google's product namespace" if NAMESPACE in file.read(4096) else ""
    if not stem(path).endswith(TABLES):
        return ""
    columns = header(path)
    if set(_older(columns)) >= SHOPIFY:
        return "its header is that of Shopify's product export"
    return "its header is that of a Google Merchant feed" if _is_google(columns) else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    columns = [] if stem(path).endswith(".xml") else header(path)
    if stem(path).endswith(".xml"):
        yield from each(path, _entries(path), _google)
    elif set(_older(columns)) >= SHOPIFY:
        older = ((line, row if isinstance(row, BadRecord) else _older(row)) for line, row in rows(path))
        yield from each(path, together(older, "handle"), _shopify)
    elif {"id", "title"} <= set(columns):
        yield from each(path, rows(path), lambda row, where: _google(_listed(row), where))
    else:
        there = ", ".join(columns) or "none"
        raise BadRecord(str(path), 1, "id", f"expected a column of that name, or Shopify's; there are {there}")


def _is_google(columns: list[str]) -> bool:
    names = {name.replace(" ", "_") for name in columns}
    return names >= GOOGLE and bool(names & GOOGLE_ONLY)


def _entries(path: Path) -> Iterator[tuple[int, dict[str, list[str]]]]:
    """Each product of an XML feed with the line it begins in, as texts by field. Raises BadRecord where it breaks."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    products = _Products()
    parser = DefusedXMLParser(target=products)
    products.parser = parser.parser
    with opened(path) as file:
        for piece in _pieces(file):
            try:
                parser.feed(piece) if piece else parser.close()
            except ParseError as exc:
                raise BadRecord(str(path), exc.position[0], "", f"expected well-formed XML: {exc}") from exc
            except DefusedXmlException as exc:
                expected = "expected no definitions of entities: a product feed needs none, and they can do harm"
                raise BadRecord(str(path), products.line, "", expected, mend="Remove its DTD.") from exc
            yield from products.finished
            products.finished.clear()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The file in pieces, and at last an empty one."""
    while piece := file.read(1 << 16):
        yield piece
    yield b""


class _Products:
    """What the XML parser reports, made into products: no tree of the file is kept.

    A product's fields are the elements right below it; what these hold in turn, such as the parts of `shipping`,
    is left out.
    """

    def __init__(self) -> None:
        self.parser: Any = None
        self.finished: list[tuple[int, dict[str, list[str]]]] = []
        self._depth = 0  # below the product; 0: outside of one
        self._begun = 0
        self._fields: dict[str, list[str]] = {}
        self._text: list[str] = []

    @property
    def line(self) -> int:
        return int(self.parser.CurrentLineNumber)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._depth:
            self._depth += 1
        elif _local(tag) in ("item", "entry"):
            self._depth, self._begun, self._fields = 1, self.line, {}
        if self._depth == 2:
            self._text = [attributes.get("href", "")] if _local(tag) == "link" else []

    def data(self, text: str) -> None:
        if self._depth == 2:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if self._depth == 2 and (text := "".join(self._text).strip()):
            self._fields.setdefault(_local(tag), []).append(text)
        elif self._depth == 1:
            self.finished.append((self._begun, self._fields))
        self._depth = max(0, self._depth - 1)

    def close(self) -> None:
        pass


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _listed(cells: Row) -> dict[str, list[str]]:
    return {name.lower().replace(" ", "_"): [cell] for name, cell in cells.items() if cell.strip()}


def _google(fields: dict[str, list[str]], where: Where) -> Iterator[Record]:
    described = next((fields[name][0] for name in DESCRIPTIONS if name in fields), "")
    mapping: dict[str, Any] = {"description": plain(described)}
    for name, texts in fields.items():
        if name in ("id", "title"):
            mapping[name] = plain(texts[0])
        elif name in DESCRIPTIONS:
            continue
        elif name in ("price", "sale_price"):
            mapping[name], currency = _price(texts[0])
            mapping |= {"currency": currency} if currency else {}
        elif name == "product_type":
            mapping[name] = [part.strip() for text in texts for part in text.split(">") if part.strip()]
        elif name in CODES:
            mapping[name] = texts[0]
        else:
            mapping[name] = texts if len(texts) > 1 else inferred(texts[0])
    yield item_from(mapping, file=where.file, line=where.line)


def _price(text: str) -> tuple[float | str, str]:
    """The amount and the currency; the text itself where it is no price. A comma before two last digits is a point."""
    found = PRICE.match(text)
    if not found:
        return text, ""
    amount = re.sub(r"[.,](?=\d{3}\b)", "", found["amount"]).replace(",", ".")
    try:
        return float(amount), found["currency"] or ""
    except ValueError:
        return text, ""


def _older(columns: Any) -> Any:
    """Names of columns, or a row, under Shopify's older names in lower case."""
    if isinstance(columns, dict):
        return {_older([name])[0]: cell for name, cell in columns.items()}
    return [RENAMED.get(name.lower(), name.lower()) for name in columns]


def _shopify(variants: list[tuple[int, Row]], where: Where) -> Iterator[Record]:
    """A product from its rows, one a variant or picture: what is said of it as a whole stands in the first."""
    each_row = [row for _, row in variants]
    first = each_row[0]
    mapping: dict[str, Any] = {}
    for place in ("1", "2", "3"):
        name = first.get(f"option{place} name", "").strip()
        values = [row.get(f"option{place} value", "").strip() for row in each_row]
        if name and name != "Title":
            mapping[name.lower()] = list(dict.fromkeys(value for value in values if value))
    stock = _numbers(each_row, "variant inventory qty")
    mapping |= {
        "id": first["handle"],
        "title": first["title"],
        "description": plain(first["body (html)"]),
        "tags": [tag.strip() for tag in first.get("tags", "").split(",") if tag.strip()],
        "price": min(_numbers(each_row, "variant price"), default=None),
        "stock": sum(stock) if stock else None,
        "published": inferred(first.get("published", "")),
        "image": first.get("image src", "").strip() or None,
        **{name: first.get(column, "").strip() or None for column, name in FACETS.items()},
    }
    yield item_from(mapping, file=where.file, line=where.line)


def _numbers(each_row: list[Row], column: str) -> list[int | float]:
    found = (inferred(row.get(column, "")) for row in each_row)
    return [value for value in found if isinstance(value, int | float) and not isinstance(value, bool)]
