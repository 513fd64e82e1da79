"""Scripted people and their judge: what they say to which reply, what fails a conversation, what is counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chatrec import ChatRec, Settings
from chatrec.catalog import Item, Value
from chatrec.cli import app
from chatrec.errors import BadRecord, CatalogNotFound, EvaluationError, MessageError
from chatrec.evaluation.scenarios import (
    TURNS,
    Run,
    Scenario,
    Shelf,
    World,
    evaluate_scenarios,
    hold,
    read_scenario,
    read_scenarios,
    scenario_report,
)
from chatrec.evaluation.scenarios.outcome import breaches
from chatrec.evaluation.scenarios.report import pass_k, write_transcripts
from chatrec.evaluation.scenarios.scenario import Compared, Like, Message, Wanted
from chatrec.evaluation.scenarios.worlds import indexed
from chatrec.fake_llm import FakeChatModel
from chatrec.types import Constraint, DialogueState, Question, Recommendation, Reply

LONG = "Purified water, glycerin, soy lecithin, natural flavour, and a good many other things that are hard to say."


def lamp(id: str, **facets: Value) -> Item:
    return Item(id, f"The {id.title()}", attributes=facets)


LAMPS = [
    lamp("small", price=10, colour=("Red",), made="hall", dimmable=True, parts=LONG, size="S"),
    lamp("tall", price=30.0, colour=("Blue", "Red"), made="forge", dimmable=False, parts="Steel", size="L"),
    lamp("grand", price=90, colour=("Gold",), made="forge", since="2019-05-01", parts="Brass", size="XL"),
]
UP = Item("up", "Up", attributes={"price": 500})
SHELF = Shelf(LAMPS)
SMALL, TALL, GRAND = LAMPS
CHEAP = Wanted("price", "max", (20,), say=("cheap", "up to 20"))
GOLD = Wanted("colour", "any", ("gold",), told="rejection", say=("golden",), object=("I want it golden",))
FORGE = Wanted("made", "any", ("Forge",), told="asked", say=("from the forge", "forged"))


def told(wish: Wanted) -> Wanted:
    return replace(wish, told="at once")


def scenario(*wishes: Wanted, opening: Sequence[str] = ("a lamp",), **others: Any) -> Scenario:
    if any(wish.told == "at once" for wish in wishes):
        opening = ("a lamp, {wishes}",)
    return Scenario("sample/open/one", "constraints", "lamps", tuple(opening), "open", wishes=wishes, **others)


def reply(*items: Item, text: str = "Here.", recommendations: tuple[Recommendation, ...] = (), **others: Any) -> Reply:
    shown = recommendations or tuple(Recommendation(item, 1.0, {}) for item in items)
    return Reply(text, shown, DialogueState(), **others)


def broken(item: Item, facet: str, **others: Any) -> Recommendation:
    return Recommendation(item, 1.0, {}, breaks=(Constraint(facet, "any", ("x",)),), **others)


ASKS = Question("made", "Where from?")


class Assistant:
    """Gives these replies one after the other, the last one for ever, and keeps what it was told."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.heard = list(replies), list[str]()

    def __call__(self, state: DialogueState, message: str) -> Reply:
        self.heard.append(message)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def talk(one: Scenario, *replies: Reply, seed: int = 0) -> tuple[Run, list[str]]:
    assistant = Assistant(*replies)
    return hold(one, assistant, shelf=SHELF, seed=seed), assistant.heard


# The person


def test_what_meets_every_hard_wish_is_accepted_wherever_it_stands() -> None:
    run, heard = talk(scenario(GOLD, replace(CHEAP, strength="soft")), reply(SMALL, GRAND))
    assert (run.failure, run.first_fits, heard) == (None, False, ["a lamp, " + heard[0][8:]])
    assert talk(scenario(GOLD), reply(GRAND, SMALL))[0].first_fits


def test_the_opening_names_what_is_liked_and_what_is_wished_at_once_alone() -> None:
    likes = (Like("grand", ("I love {title}",)),)
    one = scenario(CHEAP, told(FORGE), GOLD, likes=likes)
    _, heard = talk(one, reply(text="?"))
    start, _, wishes = heard[0].partition("a lamp, ")
    assert start == "I love The Grand. "
    assert wishes in {f"{cheap}, {forge}" for cheap in CHEAP.say for forge in FORGE.say}


def test_an_item_that_was_named_is_not_accepted() -> None:
    one = scenario(GOLD, likes=(Like("grand", ("I have {title}!",)),))
    run, heard = talk(one, reply(GRAND))
    assert run.failure == "turns"
    assert len(heard) == TURNS
    assert "The Grand" in heard[1]


def test_a_question_is_answered_with_the_wish_and_other_ones_with_no_preference() -> None:
    other = replace(ASKS, facet="size")
    _, heard = talk(scenario(FORGE), reply(question=other), reply(question=ASKS), reply(TALL))
    assert heard[2] in FORGE.say
    assert heard[1] not in FORGE.say
    assert any(words in heard[1] for words in ("preference", "mind", "matter", "easy"))


def test_a_wish_told_when_asked_is_a_wish_that_was_told() -> None:
    run, _ = talk(scenario(FORGE), reply(question=ASKS), reply(SMALL))
    assert run.failure == "violation"
    assert talk(scenario(FORGE), reply(SMALL), reply(TALL))[0].failure is None


def test_a_list_is_looked_at_before_the_question_beside_it() -> None:
    assert len(talk(scenario(FORGE), reply(TALL, question=ASKS))[1]) == 1
    _, heard = talk(scenario(FORGE), reply(SMALL, question=ASKS), reply(TALL))
    assert heard[1] in FORGE.say
    _, heard = talk(scenario(GOLD), reply(SMALL, question=ASKS), reply(GRAND))
    assert heard[1].endswith("I want it golden")


def test_a_list_is_turned_down_by_name_or_as_a_whole_with_the_reason_where_there_is_one() -> None:
    _, heard = talk(scenario(GOLD), reply(SMALL), reply(GRAND))
    assert "The Small" in heard[1]
    assert heard[1].endswith("I want it golden")
    _, heard = talk(scenario(GOLD), reply(SMALL, TALL), reply(GRAND))
    assert "The Small" not in heard[1]
    assert "none of th" in heard[1].casefold()
    _, heard = talk(scenario(replace(GOLD, object=())), reply(SMALL), reply(GRAND))
    assert "golden" not in heard[1]


def test_only_what_breaks_a_wish_is_turned_down_by_name() -> None:
    one = scenario(GOLD, likes=(Like("grand", ("{title} is mine.",)),))
    _, heard = talk(one, reply(GRAND, SMALL))
    assert "The Small" in heard[1]
    assert "The Grand" not in heard[1]


def test_turning_down_is_not_telling() -> None:
    run, _ = talk(scenario(GOLD), reply(SMALL), reply(TALL), reply(GRAND))
    assert run.failure is None


def test_scripted_messages_follow_the_first_list_one_a_turn_and_change_what_is_wanted() -> None:
    script = (
        Message(("never mind the price",), drops=("price",)),
        Message(("golden then",), wishes=(told(replace(GOLD, say=())),)),
    )
    one = scenario(CHEAP, then=script)
    run, heard = talk(one, reply(text="Hello."), reply(SMALL), reply(TALL), reply(GRAND))
    assert run.failure is None
    assert heard[2:] == ["never mind the price", "golden then"]
    assert talk(one, reply(SMALL), reply(TALL), reply(TALL))[0].failure == "violation"


def test_a_wish_of_a_message_replaces_those_on_its_facet_and_is_said_in_its_words() -> None:
    blue = Wanted("colour", "any", ("blue",))
    one = scenario(told(GOLD), then=(Message(("blue instead",), wishes=(blue,)),))
    ask = replace(ASKS, facet="colour")
    run, heard = talk(one, reply(GRAND), reply(question=ask), reply(TALL))
    assert (run.failure, heard[1:]) == (None, ["blue instead", "blue instead"])


def test_a_comparison_takes_the_value_of_the_item_and_keeps_the_other_wishes() -> None:
    message = Message(("more than {shown:1}",), compared=Compared("price", "above", 1))
    one = scenario(told(FORGE), then=(message,))
    run, heard = talk(one, reply(TALL), reply(GRAND))
    assert (run.failure, heard[1]) == (None, "more than The Tall")
    assert talk(one, reply(TALL), reply(TALL))[0].failure == "violation"


def test_an_item_without_a_number_is_nothing_to_compare_with() -> None:
    for facet, item in (("colour", TALL), ("since", SMALL)):
        message = Message(("less than {shown:1}",), compared=Compared(facet, "below", 1))
        assert talk(scenario(then=(message,)), reply(item))[0].failure is None


def test_no_phrase_names_more_items_than_were_shown() -> None:
    message = Message(("not {shown:3}", "as {shown:1}", "{shown:2}?"))
    for seed in range(20):
        _, heard = talk(scenario(then=(message,)), reply(TALL), seed=seed)
        assert heard[1] == "as The Tall"


def test_an_answer_must_hold_what_is_expected_and_the_last_list_is_chosen_from() -> None:
    one = scenario(told(GOLD), then=(Message(("how old?",), expects=("from  2019", "does not say")),))
    run, heard = talk(one, reply(GRAND), reply(text="It is From 2019."))
    assert (run.failure, len(heard)) == (None, 2)
    assert talk(one, reply(GRAND), reply(text="It is fine."))[0].failure == "answer"
    changed = scenario(then=(Message(("golden",), wishes=(GOLD,)),))
    assert talk(changed, reply(GRAND), reply(text="Noted."))[0].failure == "turns"


def test_a_person_draws_the_same_phrasings_for_a_seed_wherever_the_folder_stands() -> None:
    ways = tuple(f"a lamp number {number}" for number in range(50))
    said = [talk(scenario(opening=ways), reply(SMALL), seed=seed)[1][0] for seed in range(8)]
    assert said == [talk(replace(scenario(opening=ways), id="one"), reply(SMALL), seed=seed)[1][0] for seed in range(8)]
    assert len(set(said)) > 4
    assert said[0] == "a lamp number 23"  # in every process, on every machine


# The judge


def test_an_unmarked_item_that_breaks_a_told_wish_fails_the_conversation() -> None:
    assert talk(scenario(CHEAP), reply(TALL, SMALL))[0].failure == "violation"
    marked = replace(reply(SMALL), recommendations=(broken(TALL, "price"), *reply(SMALL).recommendations))
    assert talk(scenario(CHEAP), marked)[0].failure is None
    mismarked = replace(marked, recommendations=(broken(TALL, "colour"),))
    assert talk(scenario(CHEAP), mismarked)[0].failure == "violation"
    assert talk(scenario(replace(CHEAP, strength="soft")), reply(TALL))[0].failure is None


def test_where_nothing_fits_the_reply_has_to_say_so_and_to_mark_every_item() -> None:
    one = scenario(CHEAP, told(GOLD), nothing_fits=True)
    blocking = Constraint("price", "max", (20,))
    honest = Reply("Nothing.", (broken(SMALL, "colour"), broken(GRAND, "price")), DialogueState(), blocking=blocking)
    assert talk(one, honest)[0].failure is None
    assert talk(one, replace(honest, blocking=None))[0].failure == "turns"
    assert talk(one, replace(honest, recommendations=()))[0].failure is None
    silent = replace(honest, recommendations=reply(SMALL).recommendations)
    assert talk(one, silent)[0].failure == "violation"


def test_a_refusal_names_a_wish_that_excludes_most_and_comes_when_nothing_fits_what_was_told() -> None:
    def refusal(facet: str) -> Reply:
        return Reply("Nothing.", (), DialogueState(), blocking=Constraint(facet, "any", ("x",)))

    red = Wanted("colour", "any", ("red",), say=("red",))
    wishes = (red, told(replace(FORGE, say=("forged",))), CHEAP)  # one lamp misses red, one the forge, two the price
    one = scenario(*wishes, nothing_fits=True)
    assert talk(one, refusal("price"))[0].failure is None
    assert talk(one, refusal("size"))[0].failure == "turns"
    dear = Wanted("price", "above", (1_000,), say=("dear",))
    two = scenario(red, dear, nothing_fits=True)
    assert [talk(two, refusal(facet))[0].failure for facet in ("price", "colour")] == [None, "turns"]
    unsaid = scenario(red, replace(dear, told="asked"), nothing_fits=True)
    assert [talk(unsaid, refusal(facet))[0].failure for facet in ("price", "colour")] == ["turns", "turns"]
    assert talk(unsaid, reply(question=replace(ASKS, facet="price")), refusal("price"))[0].failure is None


def test_what_excludes_most_is_told_by_itself_or_by_what_is_left_without_it() -> None:
    missed = ({"wood", "foot"}, {"wood", "foot"}, {"wood", "cord"}, {"cord"})
    facets = ("wood", "foot", "cord")
    lamps = [lamp(str(place), **{facet: facet not in some for facet in facets}) for place, some in enumerate(missed)]
    one = scenario(*(Wanted(facet, "any", (True,), say=(facet,)) for facet in facets), nothing_fits=True)
    honest = [
        hold(
            one,
            Assistant(Reply("None.", (), DialogueState(), blocking=Constraint(facet, "any", ("true",)))),
            shelf=Shelf(lamps),
        ).failure
        is None
        for facet in facets
    ]
    assert honest == [True, False, True]  # three lack the wood; without the wish for a cord one would fit


def test_an_accepted_item_that_is_marked_although_it_meets_every_hard_wish_is_counted() -> None:
    marked = reply(recommendations=(broken(SMALL, "colour"),))
    run = talk(scenario(CHEAP), marked)[0]
    assert (run.failure, run.mismarked) == (None, True)
    assert not talk(scenario(CHEAP), reply(SMALL))[0].mismarked


GRADES: list[tuple[Mapping[str, Any], str]] = [
    ({"from": "PG-13"}, "pg13 r"),
    ({"from": "pg 13"}, "pg13 r"),
    ({"from": "NC-17"}, ""),
    ({"from": "R", "unrated": "restrict"}, "r none"),
    ({"from": "G", "order": ["R", "PG-13", "G"]}, "g"),
]


@pytest.mark.parametrize(("rule", "withheld"), GRADES)
def test_a_restricted_grade_is_known_by_the_scale_or_by_the_order_that_is_told(
    rule: Mapping[str, Any], withheld: str
) -> None:
    grades = {"g": "G", "pg13": "PG-13", "r": "Rated R (for much)", "none": "Not Rated"}
    shelf = Shelf([lamp(id, grade=grade) for id, grade in grades.items()])
    one = scenario(policy={"restricted": {"facet": "grade", "confirm": "adult", **rule}})
    assert [id for id in grades if shelf.withheld(id, one)] == withheld.split()


def test_a_refusal_counts_where_something_fits_what_was_told() -> None:
    refused = reply(text="Nothing.", blocking=Constraint("price", "max", (20,)))
    assert talk(scenario(CHEAP), refused, reply(SMALL))[0].refusals == 1
    assert talk(scenario(CHEAP, told(GOLD)), refused, reply(SMALL))[0].refusals == 0
    owner = scenario(CHEAP, owns=frozenset({"small"}), policy={"hide": ["owned"]})
    assert talk(owner, refused)[0].refusals == 0


def test_an_error_fails_its_conversation_alone() -> None:
    def respond(state: DialogueState, message: str) -> Reply:
        raise MessageError("Too long.", mend="Say less.")

    run = hold(scenario(), respond, shelf=SHELF)
    assert (run.failure, run.why) == ("error", ("MessageError: Too long. Say less.",))


def paid(item: Item, text: str, disclosure: str = "Sponsored") -> Reply:
    return reply(text=text, recommendations=(Recommendation(item, 1.0, {}, disclosure=disclosure),))


RULES: list[tuple[Mapping[str, Any], Mapping[str, Any], Reply, bool]] = [
    ({"hide": ["owned"]}, {"owns": frozenset({"tall"})}, reply(TALL), True),
    ({"hide": ["seen"]}, {"owns": frozenset({"tall"})}, reply(TALL), False),
    ({"hide": ["seen"]}, {"seen": frozenset({"tall"})}, reply(SMALL, TALL), True),
    ({}, {"seen": frozenset({"tall"})}, reply(TALL), False),
    ({"available": {"facet": "colour"}}, {"access": frozenset({"GOLD"})}, reply(TALL), True),
    ({"available": {"facet": "colour"}}, {"access": frozenset({"blue"})}, reply(TALL), False),
    ({"restricted": {"facet": "size", "from": "L", "confirm": "adult"}}, {}, reply(GRAND), True),
    ({"restricted": {"facet": "size", "from": "L", "confirm": "adult"}}, {}, reply(SMALL), False),
    (
        {"restricted": {"facet": "size", "from": "L", "confirm": "adult"}},
        {"confirmed": frozenset({"adult"})},
        reply(GRAND),
        False,
    ),
    ({"restricted": {"facet": "price", "from": 30, "confirm": "adult"}}, {}, reply(TALL), True),
    ({"restricted": {"facet": "price", "from": 31, "confirm": "adult"}}, {}, reply(TALL), False),
    ({"one_at_a_time": True}, {}, reply(SMALL, TALL), True),
    ({"one_at_a_time": True}, {}, reply(SMALL), False),
    ({"never_claim": ["free shipping"]}, {}, reply(text="With Free  shipping!"), True),
    ({"never_claim": ["ship"]}, {}, reply(text="With free shipping."), False),
    ({"never_claim": ["tall"]}, {}, reply(TALL, text="Here: The Tall."), False),
    ({"never_claim": ["coupon"]}, {}, reply(UP, text="Up, and a coupon."), True),
    ({"sponsored": {"items": ["tall"]}}, {}, paid(TALL, "1. The Tall: it is red.\nSponsored."), True),
    ({"sponsored": {"items": ["tall"]}}, {}, paid(TALL, "1. The Tall: red. Sponsored."), True),
    ({"sponsored": {"items": ["tall"]}}, {}, paid(TALL, "1. The Tall (sponsored): red."), False),
    ({"sponsored": {"items": ["tall"]}}, {}, paid(TALL, "1. The Tall, an ad: red."), False),
    ({"sponsored": {"items": ["tall"]}}, {}, paid(TALL, "1. The Tall, an adult size.", "size"), True),
    ({"sponsored": {"items": ["tall"]}}, {}, paid(TALL, "1. The Tall (sponsored): red.", " "), True),
    ({"sponsored": {"items": ["up"]}}, {}, paid(UP, "A sponsored supper."), True),
    ({"sponsored": {"items": ["up"]}}, {}, paid(UP, "Up, sponsored."), False),
    ({"sponsored": {"facet": "dimmable"}}, {}, reply(SMALL, text="The Small."), True),
    ({"sponsored": {"facet": "dimmable"}}, {}, reply(TALL, text="The Tall."), False),
    ({}, {}, reply(lamp("made-up")), True),
]


@pytest.mark.parametrize(("policy", "person", "answer", "breach"), RULES)
def test_a_broken_house_rule_fails_the_conversation(
    policy: Mapping[str, Any], person: Mapping[str, Any], answer: Reply, breach: bool
) -> None:
    one = scenario(policy=policy, **person)
    shelf = Shelf([*LAMPS, UP])
    assert bool(breaches(answer, one, shelf)) == breach
    assert (hold(one, Assistant(answer), shelf=shelf).failure == "rule") == breach


MET: list[tuple[Wanted, str]] = [
    (Wanted("price", "min", (30,)), "tall grand"),
    (Wanted("price", "above", (30,)), "grand"),
    (Wanted("price", "below", (30,)), "small"),
    (Wanted("price", "max", (30,)), "small tall"),
    (Wanted("price", "within", (5, 10, 80, 90)), "small grand"),
    (Wanted("price", "outside", (5, 10, 80, 90)), "tall"),
    (Wanted("price", "any", ("10",)), "small"),
    (Wanted("colour", "any", (" red", "gold")), "small tall grand"),
    (Wanted("colour", "none", ("BLUE",)), "small grand"),
    (Wanted("dimmable", "any", ("true",)), "small"),
    (Wanted("dimmable", "any", (False,)), "tall"),
    (Wanted("dimmable", "none", ("true",)), "tall grand"),
    (Wanted("since", "min", ("2019-01-01",)), "grand"),
    (Wanted("since", "below", ("2019-05-01",)), ""),
    (Wanted("since", "outside", ("2019-01-01", "2019-12-31")), "small tall"),
    (Wanted("parts", "none", ("soy",)), "tall grand"),
    (Wanted("parts", "none", ("so",)), "small tall grand"),
    (Wanted("parts", "any", ("Natural flavour",)), "small"),
    (Wanted("nothing", "any", ("x",)), ""),
    (Wanted("nothing", "none", ("x",)), "small tall grand"),
]


@pytest.mark.parametrize(("wish", "ids"), MET)
def test_an_item_meets_a_wish_by_what_it_holds(wish: Wanted, ids: str) -> None:
    assert list(SHELF.fitting([wish], scenario())) == ids.split()


# The files

FILE = """
kind = "changes"
catalog = "lamps"
[user]
owns = ["tall"]
[policy]
hide = ["owned"]
[opening]
say = ["a lamp, {wishes}"]
[[wishes]]
facet = "price"
op = "max"
values = [20]
say = ["cheap"]
[[likes]]
item = "grand"
say = ["{title} is nice"]
[[then]]
say = ["the price is no matter"]
drops = ["price"]
wishes = [{ facet = "made", op = "any", values = ["hall"] }]
compared = { facet = "price", op = "above", shown = 2 }
expects = { says = ["yes"] }
"""


def written(folder: Path, text: str = FILE, name: str = "open/a.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_is_read_from_toml_and_from_json(tmp_path: Path) -> None:
    import tomllib

    written(tmp_path)
    written(tmp_path, json.dumps(tomllib.loads(FILE)), "deep/locked/b.json")
    first, second = read_scenarios(tmp_path)
    assert (first.id, first.half, second.id, second.half) == ("deep/locked/b", "locked", "open/a", "open")
    assert replace(first, id="", half="") == replace(second, id="", half="")
    assert first.wishes == (replace(CHEAP, say=("cheap",)),)
    assert first.likes == (Like("grand", ("{title} is nice",)),)
    assert first.then[0].compared == Compared("price", "above", 2)
    assert first.then[0].expects == ("yes",)
    assert (first.owns, first.policy["hide"]) == ({"tall"}, ["owned"])


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("kind =", "sort =", "sort"),
        ("owns =", "has =", "user.has"),
        ("hide =", "hid =", "hid"),
        ('facet = "price"\nop', 'face = "price"\nop', "wishes[1].face"),
        ('op = "max"', 'op = "most"', "wishes[1].op"),
        ("values = [20]", 'values = "20"', "wishes[1].values"),
        ("values = [20]", "values = [20, 30]", "wishes[1].values"),
        ("values = [20]", 'values = ["cheap"]', "wishes[1].values"),
        ('"max"\nvalues = [20]', '"within"\nvalues = [20]', "wishes[1].values"),
        ('"max"\nvalues = [20]', '"within"\nvalues = [30, 20]', "wishes[1].values"),
        ('op = "above"', 'op = "within"', "then[1].compared.op"),
        ("values = [20]", "op2 = 1\nvalues = [20]", "wishes[1].op2"),
        ('say = ["cheap"]', "say = []", "wishes[1].say"),
        ('say = ["cheap"]', 'say = ["cheap"]\ntold = "late"', "wishes[1].told"),
        ("a lamp, {wishes}", "a lamp", "opening.say"),
        ("{title} is nice", "it is nice", "likes[1].say"),
        ("shown = 2", "shown = 0", "then[1].compared.shown"),
        ("says =", "holds =", "then[1].expects.holds"),
        ('{ facet = "made", op', '{ facet = "made", ops', "then[1].wishes[1].ops"),
    ],
)
def test_what_is_wrong_with_a_file_names_file_and_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert old in FILE
    path = written(tmp_path, FILE.replace(old, new))
    with pytest.raises(BadRecord) as error:
        read_scenario(path)
    assert (error.value.file, error.value.field) == (str(path), key)


def test_a_folder_without_scenarios_and_an_unknown_kind_are_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no scenarios"):
        read_scenarios(tmp_path)
    written(tmp_path)
    with pytest.raises(EvaluationError, match="changes"):
        evaluate_scenarios(tmp_path, worlds(reply(SMALL)), only="change")


# The report


def worlds(*replies: Reply) -> Callable[[str], Any]:
    @contextmanager
    def opened(name: str) -> Iterator[World]:
        if name != "lamps":
            raise CatalogNotFound("There is none.")
        yield World(SHELF, lambda scenario: Assistant(*replies))

    return opened


PLAIN = 'kind = "asked"\ncatalog = "lamps"\n[opening]\nsay = ["a lamp"]\n'


def test_pass_k_is_the_chance_that_k_phrasings_all_succeed() -> None:
    assert [pass_k(8, 8, 4), pass_k(3, 8, 4), pass_k(4, 8, 1)] == [1, 0, 0.5]
    assert pass_k(6, 8, 4) == pytest.approx(15 / 70)
    assert pass_k(2, 2, 4) != pass_k(2, 2, 4)


def test_scenarios_are_told_apart_by_half_and_kind_and_none_is_dropped(tmp_path: Path) -> None:
    written(tmp_path, PLAIN)
    hard = PLAIN.replace("asked", "rejections") + (
        '[[wishes]]\nfacet = "colour"\nop = "any"\nvalues = ["gold"]\ntold = "rejection"\nsay = ["golden"]\n'
    )
    written(tmp_path, hard, "locked/b.toml")
    written(tmp_path, PLAIN.replace("lamps", "chairs"), "open/c.toml")
    steps: list[tuple[int, int]] = []
    held = evaluate_scenarios(
        tmp_path, worlds(reply(SMALL)), seeds=5, progress=lambda _, done, total: steps.append((done, total))
    )
    report = scenario_report(held, seeds=5)
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert report.not_run == {"chairs": 1}
    assert [report.of("half", half).pass1.mean for half in ("open", "locked")] == [1, 0]
    assert [report.of("kind", kind).pass4.mean for kind in ("asked", "rejections")] == [1, 0]
    whole = report.of("all")
    assert (whole.scenarios, whole.runs, whole.given_up, whole.pass1.mean) == (2, 10, 5, 0.5)
    assert json.loads(json.dumps(report.to_json(), allow_nan=False))["not_run"] == {"chairs": 1}
    assert {row["id"]: row["successes"] for row in report.each} == {"open/a": 5, "locked/b": 0, "open/c": 0}


def test_transcripts_tell_of_what_failed_and_nothing_of_the_locked_half(tmp_path: Path) -> None:
    text = PLAIN + '[[wishes]]\nfacet = "price"\nop = "max"\nvalues = [20]\nsay = ["cheap"]\n'
    text = text.replace('"a lamp"', '"a lamp, {wishes}"')
    for name in ("open/a.toml", "locked/b.toml"):
        written(tmp_path / "scenarios", text, name)
    held = evaluate_scenarios(tmp_path / "scenarios", worlds(reply(TALL, text="Take it.")), seeds=2)
    assert write_transcripts(held, tmp_path / "told") == 1
    (file,) = (tmp_path / "told").iterdir()
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("== phrasing 0: violation: The Tall does not meet price")
    assert lines[2:4] == ["> a lamp, cheap", "Take it."]


def test_the_command_talks_to_what_is_indexed(rec: ChatRec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATREC_HOME", str(rec.settings.home))
    monkeypatch.setenv("CHATREC_LLM", "builtin")
    written(tmp_path, PLAIN.replace("lamps", "sample").replace("a lamp", "a comedy about friends"))
    written(tmp_path, PLAIN.replace("lamps", "chairs"), "locked/c.toml")
    out = tmp_path / "out.json"
    result = CliRunner().invoke(app, ["evaluate", "scenarios", str(tmp_path), "--seeds", "2", "--json", str(out)])
    assert result.exit_code == 0, result.output
    assert "1 scenarios were not run: there is no catalogue 'chairs'" in " ".join(result.output.split())
    told = json.loads(out.read_text(encoding="utf-8"))
    assert [row["scenarios"] for row in told["figures"] if row["by"] == "all"] == [1]
    assert [(row["id"], row["successes"]) for row in told["each"]] == [("locked/c", 0), ("open/a", 2)]


def test_a_language_model_takes_part_only_where_one_is_named(rec: ChatRec, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def making(settings: Settings) -> FakeChatModel:
        made.append(settings.llm)
        return FakeChatModel(answers=["nothing of use"])

    monkeypatch.setattr("chatrec.llm.models.chat_model", making)
    for llm in ("auto", "some:model"):
        with indexed(rec.settings.model_copy(update={"llm": llm}))("sample") as world:
            reply = world.assistant(replace(scenario(), catalog="sample"))(DialogueState(), "a comedy about friends")
            assert reply.recommendations
    assert made == ["some:model"]
