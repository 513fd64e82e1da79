"""What reviews praise and blame: sentences, aspects found without a list, counts, and what is told of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hash_embedder import HashEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrec.answering.about import about_item
from chatrec.answering.opinions import opinions
from chatrec.aspects import Aspect, judged, sentiment, told
from chatrec.aspects.counting import Matcher
from chatrec.aspects.finding import find
from chatrec.aspects.sentiment import tokens_of
from chatrec.catalog import Item, Review
from chatrec.features import features_of
from chatrec.routes.reviews import Route
from chatrec.store import manifest
from chatrec.store.index import Snapshot, build_generation, current_generation, open_snapshot
from chatrec.types import Hit, Query

PRAISE = """
The battery is great and charges in an hour.
Excellent sound for the price!
I absolutely love these headphones
Not bad at all.
It never disappoints.
You can't go wrong with this one.
No complaints whatsoever.
Worth every penny.
The staff could not have been nicer, friendly and helpful.
At first I was sceptical, but the food was delicious.
I didn't expect much, but it turned out to be wonderful.
Never a dull moment.
It is not only cheap but brilliant.
Highly recommended.
We will definitely be back!
Nothing short of amazing
Easy to use and well made
It works like a charm.
THE BEST LAMP I HAVE EVER OWNED
Comfortable, quiet and beautifully lit.
"""

BLAME = """
The battery is terrible.
I was very disappointed with the sound.
Not good.
It isn't worth the money.
It doesn't work.
I would not recommend it to anyone.
Don't waste your money.
The service was slow and the waiter was rude.
It looked lovely, but it broke after a week.
The soup was bland and cold.
Not a great place for dinner.
Nothing special, and overpriced.
It was never comfortable.
The screen is too bright.
I wish it had been better made.
Boring from beginning to end.
It stopped working after two days and I want a refund.
Hardly a masterpiece.
Awful. Just awful.
They were neither friendly nor helpful.
"""

NEITHER = """
We ordered the fish and a glass of water.
It comes in a box with two cables.
He goes to the city and meets his brother.
I bought it in March.

!!! ??? ...
42
"""


def _lines(table: str) -> list[str]:
    return [line for line in table.strip("\n").splitlines() if line.strip()]


# Sentences


@pytest.mark.parametrize("sentence", _lines(PRAISE))
def test_praise_is_read_as_praise(sentence: str) -> None:
    assert sentiment(sentence) > 0.2


@pytest.mark.parametrize("sentence", _lines(BLAME))
def test_blame_is_read_as_blame(sentence: str) -> None:
    assert sentiment(sentence) < -0.2


@pytest.mark.parametrize("sentence", ["", " ", *_lines(NEITHER)])
def test_what_says_neither_is_nought(sentence: str) -> None:
    assert sentiment(sentence) == 0.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The room was clean.", "The room was not clean."),
        ("The sound is very good.", "The sound is somewhat good."),
        ("It is a great lamp.", "It would have been a great lamp."),
        ("Ugly, but great.", "Great, but ugly."),
        ("I love it", "I don’t love it"),
    ],
)
def test_a_word_changes_what_is_meant(one: str, other: str) -> None:
    assert sentiment(one) > sentiment(other)


@given(st.text(max_size=300))
@settings(deadline=None, max_examples=200)
def test_any_text_has_a_sentiment_within_its_range(text: str) -> None:
    assert -1.0 <= sentiment(text) <= 1.0
    assert sentiment(text) == sentiment(text)


def test_a_sentence_takes_little_time() -> None:
    sentences = _lines(PRAISE + BLAME) * 20
    sentiment(sentences[0])
    begun = time.perf_counter()
    for sentence in sentences:
        sentiment(sentence)
    assert (time.perf_counter() - begun) / len(sentences) < 0.0005  # 0.04 ms on an idle machine


def test_sentiment_loads_without_what_is_heavy() -> None:
    code = "import sys; from chatrec.aspects import sentiment; sentiment('good'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"numpy", "scipy", "torch", "chromadb", "pydantic"} & set(loaded.split())


# A catalogue of headphones: how many of an item's reviews say what of which aspect is known beforehand.

GOOD = ("The {} is excellent.", "Great {}!", "I love the {}.", "The {} was really good, I must say.")
BAD = ("The {} is terrible.", "Awful {}.", "The {} was disappointing.", "The {} is not good.")
FLAT = ("I asked about the {} in the shop.", "The {} is on the left.")
BESIDES = ("Bought in March.", "My brother has one too.", "It came in a box.", "")

PLAN = {
    "calm": {"battery": (4, 0, 1), "sound": (1, 3, 0)},
    "breeze": {"battery": (0, 4, 0), "cable": (2, 1, 1)},
    "harbour": {"sound": (5, 0, 0), "battery": (2, 2, 1), "cable": (3, 0, 0)},
    "willow": {"cable": (0, 3, 0), "sound": (3, 1, 0), "battery": (3, 0, 0)},
    "quill": {"battery": (1, 1, 0), "sound": (0, 2, 1), "cable": (2, 0, 0)},
    "silent": {},
}
"""Item -> aspect -> reviews that praise it, complain of it, mention it."""


def headphones(plan: dict[str, dict[str, tuple[int, int, int]]] = PLAN) -> list[Item]:
    """An aspect a review, so that the plan can be counted again; the words around differ."""
    random = Random(0)
    items = []
    for item_id, said in plan.items():
        reviews = []
        for aspect, counts in said.items():
            for some, count in zip((GOOD, BAD, FLAT), counts, strict=True):
                for place in range(count):
                    text = f"{some[place % len(some)].format(aspect)} {random.choice(BESIDES)}"
                    reviews.append(Review(item_id, f"{aspect}{len(reviews)}", text))
        items.append(Item(item_id, item_id.title(), f"Headphones called {item_id}.", {}, tuple(reviews)))
    return items


def built(folder: Path, items: Iterable[Item | Review], *, mode: str = "update") -> Snapshot:
    build_generation(folder, items, HashEmbedder(), mode=mode)  # type: ignore[arg-type]
    return open_snapshot(folder, stamp=HashEmbedder().stamp)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return built(tmp_path_factory.mktemp("headphones"), headphones())


def test_the_nouns_that_reviews_judge_are_found(snapshot: Snapshot) -> None:
    assert set(snapshot.aspects.names) == {"battery", "sound", "cable"}


@pytest.mark.parametrize("item_id", PLAN)
def test_reviews_are_counted_as_planned(snapshot: Snapshot, item_id: str) -> None:
    found = {one.name: (one.praise, one.complaint, one.mentions) for one in snapshot.aspects.of(item_id)}
    assert found == {
        name: (praise, complaint, praise + complaint + flat)
        for name, (praise, complaint, flat) in PLAN[item_id].items()
    }


def test_counts_never_exceed_reviews_and_refs_are_the_items_own(snapshot: Snapshot) -> None:
    for item in snapshot.items.all():
        refs = {f"{item.id}#review:{review.id}" for review in item.reviews}
        for one in snapshot.aspects.of(item.id):
            assert one.praise + one.complaint <= one.mentions <= one.reviews == len(item.reviews)
            assert (len(one.praised), len(one.complained)) == (one.praise, one.complaint)
            assert {*one.praised, *one.complained} <= refs
            assert not {*one.praised} & {*one.complained}


def test_the_best_supported_comes_first(snapshot: Snapshot) -> None:
    for item_id in PLAN:
        said = [one.praise + one.complaint for one in snapshot.aspects.of(item_id)]
        assert said == sorted(said, reverse=True)


def test_an_item_that_is_not_there_has_none(snapshot: Snapshot) -> None:
    assert snapshot.aspects.of("nobody") == ()


def test_the_same_reviews_give_the_same_files(tmp_path: Path) -> None:
    parts = []
    for name in ("one", "two"):
        built(tmp_path / name, headphones()).close()
        about = manifest.read(tmp_path / name, current_generation(tmp_path / name))
        parts.append(
            {path.name: path.read_bytes() for path in (tmp_path / name / "parts" / about.parts["aspects"]).iterdir()}
        )
    assert parts[0].keys() == {"names.json", "said.npz", "tones.npy"}
    assert parts[0]["names.json"] == parts[1]["names.json"]
    assert parts[0]["tones.npy"] == parts[1]["tones.npy"]


def test_step_by_step_is_as_from_scratch(tmp_path: Path) -> None:
    items = headphones()
    steps = tmp_path / "steps"
    built(steps, items[:2]).close()
    shorter = replace(items[2], reviews=items[2].reviews[:1])
    built(steps, [shorter]).close()
    built(steps, [Review("willow", "stray", "The cable is great."), *items[2:]]).close()
    stepped = built(steps, items, mode="sync")
    whole = built(tmp_path / "whole", items)
    assert stepped.aspects.names == whole.aspects.names
    assert all(stepped.aspects.of(item_id) == whole.aspects.of(item_id) for item_id in PLAN)


def test_aspects_are_not_made_again_for_the_same_reviews(tmp_path: Path) -> None:
    items = headphones()
    names = []
    for title in ("Calm", "Calmer", "Calmest"):
        built(tmp_path, [replace(items[0], title=title), *items[1:]]).close()
        names.append(manifest.read(tmp_path, current_generation(tmp_path)).parts["aspects"])
    assert names[1] == names[2]
    built(tmp_path, [Review("calm", "new", "The battery is great.")]).close()
    assert manifest.read(tmp_path, current_generation(tmp_path)).parts["aspects"] not in names


def test_what_was_indexed_before_there_were_aspects_is_read_and_mended(tmp_path: Path) -> None:
    built(tmp_path, headphones()).close()
    path = tmp_path / "generations" / f"{current_generation(tmp_path)}.json"
    about = json.loads(path.read_text())
    del about["parts"]["aspects"]
    path.write_text(json.dumps(about))
    older = open_snapshot(tmp_path, stamp=HashEmbedder().stamp)
    assert older.aspects.names == ()
    assert older.aspects.of("calm") == ()
    assert older.aspects.praised("great battery") is None
    assert np.isnan(older.aspects.tone).all()
    older.close()
    assert built(tmp_path, headphones()).aspects.of("calm")


def test_no_list_of_nouns_is_needed(tmp_path: Path) -> None:
    """Made-up nouns are counted like real ones, whatever the columns are called."""
    names = {"battery": "zorple", "sound": "quibbet", "cable": "frandle"}
    plan = {item_id: {names[name]: counts for name, counts in said.items()} for item_id, said in PLAN.items()}
    items = [replace(item, attributes={"farbe": "rot", "preis": 3.0}) for item in headphones(plan)]
    made_up = built(tmp_path, items).aspects
    assert set(made_up.names) == set(names.values())
    found = {one.name: (one.praise, one.complaint) for one in made_up.of("harbour")}
    assert found == {"quibbet": (5, 0), "zorple": (2, 2), "frandle": (3, 0)}


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["", " ", "\n\n"],
        ["!!!", "👍👍👍", "…"],
        ["The \x00battery\u202e is great\u200b", "<script>the battery</script> is great"],
        ["the ignore all previous instructions is great"] * 9,
        ["great " * 50_000],
        ["the battery " * 20_000 + "is great"],
        ["电池很好", "La batería es genial", "البطارية رائعة"],
        ["a" * 100_000],
    ],
)
def test_hostile_reviews_do_no_harm(tmp_path: Path, texts: Sequence[str]) -> None:
    items = [
        Item(f"i{place}", f"Thing {place}", reviews=tuple(Review(f"i{place}", str(n), t) for n, t in enumerate(texts)))
        for place in range(5)
    ]
    aspects = built(tmp_path, items).aspects
    assert all(name.replace(" ", "").isalpha() for name in aspects.names)
    for item in items:
        for one in aspects.of(item.id):
            assert one.praise + one.complaint <= one.mentions <= one.reviews <= len(texts)


words = st.sampled_from("the battery sound is was great awful not but and very , . ! i love hate it cable no".split())


@given(st.lists(st.lists(st.lists(words, max_size=15).map(" ".join), max_size=6), max_size=6))
@settings(deadline=None, max_examples=100)
def test_every_review_says_one_thing_of_an_aspect(catalogue: list[list[str]]) -> None:
    nouns = find([tokens_of(text) for text in texts] for texts in catalogue)
    assert len({noun.name for noun in nouns}) == len(nouns)
    matcher = Matcher([noun.keys for noun in nouns])
    for text in (text for texts in catalogue for text in texts):
        judged = matcher.judged(tokens_of(text))
        assert judged.keys() <= set(range(len(nouns)))
        assert set(judged.values()) <= {-1, 0, 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Great battery but the sound was awful.", {"battery": 1, "sound": -1}),
        ("The sound is great, the battery is terrible.", {"battery": -1, "sound": 1}),
        ("Battery, sound and cable are excellent.", {"battery": 1, "sound": 1, "cable": 1}),
        ("I wouldn't say the battery is good.", {"battery": -1}),
        ("The battery is inside. Lovely!", {"battery": 0}),
        ("Wonderful headphones; the cable is two metres long.", {"cable": 0}),
        ("The batteries are great. The battery is great.", {"battery": 1}),
        ("The battery would have been great.", {"battery": 0}),
        ("The battery is great. Then the battery was awful, terrible, the worst.", {"battery": -1}),
    ],
)
def test_each_aspect_is_judged_by_what_is_said_of_it(text: str, said: dict[str, int]) -> None:
    names = ("battery", "sound", "cable")
    judged = Matcher([[(name,)] for name in names]).judged(tokens_of(text))
    assert {names[number]: value for number, value in judged.items()} == said


# In the routes and the fusion


def _leading(snapshot: Snapshot, text: str) -> list[str]:
    query = Query(text, vector=HashEmbedder().embed_query(text))
    return [hit.item_id for hit in Route(snapshot, None).retrieve(query, 10)]  # type: ignore[arg-type]


def test_what_reviews_praise_comes_before_what_they_complain_of(snapshot: Snapshot) -> None:
    found = _leading(snapshot, "great battery")
    assert found.index("calm") < found.index("breeze")
    found = _leading(snapshot, "something with excellent sound")
    assert found.index("harbour") < found.index("quill")


def test_a_route_without_aspects_finds_the_same_items(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    with_aspects = set(_leading(snapshot, "great battery"))
    monkeypatch.setattr("chatrec.routes.reviews.PRAISE", 0.0)
    assert set(_leading(snapshot, "great battery")) == with_aspects


def test_features_say_what_is_known_and_nothing_else(snapshot: Snapshot) -> None:
    def of(text: str) -> dict[str, dict[str, float]]:
        hits = {"words": [Hit(item_id, "words", 1.0, rank) for rank, item_id in enumerate(PLAN, 1)]}
        found = features_of(Query(text), hits, snapshot)
        columns = {name: found.matrix[:, place].tolist() for place, name in enumerate(found.names)}
        assert {"praised:asked", "praised:whole"} <= columns.keys()
        return {name: dict(zip(found.item_ids, column, strict=True)) for name, column in columns.items()}

    assert np.isnan(list(of("headphones")["praised:asked"].values())).all()
    asked = of("headphones with a great battery")
    assert asked["praised:asked"]["calm"] > 0.5 > asked["praised:asked"]["harbour"] > -0.5
    assert asked["praised:asked"]["breeze"] < -0.5
    assert asked["praised:whole"]["harbour"] > 0 > asked["praised:whole"]["breeze"]
    assert np.isnan(asked["praised:whole"]["silent"])


def test_only_a_wish_that_it_be_good_counts(snapshot: Snapshot) -> None:
    assert snapshot.aspects.praised("what is the battery like?") is None
    assert snapshot.aspects.praised("great headphones") is None
    assert snapshot.aspects.praised("a good battery") is not None


# What is told


def _refs(kind: str, count: int) -> tuple[str, ...]:
    return tuple(f"calm#review:{kind}{place}" for place in range(count))


def _aspect(name: str, praise: int, complaint: int, mentions: int, reviews: int = 12) -> Aspect:
    return Aspect(name, praise, complaint, mentions, reviews, _refs("p", praise), _refs("c", complaint))


def test_praise_of_what_was_asked_for_is_told_with_its_refs() -> None:
    aspects = (_aspect("sound", 10, 0, 11), _aspect("battery", 9, 2, 12))
    (claim,) = told(aspects, Query("a good battery"))
    assert claim.text == "9 of 12 reviews praise the battery."
    assert claim.refs == _refs("p", 9)
    (claim,) = told(aspects, Query("something for the train"))
    assert claim.text == "10 of 11 reviews that speak of the sound do so with praise."


def test_one_drawback_is_told_where_most_complain() -> None:
    aspects = (_aspect("sound", 8, 1, 9), _aspect("cable", 1, 3, 5), _aspect("case", 0, 2, 2))
    claims = told(aspects, Query("good sound"))
    assert [claim.text for claim in claims] == [
        "8 of 9 reviews that speak of the sound do so with praise.",
        "A drawback: 3 of 5 reviews that speak of the cable complain about that.",
    ]
    assert claims[1].refs == _refs("c", 3)
    assert "the case" in told(aspects, Query("which case?"))[-1].text


@pytest.mark.parametrize(
    "aspects", [(), (_aspect("sound", 1, 0, 1),), (_aspect("sound", 3, 3, 6),), (_aspect("sound", 0, 1, 1),)]
)
def test_nothing_is_told_where_reviews_are_few_or_divided(aspects: tuple[Aspect, ...]) -> None:
    assert told(aspects, Query("good sound")) == []


def test_a_question_about_an_aspect_is_answered_with_counts() -> None:
    aspects = (_aspect("sound", 10, 0, 11), _aspect("battery", 9, 2, 12), _aspect("cable", 1, 0, 1))
    (claim,) = judged(aspects, "how is the battery?")
    assert claim.text == "Of 12 reviews that speak of the battery, 9 do so with praise and 2 with complaints."
    assert set(claim.refs) == {*_refs("p", 9), *_refs("c", 2)}
    assert judged(aspects, "is the sound any good?")[0].text.startswith("10 of 11 reviews")
    assert judged(aspects, "how is the cable?") == judged(aspects, "who made it?") == []


def test_an_answer_counts_before_it_quotes(snapshot: Snapshot) -> None:
    (item,) = snapshot.items.get(["harbour"])
    hashed = HashEmbedder().embed_query
    said = about_item("how is the sound?", item, schema={}, embed=hashed, aspects=snapshot.aspects.of("harbour"))
    assert said.claims[0].text == "5 of 5 reviews that speak of the sound do so with praise."
    without = about_item("how is the sound?", item, schema={}, embed=hashed)
    assert said.claims[1:] == without.claims


def test_opinions_of_reviews_without_a_rating_are_those_of_their_words() -> None:
    texts = ("I bought it in March for my sister.", "A wonderful lamp with a warm light.", "The switch is terrible.")
    item = Item("lamp", "Lamp", reviews=tuple(Review("lamp", str(place), text) for place, text in enumerate(texts)))
    praise, complaint = opinions(item)
    assert texts[1] in praise.text
    assert praise.refs == ("lamp#review:1",)
    assert texts[2] in complaint.text


def test_what_is_told_of_a_catalogue_counts_its_reviews(snapshot: Snapshot) -> None:
    for item_id in PLAN:
        for claim in told(snapshot.aspects.of(item_id), Query("battery, sound, cable")):
            assert claim.refs
            assert claim.text.removeprefix("A drawback: ").startswith(f"{len(claim.refs)} of ")
