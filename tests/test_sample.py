"""The catalogue that ships: written for this project, complete, varied, and of no template."""

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from chatrec.catalog import sample

FILMS = [json.loads(line) for line in sample.films().read_text(encoding="utf-8").splitlines()]
IDS = {film["id"] for film in FILMS}
FIELDS = (
    "id title year runtime genres directors cast countries languages content_rating price_eur services "
    "description reviews"
).split()


def words(text: str) -> list[str]:
    return re.findall(r"[\w'’]+", text.lower())


def texts() -> Iterator[str]:
    for film in FILMS:
        yield film["description"]
        yield from (review["text"] for review in film["reviews"])


def test_every_decade_and_many_countries_and_genres_are_there() -> None:
    assert len(IDS) == len(FILMS) >= 240
    assert (min(film["year"] for film in FILMS), max(film["year"] for film in FILMS)) == (1927, 2025)
    assert {film["year"] // 10 for film in FILMS} == set(range(192, 203))
    assert len({country for film in FILMS for country in film["countries"]}) >= 25
    assert len({genre for film in FILMS for genre in film["genres"]}) >= 15


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film["id"])
def test_no_field_is_missing(film: dict) -> None:
    assert list(film) == FIELDS
    assert all(film[name] for name in FIELDS)
    assert 50 <= len(film["description"].split()) <= 100
    assert len(film["reviews"]) == len({review["text"] for review in film["reviews"]}) == 3
    assert any(review["rating"] <= 2 for review in film["reviews"]), "one reader must be critical"


def test_no_six_words_in_a_row_stand_in_more_than_two_texts() -> None:
    seen = defaultdict(set)
    for number, text in enumerate(texts()):
        spoken = words(text)
        for start in range(len(spoken) - 5):
            seen[tuple(spoken[start : start + 6])].add(number)
    assert {run: where for run, where in seen.items() if len(where) > 2} == {}


def test_no_three_words_open_more_than_five_texts() -> None:
    openings = Counter(tuple(words(text)[:3]) for text in texts())
    assert [opening for opening, count in openings.items() if count > 5] == []


def test_the_dialogues_name_films_of_the_catalogue() -> None:
    dialogues = [json.loads(line) for line in sample.dialogues().read_text(encoding="utf-8").splitlines()]
    assert len({dialogue["id"] for dialogue in dialogues}) == len(dialogues) == 60
    for utterance in (utterance for dialogue in dialogues for utterance in dialogue["utterances"]):
        assert utterance["role"] in ("user", "assistant")
        assert set(utterance["items"]) <= IDS


def test_the_interactions_are_of_the_catalogue_and_marked_as_made_up() -> None:
    with sample.interactions().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 1000
    assert all(row["user"].startswith("made-up-") and row["item"] in IDS for row in rows)
    assert len({(row["user"], row["item"]) for row in rows}) == len(rows)
