"""What the parts of the page share: where a browser stands, and the signals by which one part tells the others."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, get_args

import gradio as gr

from chatrec.conversations import Conversation
from chatrec.dialogue.reading import Attitude
from chatrec.ui.about import About, about
from chatrec.ui.catalogues import Catalogues
from chatrec.ui.running import Turns

if TYPE_CHECKING:
    from chatrec.app import ChatRec
    from chatrec.session import Session

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""How every event of the page is connected: Gradio's own progress is not shown, and no event is an API."""

ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
USER = re.compile(r"[A-Za-z0-9_-]{22}")
"""128 random bits, which nobody guesses: whoever sends them is that user."""

LONGEST_CATALOG = 200
ATTITUDES = get_args(Attitude)


class Part(Protocol):
    """One part of the page, in a file of its own; made with the `Shared` of the page.

    `lay_out` makes its components, where it stands in the page; `connect` its events, once every part is laid out.
    In its handlers a part takes `shared.place` as an input and reads it by `Place.read`; `shared.session(place)` is
    the session. A handler that changes something tells the others by an output to one of the signals: `edited` after
    the state or a turn of the session was changed other than by a message, `switched` together with another `place`,
    `said` to send a message as if it had been typed. `shared.when(...)` redraws a part after such a signal, and after
    `turned`, which the chat gives at the end of every turn. What a click inside of HTML asks for is an action
    (`actions.py`). Every text from outside goes through `cards.text` before it stands in HTML.
    """

    def lay_out(self) -> None: ...

    def connect(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a browser stands, as it keeps it itself: whose it is, in which session, about which catalogue.

    `session` is empty before the first message, and then `user` may be; `catalog` is empty for the one the page was
    started with.
    """

    user: str = ""
    session: str = ""
    catalog: str = ""

    @classmethod
    def read(cls, kept: object) -> Place:
        """What a browser sent; what is no id of ours is left out."""
        try:
            known = json.loads(str(kept))
        except ValueError:
            known = {}
        known = known if isinstance(known, dict) else {}
        user, session, catalog = (known.get(name) for name in ("user", "session", "catalog"))
        if not isinstance(user, str) or not USER.fullmatch(user):  # who is nobody has no conversation either
            user = session = ""
        return cls(
            user,
            session if isinstance(session, str) and ID.fullmatch(session) else "",
            catalog[:LONGEST_CATALOG] if isinstance(catalog, str) else "",
        )

    def settled(self) -> Place:
        """The same with a user and a session: new ones of 128 random bits where there were none."""
        return replace(
            self,
            user=self.user or secrets.token_urlsafe(16),
            session=self.session or secrets.token_urlsafe(16),
        )

    def kept(self) -> str:
        """What a handler gives out for `Shared.place`."""
        return json.dumps(asdict(self))


class Shared:
    """The components and values that every part may use. See `Part` for how."""

    place: gr.BrowserState
    turned: gr.Textbox
    edited: gr.Textbox
    switched: gr.Textbox
    said: gr.Textbox
    acted: gr.Textbox
    page_load: Any
    """As `Blocks.load`: what happens when a browser opens the page."""

    def __init__(self, rec: ChatRec, catalogues: Catalogues | None = None) -> None:
        self.rec = rec
        self.catalogues = catalogues or Catalogues(rec)
        self.turns = Turns()
        self.about = about(rec)
        self._abouts: dict[str, tuple[str, About]] = {}

    def lay_out(self, page: gr.Blocks) -> None:
        self.page_load = page.load
        # Kept in the browser. Its secret stands in the page and hides nothing; it is fixed to outlive a restart.
        self.place = gr.BrowserState("", storage_key=f"chatrec.{self.about.catalog}", secret="chatrec")
        for name in ("turned", "edited", "switched", "said", "acted"):
            setattr(self, name, gr.Textbox(visible="hidden", elem_id=name, elem_classes="signal"))

    def rec_of(self, place: Place) -> ChatRec:
        """The ChatRec of the catalogue that a browser talks about. Raises CatalogNotFound."""
        return self.catalogues.of(place.catalog)

    def is_mine(self, place: Place) -> bool:
        """Whether a browser may go on with the session where it stands, and not only read it."""
        return self.rec.conversations.owner(place.session) in (None, place.user) if place.session else True

    def stop(self, place: Place) -> None:
        """Stops the turn that is being answered, for its own user only."""
        if place.session and self.is_mine(place):
            self.turns.stop(place.session)

    def about_of(self, place: Place) -> About:
        """What is said of the catalogue that a browser talks about. Raises CatalogNotFound."""
        rec = self.rec_of(place)
        generation = rec.rooms().retriever.snapshot.generation
        known = self._abouts.get(rec.settings.catalog)
        if known is None or known[0] != generation:
            known = (generation, about(rec))
            self._abouts[rec.settings.catalog] = known
        return known[1]

    def session(self, place: Place) -> Session:
        """The session where a browser stands, to go on with: it refuses whoever is not its user."""
        return self.rec_of(place).session(place.session or None, user=place.user or None)

    def read(self, place: Place) -> Conversation:
        """What was said where a browser stands. Whoever holds the link of a session may read it, whose ever it is."""
        return self.rec.conversations.load(place.session) or Conversation(place.session)

    def when(
        self, *signals: gr.Textbox, fn: Callable[..., Any], inputs: Sequence[Any] = (), outputs: Sequence[Any] = ()
    ) -> Any:
        """Calls `fn` in the browser that gave one of the signals, with the place and `inputs`."""
        triggers = [signal.change for signal in signals]
        return gr.on(triggers, fn, inputs=[self.place, *inputs], outputs=list(outputs), queue=False, **QUIET)


def signal() -> str:
    """A value for a signal: unlike any before, or it would be no change."""
    return secrets.token_hex(8)


def saying(message: str, *, felt: tuple[str, str] | None = None) -> str:
    """A value for `Shared.said`; `felt` is all that the message says of an item: the attitude and the item's id."""
    return json.dumps({"stamp": signal(), "message": message, "felt": felt})


def said(written: str) -> tuple[str | None, tuple[Attitude, str] | None]:
    """What `saying` wrote, or page.js for a suggestion: the message, empty where it is none, and what it says; None is
    the wish to see what fits as things stand."""
    try:
        known = json.loads(written)
    except ValueError:
        return "", None
    known = known if isinstance(known, dict) else {}
    message, felt = known.get("message"), known.get("felt")
    if not isinstance(message, str):
        return (None if "message" in known and message is None else ""), None
    if isinstance(felt, list) and len(felt) == 2 and felt[0] in ATTITUDES and isinstance(felt[1], str):
        return message, (felt[0], felt[1])
    return message, None
