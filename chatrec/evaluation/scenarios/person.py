"""The scripted person of a scenario: what they say next, chosen among their phrasings by a seed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from chatrec.catalog import Item
from chatrec.evaluation.scenarios.outcome import Shelf, number_in
from chatrec.evaluation.scenarios.scenario import NUMERIC, SHOWN, TITLE, WISHES, Message, Scenario, Wanted
from chatrec.types import Reply

NO_PREFERENCE = (
    "no preference",
    "I don't mind.",
    "That doesn't matter to me.",
    "whatever, I'm easy",
)
NOT_THIS = ("Not {title}.", "not {title}", "No, not {title}.", "{title} is not for me.")
NONE_OF_THESE = ("None of these.", "none of these", "No, none of those.", "Hm, none of these will do.")
KNOWN = ("I know {title} already.", "{title} I know.", "I've had {title} before.", "not {title}, that's where I began")
AGAIN = ("I asked for {wishes}.", "{wishes}, please", "As I said: {wishes}.", "What I want is {wishes}.")
ANYTHING = (
    "Just suggest something.",
    "show me some",
    "What do you recommend?",
    "Anything you would recommend, please.",
)


class Person:
    """One conversation's worth of a scenario's person.

    `wishes` are those in force; `told` those of them that were said in so many words: turning an item down is not
    telling, whatever is objected to it. `listed` is the last list of items.
    """

    def __init__(self, scenario: Scenario, *, seed: int, shelf: Shelf) -> None:
        self.scenario = scenario
        self.wishes = list(scenario.wishes)
        self.told: list[Wanted] = []
        self.listed: tuple[Item, ...] = ()
        self.asked: Message | None = None
        """The scripted message that is being answered."""
        self.turned_down: set[str] = {like.item for like in scenario.likes}
        self._shelf = shelf
        self._then = list(scenario.then)
        self._draws: Counter[str] = Counter()
        self._name = f"{scenario.id.rpartition('/')[2]}:{seed}"  # the same wherever its folder stands

    @property
    def scripted(self) -> bool:
        """Whether there is still a scripted message to say."""
        return bool(self._then)

    def opening(self) -> str:
        """The first message: what they like, a sentence each, and what they want."""
        likes = [
            self._draw(like.say, f"like {like.item}").replace(TITLE, self._shelf.title(like.item) or like.item)
            for like in self.scenario.likes
        ]
        self.told = [wish for wish in self.wishes if wish.told == "at once"]
        said = self._draw(self.scenario.opening, "opening").replace(WISHES, self._said(self.told))
        return " ".join([*map(_sentence, likes), said])

    def look(self, reply: Reply) -> None:
        """Takes a reply's list in, where it has one."""
        if reply.recommendations:
            self.listed = tuple(shown.item for shown in reply.recommendations)

    def choice(self, reply: Reply) -> int | None:
        """The place in the list, from 0, of the item that is accepted; None where none is, or not yet.

        After an answer to a question that changed no wish, the last list is the one to choose from.
        """
        answered = self.asked is not None and not self.asked.changes
        if self.scripted or not (reply.recommendations or answered):
            return None
        return next((place for place, item in enumerate(self.listed) if self._fits(item)), None)

    def answer(self, reply: Reply) -> str:
        """What is said to a reply with nothing in it to accept."""
        asked, self.asked = self.asked, None
        question = reply.question.facet if reply.question else ""
        if self._then and self.listed and (reply.recommendations or not question):
            return self._script(self._then.pop(0))
        wished = [wish for wish in self.wishes if wish.facet == question]
        if wished:
            self._tell(wished)
            return self._said(wished)
        if reply.recommendations or (asked and not asked.changes and self.listed):
            return self._rejection()
        if question:
            return self._draw(NO_PREFERENCE, "no preference")
        if self.told:
            return self._draw(AGAIN, "again").replace(WISHES, self._said(self.told))
        return self._draw(ANYTHING, "anything")

    def _fits(self, item: Item) -> bool:
        """Whether an item is one to accept: it meets every hard wish in force, and was not named in the opening."""
        named = any(item.id == like.item for like in self.scenario.likes)
        return not named and not self._broken(item, self.wishes)

    def _broken(self, item: Item, wishes: Sequence[Wanted]) -> list[Wanted]:
        return [wish for wish in wishes if wish.strength == "hard" and not self._shelf.meets(item.id, wish)]

    def _tell(self, wishes: Sequence[Wanted]) -> None:
        self.told += [wish for wish in wishes if wish not in self.told]

    def _script(self, message: Message) -> str:
        """Says a scripted message, whose wishes are told by it."""
        said = self._with_titles(message.say)
        new = [_said_by(wish, said) for wish in message.wishes]
        gone = {*message.drops, *(wish.facet for wish in new)}
        if compared := message.compared:
            item = self.listed[min(compared.shown, len(self.listed)) - 1]
            held = item.attributes.get(compared.facet)
            if held is not None and (compared.op not in NUMERIC or number_in(held)):  # else nothing to compare with
                values = held if isinstance(held, tuple) else (held,)
                new.append(Wanted(compared.facet, compared.op, values, say=(said,)))
        self.wishes = [wish for wish in self.wishes if wish.facet not in gone] + new
        self.told = [wish for wish in self.told if wish in self.wishes]
        self._tell(new)
        self.asked = message
        return said

    def _with_titles(self, say: Sequence[str]) -> str:
        """One of these phrases, with titles of the last list in it: one that names no more of them than there are."""
        places = [max(map(int, SHOWN.findall(phrase)), default=0) for phrase in say]
        sayable = [phrase for phrase, place in zip(say, places, strict=True) if place <= len(self.listed)]
        phrase = self._draw(sayable or say, f"then {len(self._then)}")
        last = len(self.listed)
        return SHOWN.sub(lambda found: self.listed[min(int(found[1]), last) - 1].title, phrase)

    def _rejection(self) -> str:
        """Turns the list down: by name, as a whole where every item breaks a wish that was not told, with a reason."""
        untold = [wish for wish in self.wishes if wish not in self.told]
        broken = [(item, wishes) for item in self.listed if (wishes := self._broken(item, untold))]
        self.turned_down |= {item.id for item in self.listed}
        if not broken:
            return self._reminder()
        if len(broken) == len(self.listed) > 1:
            said = self._draw(NONE_OF_THESE, "none of these")
        else:
            said = " ".join(
                _sentence(self._draw(NOT_THIS, "not this").replace(TITLE, item.title)) for item, _ in broken
            )
        reason = next((wish for _, wishes in broken for wish in wishes if wish.object), None)
        return f"{_sentence(said)} {self._draw(reason.object, f'object {reason.facet}')}" if reason else said

    def _reminder(self) -> str:
        """What is said to items that are known, or that do not meet what was told."""
        missed = [wish for wish in self.told if any(wish in self._broken(item, [wish]) for item in self.listed)]
        if missed:
            again = self._draw(AGAIN, "again").replace(WISHES, self._said(missed))
            return f"{_sentence(self._draw(NONE_OF_THESE, 'none of these'))} {again}"
        return " ".join(_sentence(self._draw(KNOWN, "known").replace(TITLE, item.title)) for item in self.listed)

    def _said(self, wishes: Sequence[Wanted]) -> str:
        return ", ".join(self._draw(wish.say, f"wish {wish.facet} {wish.op} {wish.values}") for wish in wishes)

    def _draw(self, ways: Sequence[str], what: str) -> str:
        """One of several ways to say something; the next time, another draw."""
        self._draws[what] += 1
        digest = hashlib.sha256(f"{self._name}:{what}:{self._draws[what]}".encode()).digest()
        return ways[int.from_bytes(digest[:8], "big") % len(ways)]


def _said_by(wish: Wanted, message: str) -> Wanted:
    """A wish whose words, unless it has its own, are those of the message that told it."""
    return wish if wish.say else Wanted(wish.facet, wish.op, wish.values, wish.told, wish.strength, (message,))


def _sentence(text: str) -> str:
    """A phrase with a full stop, unless it ends like a sentence."""
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
