"""What a language model is to fill in about one message: the catalogue's facets in words, the form as a JSON schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, get_args

from chatrec.catalog.schema import Facet
from chatrec.dialogue.proposed import OPS
from chatrec.dialogue.reading import Act, Attitude
from chatrec.sentences import shortened
from chatrec.types import Constraint
from chatrec.untrusted import fenced

PASSING: tuple[Act, ...] = ("greet", "thanks", "out of scope")
ABOUT: tuple[Act, ...] = ("ask", "compare", "why", "accept")
ACTS: tuple[Act, ...] = ("recommend", "reject", "surprise", *ABOUT, *PASSING)
"""What a message can be for; not to undo or to start over, which would lift conditions."""

ATTITUDES: tuple[Attitude, ...] = get_args(Attitude)

FACETS, VALUES = 30, 12
"""How many of each a language model is shown: the commonest."""

MOST = 12
"""How many conditions, values or attitudes are read of one answer; who finds more does not read."""

NAME = 80
"""Characters of a title, a value or the name of a facet."""


def facets_of(schema: Mapping[str, Facet]) -> list[Facet]:
    """Those that conditions can be about, the commonest first."""
    chosen = [facet for facet in schema.values() if facet.kind != "text"]
    return sorted(chosen, key=lambda facet: (-facet.count, facet.name))[:FACETS]


def short(text: str) -> str:
    """A name or value of the catalogue, quoted and capped."""
    return fenced(shortened(text, NAME))


def told(constraint: Constraint) -> str:
    """A condition as a line."""
    values = ", ".join(short(str(value)) for value in constraint.values[:VALUES])
    return f"- {short(constraint.facet)} {constraint.op} {values} ({constraint.strength})"


def described(facet: Facet) -> str:
    """A facet with what it can hold."""
    if facet.low is not None and facet.high is not None:
        dated = facet.kind == "date"
        low, high = (
            date.fromordinal(int(bound)).isoformat() if dated else f"{bound:.12g}" for bound in (facet.low, facet.high)
        )
        return f"- {short(facet.name)}: {facet.kind} from {low} to {high} {facet.unit}".rstrip()
    values = ", ".join(map(short, facet.scale or facet.values[:VALUES]))
    kind = "ordered, least first" if facet.scale else facet.kind
    return f"- {short(facet.name)}: {kind}, such as {values}"


def form(facets: Sequence[Facet], labels: Sequence[str]) -> Mapping[str, Any]:
    """What is asked for, as a JSON schema; `labels` are those of the items."""
    quote = {"type": "string"}
    label = {"type": "string", "enum": ["", *labels]}
    condition = _object(
        facet={"type": "string", "enum": [facet.name for facet in facets]},
        op={"type": "string", "enum": list(OPS)},
        values=_list({"anyOf": [{"type": "string"}, {"type": "number"}]}),
        strength={"type": "string", "enum": ["hard", "soft"]},
        than=label,
        words=quote,
    )
    attitude = _object(item=label, attitude={"type": "string", "enum": list(ATTITUDES)}, words=quote)
    return _object(
        act={"type": "string", "enum": list(ACTS)},
        conditions=_list(condition),
        attitudes=_list(attitude),
        about=_list(label),
    )


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": MOST}


def problem_of(parsed: Mapping[str, Any] | None) -> str:
    """What is wrong with the form of an answer; empty where nothing is."""
    if parsed is None:
        return "it is no JSON object"
    if parsed.get("act") not in ACTS:
        return f'"act" is none of {", ".join(ACTS)}'
    wrong = [name for name in ("conditions", "attitudes", "about") if not isinstance(parsed.get(name, []), list)]
    return f'"{wrong[0]}" is no list' if wrong else ""
