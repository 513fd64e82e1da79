"""A shop's product feed: Google Merchant as XML (RSS or Atom) or TSV, and Shopify's product CSV."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from chatrec.catalog import Record
from chatrec.catalog.files import header, opened, rows, stem
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, inferred, item_from
from chatrec.errors import BadRecord, CatalogError

TITLE = "a product feed: Google Merchant XML or TSV, Shopify CSV"

SHOPIFY = {"handle", "title", "body (html)"}
GOOGLE = {"id", "title", "link", "price"}
GOOGLE_NAMESPACE = "{http://base.google.com/ns/1.0}"

FACETS = {"Vendor": "vendor", "Type": "type", "Product Category": "category", "Status": "status"}
"""Shopify's columns that become facets of a product."""

PRICE = re.compile(r"^\s*([\d.,]+)\s*([A-Z]{3})\s*$")
TAG = re.compile(r"<[^>]*>")


def looks_like(path: Path) -> str:
    if not path.is_file():
        return ""
    name = stem(path)
    if name.endswith(".xml"):
        with opened(path) as file:
            return "it is XML with Google's product namespace" if b"base.google.com/ns/1.0" in file.read(4096) else ""
    if not name.endswith((".csv", ".tsv", ".txt")):
        return ""
    columns = set(header(path))
    if columns >= SHOPIFY:
        return "its header is that of Shopify's product export"
    return "its header is that of a Google Merchant feed" if columns >= GOOGLE else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    if stem(path).endswith(".xml"):
        yield from each(path, _entries(path), lambda fields, where: iter([_google(fields, where)]))
    elif set(header(path)) >= SHOPIFY:
        yield from each(path, _products(path), lambda variants, where: iter([_shopify(variants, where)]))
    else:
        yield from each(path, rows(path), lambda cells, where: iter([_google(_listed(cells), where)]))


def _entries(path: Path) -> Iterator[tuple[int, dict[str, list[str]]]]:
    """Each product of an XML feed as texts by field; products are numbered, as XML has no lines worth naming."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    number = 0
    try:
        with opened(path) as file:
            for _, element in iterparse(file):
                if element.tag.rpartition("}")[2] not in ("item", "entry"):
                    continue
                number += 1
                fields: dict[str, list[str]] = {}
                for child in element.iter():
                    if child is not element and child.text and child.text.strip():
                        fields.setdefault(child.tag.rpartition("}")[2], []).append(child.text.strip())
                element.clear()
                yield number, fields
    except ParseError as exc:
        raise BadRecord(str(path), exc.position[0], "", f"expected well-formed XML: {exc}") from exc
    except DefusedXmlException as exc:
        raise CatalogError(f"{path} defines entities, which a product feed must not.", mend="Remove its DTD.") from exc


def _listed(cells: dict[str, str]) -> dict[str, list[str]]:
    return {name.strip().lower().replace(" ", "_"): [cell] for name, cell in cells.items() if cell.strip()}


def _google(fields: dict[str, list[str]], where: Where) -> Record:
    mapping: dict[str, Any] = {"description": plain(" ".join(fields.get("description", [])))}
    for name, texts in fields.items():
        if name in ("id", "title"):
            mapping[name] = plain(texts[0])
        elif name in ("price", "sale_price"):
            amount = PRICE.match(texts[0])
            mapping[name] = float(amount[1].replace(",", "")) if amount else inferred(texts[0])
            mapping |= {"currency": amount[2]} if amount else {}
        elif name == "product_type":
            mapping[name] = [part.strip() for text in texts for part in text.split(">") if part.strip()]
        elif name != "description":
            mapping[name] = texts if len(texts) > 1 else inferred(texts[0])
    return item_from(mapping, file=where.file, line=where.line)


def _products(path: Path) -> Iterator[tuple[int, Any]]:
    """The rows of each product of a Shopify export: one a variant or picture, one after the other."""
    for _, group in groupby(rows(path), key=lambda row: row[1] if isinstance(row[1], BadRecord) else row[1]["Handle"]):
        found = list(group)
        bad = next((cells for _, cells in found if isinstance(cells, BadRecord)), None)
        yield found[0][0], bad or [cells for _, cells in found]


def _shopify(variants: list[dict[str, str]], where: Where) -> Record:
    first = variants[0]
    options: dict[str, list[str]] = {}
    for place in ("1", "2", "3"):
        name = first.get(f"Option{place} Name", "").strip()
        values = [row.get(f"Option{place} Value", "").strip() for row in variants]
        if name and name != "Title":
            options[name.lower()] = list(dict.fromkeys(value for value in values if value))
    prices = [price for row in variants if isinstance(price := inferred(row.get("Variant Price", "")), int | float)]
    mapping: dict[str, Any] = {
        "id": first["Handle"],
        "title": first.get("Title", ""),
        "description": plain(first.get("Body (HTML)", "")),
        "tags": [tag.strip() for tag in first.get("Tags", "").split(",") if tag.strip()],
        "price": min(prices) if prices else None,
        "image": first.get("Image Src", "").strip() or None,
        **{name: first.get(column, "").strip() or None for column, name in FACETS.items()},
        **options,
    }
    return item_from(mapping, file=where.file, line=where.line)


def plain(text: str) -> str:
    """HTML as plain text: block ends become line ends, other tags go, entities are resolved."""
    broken = re.sub(r"(?i)<(?:br|/p|/li|/div|/h\d)\b[^>]*>", "\n", text)
    return re.sub(r"\n\s*\n+", "\n", html.unescape(TAG.sub("", broken))).strip()
