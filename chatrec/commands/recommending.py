"""`chatrec recommend`: one answer, to read or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console

from chatrec.app import ChatRec
from chatrec.commands import plain
from chatrec.errors import MessageError
from chatrec.types import Recommendation, Reply


def run(text: str, *, n: int, catalog: str, filters: Sequence[str], liked: Sequence[str], as_json: bool) -> None:
    rec = ChatRec.from_env(catalog=catalog or None)
    reply = rec.recommend(text, n=n, liked=liked, filters=_filters(filters))
    if as_json:
        sys.stdout.write(json.dumps(to_json(reply), ensure_ascii=False, indent=2) + "\n")
    else:
        show(reply, Console(highlight=False, markup=False, soft_wrap=True))
    rec.close()


def show(reply: Reply, console: Console) -> None:
    """A reply as text: a paragraph an item, with where its quotes stand."""
    if not reply.recommendations:
        console.print(plain(reply.text))
    for place, shown in enumerate(reply.recommendations, 1):
        console.print(f"{place}. {plain(shown.item.title)}", style="bold")
        for claim in shown.explanation.claims:
            console.print(f"   {plain(claim.text)}")
    for note in reply.notes:
        console.print(plain(note.text), style="dim")


def to_json(reply: Reply) -> dict[str, Any]:
    return {
        "recommendations": [_shown(shown) for shown in reply.recommendations],
        "notes": [asdict(note) for note in reply.notes],
        "timings": {stage: round(milliseconds, 2) for stage, milliseconds in reply.timings.items()},
        "usage": asdict(reply.usage),
    }


def _shown(shown: Recommendation) -> dict[str, Any]:
    item = shown.item
    return {
        "item": {"id": item.id, "title": item.title, "description": item.description, **item.attributes},
        "score": shown.score,
        "explanation": {
            "text": shown.explanation.text,
            "claims": [{"text": claim.text, "refs": list(claim.refs)} for claim in shown.explanation.claims],
        },
        "evidence": [{"ref": evidence.ref, "quote": evidence.quote} for evidence in shown.evidence],
    }


def _filters(written: Sequence[str]) -> dict[str, Any]:
    """`facet=value`, `facet=one,other`, `facet=from..to` (either end may be left out), `facet!=value`."""
    found: dict[str, Any] = {}
    for entry in written:
        name, sign, value = entry.partition("=")
        if not sign or not name.strip("! ") or not value.strip():
            raise MessageError(
                f"--filter {entry!r} cannot be read.", mend="Write facet=value, facet=one,other or facet=from..to."
            )
        values = [_value(part) for part in value.split(",")]
        if name.endswith("!"):
            found[name[:-1].strip()] = {"none": values}
        elif ".." in value:
            low, _, high = value.partition("..")
            bounds = {"min": low, "max": high}
            found[name.strip()] = {op: _value(bound) for op, bound in bounds.items() if bound.strip()}
        else:
            found[name.strip()] = values
    return found


def _value(text: str) -> str | float | bool:
    plain_text = text.strip()
    if plain_text.lower() in ("true", "false"):
        return plain_text.lower() == "true"
    try:
        return float(plain_text)
    except ValueError:
        return plain_text
