"""An answer, and how it quotes and names what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chatrec.catalog import Item
from chatrec.grounds import trusted
from chatrec.prompts import phrases
from chatrec.sentences import sentences, shortened
from chatrec.store.parts import passages_of
from chatrec.types import Claim, Evidence
from chatrec.untrusted import heard, quotable, showable

LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said, and those of its sentences that rest on evidence; none where there is nothing to rest on."""

    text: str
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence of an item's description or of a review, literally; `rating` is the reviewer's."""

    ref: str
    text: str
    rating: float | None = None


def answer(*claims: Claim) -> Answer:
    return Answer(" ".join(claim.text for claim in claims), claims)


def sentence(kind: str, **values: str) -> str:
    """The phrase of that kind, filled in; what is filled in is not looked at for places again."""
    before, *rest = phrases("answers")[kind][0].split("{")
    pieces = (piece.partition("}") for piece in rest)
    return before + "".join(values[name] + after for name, _, after in pieces)


def named(item: Item) -> str:
    """The item's title, or "it" where the title is not fit to be shown."""
    fit = item.title.strip() and showable(f"{item.title} is")
    return shortened(item.title, LONGEST_TITLE) if fit else "it"


def owning(item: Item) -> str:
    name = named(item)
    return "its" if name == "it" else f"{name}’s"


def passages(item: Item) -> Iterator[Passage]:
    """Every sentence written about an item that may be shown, the description's first."""
    ratings = {f"{item.id}#review:{review.id}": review.rating for review in item.reviews}
    written = [Evidence(ref, item.id, text) for _, ref, text in passages_of(item)]
    for piece in trusted(item, written):
        for said in filter(quotable, sentences(heard(piece.quote))):
            yield Passage(piece.ref, said, ratings.get(piece.ref))


def quoted(passage: Passage, *, by: str = "") -> Claim:
    """The passage as a claim; `by` names its item, where the answer is about several."""
    said = shortened(passage.text)
    if len(said) > 2 and said[0] in "“\"'" and said[-1] in "”\"'":
        said = said[1:-1].strip() or said
    kind = "description" if passage.ref.endswith("#description") else "review" if passage.rating is None else "rated"
    rating = "" if passage.rating is None else f"{passage.rating:g}"
    text = sentence(kind, quote=said, rating=rating)
    return Claim(f"{by}: {text[0].lower()}{text[1:]}" if by else text, (passage.ref,))
