"""Items named in a message are found by title and year, typos allowed, and ordinary words are left alone."""

import pytest

from chatrec.dialogue import cues
from chatrec.dialogue.titles import TitleIndex

TITLES = TitleIndex(
    [
        ("heat-1995", "Heat", 1995),
        ("heat-1986", "Heat", 1986),
        ("up-2009", "Up", 2009),
        ("it-2017", "It", 2017),
        ("spirited-away", "Spirited Away", 2001),
        ("third-man", "The Third Man", 1949),
        ("amelie", "Amélie", 2001),
        ("her", "Her", 2013),
        ("some-like-it-hot", "Some Like It Hot", 1959),
    ],
    weights={"heat-1995": 9.0, "heat-1986": 1.0},
)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("I loved Heat", ["heat-1995"]),
        ("something like Heat (1986), please", ["heat-1986"]),
        ("i loved spirited away", ["spirited-away"]),
        ("i loved spirted away", ["spirited-away"]),
        ("We watched The Thrid Man yesterday", ["third-man"]),
        ("third man, anyone?", []),
        ("like Up and Her", ["up-2009", "her"]),
        ("I loved it, and I like her", []),
        ("I give up, it is up to her", []),
        ("Some Like It Hot is my favourite", ["some-like-it-hot"]),
        ('a film such as "amélie"', ["amelie"]),
        ("something in this heat", []),
        ("heat 1995", ["heat-1995"]),
    ],
)
def test_titles_are_found_where_a_message_names_them(message: str, named: list[str]) -> None:
    assert [found.item_id for found in TITLES.find(message, cues=cues.ANNOUNCES)] == named


@pytest.mark.parametrize(
    ("clause", "attitude"),
    [
        ("I loved ", "liked"),
        ("I hated ", "disliked"),
        ("I did not like ", "disliked"),
        ("something with robots, not ", "rejected"),
        ("I've already seen ", "seen"),
        ("I have seen and loved ", "liked"),
        ("", "liked"),
    ],
)
def test_the_words_before_a_title_tell_the_attitude(clause: str, attitude: str) -> None:
    assert cues.attitude(clause) == attitude
