"""Known ordinal scales, such as age ratings, sizes and price signs: in which order a facet's values stand."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

LEAST = 2
"""Values of a facet that must stand on a scale before it is taken for theirs."""

SHARE = 0.5
"""Share of a facet's values, those that say "not rated" left aside, that must stand on it."""

ASIDE = re.compile(r"\s*\([^()]*\)$|^rated:?\s+")
JOINT = re.compile(r"(?<!\d)[\s_‐-―-]+|[\s_‐-―-]+(?!\d)")
"""What joins the parts of a value and is written in many ways; between two digits it means something."""


def scale_of(values: Collection[str]) -> tuple[str, ...] | None:
    """These values in the order of the scale that holds most of them, mildest or least first; None: no scale does.

    Spelt as given; what is not on the scale, such as "Not Rated", is left out.
    """
    steps = steps_of(values)
    return tuple(value for step in steps for value in step) if steps else None


def steps_of(values: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """The same as steps, since several spellings or names may mean one; none where no scale holds the values."""
    scales, unrated = _known()
    found = {value: key_of(value) for value in dict.fromkeys(values)}
    held = [sum(key in scale for key in set(found.values())) for scale in scales]
    if max(held) < LEAST or max(held) < SHARE * len({*found.values()} - unrated):
        return ()
    scale = scales[held.index(max(held))]
    steps: dict[int, list[str]] = {}
    for value, key in found.items():
        if key in scale:
            steps.setdefault(scale[key], []).append(value)
    return tuple(tuple(steps[place]) for place in sorted(steps)) if len(steps) > 1 else ()


def key_of(value: str) -> str:
    """What is compared of a value: "PG-13", "pg 13" and "Rated PG-13 (for grown-ups)" are the same."""
    text = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
    return JOINT.sub("", ASIDE.sub("", text)) or text


@lru_cache(maxsize=1)
def _known() -> tuple[list[dict[str, int]], frozenset[str]]:
    """Every scale as the place of each name, and the names that stand on none."""
    told: dict[str, Any] = tomllib.loads(Path(__file__).with_name("scales.toml").read_text(encoding="utf-8"))
    steps = [[[step] if isinstance(step, str) else step for step in scale] for scale in told["scales"]]
    scales = [{key_of(name): place for place, step in enumerate(scale) for name in step} for scale in steps]
    return scales, frozenset(key_of(name) for name in told["unrated"])
