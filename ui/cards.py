"""A recommendation as safe HTML: everything that comes from outside is text, never markup, link or image."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

from chatrec.catalog.schema import Facet
from chatrec.types import Claim, Evidence, Recommendation
from chatrec.ui.facts import facts
from chatrec.ui.pictures import address_of
from chatrec.wording import break_in_words

LONGEST_QUOTE = 1200

ACTIONS = (("more", "More like this"), ("not", "Not this"), ("seen", "Seen it"), ("save", "Save"), ("why", "Why?"))
"""What a click asks for, by `actions.Deed`, and what the button says."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a card is drawn against: the facets that matter for the request, and the marks that items carry."""

    schema: Mapping[str, Facet] = field(default_factory=dict)
    first: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    saved: frozenset[str] = frozenset()


BARE = Frame()


def text(value: object) -> str:
    """`value` as it may stand between two tags or in a quoted attribute, without what JSON cannot carry."""
    return html.escape(str(value).encode("utf-8", "replace").decode())


def card(
    shown: Recommendation,
    *,
    claims: Sequence[Claim],
    writing: bool = False,
    fresh: int = 0,
    frame: Frame = BARE,
) -> str:
    """One list entry. `claims` are those released so far, the last `fresh` of them since it was drawn last;
    `writing`: more may come, and there is nothing to click yet."""
    item = shown.item
    breaks = [break_in_words(each, item, facet=frame.schema.get(each.facet)) for each in shown.breaks]
    claims = [claim for claim in claims if claim.text.removesuffix(".").casefold() not in map(str.casefold, breaks)]
    quotes = _in_order_of_citing(shown.evidence, claims)
    places = {evidence.ref: place for place, evidence in reversed(list(enumerate(quotes, 1)))}
    old = len(claims) - fresh
    why = " ".join(_claim(claim, places, fresh=place >= old) for place, claim in enumerate(claims))
    if not claims and writing and not breaks:
        why = '<span class="awaited" aria-hidden="true"></span>'
    disclosed = f' <span class="disclosure">({text(shown.disclosure)})</span>' if shown.disclosure else ""
    return (
        f'<li class="card" data-item="{text(item.id)}">{_picture(shown)}'
        f'<div class="body"><h3 dir="auto">{text(item.title)}{disclosed}</h3>'
        f'<ul class="facts">{"".join(_facts(shown, frame))}</ul>{_breaks(breaks)}'
        f'<p class="why" dir="auto">{why}</p>{_quotes(quotes, item.id)}'
        f"{'' if writing else _actions(shown, frame)}</div></li>"
    )


def _picture(shown: Recommendation) -> str:
    """The letters stand behind a picture, and are there when it fails to load (page.js takes it out)."""
    item = shown.item
    address = address_of(item)
    image = f'<img src="{text(address)}" alt="" loading="lazy" decoding="async">' if address else ""
    hue = crc32(item.id.encode("utf-8", "replace")) % 360
    return f'<div class="initials" style="--hue: {hue}" aria-hidden="true">{text(initials(item.title))}{image}</div>'


def _facts(shown: Recommendation, frame: Frame) -> Iterator[str]:
    """Each fact; whoever hears the page and sees no card also hears what it is."""
    for fact in facts(shown.item, schema=frame.schema, first=frame.first):
        named = "" if fact.name in fact.text else f'<span class="unseen">{text(fact.name)}: </span>'
        about = ' class="matters"' if fact.matters else ""
        yield f"<li{about}>{named}{text(fact.text)}</li>"


def _breaks(breaks: Sequence[str]) -> str:
    """What it does not meet; the reply says the same sentence by sentence, which need not be read twice."""
    told = "".join(f"<li>{text(broken)}</li>" for broken in breaks)
    return f'<ul class="breaks" aria-label="Does not meet">{told}</ul>' if told else ""


def _claim(claim: Claim, places: Mapping[str, int], *, fresh: bool) -> str:
    cited = dict.fromkeys(places[ref] for ref in claim.refs if ref in places)
    marks = "".join(f'<sup><span class="unseen">quote </span>{place}</sup>' for place in cited)
    return f'<span class="claim{" fresh" if fresh else ""}">{text(claim.text)}{marks}</span>'


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


def _actions(shown: Recommendation, frame: Frame) -> str:
    """The buttons of a card; each says for whoever hears it which item it is about."""
    marked = {"seen": shown.item.id in frame.seen, "save": shown.item.id in frame.saved}
    about = f'<span class="unseen">: {text(shown.item.title)}</span>'
    buttons = ""
    for deed, label in ACTIONS:
        pressed = f' aria-pressed="{str(marked[deed]).lower()}"' if deed in marked else ""
        said = "Saved" if deed == "save" and marked[deed] else "Seen" if deed == "seen" and marked[deed] else label
        buttons += f'<button type="button" data-do="{deed}"{pressed}>{said}{about}</button>'
    compare = f'<button type="button" data-choose aria-pressed="false">Compare{about}</button>'
    return f'<div class="actions" role="group" aria-label="{text(shown.item.title)}">{buttons}{compare}</div>'


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
