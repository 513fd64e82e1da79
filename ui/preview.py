"""What was understood of a file, as HTML: its format and why, its first items, its facets, and what is bad in it."""

from __future__ import annotations

from datetime import date

from chatrec.catalog import Item
from chatrec.catalog.apart import TOLD, Understood
from chatrec.catalog.schema import Facet
from chatrec.ui.cards import text

COLUMNS = 5
LONGEST_CELL = 60
VALUES = 4
NAMES = {"Item": "item", "Review": "review", "Interaction": "interaction", "Dialogue": "past dialogue"}
NO_ITEMS = "There is no item in it that could be recommended: give a file in which each has an id and a title."


def preview(name: str, found: Understood) -> str:
    """Everything in it is text of the file's."""
    counts = [_counted(count, NAMES[kind]) for kind, count in found.counts.items() if count]
    parts = [f"<p><b>{text(name)}</b> was read as <b>{text(found.format)}</b>: {text(found.why)}.</p>"]
    parts.append(f'<p class="counts">{" and ".join(counts) or "Nothing"} in it.</p>')
    if not found.items:
        parts.append(f'<p class="error" role="alert">{NO_ITEMS}</p>')
    if found.bad_count:
        parts.append(_bad(found))
    if found.first:
        parts.append(_rows(found))
    if found.facets:
        parts.append(_facets(found))
    return "".join(parts)


def _counted(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _bad(found: Understood) -> str:
    entries = "".join(f"<li>{text(each)}</li>" for each in found.bad)
    more = f"<p>The first {TOLD} of them are listed.</p>" if found.bad_count > len(found.bad) else ""
    told = _counted(found.bad_count, "record")
    left = "is bad and would be left out" if found.bad_count == 1 else "are bad and would be left out"
    return f'<div class="bad" role="alert"><p>{told} {left}:</p><ul>{entries}</ul>{more}</div>'


def _rows(found: Understood) -> str:
    facets = sorted(found.facets.values(), key=lambda facet: (-facet.count, facet.name))[:COLUMNS]
    names = [facet.name for facet in sorted(facets, key=lambda facet: facet.name)]
    head = "".join(f'<th scope="col">{text(_short(name))}</th>' for name in ("id", "title", *names))
    rows = "".join(f"<tr>{_cells(item, names)}</tr>" for item in found.first)
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="First items"><table><caption>The first items'
        f"</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(item: Item, names: list[str]) -> str:
    values = [item.id, item.title, *(item.attributes.get(name, "") for name in names)]
    plain = [", ".join(value) if isinstance(value, tuple) else str(value) for value in values]
    return "".join(f'<td dir="auto">{text(_short(value))}</td>' for value in plain)


def _facets(found: Understood) -> str:
    entries = "".join(
        f'<li><b dir="auto">{text(_short(facet.name))}</b> <span class="kind">{facet.kind}</span>'
        f" {text(_range(facet))}</li>"
        for facet in found.facets.values()
    )
    return f"<details open><summary>{_counted(len(found.facets), 'facet')}</summary><ul>{entries}</ul></details>"


def _range(facet: Facet) -> str:
    """What a facet holds: from where to where, or its commonest values."""
    if facet.low is not None and facet.high is not None:
        low, high = (_bound(facet, bound) for bound in (facet.low, facet.high))
        return f"{low} to {high}{f' {facet.unit}' if facet.unit else ''}"
    more = ", …" if len(facet.values) > VALUES else ""
    return ", ".join(_short(value) for value in facet.values[:VALUES]) + more


def _bound(facet: Facet, bound: float) -> str:
    if facet.kind == "date":
        return date.fromordinal(int(bound)).isoformat()
    return f"{bound:.10g}"


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_CELL else value[: LONGEST_CELL - 1].rstrip() + "…"
