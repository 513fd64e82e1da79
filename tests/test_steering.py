"""Steering a conversation: the question that tells most, what rejections teach, and what comes nearest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hash_embedder import HashEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrec.catalog import Item, Value
from chatrec.catalog.schema import Facet
from chatrec.dialogue.parse import Parser
from chatrec.dialogue.reading import Setting
from chatrec.steering.lessons import learn, penalties, soften
from chatrec.steering.question import LEAST_GAIN, LEAST_SHARE, best_question, weights_of
from chatrec.steering.ranges import ranges_of
from chatrec.steering.relaxing import relax
from chatrec.store.index import Snapshot, build_generation, open_snapshot
from chatrec.types import Constraint, Lesson
from chatrec.wording import break_in_words, name_of, wish_in_words

EMBEDDER = HashEmbedder(8)
COLOURS = ("Red", "Green", "Blue", "Dark  Green")
SIZES = ("S", "M", "L", "XL")


def snapshot_of(folder: Path, facets: Sequence[dict[str, Value]]) -> Snapshot:
    items = [Item(f"i{place}", f"Thing {place}", "x", attributes) for place, attributes in enumerate(facets)]
    build_generation(folder / "things", items, EMBEDDER)
    return open_snapshot(folder / "things", stamp=EMBEDDER.stamp)


def ranked(*places: int) -> list[tuple[str, float]]:
    return [(f"i{place}", 1.0 / (60 + at)) for at, place in enumerate(places)]


def thing(place: int) -> dict[str, Value]:
    """One of many: every facet goes its own way, and some lack some."""
    facets: dict[str, Value] = {
        "colour": COLOURS[place * 7 % 4],
        "size": SIZES[place // 3 % 4],
        "uses": tuple({("Rain", "Snow", "Sun")[place % 3], ("Snow", "Ice")[place // 5 % 2]}),
        "isWashable": place % 3 == 0,
        "maker": f"Maker {place}",
        "price_eur": 5.0 + place * 13 % 90,
        "released": date(1950 + place, 5, 1).isoformat(),
        "review_count": place * 17 % 100,
        "url": f"https://things.example/{place % 3}",
    }
    return {name: value for at, (name, value) in enumerate(facets.items()) if (place + at) % 11}


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return snapshot_of(tmp_path_factory.mktemp("things"), [thing(place) for place in range(60)])


def entropy(weights: Sequence[float]) -> float:
    total = sum(weights)
    return -sum(weight / total * math.log2(weight / total) for weight in weights if weight)


def gain(held: Sequence[set[str]]) -> float:
    """By the definition, over candidates that hold these values, best first; 0 where there is no choice."""
    weights = weights_of(len(held)).tolist()
    value_odds = {value: 0.0 for values in held for value in values}
    for weight, values in zip(weights, held, strict=True):
        for value in values:
            value_odds[value] += weight / len(values)
    told = []
    for value, odds in value_odds.items():
        kept = [weight for weight, values in zip(weights, held, strict=True) if value in values]
        if len(kept) > 1 and LEAST_SHARE <= sum(kept) <= 1 - LEAST_SHARE:
            told.append(odds * (entropy(weights) - entropy(kept)))
    return sum(told) if len(told) > 1 else 0.0


# The question


@settings(max_examples=60, deadline=None)
@given(places=st.lists(st.integers(0, 59), min_size=2, max_size=60, unique=True))
def test_the_question_is_the_one_of_most_information(things: Snapshot, places: list[int]) -> None:
    question = best_question(things, ranked(*places), known={"price_eur", "released", "isWashable"})
    gains = {}
    for name in ("colour", "size", "uses"):
        values = [thing(place).get(name, ()) for place in places]
        gains[name] = gain([set(value) if isinstance(value, tuple) else {str(value)} for value in values])
    best = max(gains.values())
    assert gains[question.facet] == pytest.approx(best) if question else best < LEAST_GAIN + 1e-9
    assert question is None or best > LEAST_GAIN - 1e-9


@settings(max_examples=60, deadline=None)
@given(
    places=st.lists(st.integers(0, 59), max_size=60, unique=True),
    known=st.sets(st.sampled_from(["colour", "size", "uses", "isWashable", "price_eur", "released"])),
)
def test_a_question_is_never_on_what_is_known_or_what_nobody_chooses_by(
    things: Snapshot, places: list[int], known: set[str]
) -> None:
    question = best_question(things, ranked(*places), known=known)
    if question:
        assert question.facet not in {*known, "maker", "review_count", "url"}
        assert 2 <= len(question.options) <= 5
        assert len(set(question.options)) == len(question.options)
        assert all(option in question.text for option in question.options)
        assert question.text.endswith("?")
        assert question.text.count("?") == 1


def test_all_facets_known_leave_no_question(things: Snapshot) -> None:
    everything = ranked(*range(60))
    assert best_question(things, everything, known=things.schema) is None
    assert best_question(things, [], known=()) is None
    assert best_question(things, everything[:1], known=()) is None
    assert best_question(things, [("gone", 1.0), ("lost", 0.5)], known=()) is None


def test_items_left_out_are_no_candidates(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, [{"colour": "Red" if place < 4 else "Blue"} for place in range(8)])
    everything = ranked(*range(8))
    assert best_question(snapshot, everything, known=())
    assert best_question(snapshot, everything, known=(), exclude=[f"i{place}" for place in range(4)]) is None


@pytest.mark.parametrize(
    ("facets", "text"),
    [
        (
            [{"colour": COLOURS[place % 2]} for place in range(8)],
            "What colour would you like, such as Red or Green?",
        ),
        (
            [{"uses": (("Rain", "Sun", "Ice")[place % 3], "All")} for place in range(9)],
            "Do you have an use in mind, such as Rain, Sun or Ice?",
        ),
        ([{"isWashable": place % 2 == 0} for place in range(8)], "What about washable: yes or no?"),
        (
            [{"OutdoorSeating": ("True", "False", "None")[min(place % 5, 2)]} for place in range(20)],
            "What about outdoor seating: yes or no?",
        ),
        (
            [{"clothSize": ("XL", "S", "M")[place % 3]} for place in range(9)],
            "What cloth size would suit you: S, M or XL?",
        ),
        (
            [{"playing_time_minutes": 60 + 3 * place} for place in range(30)],
            "What playing time would suit you: under 90 min, 90 to 120 min or over 120 min?",
        ),
        (
            [{"year": 1950 + 2 * place} for place in range(30)],
            "What year would suit you: before 1970, 1970 to 1989 or after 1989?",
        ),
        (
            [{"released": date(1950 + 2 * place, 12, 31).isoformat()} for place in range(30)],
            "What released would suit you: before 1970, 1970 to 1989 or after 1989?",
        ),
        ([{"players": place % 3 + 1} for place in range(9)], "What players would suit you: 1, 2 or 3?"),
    ],
)
def test_a_question_is_one_plain_sentence(tmp_path: Path, facets: list[dict[str, Value]], text: str) -> None:
    question = best_question(snapshot_of(tmp_path, facets), ranked(*range(len(facets))), known=())
    assert question
    assert question.text == text


@pytest.mark.parametrize(
    "facets",
    [
        [{"colour": "Red"} for _ in range(20)],  # all the same
        [{"maker": ("Ann", f"Other {place}")} for place in range(40)],  # one that all hold, and single ones
        [{"people": (f"A{place // 2}", f"B{place // 2}")} for place in range(60)],  # nobody has 8 percent
        [{"colour": ("Red", "Blue")[place % 2]} if place > 38 else {} for place in range(48)],  # hardly known
        [{"latitude": float(place)} for place in range(40)],
        [{"ratings_count": place} for place in range(40)],
        [{"code": ("A1", "B2")[place % 2]} for place in range(40)],
        [{"note": ("<b>x</b>", "see www.things.example")[place % 2]} for place in range(40)],
        [{"made": "2001-02-03" if place % 2 else "2001-05-06"} for place in range(40)],
    ],
)
def test_what_tells_little_is_not_asked(tmp_path: Path, facets: list[dict[str, Value]]) -> None:
    assert best_question(snapshot_of(tmp_path, facets), ranked(*range(len(facets))), known=()) is None


@settings(max_examples=200, deadline=None)
@given(
    numbers=st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan)), max_size=50),
    measure=st.sampled_from(["", "year", "price"]),
    unit=st.sampled_from(["", "min", "EUR"]),
)
def test_ranges_part_numbers(numbers: list[float], measure: str, unit: str) -> None:
    column = np.array(numbers, dtype=np.float64)
    ranges = ranges_of(Facet("x", "number", 1, measure=measure, unit=unit), column)
    inside = np.sum(list(ranges.values()), axis=0) if ranges else np.zeros(len(column))
    assert len(ranges) != 1
    assert (inside[np.isnan(column)] == 0).all()
    if ranges:  # each number in one range, and none without any
        assert (inside[np.isfinite(column)] == 1).all()
        assert all(held.any() for held in ranges.values())


def test_thousands_of_items_are_no_obstacle(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, [thing(place % 900) | {"part": f"P{place}"} for place in range(3_000)])
    question = best_question(snapshot, ranked(*range(0, 3_000, 7)), known=())
    assert question
    assert question.facet != "part"


def test_every_option_is_understood_as_the_answer(things: Snapshot) -> None:
    parser = Parser(things.schema, things.facet_texts())
    known: set[str] = set()
    while question := best_question(things, ranked(*range(60)), known=known):
        known.add(question.facet)
        for option in question.options if question.facet != "isWashable" else ():  # a bare yes is the session's to read
            read = parser.read(option, Setting(asked=question.facet)).constraints
            assert [constraint.facet for constraint in read] == [question.facet], option
    assert known == {"colour", "size", "uses", "isWashable", "price_eur", "released"}


# Lessons


def test_what_all_rejected_share_disappears_from_the_top(tmp_path: Path) -> None:
    facets: list[dict[str, Value]] = [
        {"colour": "Red" if place % 10 < 7 else "Blue", "maker": f"Maker {place % 40}"} for place in range(200)
    ]
    snapshot = snapshot_of(tmp_path, facets)
    lessons = learn(snapshot, rejected=["i0", "i1", "i2"], accepted=[], wanted=())
    assert (lessons[0].facet, lessons[0].value) == ("colour", "red")
    best = soften(snapshot, ranked(*range(3, 200)), lessons=lessons, preferences=())[:5]
    assert [facets[int(item_id[1:])]["colour"] for item_id, _ in best] == ["Blue"] * 5


def test_a_rejection_more_makes_a_lesson_weightier(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, [{"colour": COLOURS[place % 2]} for place in range(40)])
    weights = []
    for count in range(1, 6):
        rejected = [f"i{2 * place}" for place in range(count)]
        weights.append(learn(snapshot, rejected=rejected, accepted=[], wanted=())[0].weight)
    assert weights == sorted(weights)
    assert weights[0] < 0.5 < weights[2] < weights[4] <= 1


def test_accepted_items_and_those_let_pass_speak_for_what_they_hold(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, [{"colour": COLOURS[place % 2], "size": SIZES[place % 3]} for place in range(60)])
    rejected = ["i0", "i6", "i12"]  # red, S

    def weight(**known: Sequence[str]) -> dict[str, float]:
        lessons = learn(snapshot, rejected=rejected, wanted=(), **{"accepted": (), **known})
        return {lesson.value: lesson.weight for lesson in lessons}

    alone, liked, passed = weight(), weight(accepted=["i2"]), weight(shown=["i2", "i4", "i8"])  # red, not S
    assert alone.keys() == {"red", "s"}
    assert "red" not in liked
    assert passed.get("red", 0.0) < alone["red"]
    assert passed["s"] == alone["s"] == liked["s"]


def test_what_the_user_asked_for_is_never_unlearned(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, [{"colour": COLOURS[place % 2], "price": place} for place in range(40)])
    rejected = ["i30", "i32", "i34"]
    lessons = learn(snapshot, rejected=rejected, accepted=(), wanted=())
    assert {lesson.facet for lesson in lessons} == {"colour", "price"}
    wanted = [Constraint("colour", "any", ("RED ",), "soft"), Constraint("price", "min", (10,))]
    assert learn(snapshot, rejected=rejected, accepted=(), wanted=wanted) == ()


def test_numbers_teach_a_range(tmp_path: Path) -> None:
    facets: list[dict[str, Value]] = [
        {"price": float(place), "made": date(1960 + place, 1, 1).isoformat()} for place in range(60)
    ]
    snapshot = snapshot_of(tmp_path, facets)

    def taught(rejected: list[int], accepted: list[int], shown: Sequence[int] = ()) -> dict[str, str]:
        ids = [[f"i{place}" for place in places] for places in (rejected, accepted, shown)]
        lessons = learn(snapshot, rejected=ids[0], accepted=ids[1], shown=ids[2], wanted=())
        return {lesson.facet: lesson.value for lesson in lessons}

    assert taught([50, 40], [20]) == {"price": "30..", "made": "1989-12-31.."}
    assert taught([10, 4], [20]) == {"price": "..15", "made": "..1975-01-01"}
    assert taught([40, 50], []) == {"price": "40..", "made": "2000-01-01.."}
    assert taught([35, 50, 45], [], shown=[20, 21, 22])["price"] == "28.5.."
    assert taught([20, 45], []) == {}  # on both sides of the middle
    assert taught([10, 30], [20]) == {}
    assert taught([50], []) == {}
    rows = np.arange(60)
    held = penalties(snapshot, [Lesson("made", "1990-01-01..", 0.5)], rows) > 0
    assert held.tolist() == [place >= 30 for place in range(60)]


@settings(max_examples=60, deadline=None)
@given(
    rejected=st.lists(st.integers(0, 59), max_size=8, unique=True),
    accepted=st.lists(st.integers(0, 59), max_size=4, unique=True),
    shown=st.lists(st.integers(0, 70), max_size=8, unique=True),
)
def test_lessons_are_about_rejected_items_and_never_about_what_all_accepted_hold(
    things: Snapshot, rejected: list[int], accepted: list[int], shown: list[int]
) -> None:
    bad, good, seen = ([f"i{place}" for place in places] for places in (rejected, accepted, shown))
    lessons = learn(things, rejected=bad, accepted=good, wanted=(), shown=seen)
    assert lessons == learn(things, rejected=bad[::-1], accepted=good[::-1], wanted=(), shown=seen)
    assert len({(lesson.facet, lesson.value) for lesson in lessons}) == len(lessons)
    for lesson in lessons:
        assert 0 < lesson.weight <= 1
        assert penalties(things, [lesson], np.array(rejected)).any()
        assert not (accepted and penalties(things, [lesson], np.array(accepted)).all())


LESSONS = st.lists(
    st.builds(
        Lesson,
        st.sampled_from(["colour", "uses", "price_eur", "released", "isWashable", "gone"]),
        st.sampled_from(["red", "snow", "40..", "..20", "1990-01-01..", "true", "nonsense", "", "a..b"]),
        st.floats(0, 1),
    ),
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(
    places=st.lists(st.integers(0, 65), max_size=60, unique=True),
    scores=st.lists(st.sampled_from([0.0, 0.5, 1.0, -2.0]), min_size=60, max_size=60),
    lessons=LESSONS,
)
def test_softening_reorders_and_its_scores_fall(
    things: Snapshot, places: list[int], scores: list[float], lessons: list[Lesson]
) -> None:
    ranking = list(zip([f"i{place}" for place in places], sorted(scores, reverse=True), strict=False))
    preferences = [Constraint("colour", "any", ("Green",), "soft")]
    softened = soften(things, ranking, lessons=lessons, preferences=preferences)
    assert sorted(item_id for item_id, _ in softened) == sorted(item_id for item_id, _ in ranking)
    after = [score for _, score in softened]
    assert all(one > other for one, other in pairwise(after))
    rows = {item_id: row for item_id, _ in ranking if (row := things.items.row(item_id)) is not None}
    weight = dict(zip(rows, penalties(things, lessons, np.array([*rows.values()], dtype=np.int64)), strict=True))
    green = things.mask(preferences, ())
    assert green is not None
    place = {item_id: at for at, (item_id, _) in enumerate(softened)}
    for (one, _), (other, _) in pairwise(ranking):  # nothing overtakes without a reason
        if one in rows and other in rows and weight[one] <= weight[other] and green[rows[one]] >= green[rows[other]]:
            assert place[one] < place[other]


def test_a_preference_lifts_what_meets_it(things: Snapshot) -> None:
    ranking = ranked(*range(60))
    wanted = Constraint("price_eur", "max", (30,), "soft")
    met = things.mask([wanted], ())
    assert met is not None
    best = soften(things, ranking, lessons=(), preferences=[wanted])[:5]
    assert all(met[int(item_id[1:])] for item_id, _ in best)
    assert soften(things, ranking, lessons=(), preferences=()) == ranking


# Nothing fits


CONSTRAINTS = st.one_of(
    st.builds(Constraint, st.just("colour"), st.sampled_from(["any", "none"]), st.just(("Red",))),
    st.builds(Constraint, st.just("uses"), st.just("any"), st.sampled_from([("Snow",), ("Fog",), ("Rain", "Sun")])),
    st.builds(
        Constraint,
        st.sampled_from(["price_eur", "review_count"]),
        st.sampled_from(["min", "max", "above", "below"]),
        st.tuples(st.integers(0, 100)),
    ),
    st.builds(Constraint, st.just("released"), st.just("within"), st.just(("1960-01-01", "1962-01-01"))),
    st.builds(Constraint, st.just("gone"), st.just("any"), st.just(("x",))),
)


@settings(max_examples=150, deadline=None)
@given(
    constraints=st.lists(CONSTRAINTS, max_size=5),
    excluded=st.sets(st.integers(0, 59), max_size=58),
    n=st.integers(1, 6),
)
def test_what_blocks_and_what_is_near_are_as_defined(
    things: Snapshot, constraints: list[Constraint], excluded: set[int], n: int
) -> None:
    wanted = list(dict.fromkeys(constraints))
    left = [place for place in range(60) if place not in excluded]
    met = {}
    for constraint in wanted:
        mask = things.mask([constraint], ())
        assert mask is not None
        met[constraint] = mask
    found = relax(things, constraints, [f"i{place}" for place in excluded], n=n)
    breaks = {place: tuple(each for each in wanted if not met[each][place]) for place in left}
    if not wanted or not all(breaks.values()):
        assert found is None
        return
    assert found
    without = [sum(breaks[place] == (each,) for place in left) for each in wanted]
    assert found.left == max(without) == without[wanted.index(found.blocking)]
    fewest = min(len(broken) for broken in breaks.values())
    assert found.nearest
    assert len(found.nearest) <= n
    assert len({item_id for item_id, _ in found.nearest}) == len(found.nearest)
    for item_id, broken in found.nearest:
        assert broken == breaks[int(item_id[1:])]
        assert len(broken) == fewest
    kinds = {broken for broken in breaks.values() if len(broken) == fewest}
    assert len({broken for _, broken in found.nearest}) == min(len(kinds), len(found.nearest))


def test_among_equals_what_excludes_most_by_itself_blocks_then_what_was_said_first(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, [{"colour": COLOURS[place % 2], "size": SIZES[place % 3]} for place in range(12)])
    red = Constraint("colour", "any", ("Red",))
    huge, tiny = (Constraint("size", "any", (size,)) for size in ("XXL", "XXS"))
    found = relax(snapshot, [red, huge, tiny], ())
    assert found
    assert (found.blocking, found.left) == (huge, 0)
    assert relax(snapshot, [tiny, red, huge], ()).blocking == tiny  # type: ignore[union-attr]
    assert relax(snapshot, [red, huge], ()).blocking == huge  # type: ignore[union-attr]


def test_the_nearest_miss_by_least_then_stand_higher(tmp_path: Path) -> None:
    facets: list[dict[str, Value]] = [{"price": float(price)} for price in (100, 40, 31, 60)] + [{}]
    facets += [{"size": size, "price": 20.0} for size in ("XL", "S", "L", "M")]
    snapshot = snapshot_of(tmp_path, facets)
    cheap = Constraint("price", "max", (10,))
    found = relax(snapshot, [cheap], ["i5", "i6", "i7", "i8"], n=5)
    assert found
    assert [item_id for item_id, _ in found.nearest] == ["i2", "i1", "i3", "i0", "i4"]
    medium = Constraint("size", "any", ("M",))
    rows = ["i8", *(f"i{place}" for place in range(5))]
    found = relax(snapshot, [medium], rows)
    assert found
    assert [item_id for item_id, _ in found.nearest] == ["i6", "i7", "i5"]  # by steps
    other = relax(snapshot, [medium], rows, ranking=ranked(7, 6))
    assert other
    assert [item_id for item_id, _ in other.nearest] == ["i7", "i6", "i5"]


def test_rules_are_never_relaxed(things: Snapshot) -> None:
    rule, wish = Constraint("colour", "any", ("Red",)), Constraint("price_eur", "min", (1_000,))
    found = relax(things, [wish], (), rules=[rule])
    assert found
    assert found.blocking == wish
    assert all(thing(int(item_id[1:]))["colour"] == "Red" for item_id, _ in found.nearest)
    assert relax(things, [wish], (), rules=[Constraint("colour", "any", ("Pink",))]) is None
    assert relax(things, [wish], [f"i{place}" for place in range(60)]) is None


@pytest.mark.parametrize(
    ("op", "values", "held", "unit", "said"),
    [
        ("max", (120,), 130, "", "playing time: 130, you asked for at most 120"),
        ("max", (120,), 130, "min", "playing time: 130 min, you asked for at most 120 min"),
        ("below", (1.5,), 2.0, "h", "playing time: 2 h, you asked for under 1.5 h"),
        ("within", (10, 20, 40, 50), 30, "", "playing time: 30, you asked for 10 to 20 or 40 to 50"),
        ("outside", (10, 20), 15, "", "playing time: 15, you asked for not 10 to 20"),
        ("any", ("Red", "Blue"), ("Green",), "", "playing time: Green, you asked for Red or Blue"),
        ("none", ("red",), ("Green", "Red"), "", "playing time: Red, you asked for not red"),
        ("any", (True,), False, "", "playing time: no, you asked for yes"),
        ("any", ("x",), tuple("abcde"), "", "playing time: a, b, c and 2 more, you asked for x"),
        ("min", (5,), None, "", "playing time: not known, you asked for at least 5"),
        ("any", ("x",), "<script>", "", "playing time: not known, you asked for x"),
    ],
)
def test_what_is_broken_is_said(op: str, values: tuple[Value, ...], held: Value | None, unit: str, said: str) -> None:
    item = Item("i", "Thing", attributes={} if held is None else {"playingTime": held})
    facet = Facet("playingTime", "number", 1, unit=unit)
    assert break_in_words(Constraint("playingTime", op, values), item, facet=facet) == said  # type: ignore[arg-type]


def test_a_facet_is_named_in_words() -> None:
    assert name_of("contentRating") == "content rating"
    assert name_of("weight_kg", Facet("weight_kg", "number", 1, unit="kg")) == "weight"
    assert name_of("HappyHour") == "happy hour"
    assert wish_in_words(Constraint("size", "any", ("S", "M"))) == "S or M"
