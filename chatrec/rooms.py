"""What a turn goes through: the rooms of one generation of the store, wired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatrec.catalog import Item
from chatrec.catalog.policy import Policy
from chatrec.dialogue.read import Reader
from chatrec.diversity import diversify
from chatrec.ranking import Ranker
from chatrec.retriever import Retriever
from chatrec.types import Candidate, Query

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

CANDIDATES = 20
"""How many candidates the ranker chooses from."""

NO_RULES = Policy()
AS_FOUND = Ranker()


@dataclass(frozen=True)
class Rooms:
    """What one turn goes through, all of one generation of the store."""

    retriever: Retriever
    reader: Reader
    n: int
    limit: float
    """Seconds that each request to the language model may take."""
    ranker: Ranker = AS_FOUND
    writer: BaseChatModel | None = None
    """The language model that writes explanations; None: they are composed of the catalogue's own sentences."""
    together: int = 3
    """How many items it is asked about at once; a small one reads slowly, and one at a time its first sentence is
    there sooner."""
    diversity: float = 0.0
    """What likeness to the items above counts against an item, from 0 (nothing) to 1 (everything)."""
    policy: Policy = NO_RULES
    """The house rules, which every reply keeps."""
    asks: bool = True
    """Whether a thin wish is answered with a question beside the items."""
    listener: BaseChatModel | None = None
    """The language model that messages are read with as well; None: none, as a small one invents what was not said."""

    def retrieve(self, query: Query, n: int) -> list[Candidate]:
        """What the ranker chooses from, the `n` first of them not all alike."""
        candidates = self.retriever.retrieve(query, max(CANDIDATES, n))
        if not self.diversity or query.order:
            return candidates
        ids, vectors = self.retriever.snapshot.vectors.of_items([candidate.item.id for candidate in candidates])
        return diversify(candidates, dict(zip(ids, vectors, strict=True)), n=n, strength=self.diversity)

    def item(self, item_id: str) -> Item | None:
        return next(iter(self.retriever.snapshot.items.get([item_id])), None)
