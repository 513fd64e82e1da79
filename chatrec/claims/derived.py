"""Whether a name is made of one that stands there: of a country its people, of the Andes an Andean ridge."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import cache

from chatrec.catalog.vocabulary import peoples
from chatrec.claims.cues import groups

ROOT = 5
"""So long a name may go on ("Chaplinesque"); what a shorter one begins is another word."""

ENDING = re.compile(r"(?:e?an|es|s|n|men|man|women|woman|ish|ese)$")
SHORTEST = 3


def derived(name: str, there: Collection[str]) -> bool:
    """Whether `name` or what it is derived from is among the words `there`; all in small letters."""
    if name in there or not _kin().get(name, frozenset[str]()).isdisjoint(there):
        return True
    roots = _roots(name)
    return any(
        (len(word) >= ROOT and name.startswith(word))
        or (len(name) >= ROOT and word.startswith(name))
        or not roots.isdisjoint(_roots(word))
        for word in there
    )


def _roots(name: str) -> frozenset[str]:
    """The name without a people's ending; itself only where it has one."""
    cut = ENDING.sub("", name)
    return frozenset((cut,)) if cut != name and len(cut) >= SHORTEST else frozenset[str]()


@cache
def _kin() -> Mapping[str, frozenset[str]]:
    """Each adjective of a people -> the countries and languages that bear it; a language is nobody's country."""
    found = defaultdict[str, set[str]](set)
    for people in peoples():
        for adjective in people.adjective:
            found[adjective.split()[-1]] |= {name.casefold() for name in (*people.country, *people.language)}
    for group in groups("peoples"):
        for name in group:
            found[name] |= group
    return {name: frozenset(kin) for name, kin in found.items()}
