"""The moments of a past dialogue at which something was recommended, and what the routes are asked at each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chatrec.catalog import Dialogue
from chatrec.types import Query


@dataclass(frozen=True, slots=True)
class Moment:
    """An assistant's turn that names items for the first time (`targets`), and what it could go on.

    `turn` is the place of that utterance in the dialogue, from 0; `said` are the utterances before it as
    (role, text) and `mentioned` the ids named in them, both in order.
    """

    dialogue_id: str
    turn: int
    said: tuple[tuple[str, str], ...]
    mentioned: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.dialogue_id}:{self.turn}"


def moments(dialogue: Dialogue) -> Iterator[Moment]:
    """One for each assistant's utterance that names items not named before.

    The opening of a dialogue is none, whatever it names: nobody has asked for anything yet.
    """
    named: dict[str, None] = {}  # a set that keeps its order
    said: list[tuple[str, str]] = []
    for turn, utterance in enumerate(dialogue.utterances):
        targets = tuple(dict.fromkeys(item_id for item_id in utterance.items if item_id not in named))
        if targets and said and utterance.role == "assistant":
            yield Moment(dialogue.id, turn, tuple(said), tuple(named), targets)
        named |= dict.fromkeys(targets)
        said.append((utterance.role, utterance.text))


def query_of(moment: Moment) -> Query:
    """What the routes are asked at that moment: the user's latest words, the earlier ones, the items named so far."""
    wishes = [text for role, text in reversed(moment.said) if role == "user" and text.strip()]
    return Query(
        text=wishes[0] if wishes else "",
        history=tuple(wishes[1:]),
        liked=moment.mentioned,
        excluded=frozenset(moment.mentioned),
    )
