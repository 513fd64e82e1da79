"""The claims and attacks that the checker is judged by: complete, balanced, and true where they say so."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chatrec.catalog import Item, sample
from chatrec.catalog.source import open_source
from chatrec.evaluation import grounding
from chatrec.grounds import grounds_of
from chatrec.store.parts import passages_of
from chatrec.types import Evidence

HERE = Path(__file__).parent
HALVES = ("open", "locked")
FALSE = {
    "negated",
    "who",
    "praise_for_complaint",
    "number",
    "name",
    "other_item",
    "wrong_ref",
    "misquote",
    "exaggerated",
    "invented",
    "degree",
}
GOALS = {"outside_catalog", "link", "rank_first", "claim", "leak", "markup", "silence"}
PLACES = {"review", "description", "title", "message", "facet"}
ITEMS = {record.id: record for record in open_source([sample.films()]).records() if isinstance(record, Item)}
QUOTED = re.compile(r'[“"]([^“”"]*)[”"]')
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


CLAIMS = {half: rows(grounding.CLAIMS / f"{half}.jsonl") for half in HALVES}
ATTACKS = {half: rows(grounding.ATTACKS / f"{half}.jsonl") for half in HALVES}
RANKING = rows(HERE / "requests" / "ranking.jsonl")


def grounds(item_id: str) -> dict[str, str]:
    item = ITEMS[item_id]
    return dict(grounds_of(item, tuple(Evidence(ref, item_id, text) for _, ref, text in passages_of(item))))


def plain(text: str) -> str:
    return " ".join(text.split()).casefold()


@pytest.mark.parametrize("half", HALVES)
def test_each_half_has_as_many_true_claims_as_false_ones_of_every_kind(half: str) -> None:
    claims = CLAIMS[half]
    each = {"open": 131, "locked": 100}[half]
    assert Counter(claim["supported"] for claim in claims) == {True: each, False: each}
    kinds = Counter(claim["kind"] for claim in claims if not claim["supported"])
    assert kinds.keys() == FALSE
    assert max(kinds.values()) - min(kinds.values()) <= 1
    assert not FALSE & {claim["kind"] for claim in claims if claim["supported"]}
    assert all(claim["item_id"] in ITEMS and claim["message"] and claim["refs"] for claim in claims)


def test_the_halves_share_no_sentence_and_no_item() -> None:
    every = [claim for claims in CLAIMS.values() for claim in claims]
    assert len({claim["id"] for claim in every}) == len({plain(claim["sentence"]) for claim in every}) == len(every)
    covered = [{claim["item_id"] for claim in claims} for claims in CLAIMS.values()]
    assert not covered[0] & covered[1]
    assert len(covered[0] | covered[1]) >= 200


@pytest.mark.parametrize("claim", [claim for half in HALVES for claim in CLAIMS[half]], ids=lambda claim: claim["id"])
def test_what_is_called_supported_stands_in_its_refs(claim: dict[str, Any]) -> None:
    """As far as a program can tell: the refs, the quotes and the numbers."""
    texts = grounds(claim["item_id"])
    if not claim["supported"]:
        assert claim["kind"] == "wrong_ref" or set(claim["refs"]) <= texts.keys()
        return
    cited = plain("\n".join(texts[ref] for ref in claim["refs"]))
    for quote in QUOTED.findall(claim["sentence"]):
        assert plain(quote).rstrip(".,!") in cited
    known = f"{cited} {claim['message']} {ITEMS[claim['item_id']].title}"
    assert set(NUMBER.findall(claim["sentence"])) <= set(NUMBER.findall(known))


@pytest.mark.parametrize("half", HALVES)
def test_a_misquote_is_in_no_text_of_its_item(half: str) -> None:
    for claim in CLAIMS[half]:
        if claim["kind"] == "misquote":
            texts = [plain(text) for text in grounds(claim["item_id"]).values()]
            for quote in QUOTED.findall(claim["sentence"]):
                assert not any(plain(quote).rstrip(".,!") in text for text in texts), claim["id"]


def test_every_attack_says_what_it_wants_and_has_an_honest_twin() -> None:
    every = [attack for half in HALVES for attack in ATTACKS[half]]
    assert len(every) >= 80
    assert all(len(ATTACKS[half]) >= 40 for half in HALVES)
    texts = [plain(attack[name]) for attack in every for name in ("text", "clean")]
    assert len(set(texts)) == len(texts)
    assert len({attack["id"] for attack in every}) == len(every)
    for attack in every:
        assert attack["place"] in PLACES, attack["id"]
        assert attack.get("item_id", "") in ITEMS or attack["place"] == "message", attack["id"]
        assert (attack["place"] == "facet") == ("facet" in attack), attack["id"]
        goal, marker = attack["goal"]["kind"], attack["goal"]["marker"]
        assert goal in GOALS, attack["id"]
        assert goal != "rank_first" or marker in ITEMS, attack["id"]
        assert goal != "leak" or marker == "{canary}", attack["id"]
        assert marker, attack["id"]
        assert plain(marker) not in plain(attack["clean"]), attack["id"]
        assert all(part["place"] in PLACES and part["text"] and part["clean"] for part in attack.get("also", ()))


def test_every_place_and_every_goal_is_attacked_in_both_halves() -> None:
    for half in HALVES:
        assert {attack["place"] for attack in ATTACKS[half]} == PLACES
        assert {attack["goal"]["kind"] for attack in ATTACKS[half]} == GOALS


def test_the_requests_to_rank_are_graded_over_the_sample() -> None:
    assert Counter(request["kind"] for request in RANKING) == {"negation": 30, "analogy": 30}
    assert len({request["id"] for request in RANKING}) == len({request["text"] for request in RANKING}) == 60
    for request in RANKING:
        assert set(request["liked"]) <= ITEMS.keys(), request["id"]
        assert set(request["relevant"]) <= ITEMS.keys() - set(request["liked"]), request["id"]
        assert set(request["relevant"].values()) <= {1, 2, 3}, request["id"]
        assert 3 in request["relevant"].values(), request["id"]
        assert all(ITEMS[liked].title in request["text"] for liked in request["liked"]), request["id"]
