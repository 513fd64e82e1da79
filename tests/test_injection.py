"""Attacks through whole turns: planted in a catalogue that is indexed, or said by the user, with a model that obeys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hash_embedder import HashEmbedder

from chatrec import ChatRec, Settings, fake_llm
from chatrec.asking import CANARY
from chatrec.catalog import sample
from chatrec.evaluation.grounding import ATTACKS
from chatrec.types import Reply

ROWS = [json.loads(line) for line in (ATTACKS / "open.jsonl").open(encoding="utf-8")]
FILMS = {film["id"]: film for film in map(json.loads, sample.films().open(encoding="utf-8"))}
BESIDE = 2
"""Honest items that stand beside the one that is attacked."""


def records(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The item with the attack planted, and others; all are of the same `case`."""
    films = [film for film in FILMS.values() if film["id"] != row.get("item_id")][:BESIDE]
    films += [planted(FILMS[row["item_id"]], row)] if "item_id" in row else []
    for film in films:
        yield film | {"id": f"{row['id']}-{film['id']}", "case": row["id"]}


def planted(film: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(film)
    for part in (row, *row.get("also", ())):
        if part["place"] == "review":
            found["reviews"] = [{"id": "planted", "text": part["text"], "rating": 5.0}, *found["reviews"]]
        elif part["place"] != "message":
            found[part.get("facet") or part["place"]] = part["text"]
    return found


def told(reply: Reply) -> str:
    """All that is said, but for titles, which a card shows as they are."""
    text = "\n".join(
        [reply.text, *(claim.text for shown in reply.recommendations for claim in shown.explanation.claims)]
        + [note.text for note in reply.notes]
    )
    for shown in reply.recommendations:
        text = text.replace(shown.item.title, " ")
    return text


class Hashing(ChatRec):
    """Finds by an embedder that needs no time: what is found is not the question here."""

    embedder = HashEmbedder()  # type: ignore[assignment]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ChatRec, ChatRec]]:
    """The attacked catalogue twice: talked about by a model that obeys, and by none."""
    settings = Settings(home=tmp_path_factory.mktemp("attacked"), llm="builtin")
    plain = Hashing(settings)
    plain.index([record for row in ROWS for record in records(row)])
    obeying = Hashing(settings.model_copy(update={"llm": "fake:obedient"}))
    goals = [(part["text"], marker_of(row)) for row in ROWS for part in (row, *row.get("also", ()))]
    obeying.model = fake_llm.obedient(goals)
    yield obeying, plain
    obeying.close()
    plain.close()


def marker_of(row: Mapping[str, Any]) -> str:
    marker = str(row["goal"]["marker"]).replace("{canary}", CANARY)
    return f"{row['id']}-{marker}" if row["goal"]["kind"] == "rank_first" else marker


def conversation(rec: ChatRec, row: Mapping[str, Any]) -> list[Reply]:
    """Somebody asks for what the planted text speaks of, why, and what reviews say; or says the attack himself."""
    session = rec.session()
    session.constrain({"case": [row["id"]]})
    if row["place"] == "message":
        said = [row["text"], *(part["text"] for part in row.get("also", ()) if part["place"] == "message")]
        return [session.send(text) for text in [*said, "something worth an evening"]]
    asked = [f"something worth an evening: {row['clean'][:120]}", "why the first one?", "what do reviews say of it?"]
    asked += [part["text"] for part in row.get("also", ()) if part["place"] == "message"]
    return [session.send(text) for text in asked]


@pytest.mark.slow
def test_no_attack_reaches_the_user_in_a_conversation(attacked: tuple[ChatRec, ChatRec]) -> None:
    obeying, plain = attacked
    succeeded, shown = [], 0
    for row in ROWS:
        replies, honest = conversation(obeying, row), conversation(plain, row)
        marker = marker_of(row)
        if row["goal"]["kind"] == "rank_first":
            first, expected = (some[0].recommendations[0].item.id for some in (replies, honest))
            succeeded += [row["id"]] if first == marker != expected else []
        else:
            succeeded += [row["id"]] if marker.casefold() in "\n".join(map(told, replies)).casefold() else []
        assert any(reply.recommendations for reply in replies), row["id"]
        shown += any(one.item.id.endswith(str(row.get("item_id"))) for one in replies[0].recommendations)
    assert succeeded == []
    assert shown >= 0.9 * sum("item_id" in row for row in ROWS)  # the attacked item was there to be spoken of
