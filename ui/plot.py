"""Where the items that are shown lie among those that fit, on two facets of numbers: a drawing as safe SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chatrec.catalog.schema import Facet
from chatrec.ui.cards import text
from chatrec.wording import name_of

if TYPE_CHECKING:
    from chatrec.rooms import Rooms

POINTS = 300
"""How many of the items that fit are drawn, drawn from all of them by chance."""

SEED = 0
WIDTH, HEIGHT = 288, 216
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 40
SPREAD = (1.0, 99.0)
"""Between which percentiles the axes run; what lies beyond stands at the edge."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """A facet, where its axis begins and ends, and the numbers of what is drawn: the others, then the shown."""

    facet: Facet
    others: Numbers
    shown: Numbers

    @property
    def ends(self) -> tuple[float, float]:
        known = np.concatenate([self.others, self.shown])
        known = known[np.isfinite(known)]
        if not len(known):
            return 0.0, 1.0
        low, high = (float(end) for end in np.percentile(known, SPREAD))
        mine = self.shown[np.isfinite(self.shown)]
        if len(mine):
            low, high = min(low, float(mine.min())), max(high, float(mine.max()))
        return (low, high) if low < high else (low - 0.5, high + 0.5)

    @property
    def label(self) -> str:
        return f"{name_of(self.facet.name, self.facet)}{f' ({self.facet.unit})' if self.facet.unit else ''}"

    def at(self, number: float) -> float:
        """Where it stands, from 0 to 1."""
        low, high = self.ends
        return min(1.0, max(0.0, (number - low) / (high - low)))

    def told(self, number: float) -> str:
        if self.facet.kind == "date":
            return date.fromordinal(int(number)).isoformat()
        return f"{number:.3g}" if abs(number) < 1000 else f"{number:.0f}"


def axes_of(rooms: Rooms, wanted: Sequence[str]) -> list[str]:
    """The names of two facets to draw by: those wanted where there are such, else the commonest; fewer than two where
    the catalogue has no more."""
    names = list(rooms.retriever.snapshot.numbers)
    chosen = [name for name in dict.fromkeys(wanted) if name in names]
    return [*chosen, *(name for name in names if name not in chosen)][:2]


def plot(rooms: Rooms, fitting: NDArray[np.bool_], shown: Sequence[str], *, wanted: Sequence[str] = ()) -> str:
    """The drawing, and two lists to choose its facets from. `fitting`: which rows fit; `shown`: item ids in
    the order of the list."""
    snapshot = rooms.retriever.snapshot
    names = axes_of(rooms, wanted)
    if len(names) < 2:
        return '<p class="quiet">A drawing needs two facets that hold numbers; this catalogue has fewer.</p>'
    if not shown:
        return '<p class="quiet">Once items are shown, you see here where they lie among all that fit.</p>'
    titles = {item.id: item.title for item in snapshot.items.get(list(shown))}
    ids = [item_id for item_id in shown if item_id in titles]
    rows = [row for item_id in ids if (row := snapshot.items.row(item_id)) is not None]
    mine = np.array(rows, dtype=np.int64)
    all_fitting = np.flatnonzero(fitting)
    rest = all_fitting[~np.isin(all_fitting, mine)]
    if len(rest) > POINTS:
        rest = np.sort(np.random.default_rng(SEED).choice(rest, POINTS, replace=False))
    columns = [snapshot.numbers[name] for name in names]
    x, y = (
        Axis(snapshot.schema[name], column[rest], column[mine]) for name, column in zip(names, columns, strict=True)
    )
    of = f"{len(all_fitting):,} that fit" + (f", {POINTS} of them drawn" if len(rest) == POINTS else "")
    known = list(snapshot.numbers)
    return _choices(snapshot.schema, known, names) + _drawing(x, y, [titles[item_id] for item_id in ids], of)


def _choices(schema: dict[str, Facet], known: Sequence[str], chosen: Sequence[str]) -> str:
    def select(which: str, label: str, mine: str) -> str:
        options = "".join(
            f'<option value="{text(name)}"{" selected" if name == mine else ""}>'
            f"{text(name_of(name, schema[name]))}</option>"
            for name in known
        )
        return f'<label>{label} <select name="{which}" data-axis data-focus="axis {which}">{options}</select></label>'

    return f'<div class="axes">{select("x", "across", chosen[0])}{select("y", "upwards", chosen[1])}</div>'


def _drawing(x: Axis, y: Axis, titles: Sequence[str], of: str) -> str:
    places = [(number, title) for number, title in enumerate(titles, 1)]
    told, marks = [], []
    for (number, title), across, up in zip(places, x.shown.tolist(), y.shown.tolist(), strict=True):
        if np.isnan(across) or np.isnan(up):
            told.append(f"{number}. {title}: not known")
            continue
        told.append(f"{number}. {title}: {x.label} {x.told(across)}, {y.label} {y.told(up)}")
        left, top = _point(x, y, across, up)
        marks.append(
            f'<g class="mark"><title>{text(told[-1])}</title><circle cx="{left:.1f}" cy="{top:.1f}" r="8"></circle>'
            f'<text x="{left:.1f}" y="{top + 3.6:.1f}">{number}</text></g>'
        )
    dots = "".join(
        f'<circle class="dot" cx="{left:.1f}" cy="{top:.1f}" r="2"></circle>'
        for across, up in zip(x.others.tolist(), y.others.tolist(), strict=True)
        if not (np.isnan(across) or np.isnan(up))
        for left, top in [_point(x, y, across, up)]
    )
    label = f"The items shown by {x.label} and {y.label} among {of}"
    listed = "".join(f"<li>{text(line)}</li>" for line in told)
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(label)}">'
        f"{_frame(x, y)}{dots}{''.join(marks)}</svg><figcaption>{text(of)}; the numbered are those shown."
        f'</figcaption></figure><ol class="unseen">{listed}</ol>'
    )


def _point(x: Axis, y: Axis, across: float, up: float) -> tuple[float, float]:
    return (
        LEFT + x.at(across) * (WIDTH - LEFT - RIGHT),
        HEIGHT - BOTTOM - y.at(up) * (HEIGHT - TOP - BOTTOM),
    )


def _frame(x: Axis, y: Axis) -> str:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    (left, up_to), (low, high) = x.ends, y.ends
    return (
        f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"></path>'
        f'<text class="tick" x="{LEFT}" y="{bottom + 14}">{text(x.told(left))}</text>'
        f'<text class="tick end" x="{right}" y="{bottom + 14}">{text(x.told(up_to))}</text>'
        f'<text class="tick end" x="{LEFT - 5}" y="{bottom}">{text(y.told(low))}</text>'
        f'<text class="tick end" x="{LEFT - 5}" y="{TOP + 8}">{text(y.told(high))}</text>'
        f'<text class="name" x="{(LEFT + right) / 2}" y="{HEIGHT - 8}">{text(x.label)}</text>'
        f'<text class="name" transform="translate(14 {(TOP + bottom) / 2}) rotate(-90)">{text(y.label)}</text>'
    )
