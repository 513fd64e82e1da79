"""A few items side by side as a table of safe HTML: their facts, and what reviewers praise and complain of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from chatrec.answering import for_and_against, side_by_side
from chatrec.aspects import Aspect
from chatrec.catalog import Item
from chatrec.catalog.schema import Facet
from chatrec.ui.cards import text

MOST_ASPECTS = 4


def comparison(
    items: Sequence[Item],
    *,
    schema: dict[str, Facet],
    aspects: Callable[[str], Sequence[Aspect]],
    first: Collection[str] = (),
) -> str:
    """A section with a heading that can take the focus; `first` are facets that the request is about."""
    head = "".join(f'<th scope="col" dir="auto">{text(item.title)}</th>' for item in items)
    rows = "".join(
        _row(row.label, [text(value) or "–" for value in row.values], differ=row.differ)
        for row in side_by_side(items, schema=schema, first=first)
    )
    known = [aspects(item.id) for item in items]
    rows += _opinions("Praise", items, [_praised(some) for some in known], place=0)
    rows += _opinions("Complaints", items, [_criticised(some) for some in known], place=1)
    return (
        '<section class="comparison" aria-label="Comparison"><div class="bar"><h2 tabindex="-1">Side by side</h2>'
        '<button type="button" data-close>Close</button></div><div class="scroll" tabindex="0" role="region"'
        f' aria-label="Table of facts"><table><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>'
        "</div></section>"
    )


def _row(label: str, cells: Sequence[str], *, differ: bool) -> str:
    inside = "".join(f'<td dir="auto">{cell}</td>' for cell in cells)
    return f'<tr{" class=differ" if differ else ""}><th scope="row">{text(label)}</th>{inside}</tr>'


def _opinions(label: str, items: Sequence[Item], aspects: Sequence[Sequence[str]], *, place: int) -> str:
    """By aspect and how many reviews say so; where there are none, a sentence of a review."""
    cells = []
    for item, some in zip(items, aspects, strict=True):
        quoted = None if some else for_and_against(item)[place]
        cells.append("<br>".join(map(text, some or ([quoted.text] if quoted else []))))
    return _row(label, [cell or "–" for cell in cells], differ=False) if any(cells) else ""


def _praised(aspects: Sequence[Aspect]) -> list[str]:
    best = sorted((each for each in aspects if each.praise), key=lambda each: (-each.praise, each.name))
    return [f"{each.name}: {each.praise} of {each.reviews} reviews" for each in best[:MOST_ASPECTS]]


def _criticised(aspects: Sequence[Aspect]) -> list[str]:
    worst = sorted((each for each in aspects if each.complaint), key=lambda each: (-each.complaint, each.name))
    return [f"{each.name}: {each.complaint} of {each.reviews} reviews" for each in worst[:MOST_ASPECTS]]
