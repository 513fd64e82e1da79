"""House rules, enforced: what they ask of a query, what may be shown, and what may be said."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from chatrec.catalog import Item, Value
from chatrec.catalog.policy import Policy, Restricted, Sponsored, order_of
from chatrec.catalog.scales import key_of
from chatrec.catalog.schema import Facet, comparable
from chatrec.types import Constraint, Note, Recommendation, UserProfile

DISCLOSED = "Sponsored"
"""What is said with an item that somebody pays for."""

PREVENTED = {
    "hide": "{items} you already have or know {were} left out.",
    "available": "{items} you have no access to {were} left out.",
    "restricted": "{items} that must be confirmed first {were} held back.",
    "one_at_a_time": "{items} {were} left for later: they are shown one at a time.",
    "never_claim": "{claims} that are never made here {were} left out.",
}
"""Rule -> what is told when a breach of it was prevented."""

FALSE = frozenset(("", "0", "false", "no", "none", "n"))

UNSEEN = re.compile("[\xad\u200b-\u200f\u2060\ufeff]")
APOSTROPHES = str.maketrans("’‘ʼ", "'''")
BETWEEN = r"[\s_*‐-―-]*"
"""Blanks, hyphens and marks of emphasis between two words, or nothing."""


def required(policy: Policy, profile: UserProfile | None, schema: Mapping[str, Facet]) -> tuple[Constraint, ...]:
    """What an item must meet to be recommended to this user.

    Raises CatalogError for a policy that does not fit the catalogue.
    """
    found: list[Constraint] = []
    if policy.available and profile and _accessible(profile):
        found.append(
            Constraint(policy.available, "any", tuple(sorted(text for text in profile.access if text.strip())))
        )
    if policy.restricted and not _is_confirmed(policy.restricted, profile):
        found += _milder(policy.restricted, schema)
    return tuple(found)


def hidden(policy: Policy, profile: UserProfile | None) -> frozenset[str]:
    """The ids of items that are never shown to this user."""
    if profile is None:
        return frozenset()
    owned = profile.owns if "owned" in policy.hide else frozenset()
    return owned | (profile.seen if "seen" in policy.hide else frozenset())


def enforce(
    recommendations: Sequence[Recommendation],
    *,
    policy: Policy,
    profile: UserProfile | None,
    schema: Mapping[str, Facet],
) -> tuple[tuple[Recommendation, ...], tuple[Note, ...]]:
    """What of these may be shown, in order, with what must be disclosed, and a note for each rule that held some back.

    The last word on every list: it looks at nothing but the items themselves, whoever chose them. Raises CatalogError
    for a policy that does not fit the catalogue.
    """
    breaks = dict(_breaks(policy, profile, schema))
    counts: Counter[str] = Counter()
    kept: list[Recommendation] = []
    for shown in recommendations:
        broken = [rule for rule, breach in breaks.items() if breach(shown.item)]
        counts.update(broken)
        if not broken:
            disclosure = DISCLOSED if policy.sponsored and _is_sponsored(shown.item, policy.sponsored) else ""
            kept.append(replace(shown, disclosure=disclosure))
    if policy.one_at_a_time and len(kept) > 1:
        counts["one_at_a_time"] = len(kept) - 1
        kept = kept[:1]
    return tuple(kept), tuple(prevented(rule, counts[rule]) for rule in PREVENTED if counts[rule])


def permitted(claim_text: str, policy: Policy) -> bool:
    """Whether a text holds none of the words that are never said here, however they are joined, cased or multiplied."""
    text = _folded(claim_text)
    return not any(_phrase(phrase).search(text) for phrase in policy.never_claim)


def prevented(rule: str, count: int) -> Note:
    """The note of `count` prevented breaches of a rule, named by its key in the policy."""
    items = "1 item" if count == 1 else f"{count:,} items"
    claims = "1 claim of the sort" if count == 1 else f"{count:,} claims of the sort"
    text = PREVENTED[rule].format(items=items, claims=claims, were="was" if count == 1 else "were")
    return Note(f"prevented_{rule}", text, count)


def _breaks(
    policy: Policy, profile: UserProfile | None, schema: Mapping[str, Facet]
) -> Iterator[tuple[str, Callable[[Item], bool]]]:
    """Each rule in force about single items, and whether an item breaks it."""
    if unwanted := hidden(policy, profile):
        yield "hide", lambda item: item.id in unwanted
    if policy.available and profile and (access := _accessible(profile)):
        yield "available", lambda item: access.isdisjoint(map(comparable, _texts(item, policy.available)))
    rule = policy.restricted
    if rule and not _is_confirmed(rule, profile):
        yield "restricted", _restriction(rule, schema)


def _restriction(rule: Restricted, schema: Mapping[str, Facet]) -> Callable[[Item], bool]:
    """Whether an item stands on a restricted step, or on none where that is restricted as well."""
    steps, first = order_of(rule, schema)
    places = {key_of(name): place for place, step in enumerate(steps) for name in step}

    def breach(item: Item) -> bool:
        texts = _texts(item, rule.facet)
        if steps:
            rated = [places[key] >= first for key in map(key_of, texts) if key in places]
        else:
            rated = [number >= float(rule.start) for number in map(_number, texts) if number is not None]
        return any(rated) or (not rated and rule.unrated == "restrict")

    return breach


def _milder(rule: Restricted, schema: Mapping[str, Facet]) -> Iterator[Constraint]:
    """The conditions under which a restricted item is not found."""
    steps, first = order_of(rule, schema)
    facet = schema[rule.facet]
    if not steps:
        start = float(rule.start)
        if rule.unrated == "restrict":
            yield Constraint(facet.name, "below", (start,))
        else:
            yield Constraint(facet.name, "outside", (start, start if facet.high is None else max(start, facet.high)))
        return
    texts = [[name for step in some for name in step] for some in (steps[:first], steps[first:])]
    milder, stronger = (
        tuple(number for text in some if (number := _number(text)) is not None)
        if facet.kind == "number"
        else tuple(some)
        for some in texts
    )
    yield Constraint(facet.name, "none", stronger)
    if rule.unrated == "restrict":
        yield Constraint(facet.name, "any", milder)


def _is_confirmed(rule: Restricted, profile: UserProfile | None) -> bool:
    return profile is not None and comparable(rule.confirm) in map(comparable, profile.confirmed)


def _is_sponsored(item: Item, rule: Sponsored) -> bool:
    return item.id in rule.items or any(comparable(text) not in FALSE for text in _texts(item, rule.facet))


def _accessible(profile: UserProfile) -> frozenset[str]:
    return frozenset(text for text in map(comparable, profile.access) if text)


def _texts(item: Item, facet: str) -> list[str]:
    """What an item holds of a facet, as the schema spells it; nothing where it lacks the facet."""
    value: Value = item.attributes.get(facet, ())
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, bool):
        return [str(value).lower()]
    return [f"{value:.12g}" if isinstance(value, int | float) else value]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _folded(text: str) -> str:
    return UNSEEN.sub("", unicodedata.normalize("NFKC", text)).translate(APOSTROPHES).casefold()


@lru_cache(maxsize=1_000)
def _phrase(phrase: str) -> re.Pattern[str]:
    """A phrase between word boundaries, its words in singular or plural, apart, hyphenated or in one."""
    words = re.findall(r"[^\s_‐-―-]+", _folded(phrase))
    return re.compile(rf"(?<![^\W_]){BETWEEN.join(map(_either, words))}(?![^\W_])")


def _either(word: str) -> str:
    """A word and its plural, whichever of them was given; English."""
    if word.endswith(("y", "ies")) and len(word) > 3:
        return re.escape(word.removesuffix("y").removesuffix("ies")) + r"(?:y(?:'?s)?|ies)"
    bare = word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word
    return re.escape(bare) + r"(?:'?s|es)?" if bare[-1:].isalpha() else re.escape(bare)
