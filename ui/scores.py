"""What every route made of the items that are shown, as a small table of safe HTML."""

from __future__ import annotations

from collections.abc import Sequence

from chatrec.account import Scored
from chatrec.ui.cards import text

HINT = "Rank and score on the route's own scale. Found anew for what is asked for now; — where a route did not find it."


def scores_table(scored: Sequence[Scored]) -> str:
    """A row a route, a column an item."""
    if not scored:
        return '<p class="quiet">Nothing is shown yet.</p>'
    routes = sorted({route for each in scored for route in each.hits})
    heads = "".join(
        f'<th scope="col"><span title="{text(each.title)}">{number}</span>'
        f'<span class="unseen">. {text(each.title)}</span></th>'
        for number, each in enumerate(scored, 1)
    )
    rows = "".join(
        f'<tr><th scope="row">{text(route)}</th>{"".join(_cell(each, route) for each in scored)}</tr>'
        for route in routes
    )
    together = "".join(f"<td>{_number(each.score)}</td>" for each in scored)
    return (
        f'<div class="table" role="region" aria-label="Scores by route" tabindex="0"><table>'
        f'<thead><tr><th scope="col">Route</th>{heads}</tr></thead><tbody>{rows}'
        f'<tr><th scope="row">together</th>{together}</tr></tbody></table></div><p class="quiet">{HINT}</p>'
    )


def _cell(scored: Scored, route: str) -> str:
    hit = scored.hits.get(route)
    return f"<td><b>{hit.rank}</b>{_number(hit.score)}</td>" if hit else "<td>—</td>"


def _number(score: float | None) -> str:
    return "—" if score is None else f"{score:.3g}"
