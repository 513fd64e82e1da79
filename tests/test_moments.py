"""The moments of past dialogues: what counts as recommended, and rows of research data that say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatrec.catalog import Dialogue, Utterance
from chatrec.catalog.source import open_source
from chatrec.moments import Moment, moments, query_of

KETTLE = Dialogue(
    "d",
    (
        Utterance("user", "I like my press", ("press",)),
        Utterance("assistant", "Then a kettle, besides the press", ("kettle", "press", "kettle")),
        Utterance("user", " "),
        Utterance("assistant", "The press is good", ("press",)),
        Utterance("user", "And a mill?", ("mill",)),
        Utterance("assistant", "Burr", ("burr", "scale")),
    ),
)


def test_a_moment_has_what_was_named_for_the_first_time() -> None:
    first, second = moments(KETTLE)
    assert (first.id, first.mentioned, first.targets) == ("d:1", ("press",), ("kettle",))
    assert (second.id, second.mentioned, second.targets) == ("d:5", ("press", "kettle", "mill"), ("burr", "scale"))
    assert first.said == (("user", "I like my press"),)
    assert [role for role, _ in second.said] == ["user", "assistant", "user", "assistant", "user"]


def test_an_opening_recommends_nothing_but_counts_as_named() -> None:
    opening = Utterance("assistant", "I love my press", ("press",))
    (moment,) = moments(Dialogue("d", (opening, Utterance("assistant", "And a kettle", ("press", "kettle")))))
    assert (moment.turn, moment.mentioned, moment.targets) == (1, ("press",), ("kettle",))
    assert query_of(moment).text == ""


def test_the_query_is_what_the_user_said_latest_first() -> None:
    query = query_of(list(moments(KETTLE))[1])
    assert (query.text, query.history) == ("And a mill?", ("I like my press",))
    assert query.liked == ("press", "kettle", "mill")
    assert query.excluded == {"press", "kettle", "mill"}


UTTERANCES = st.builds(
    Utterance,
    st.sampled_from(["user", "assistant"]),
    st.sampled_from(["", "Hello", "A kettle?", "No, \nthanks"]),
    st.lists(st.sampled_from("abcdef"), max_size=3).map(tuple),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    dialogues=st.lists(st.lists(UTTERANCES, max_size=8), min_size=1, max_size=3),
    shuffled=st.randoms(use_true_random=False),
)
def test_rows_of_turns_come_back_as_the_same_moments(
    dialogues: list[list[Utterance]], shuffled: object, tmp_path: Path
) -> None:
    told = [
        moment
        for number, utterances in enumerate(dialogues)
        for moment in moments(Dialogue(str(number), tuple(utterances)))
    ]
    rows = [_row(moment) for moment in told]
    shuffled.shuffle(rows)  # type: ignore[attr-defined]
    path = tmp_path / "turns.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) or "{}\n", encoding="utf-8")
    back = [_row(moment) for record in _dialogues(path) for moment in moments(record)] if rows else []
    assert sorted(map(_sets, back)) == sorted(map(_sets, rows))


def _row(moment: Moment) -> dict[str, object]:
    return {
        "dialogue_id": moment.dialogue_id,
        "turn": moment.turn,
        "history": [{"role": role, "text": text} for role, text in moment.said],
        "mentioned": list(moment.mentioned),
        "targets": list(moment.targets),
    }


def _sets(row: dict[str, object]) -> str:
    return json.dumps({**row, "mentioned": sorted(row["mentioned"]), "targets": sorted(row["targets"])})  # type: ignore[call-overload]


def _dialogues(path: Path) -> list[Dialogue]:
    return [record for record in open_source([path]).records() if isinstance(record, Dialogue)]


@pytest.mark.parametrize("name", ["redial", "inspired"])
def test_the_official_files_have_moments_in_which_the_assistant_recommends(name: str) -> None:
    for path in (Path(__file__).parent / "formats" / name).glob("sample*"):
        for dialogue in _dialogues(path):
            for moment in moments(dialogue):
                assert moment.said
                assert set(moment.targets) <= set(dialogue.utterances[moment.turn].items)
                assert dialogue.utterances[moment.turn].role == "assistant"
