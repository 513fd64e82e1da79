"""Controls drawn from the catalogue's schema, as safe HTML that shows what a dialogue state asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from chatrec.catalog.schema import Facet, comparable
from chatrec.types import Constraint
from chatrec.ui.cards import text
from chatrec.wording import name_of, wish_in_words

MOST_FACETS = 20
SHOWN = 8
"""Values of a facet that can be ticked; the others are found by writing."""

MANY = 40
"""Values of a facet from which each holds for a few items only, as names do."""

LONGEST_NAME = 48
NOT_CHOSEN_BY = ("url", "link", "image", "gtin", "sku", "asin")

Counts = Mapping[str, Mapping[str, int]]
"""How many items hold a value, as it is compared, by facet."""


@dataclass(frozen=True)
class Held:
    """What a state asks of one facet, as its control shows it; `rest` is what it cannot show, in words."""

    low: str = ""
    high: str = ""
    values: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    match: str = "any"
    rest: str = ""

    @property
    def empty(self) -> bool:
        return self == Held()


def shown_facets(schema: Mapping[str, Facet]) -> list[Facet]:
    """Those that are worth a control: first numbers and what has few values, the commonest first."""
    usable = [
        facet
        for name, facet in schema.items()
        if facet.kind != "text" and not any(part in name.lower() for part in NOT_CHOSEN_BY) and _tells(facet)
    ]
    return sorted(usable, key=lambda facet: (_has_many(facet), -facet.count, facet.name))[:MOST_FACETS]


def _has_many(facet: Facet) -> bool:
    return facet.kind not in ("number", "date") and len(facet.values) > MANY


def _tells(facet: Facet) -> bool:
    if facet.kind in ("number", "date"):
        return facet.low is not None and facet.high is not None and facet.low < facet.high
    return bool(facet.values)


def held_of(constraints: Sequence[Constraint], facet: Facet) -> Held:
    """What these conditions, all on that facet, come to on its control."""
    if facet.kind in ("number", "date"):
        return _held_range(constraints, facet)
    wanted = [known for known in constraints if known.op == "any"]
    several = facet.kind == "list" and len(wanted) > 1 and all(len(known.values) == 1 for known in wanted)
    return Held(
        values=tuple(dict.fromkeys(_written(value) for known in wanted for value in known.values)),
        unwanted=tuple(_written(value) for known in constraints if known.op == "none" for value in known.values),
        match="all" if several else "any",
    )


def _held_range(constraints: Sequence[Constraint], facet: Facet) -> Held:
    low = high = ""
    rest = []
    for known in constraints:
        if known.op in ("min", "above"):
            low = _written(known.values[0])
        elif known.op in ("max", "below"):
            high = _written(known.values[0])
        elif known.op == "within" and len(known.values) == 2:
            low, high = map(_written, known.values)
        elif known.op == "any" and len(known.values) == 1:
            low = high = _written(known.values[0])
        else:
            rest.append(wish_in_words(known, facet))
    return Held(low, high, rest="; ".join(rest))


def controls(schema: Mapping[str, Facet], constraints: Sequence[Constraint], counts: Counts) -> str:
    """A group of controls a facet, shut until somebody opens it."""
    shown = shown_facets(schema)
    if not shown:
        return '<p class="quiet">The items of this catalogue have nothing to narrow them by.</p>'
    return "".join(
        _facet(facet, held_of([known for known in constraints if known.facet == facet.name], facet), counts)
        for facet in shown
    )


def _facet(facet: Facet, held: Held, counts: Counts) -> str:
    name, label = text(facet.name), text(_label(facet))
    if facet.kind in ("number", "date"):
        body = _range(facet, held)
    elif facet.kind == "boolean":
        body = _yes_or_no(facet, held)
    else:
        body = _values(facet, held, counts.get(facet.name, {}))
    in_use = "" if held.empty else ' <span class="in-use">set</span>'
    lift = (
        ""
        if held.empty
        else f'<button type="button" class="word" data-edit="lift" data-focus="lift {name}">Clear'
        f'<span class="unseen"> {label}</span></button>'
    )
    return (
        f'<details class="facet" data-key="facet {name}" data-facet="{name}">'
        f'<summary data-focus="facet {name}">{label}{in_use}</summary>'
        f'<div class="control" role="group" aria-label="{label}">{body}{lift}</div></details>'
    )


def _label(facet: Facet) -> str:
    name = name_of(facet.name, facet)
    name = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    return name[:1].upper() + name[1:]


def _range(facet: Facet, held: Held) -> str:
    low, high = (_end(bound, facet) for bound in (facet.low, facet.high))
    kind = 'type="date"' if facet.kind == "date" else 'type="text" inputmode="decimal"'
    unit = f'<span class="unit">{text(facet.unit)}</span>' if facet.unit else ""

    def field(which: str, value: str, hint: str, words: str) -> str:
        bounds = f' min="{low}" max="{high}"' if facet.kind == "date" else f' placeholder="{text(hint)}" maxlength="20"'
        return (
            f'<label>{words} <input {kind}{bounds} name="{which}" value="{text(value)}" autocomplete="off"'
            f' data-focus="{which} {text(facet.name)}"></label>'
        )

    fields = field("low", held.low, low, "from") + field("high", held.high, high, "to")
    told = f'<p class="quiet">The catalogue has {text(low)} to {text(high)}{_spaced(facet.unit)}.</p>'
    rest = f'<p class="quiet">Asked for now: {text(held.rest)}. A range takes its place.</p>' if held.rest else ""
    return f'<div class="range">{fields}{unit}</div>{told}{rest}'


def _yes_or_no(facet: Facet, held: Held) -> str:
    chosen = held.values[0] if held.values else ""
    options = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{words}</option>'
        for value, words in (("", "does not matter"), ("true", "yes"), ("false", "no"))
    )
    focus = f'data-focus="choice {text(facet.name)}"'
    label = text(_label(facet))
    return f'<label><span class="unseen">{label}: </span><select name="choice" {focus}>{options}</select></label>'


def _values(facet: Facet, held: Held, counts: Mapping[str, int]) -> str:
    """Values to tick: a scale in its order, else the most frequent first, and a field to find the others."""
    known = {comparable(value): value for value in facet.values}
    chosen = [known.get(comparable(value), value) for value in held.values]
    ordered = [*facet.scale, *(value for value in facet.values if value not in facet.scale)]
    ticked = list(dict.fromkeys([*ordered[: max(SHOWN, len(facet.scale))], *chosen]))
    boxes = "".join(_box(facet, value, counts.get(comparable(value)), ticked=value in chosen) for value in ticked)
    more = [value for value in ordered if value not in ticked]
    unwanted = [known.get(comparable(value), value) for value in held.unwanted]
    told = f'<p class="quiet">Not wanted: {text(", ".join(unwanted))}</p>' if unwanted else ""
    return f'<ul class="values">{boxes}</ul>{_finder(facet, more)}{_match(facet, held)}{told}'


def _box(facet: Facet, value: str, count: int | None, *, ticked: bool) -> str:
    counted = f' <span class="count">{count:,}</span>' if count is not None else ""
    return (
        f'<li><label><input type="checkbox" name="value" value="{text(value)}"{" checked" if ticked else ""}'
        f' data-focus="value {text(facet.name)} {text(value)}"> <span dir="auto">{text(value)}</span>{counted}'
        "</label></li>"
    )


def _finder(facet: Facet, values: Sequence[str]) -> str:
    """A field that completes what is written from the other values."""
    if not values:
        return ""
    name, label = text(facet.name), text(_label(facet))
    options = "".join(f'<option value="{text(value)}"></option>' for value in values)
    return (
        f'<label class="finder">Find another <span class="unseen">of {label}</span><input type="text" name="more"'
        f' list="{text(_id(facet))}" maxlength="200" autocomplete="off" data-focus="more {name}"></label>'
        f'<datalist id="{text(_id(facet))}">{options}</datalist>'
    )


def _id(facet: Facet) -> str:
    """An id has no spaces."""
    return f"values-{quote(facet.name)}"


def _match(facet: Facet, held: Held) -> str:
    if facet.kind != "list" or len(held.values) < 2:
        return ""
    options = "".join(
        f'<option value="{value}"{" selected" if value == held.match else ""}>{words}</option>'
        for value, words in (("any", "at least one of them"), ("all", "all of them"))
    )
    return (
        f'<label class="match">An item must have <select name="match" data-focus="match {text(facet.name)}">'
        f"{options}</select></label>"
    )


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, int | float) else str(value)


def _end(bound: float | None, facet: Facet) -> str:
    if bound is None:
        return ""
    return date.fromordinal(int(bound)).isoformat() if facet.kind == "date" else f"{bound:.12g}"


def _spaced(unit: str) -> str:
    return f" {text(unit)}" if unit else ""
