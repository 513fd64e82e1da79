"""Why an item was recommended, by the reasons that explanations give, else by what found it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chatrec.answering.values import Answer, answer, named, sentence
from chatrec.aspects import Aspect
from chatrec.catalog import Item
from chatrec.catalog.schema import Facet
from chatrec.prompts import phrases
from chatrec.reasons import Embed, reasons
from chatrec.store.parts import passages_of
from chatrec.types import Evidence, Hit, Query, Recommendation

MOST_ROUTES = 3


def why(
    item: Item,
    *,
    query: Query,
    evidence: Sequence[Evidence] = (),
    hits: Mapping[str, Hit] | None = None,
    schema: Mapping[str, Facet] | None = None,
    aspects: Callable[[str], Sequence[Aspect]] | None = None,
    embed: Embed | None = None,
) -> Answer:
    """The reasons for `item`, from the present query; where nothing gives one, which routes (`hits`) found it.

    Without `evidence`, all that was written about the item is; `schema`, `aspects` and `embed` are those of
    `reasons`.
    """
    known = tuple(evidence) or tuple(Evidence(ref, item.id, text) for _, ref, text in passages_of(item))
    shown = [Recommendation(item, 0.0, dict(hits or {}), known)]
    claims = reasons(query, shown, schema=schema, aspects=aspects, embed=embed)(0)
    return answer(*claims) if claims else _found(item, hits or {})


def _found(item: Item, hits: Mapping[str, Hit]) -> Answer:
    """By the routes that put it highest."""
    if not hits:
        return Answer(sentence("nothing known", item=named(item)))
    best = sorted(hits, key=lambda name: (hits[name].rank, name))[:MOST_ROUTES]
    said = dict.fromkeys(sentence(_phrase(name)) for name in best)
    return Answer(sentence("found", item=named(item), routes=", and ".join(said)))


def _phrase(route: str) -> str:
    kind = f"route {route}"
    return kind if kind in phrases("answers") else "route other"
