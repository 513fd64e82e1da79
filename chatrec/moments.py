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
        said=tuple(text for _, text in reversed(moment.said) if text.strip()),
        liked=moment.mentioned,
        excluded=frozenset(moment.mentioned),
    )


@dataclass(frozen=True, slots=True)
class Memory:
    """A past dialogue up to one of its moments, to be found again: what was said, the latest first, and the ids of all
    the items named until then, those recommended at that moment included."""

    id: str
    dialogue_id: str
    text: str
    items: tuple[str, ...]


def memories(dialogue: Dialogue) -> Iterator[Memory]:
    """One for each moment; where there is none, one of the whole dialogue. None of a dialogue without items."""
    found = False
    for moment in moments(dialogue):
        found = True
        yield Memory(moment.id, dialogue.id, query_of(moment).talk, (*moment.mentioned, *moment.targets))
    named = tuple(dict.fromkeys(item_id for utterance in dialogue.utterances for item_id in utterance.items))
    if named and not found:
        said = "\n".join(utterance.text for utterance in reversed(dialogue.utterances) if utterance.text.strip())
        yield Memory(f"{dialogue.id}:", dialogue.id, said, named)
