"""The values that travel through a turn: a Hit gains fields to become a Candidate and then a Recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from chatrec.catalog import Item
from chatrec.errors import ChatRecError

Op: TypeAlias = Literal["any", "none", "min", "max", "above", "below", "within", "outside"]
Strength: TypeAlias = Literal["hard", "soft"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition on a facet, with the turn it came from and the user's words for it.

    `op` "any": the facet holds at least one of `values`; "none": it holds none of them; "min"/"max": the number is at
    least / at most `values[0]`; "above"/"below": it is more / less; "within"/"outside": it lies / does not lie in one
    of the ranges low, high, low, high, ... (both ends belong to it). An item that lacks the facet fails all but "none"
    and "outside".
    """

    facet: str
    op: Op
    values: tuple[str | float | bool, ...]
    strength: Strength = "hard"
    turn: int = 0
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Order:
    """The wish for the least or the most of a number ("the cheapest"), with the turn."""

    facet: str
    direction: Literal["least", "most"]
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Lesson:
    """What turning items down has taught: items whose `facet` holds `value` are less welcome, by `weight` (0 to 1)."""

    facet: str
    value: str
    weight: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was put to the user, on one facet, in which turn."""

    facet: str
    turn: int


@dataclass(frozen=True, slots=True)
class Mention:
    """An item the user named or was shown, with the turn."""

    item_id: str
    turn: int


@dataclass(frozen=True, slots=True)
class Wish:
    """Something the user asked for in free words, with the turn."""

    text: str
    turn: int


Held: TypeAlias = Wish | Constraint | Order | Mention


@dataclass(frozen=True, slots=True)
class Off:
    """Something the user switched off: kept, and without effect. `field` of the dialogue state holds it while it is on;
    `place` is where it stands there, counting what is off as well."""

    field: str
    value: Held
    place: int = 0


@dataclass(frozen=True, slots=True)
class DialogueState:
    """What a conversation has come to. `turn` counts finished turns; `intent` is the act of the last message.

    `listed` is the last list of items in its order, `about` are the items talked of last, which "it" and "that one"
    mean; `since` is the turn in which the conditions changed last; `lessons` what turning items down taught;
    `questions` what the user was asked; `off` what is kept without effect, which no other field holds. `before` is the
    state that the last change of mind can go back to.
    """

    turn: int = 0
    intent: str = "recommend"
    wishes: tuple[Wish, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    order: Order | None = None
    liked: tuple[Mention, ...] = ()
    disliked: tuple[Mention, ...] = ()
    rejected: tuple[Mention, ...] = ()
    accepted: tuple[Mention, ...] = ()
    seen: tuple[Mention, ...] = ()
    shown: tuple[Mention, ...] = ()
    listed: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    since: int = 0
    lessons: tuple[Lesson, ...] = ()
    questions: tuple[Asked, ...] = ()
    off: tuple[Off, ...] = ()
    before: DialogueState | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UserProfile:
    """What a user owns, has seen, has saved (ids of items), has access to (services, memberships), has confirmed."""

    id: str
    owns: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    access: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    saved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Query:
    """What the routes are asked.

    `text` is the latest request in free words, `history` the earlier ones, latest first; `liked` the items named
    with approval in the order in which they were, the latest last, and `since_liked` how many wishes came after the
    latest of them; `constraints` the hard ones, `preferences` the soft ones, `order` the number to order by, `lessons`
    what is less welcome; `excluded` ids that must not come back.
    `said` is the talk so far, both sides of it, the latest first, where the other side's words tell something (in past
    dialogues between people); empty: `text` and `history`.
    The retriever fills in, once for all routes, `vector` (the request's embedding, unit length) and `mask` (which
    items, by row of the snapshot, may come back; None: all).
    """

    text: str
    history: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    vector: Any = field(default=None, compare=False, repr=False)
    mask: Any = field(default=None, compare=False, repr=False)
    liked: tuple[str, ...] = ()
    since_liked: int = 0
    constraints: tuple[Constraint, ...] = ()
    preferences: tuple[Constraint, ...] = ()
    order: Order | None = None
    lessons: tuple[Lesson, ...] = ()
    excluded: frozenset[str] = frozenset()

    @property
    def wishes(self) -> str:
        """The user's words, the latest first."""
        return "\n".join(text for text in (self.text, *self.history) if text.strip())

    @property
    def talk(self) -> str:
        """All words that there are, the latest first."""
        return "\n".join(self.said) or self.wishes


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage or fact of one item that a claim can rest on.

    `ref` is `item_id#description`, `item_id#review:<review id>` or `item_id#fact:<facet>`; `quote` is text that
    stands literally in what `ref` names (empty until the retriever has loaded the item); `score` says how well it
    answers the query, higher is better.
    """

    ref: str
    item_id: str
    quote: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """An item one route found: its score on that route's own scale (higher is better) and its rank from 1."""

    item_id: str
    route: str
    score: float
    rank: int
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item some routes found, fused: `score` orders candidates; `hits` keeps every route's own score."""

    item: Item
    score: float
    hits: Mapping[str, Hit]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """What somebody said in a past dialogue, and the titles of the items they were recommended last."""

    words: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an explanation and the refs it rests on."""

    text: str
    refs: tuple[str, ...]
    written: bool = False
    """Whether a language model wrote it, and it was found to say what the refs say; else it is the catalogue's own."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an item is recommended, claim by claim."""

    claims: tuple[Claim, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(claim.text for claim in self.claims)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A candidate that is shown, with its reasons.

    `breaks` are the conditions it does not meet, where nothing meets all; `disclosure` is what the catalogue's policy
    has to be said with it.
    """

    item: Item
    score: float
    hits: Mapping[str, Hit]
    evidence: tuple[Evidence, ...] = ()
    explanation: Explanation = field(default_factory=Explanation)
    breaks: tuple[Constraint, ...] = ()
    disclosure: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the user, on one facet, with the values it tells apart best."""

    facet: str
    text: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A next message worth sending: `message` are the words to send, `label` a few that stand for them.

    `kind` is what sending it does: "option" answers the open question, "relax" lets go of the conditions on `facet`,
    "more" and "less" ask for more or less of the number or the steps of `facet`, "without" for items without a value
    of it, "surprise" for something unlikely.
    """

    label: str
    message: str
    kind: Literal["option", "relax", "more", "less", "without", "surprise"]
    facet: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was degraded or prevented in a turn: a `kind` to count by, and a sentence to read."""

    kind: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens the language models read and wrote in a turn; zeros without one.

    `cost` is in US dollars at list price, None where that is not known; `models` are the names of those that answered.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    models: tuple[str, ...] = ()

    @property
    def _known_cost(self) -> float | None:
        return self.cost if self.input_tokens or self.output_tokens else self.cost or 0.0

    def __add__(self, other: Usage) -> Usage:
        """What both used. A cost that is not known makes the sum unknown, but for that of no tokens at all."""
        ours, theirs = self._known_cost, other._known_cost
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            None if ours is None or theirs is None else ours + theirs,
            tuple(dict.fromkeys((*self.models, *other.models))),
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one message. `timings` maps a stage to milliseconds; `stopped`: the user cut it short.

    `claims` are sentences of `text` that rest on evidence of items which are not recommended in it, such as the answer
    to a question about one; `question` is what the user is asked; `blocking` is the condition that excludes most,
    where nothing meets all of them; `opening` is what `text` says before its items; `suggestions` are next messages.
    """

    text: str
    recommendations: tuple[Recommendation, ...]
    state: DialogueState
    notes: tuple[Note, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    stopped: bool = False
    claims: tuple[Claim, ...] = ()
    question: Question | None = None
    blocking: Constraint | None = None
    opening: str = ""
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as a kept turn showed it: its reasons, the `refs` of its evidence, best first, what it breaks."""

    item_id: str
    claims: tuple[Claim, ...] = ()
    refs: tuple[str, ...] = ()
    breaks: tuple[Constraint, ...] = ()
    disclosure: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A finished turn as it is kept: what was said, what was answered, which items were shown.

    A turn without a message is a change made by hand. From `opening` on the fields are those of `Reply`, and empty in
    turns that were kept before these fields were; quotes are not kept, their refs are.
    """

    number: int
    message: str
    reply: str
    item_ids: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    stopped: bool = False
    opening: str = ""
    shown: tuple[Shown, ...] = ()
    claims: tuple[Claim, ...] = ()
    question: Question | None = None
    blocking: Constraint | None = None
    suggestions: tuple[Suggestion, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class StageEvent:
    """A stage begins: "understanding", "finding", "ranking" or "writing"."""

    stage: str
    kind: ClassVar[str] = "stage"


@dataclass(frozen=True, slots=True)
class StateEvent:
    state: DialogueState
    kind: ClassVar[str] = "state"


@dataclass(frozen=True, slots=True)
class CardsEvent:
    """The items of the reply in the order they will be explained; explanations are still empty."""

    recommendations: tuple[Recommendation, ...]
    kind: ClassVar[str] = "cards"


@dataclass(frozen=True, slots=True)
class ReorderEvent:
    """A language model chose or ordered the cards otherwise; those that were touched stand where they stood."""

    recommendations: tuple[Recommendation, ...]
    kind: ClassVar[str] = "reorder"


@dataclass(frozen=True, slots=True)
class TextEvent:
    """A piece of the reply, whole sentences that have been checked. `item_id` is the item it is about, or empty."""

    text: str
    item_id: str = ""
    kind: ClassVar[str] = "text"


@dataclass(frozen=True, slots=True)
class NoteEvent:
    note: Note
    kind: ClassVar[str] = "note"


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """The turn failed and left no trace; `str(error)` is a sentence for the user."""

    error: ChatRecError
    kind: ClassVar[str] = "error"


@dataclass(frozen=True, slots=True)
class DoneEvent:
    reply: Reply
    kind: ClassVar[str] = "done"


Event: TypeAlias = StageEvent | StateEvent | CardsEvent | ReorderEvent | TextEvent | NoteEvent | ErrorEvent | DoneEvent
