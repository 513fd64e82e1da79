"""A recommendation as safe HTML: everything that comes from outside is text, never markup, link or image."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from zlib import crc32

from chatrec.catalog import Item, Value
from chatrec.types import Claim, Evidence, Recommendation

FACTS = 5
LONGEST_FACT = 40
LONGEST_QUOTE = 1200
_NOT_FACTS = ("url", "link", "image", "gtin", "sku", "asin")


def text(value: object) -> str:
    """`value` as it may stand between two tags or in a quoted attribute, without what JSON cannot carry."""
    return html.escape(str(value).encode("utf-8", "replace").decode())


def card(shown: Recommendation, *, claims: Sequence[Claim], writing: bool = False) -> str:
    """One list entry. `claims` are those released so far; `writing`: more may come."""
    item = shown.item
    quotes = _in_order_of_citing(shown.evidence, claims)
    places = {evidence.ref: place for place, evidence in reversed(list(enumerate(quotes, 1)))}
    why = " ".join(_claim(claim, places) for claim in claims)
    if not claims and writing:
        why = '<span class="awaited" aria-hidden="true"></span>'
    disclosed = f' <span class="disclosure">({text(shown.disclosure)})</span>' if shown.disclosure else ""
    entries = "".join(f"<li>{_named(name, fact)}</li>" for name, fact in facts(item))
    return (
        f'<li class="card" data-item="{text(item.id)}">'
        f'<div class="initials" style="--hue: {crc32(item.id.encode()) % 360}" aria-hidden="true">'
        f'{text(initials(item.title))}</div><div class="body"><h3 dir="auto">{text(item.title)}{disclosed}</h3>'
        f'<ul class="facts">{entries}</ul><p class="why" dir="auto">{why}</p>{_quotes(quotes, item.id)}</div></li>'
    )


def _named(name: str, fact: str) -> str:
    """The fact; whoever hears the page and sees no card also hears what it is."""
    return text(fact) if name in fact else f'<span class="unseen">{text(name)}: </span>{text(fact)}'


def _claim(claim: Claim, places: dict[str, int]) -> str:
    cited = dict.fromkeys(places[ref] for ref in claim.refs if ref in places)
    marks = "".join(f'<sup><span class="unseen">quote </span>{place}</sup>' for place in cited)
    return f'<span class="claim">{text(claim.text)}{marks}</span>'


def _in_order_of_citing(evidence: Sequence[Evidence], claims: Sequence[Claim]) -> list[Evidence]:
    """The evidence that has a quote; what the claims cite first."""
    cited = {ref: place for place, ref in reversed(list(enumerate(ref for claim in claims for ref in claim.refs)))}
    quoted = [each for each in evidence if each.quote.strip()]
    return sorted(quoted, key=lambda each: cited.get(each.ref, len(cited)))


def _quotes(quotes: Sequence[Evidence], item_id: str) -> str:
    if not quotes:
        return ""
    entries = "".join(
        f'<li><blockquote dir="auto">{text(shortened(each.quote))}</blockquote>'
        f'<p class="source">{text(source(each.ref))} <code>{text(each.ref)}</code></p></li>'
        for each in quotes
    )
    label = "1 quote" if len(quotes) == 1 else f"{len(quotes)} quotes"
    return f'<details data-key="{text(item_id)}"><summary>{label}</summary><ol class="quotes">{entries}</ol></details>'


def source(ref: str) -> str:
    """What a ref names, in words."""
    kind, _, which = ref.rpartition("#")[2].partition(":")
    if kind == "fact":
        return f"Fact: {which.replace('_', ' ')}"
    return "From a review" if kind == "review" else "From the description"


def shortened(quote: str) -> str:
    return quote if len(quote) <= LONGEST_QUOTE else quote[:LONGEST_QUOTE].rstrip() + " …"


def initials(title: str) -> str:
    """One or two letters that stand where a picture would."""
    words = ["".join(filter(str.isalnum, word)) for word in title.split()]
    return "".join(word[0] for word in words if word)[:2].upper() or "·"


def facts(item: Item) -> list[tuple[str, str]]:
    """A few short facets of the item by name, as readable text; a year comes first."""
    found = [(name.replace("_", " "), fact) for name, value in item.attributes.items() if (fact := _fact(name, value))]
    return sorted(found, key=lambda entry: not _is_year(entry[0]))[:FACTS]


def _fact(name: str, value: Value) -> str:
    """Empty for what is too long, or nothing to read."""
    if any(part in name.lower() for part in _NOT_FACTS):
        return ""
    label = name.replace("_", " ")
    if isinstance(value, bool):
        return label if value else ""
    if isinstance(value, int | float):
        number = f"{value:,}" if abs(value) >= 10_000 else f"{value}"
        return number if _is_year(name) else f"{label} {number}"
    words = ", ".join(_few(value)) if isinstance(value, tuple) else value.strip()
    return words if len(words) <= LONGEST_FACT and "://" not in words else ""


def _few(values: Sequence[str]) -> Iterator[str]:
    """The first values that fit into a fact."""
    room = LONGEST_FACT
    for value in values[:3]:
        room -= len(value) + 2
        if room >= 0:
            yield value


def _is_year(name: str) -> bool:
    return name.lower().endswith("year")
