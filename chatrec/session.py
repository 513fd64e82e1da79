"""A conversation that is kept: each turn is a transaction, and can be taken back or edited."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from chatrec.account import Scored, account_of, amendment, fitting, scores_of, taught, worded
from chatrec.conversations import Conversation, Conversations
from chatrec.dialogue.editing import Change, amended, constrained, felt, switched, undone, without
from chatrec.dialogue.filters import constraints_from
from chatrec.dialogue.reading import Attitude
from chatrec.drafts import Draft
from chatrec.errors import ChatRecError, ConversationError
from chatrec.export import exported
from chatrec.rooms import Rooms
from chatrec.turn import explanation_of, run_turn
from chatrec.types import (
    Constraint,
    DialogueState,
    DoneEvent,
    ErrorEvent,
    Event,
    Explanation,
    Held,
    Reply,
    Shown,
    Strength,
    Turn,
    UserProfile,
)
from chatrec.wording import name_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Session:
    """A conversation that is kept: each finished turn is committed before its `DoneEvent` is given out.

    `rooms` is asked at the start of each turn, so that a turn reads one generation from start to end.
    """

    def __init__(
        self,
        id: str,
        *,
        user: str | None,
        conversations: Conversations,
        rooms: Callable[[], Rooms],
        catalog: str = "",
    ) -> None:
        """`catalog` is what the conversation is about; one that is about another is not opened."""
        self.id = id
        self.user = user
        self.catalog = catalog
        self._conversations = conversations
        self._rooms = rooms

    @property
    def state(self) -> DialogueState:
        """The state after the last finished turn, as the database has it."""
        return self._kept().state

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self._kept().turns

    def export(self, format: Literal["markdown", "json"]) -> str:
        """What was said and shown, to be read or kept elsewhere; it names neither the session nor its user."""
        kept = self._kept()
        return exported(kept, self._conversations.feedback_rows(self.id), format=format)

    def send(self, message: str) -> Reply:
        """The reply to `message`. Raises what `stream` reports as an ErrorEvent."""
        for event in self.stream(message):
            if isinstance(event, ErrorEvent):
                raise event.error
            if isinstance(event, DoneEvent):
                return event.reply
        raise ConversationError("The turn ended without a reply.", mend="Send the message again.")

    def stream(
        self, message: str | None, *, touched: Collection[str] = (), felt: tuple[Attitude, str] | None = None
    ) -> Generator[Event, None, None]:
        """The events of one turn, in order, `DoneEvent` or `ErrorEvent` last; `message` None: what fits as it stands.

        `felt` is all that the message says, of one item by its id: the message itself is then not read. `touched` are
        ids of cards that a later order leaves where they are; it may grow while the turn runs. A turn that fails
        leaves no trace. Closing the stream stops the turn and cancels what it asked of others:
        before its cards nothing is kept, after them the turn is kept, marked stopped.
        """
        draft = None
        try:
            kept = self._kept()
            before = kept.state
            draft = Draft(before, touched=touched)
            profile = self._profile(kept)
            with closing(run_turn(self._rooms(), before, message, profile=profile, draft=draft, felt=felt)) as events:
                for event in events:
                    if isinstance(event, DoneEvent):
                        self._commit(before, message or "", event.reply)
                        draft = None
                    yield event
        except GeneratorExit:
            if draft and draft.recommendations:
                self._commit(before, message or "", draft.reply(stopped=True))
            raise
        except ChatRecError as error:
            yield ErrorEvent(error)

    def vote(self, turn: int, value: Literal[-1, 0, 1], *, item_id: str = "", text: str = "") -> None:
        """What is thought of a reply, or of an item in it: 1 good, -1 bad, 0 takes it back; a later vote replaces it.

        Raises ConversationError for an unknown turn, or where the session is another user's.
        """
        self._kept()
        if value:
            self._conversations.feedback(self.id, turn, item_id, value, text)
        else:
            self._conversations.withdraw(self.id, turn, item_id)

    def explain(self, item_id: str) -> Explanation:
        """Why an item of the last list was shown, written at length; nothing of it is kept.

        Raises ConversationError for an item that the conversation has not shown.
        """
        state = self.state
        if item_id not in {mention.item_id for mention in state.shown}:
            raise ConversationError(f"This conversation has not shown {item_id!r}.", mend="Name an item it has shown.")
        return explanation_of(self._rooms(), state, item_id)

    # Reading and changing what is remembered

    def changes(self) -> tuple[Change, ...]:
        """Everything the conversation has come to, a wish, a condition, an item at a time, with its turn."""
        return account_of(self._rooms(), self.state)

    def fitting(self) -> NDArray[np.bool_]:
        """Which items of the catalogue, by row, fit everything that is asked for, shown before or not."""
        kept = self._kept()
        return fitting(self._rooms(), kept.state, self._profile(kept))

    def scores(self) -> tuple[Scored, ...]:
        """The items of the last list with what every route makes of them, found anew for the state as it is now."""
        kept = self._kept()
        return scores_of(self._rooms(), kept.state, self._profile(kept))

    def _profile(self, kept: Conversation) -> UserProfile | None:
        return self._conversations.user(kept.user) if kept.user else None

    def undo(self) -> DialogueState:
        """Takes back the last message or edit that changed something; what it had changed is exactly as before."""
        return self._edit(undone, "Undone.")

    def remove(self, change: Change) -> DialogueState:
        """Takes out one thing that `changes` lists. Raises ConversationError where it is not there (any more)."""
        rooms = self._rooms()
        return self._edit(lambda state: taught(rooms, state, without(state, change)), f"Taken out: {change.text}.")

    def feel(self, item_id: str, attitude: Attitude) -> DialogueState:
        """Takes down what is felt about an item. Raises ConversationError for one that is not in the catalogue."""
        rooms = self._rooms()
        item = rooms.item(item_id)
        if item is None:
            raise ConversationError(f"The catalogue has no item {item_id!r}.", mend="Name an item by its id.")
        return self._edit(
            lambda state: taught(rooms, state, felt(state, item_id, attitude)),
            f"Taken down as {attitude}: {item.title}.",
        )

    def switch(self, change: Change) -> DialogueState:
        """Switches one thing that `changes` lists off, where it stays listed without effect, or on again."""
        done = "Switched off" if change.on else "Switched on"
        rooms = self._rooms()
        return self._edit(lambda state: taught(rooms, state, switched(state, change)), f"{done}: {change.text}.")

    def amend(self, change: Change, value: Held) -> DialogueState:
        """Puts `value` in the place of one thing that `changes` lists: of the same sort and, where it has one, facet.

        Raises ConversationError for another sort, MessageError for a condition that the catalogue cannot have.
        """
        rooms = self._rooms()
        if isinstance(value, Constraint):
            constraints_from({value.facet: {value.op: value.values}}, rooms.retriever.snapshot.schema)
        return self._edit(
            lambda state: taught(rooms, state, amended(state, change, value)),
            f"Changed: {amendment(rooms, change, value)}.",
        )

    def constrain(
        self, filters: Mapping[str, Any], *, lift: Collection[str] = (), strength: Strength = "hard"
    ) -> DialogueState:
        """Puts conditions in the place of those on the same facets; written as `ChatRec.recommend` takes them.

        `strength` is how binding they are. On the facets of `lift` nothing is asked for any more.
        """
        rooms = self._rooms()
        new = [
            replace(known, strength=strength) for known in constraints_from(filters, rooms.retriever.snapshot.schema)
        ]
        told = "; ".join(worded(rooms, known) for known in new)
        gone = ", ".join(name_of(name, rooms.retriever.snapshot.schema.get(name)) for name in lift)
        text = " ".join([*([f"Set: {told}."] if told else []), *([f"No condition any more: {gone}."] if gone else [])])
        return self._edit(lambda state: constrained(state, new, facets=(*filters, *lift)), text or "Nothing was set.")

    def _kept(self) -> Conversation:
        return self._conversations.start(self.id, self.user, catalog=self.catalog)

    def _edit(self, change: Callable[[DialogueState], DialogueState], told: str) -> DialogueState:
        """A turn without a message."""
        before = self._kept().state
        after = change(before)
        turn = Turn(number=after.turn, message="", reply=told)
        self._keep(before, after, turn)
        return after

    def _commit(self, before: DialogueState, message: str, reply: Reply) -> None:
        self._keep(before, reply.state, turn_of(message, reply))

    def _keep(self, before: DialogueState, after: DialogueState, turn: Turn) -> None:
        self._conversations.commit(self.id, self.user, after, turn, expected_turn=before.turn, catalog=self.catalog)


def turn_of(message: str, reply: Reply) -> Turn:
    """A finished turn as it is kept."""
    shown = tuple(
        Shown(
            each.item.id,
            each.explanation.claims,
            tuple(evidence.ref for evidence in each.evidence),
            each.breaks,
            each.disclosure,
        )
        for each in reply.recommendations
    )
    return Turn(
        number=reply.state.turn,
        message=message,
        reply=reply.text,
        item_ids=tuple(each.item_id for each in shown),
        notes=reply.notes,
        stopped=reply.stopped,
        opening=reply.opening,
        shown=shown,
        claims=reply.claims,
        question=reply.question,
        blocking=reply.blocking,
        suggestions=reply.suggestions,
        timings=reply.timings,
        usage=reply.usage,
    )
