"""A user's profile, to read and to change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chatrec.conversations import Conversations
from chatrec.types import UserProfile


class User:
    """A user's profile: `owns` and `seen` (item ids, never recommended again), `saved` (item ids to come back to),
    `access` and `confirmed` (words)."""

    def __init__(self, id: str, conversations: Conversations) -> None:
        self.id = id
        self._conversations = conversations

    @property
    def profile(self) -> UserProfile:
        return self._conversations.user(self.id)

    def add(
        self,
        *,
        owns: Iterable[str] = (),
        seen: Iterable[str] = (),
        access: Iterable[str] = (),
        confirmed: Iterable[str] = (),
        saved: Iterable[str] = (),
    ) -> UserProfile:
        """The profile with these added, kept."""
        known = self.profile
        changed = replace(
            known,
            owns=known.owns | set(owns),
            seen=known.seen | set(seen),
            access=known.access | set(access),
            confirmed=known.confirmed | set(confirmed),
            saved=known.saved | set(saved),
        )
        self._conversations.save_user(changed)
        return changed

    def remove(self, *, seen: Iterable[str] = (), saved: Iterable[str] = ()) -> UserProfile:
        """The profile without these, kept."""
        known = self.profile
        changed = replace(known, seen=known.seen - set(seen), saved=known.saved - set(saved))
        self._conversations.save_user(changed)
        return changed
