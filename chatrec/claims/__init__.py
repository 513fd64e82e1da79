"""Whether a sentence that a language model wrote may be shown: it must say what the evidence it cites says.

One module for each kind of check, each a function `wrong` of a `Sentence` that gives the reason of a refusal, or "".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chatrec.claims import (
    attribution,
    bearers,
    counts,
    coverage,
    degree,
    form,
    names,
    negation,
    numbers,
    opinion,
    quotes,
    roles,
)
from chatrec.claims.form import LONGEST
from chatrec.claims.sentence import Sentence
from chatrec.sentences import content_words

__all__ = ["LONGEST", "attributed", "supported", "why_not"]

CHECKS = (form, quotes, numbers, names, roles, bearers, coverage, negation, attribution, degree, opinion)

COUNTING = (form, quotes, counts)
"""What a sentence must pass that counts reviews: the others compare it with what single sentences say."""

BORNE = 0.6
"""Share of the content words of a sentence that cites nothing which must stand in what is found for it."""


def supported(
    sentence: str,
    refs: Collection[str],
    grounds: Mapping[str, str],
    *,
    title: str,
    request: str,
    others: Collection[str] = (),
    ratings: Mapping[str, float] | None = None,
    reviews: int = 0,
) -> bool:
    """Whether `sentence`, citing `refs` of the item whose texts are `grounds`, says nothing beyond them.

    Its quotes, numbers and names must stand in the cited texts or the `title`, enough of its words too; what is
    denied, who says it, how much of it and whether it is praise must be as there. It may hold no link, no markup and
    none of the titles `others`. A name of the `request` may be spoken to, not said of the item. Reviews that are
    counted must be those that are cited; `reviews` is how many the item has.
    """
    return not why_not(
        sentence, refs, grounds, title=title, request=request, others=others, ratings=ratings, reviews=reviews
    )


def why_not(
    sentence: str,
    refs: Collection[str],
    grounds: Mapping[str, str],
    *,
    title: str,
    request: str,
    others: Collection[str] = (),
    ratings: Mapping[str, float] | None = None,
    reviews: int = 0,
) -> str:
    """The first reason for which a sentence is not `supported`; empty where it is."""
    said = Sentence(sentence, refs, grounds, title, request, others, ratings or {}, reviews)
    checks = COUNTING if counts.counted(said) else CHECKS
    return next((reason for check in checks if (reason := check.wrong(said))), "")


def attributed(sentence: str, grounds: Mapping[str, str], *, title: str) -> tuple[str, ...]:
    """What a sentence without refs rests on: those that hold most of its words, at most two.

    None where they hold too few: what merely repeats the request is borne out by nothing.
    """
    said = content_words(sentence) - content_words(title)
    missing, chosen = set(said), list[str]()
    while missing and len(chosen) < 2:
        shared = {ref: len(missing & content_words(text)) for ref, text in grounds.items()}
        best = max(shared, key=lambda ref: shared[ref], default="")
        if not shared.get(best):
            break
        chosen.append(best)
        missing -= content_words(grounds[best])
    return tuple(chosen) if len(missing) <= (1 - BORNE) * len(said) else ()
