"""What the column of what was understood is made of: the list, facet controls, the drawing, scores, edits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrec import ChatRec
from chatrec.account import Scored
from chatrec.catalog import Item
from chatrec.catalog.schema import Facet, profile
from chatrec.dialogue.editing import Change
from chatrec.errors import ChatRecError, ConversationError, MessageError
from chatrec.session import Session
from chatrec.types import Constraint, Hit, Mention, Wish
from chatrec.ui.edits import Edit, carry_out, edit_of
from chatrec.ui.facet_controls import controls, held_of, shown_facets
from chatrec.ui.listing import listing
from chatrec.ui.plot import plot
from chatrec.ui.scores import scores_table

HOSTILE = "\"><script>alert(1)</script>'&"


class Tags(HTMLParser):
    """The tags of a piece of HTML in their order, with their attributes; every one that is opened is shut."""

    VOID = ("input", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [
            found for name, found in self.found if name == tag and all(found.get(k) == v for k, v in attributes.items())
        ]


# Facet controls


def schema() -> dict[str, Facet]:
    items = [
        Item(
            str(place),
            f"Item {place}",
            attributes={
                "price": 10.5 * (place + 1),
                "runtime_min": 60 + place,
                "released": f"20{place:02}-05-01",
                "colours": ("red", "blue") if place % 2 else ("red", HOSTILE),
                "content_rating": ("G", "PG", "PG-13", "R")[place % 4],
                "dimmable": place % 3 == 0,
                "maker": f"Maker {place % 12}",
                "blurb": f"A long text about the number {place} " * 9,
                "image_url": "pictures/of/it.png",
            },
        )
        for place in range(24)
    ]
    return profile(items)


SCHEMA = schema()


def drawn(*constraints: Constraint) -> Tags:
    return Tags(controls(SCHEMA, constraints, {"colours": {"red": 24, "blue": 12}}))


def test_every_facet_to_choose_by_has_a_control_and_no_other() -> None:
    assert {facet.name for facet in shown_facets(SCHEMA)} == {
        *("price", "runtime_min", "released", "colours", "content_rating", "dimmable", "maker"),
    }
    tags = drawn()
    assert len(tags.all("details")) == 7
    assert len(tags.all("select", name="choice")) == 1
    assert [field["min"] for field in tags.all("input", type="date")] == ["2000-05-01", "2000-05-01"]
    placeholders = [field["placeholder"] for field in tags.all("input", inputmode="decimal")]
    assert placeholders == ["10.5", "252", "60", "83"]
    assert tags.all("button") == []  # nothing is set, so there is nothing to clear


def test_values_stand_most_frequent_first_and_a_scale_in_its_order() -> None:
    html = controls(SCHEMA, (), {"colours": {"red": 24, "blue": 12}})
    values = [box["value"] for box in Tags(html).all("input", type="checkbox")]
    assert values[values.index("red") :][:3] == ["red", HOSTILE, "blue"]
    assert [value for value in values if value in ("G", "PG", "PG-13", "R")] == ["G", "PG", "PG-13", "R"]
    assert '<span class="count">24</span>' in html
    makers = [value for value in values if value.startswith("Maker")]  # type: ignore[union-attr]
    others = [option["value"] for option in Tags(html).all("option") if (option["value"] or "").startswith("Maker")]
    assert len(makers) == 8
    assert sorted([*makers, *others]) == sorted(f"Maker {place}" for place in range(12))  # type: ignore[type-var]


def test_nothing_of_the_catalogue_is_markup() -> None:
    tags = drawn(Constraint("colours", "any", (HOSTILE,)), Constraint("colours", "none", (HOSTILE * 2,)))
    assert tags.all("script") == []
    assert [box["value"] for box in tags.all("input", type="checkbox") if "checked" in box] == [HOSTILE]


@pytest.mark.parametrize(
    ("constraints", "low", "high"),
    [
        ([("price", "min", (20,))], "20", ""),
        ([("price", "below", (20.5,))], "", "20.5"),
        ([("price", "above", (20,)), ("price", "max", (90,))], "20", "90"),
        ([("price", "within", (20, 90))], "20", "90"),
        ([("price", "any", (31.5,))], "31.5", "31.5"),
        ([("released", "within", ("2001-01-01", "2001-12-31"))], "2001-01-01", "2001-12-31"),
    ],
)
def test_a_range_shows_what_is_held(constraints: list[tuple[Any, ...]], low: str, high: str) -> None:
    held = [Constraint(*each) for each in constraints]
    shown = held_of(held, SCHEMA[held[0].facet])
    assert (shown.low, shown.high, shown.rest) == (low, high, "")


def test_what_a_range_cannot_show_is_told() -> None:
    held = held_of([Constraint("price", "within", (1, 2, 5, 6))], SCHEMA["price"])
    assert (held.low, held.high, held.rest) == ("", "", "1 to 2 or 5 to 6")


def test_several_that_all_must_hold_are_shown_as_such() -> None:
    both = [Constraint("colours", "any", ("red",)), Constraint("colours", "any", ("blue",))]
    assert held_of(both, SCHEMA["colours"]).match == "all"
    assert held_of([Constraint("colours", "any", ("red", "blue"))], SCHEMA["colours"]).match == "any"
    chosen = drawn(*both).all("select", name="match")
    assert len(chosen) == 1


# The list


CHANGES = (
    Change(1, "wish", HOSTILE, Wish(HOSTILE, 1)),
    Change(1, "constraint", "price: at most 20", Constraint("price", "max", (20,), turn=1)),
    Change(2, "preference", "maker: Maker 1", Constraint("maker", "any", ("Maker 1",), "soft", 2), on=False),
    Change(3, "liked", "Item 1", Mention("1", 3)),
)


def test_the_list_is_in_groups_and_everything_can_be_switched_and_removed() -> None:
    html = listing(CHANGES, controls={"price"})
    tags = Tags(html)
    assert re.findall(r"<h3>(.*?)</h3>", html) == ["Looking for", "Must", "Rather", "Liked"]
    switches = tags.all("button", role="switch")
    assert [(switch["data-at"], switch["aria-checked"]) for switch in switches] == [
        *(("0", "true"), ("1", "true"), ("2", "false"), ("3", "true")),
    ]
    assert [button["data-at"] for button in tags.all("button", **{"data-edit": "remove"})] == ["0", "1", "2", "3"]
    assert [button["data-turn"] for button in tags.all("button") if "data-turn" in button] == ["1", "1", "2", "3"]
    assert [button["data-opens-facet"] for button in tags.all("button") if "data-opens-facet" in button] == ["price"]
    assert tags.all("script") == []
    assert [field["value"] for field in tags.all("input", name="words")] == [HOSTILE]


def test_an_empty_list_says_what_it_is_for() -> None:
    assert "you can correct it" in listing(())


# The drawing and the scores


def test_the_drawing_tells_in_words_where_each_item_lies(rec: ChatRec) -> None:
    session = rec.session()
    session.send("a comedy from the nineties")
    rooms = rec.rooms(speaking=False)
    html = plot(rooms, session.fitting(), session.state.listed, wanted=["year", "runtime", "no such", "year"])
    tags = Tags(html)
    assert [len(tags.all("select", name=name)) for name in "xy"] == [1, 1]
    (svg,) = tags.all("svg")
    assert svg["role"] == "img"
    assert "by year and runtime (min) among" in (svg["aria-label"] or "")
    items = {item.id: item for item in rooms.retriever.snapshot.items.get(list(session.state.listed))}
    for place, item_id in enumerate(session.state.listed, 1):
        item = items[item_id]
        assert f"{place}. {item.title}: year {item.attributes['year']}, runtime (min)" in re.sub("&#x27;", "'", html)
    assert len(tags.all("circle", **{"class": "dot"})) == session.fitting().sum() - sum(
        bool(session.fitting()[rooms.retriever.snapshot.items.row(item_id)]) for item_id in session.state.listed
    )


def test_without_items_or_numbers_the_drawing_says_so(rec: ChatRec) -> None:
    session = rec.session()
    assert "Once items are shown" in plot(rec.rooms(speaking=False), session.fitting(), ())


def test_scores_are_those_the_routes_gave_in_that_turn(rec: ChatRec) -> None:
    session = rec.session()
    session.send("a funny heist")
    reply = session.send("something else, in English")
    scored = session.scores()
    assert [each.item_id for each in scored] == [shown.item.id for shown in reply.recommendations]
    for each, shown in zip(scored, reply.recommendations, strict=True):
        assert {name: (hit.rank, hit.score) for name, hit in each.hits.items()} == {
            name: (hit.rank, hit.score) for name, hit in shown.hits.items()
        }
    html = scores_table(scored)
    tags = Tags(html)
    assert len(tags.all("th", scope="row")) == len({name for each in scored for name in each.hits}) + 1
    assert "—" in scores_table(
        [Scored("a", HOSTILE, None, {"words": Hit("a", "words", 0.5, 1)}), Scored("b", "B", 1.0, {})]
    )
    assert scores_table([]) == '<p class="quiet">Nothing is shown yet.</p>'


# Edits


def written(**what: Any) -> str:
    return json.dumps({"do": "switch", "turn": 1, "at": 0, "stamp": "1"} | what)


@given(
    st.one_of(
        st.text(max_size=60),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["do", "turn", "at", "values", "facet", "low"]), inner, max_size=4)
            ),
        ).map(json.dumps),
    )
)
def test_whatever_a_page_writes_is_an_edit_or_nothing(text: str) -> None:
    assert edit_of(text) is None or isinstance(edit_of(text), Edit)


@pytest.mark.parametrize(
    "text",
    [
        written(do="drop"),
        written(at="0"),
        written(at=True),
        written(turn=1.5),
        written(values="red"),
        written(values=[1]),
        written(values=["x"] * 201),
        written(text=["x"]),
        "x" * 10_001,
        "[]",
    ],
)
def test_what_is_no_edit_is_left(text: str) -> None:
    assert edit_of(text) is None


@pytest.fixture
def session(rec: ChatRec) -> Session:
    session = rec.session()
    session.send("a comedy under two hours, ideally in French")
    return session


def edited(rec: ChatRec, session: Session, **what: Any) -> None:
    edit = edit_of(json.dumps({"turn": session.state.turn, **what}))
    assert edit is not None
    carry_out(edit, session, rec.rooms().retriever.snapshot.schema)


def held(session: Session, facet: str) -> list[tuple[str, tuple[object, ...], str]]:
    return [(known.op, known.values, known.strength) for known in session.state.constraints if known.facet == facet]


@pytest.mark.parametrize(
    ("what", "facet", "expected"),
    [
        ({"facet": "runtime", "high": "100"}, "runtime", [("max", (100,), "hard")]),
        (
            {"facet": "runtime", "low": "90", "high": "120"},
            "runtime",
            [("min", (90,), "hard"), ("below", (120,), "hard")],
        ),
        (
            {"facet": "runtime", "low": "120", "high": "90,5"},
            "runtime",
            [("min", (90.5,), "hard"), ("below", (120,), "hard")],
        ),
        ({"facet": "runtime"}, "runtime", []),
        ({"facet": "genres", "values": ["Comedy", "Drama"]}, "genres", [("any", ("Comedy", "Drama"), "hard")]),
        (
            {"facet": "genres", "values": ["Comedy", "Drama"], "match": "all"},
            "genres",
            [("any", ("Comedy",), "hard"), ("any", ("Drama",), "hard")],
        ),
        (
            {"facet": "languages", "values": ["French", "Italian"]},
            "languages",
            [("any", ("French", "Italian"), "soft")],
        ),
        ({"facet": "content_rating", "values": ["PG"]}, "content_rating", [("any", ("PG",), "hard")]),
    ],
)
def test_a_control_writes_to_the_same_state(
    rec: ChatRec, session: Session, what: Mapping[str, Any], facet: str, expected: list[object]
) -> None:
    others = [known for known in session.state.constraints if known.facet != facet]
    edited(rec, session, do="facet", **what)
    assert held(session, facet) == expected
    assert [known for known in session.state.constraints if known.facet != facet] == others


def test_what_is_not_wanted_stays_so_until_it_is_chosen(rec: ChatRec, session: Session) -> None:
    session.send("no horror")
    edited(rec, session, do="facet", facet="genres", values=["Comedy"])
    assert held(session, "genres") == [("any", ("Comedy",), "hard"), ("none", ("Horror",), "hard")]
    edited(rec, session, do="facet", facet="genres", values=["Horror"])
    assert held(session, "genres") == [("any", ("Horror",), "hard")]
    edited(rec, session, do="lift", facet="genres")
    assert held(session, "genres") == []


def at(session: Session, words: str) -> int:
    return next(place for place, change in enumerate(session.changes()) if words in change.text)


def test_what_is_listed_is_edited_in_its_place(rec: ChatRec, session: Session) -> None:
    edited(rec, session, do="strength", at=at(session, "runtime"))
    assert held(session, "runtime") == [("below", (120,), "soft")]
    edited(rec, session, do="switch", at=at(session, "runtime"))
    assert held(session, "runtime") == []
    edited(rec, session, do="undo")
    edited(rec, session, do="words", at=at(session, "ideally"), text="  about a   wedding ")
    assert [wish.text for wish in session.state.wishes] == ["about a wedding"]
    session.send("the shortest")
    edited(rec, session, do="reverse", at=at(session, "shortest first"))
    assert session.state.order is not None
    assert session.state.order.direction == "most"
    edited(rec, session, do="remove", at=at(session, "longest first"))
    assert session.state.order is None


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ({"do": "switch", "at": 99}, ConversationError),
        ({"do": "facet", "facet": "colour"}, MessageError),
        ({"do": "facet", "facet": "runtime", "low": "long"}, MessageError),
        ({"do": "switch", "at": 0, "turn": 7}, ConversationError),
    ],
)
def test_an_edit_that_cannot_be_made_leaves_all_as_it_was(
    rec: ChatRec, session: Session, what: Mapping[str, Any], error: type[ChatRecError]
) -> None:
    before = session.state
    with pytest.raises(error):
        edited(rec, session, **what)
    assert session.state == before


def test_what_is_off_has_no_part_in_what_fits(rec: ChatRec, session: Session) -> None:
    fewer = session.fitting().sum()
    edited(rec, session, do="switch", at=at(session, "runtime"))
    assert session.fitting().sum() > fewer
    reply = [event for event in session.stream(None)][-1].reply  # type: ignore[union-attr]
    assert len(reply.recommendations) == rec.settings.n
    assert all("Comedy" in shown.item.attributes["genres"] for shown in reply.recommendations)
    kept = session.turns[-1]
    assert (kept.message, len(kept.item_ids)) == ("", rec.settings.n)
    assert replace(reply.state, before=None) == session.state
