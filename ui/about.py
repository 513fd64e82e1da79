"""What the page says of the catalogue and the language model it runs with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatrec.catalog import Item
from chatrec.llm.pull import is_fetching
from chatrec.ui.cards import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatrec.app import ChatRec

NEUTRAL = ("Surprise me with something well loved", "Something unusual that people disagree about")
LONGEST_EXAMPLE = 30


@dataclass(frozen=True)
class About:
    """`language_model` is empty where the page runs without one; `example` is a title short enough to be said."""

    catalog: str
    count: int
    language_model: str
    example: str
    fetching: bool = False
    """Whether a local language model is on its way."""

    @property
    def suggestions(self) -> tuple[str, ...]:
        return (*NEUTRAL, f"Something like {self.example}") if self.example else NEUTRAL

    @property
    def header(self) -> str:
        return (
            f'<h1>chatrec</h1><p>Catalogue <b dir="auto">{text(self.catalog)}</b>, {self.count:,}'
            f" {'item' if self.count == 1 else 'items'}</p>"
        )

    @property
    def banner(self) -> str:
        """Empty with a language model."""
        if self.language_model:
            return ""
        coming = (
            "One is being fetched beside this and is used as soon as it is there."
            if self.fetching
            else "How to add one"
        )
        return (
            f"<details><summary>No language model in use. {coming}</summary>"
            "<p>Replies are instant: the order comes from the search itself, the reasons are the catalogue's own"
            " sentences. To let a language model choose and write, set <code>CHATREC_LLM</code> in the environment or"
            " in <code>.env</code> and start again: <code>CHATREC_LLM=local</code> for one on this machine,"
            " <code>CHATREC_LLM=provider:model</code>, such as <code>openai:gpt-5-mini</code>, for a hosted one or any"
            " compatible server.</p></details>"
        )

    @property
    def footer(self) -> str:
        used = text(self.language_model) if self.language_model else "none"
        return (
            f"<p>Language model: {used}. Only items of the catalogue are recommended; every quote is its own text."
            ' <button type="button" class="plain" data-do="saved">Saved items</button></p>'
        )


def about(rec: ChatRec) -> About:
    """Raises what the operator must mend: no catalogue, no language model where one is set."""
    snapshot = rec.rooms().retriever.snapshot
    titles = (title for _, title, _ in snapshot.items.titles())
    example = next((title for title in titles if len(title) <= LONGEST_EXAMPLE), "")
    return About(rec.settings.catalog, snapshot.count, _language_model(rec), example, is_fetching())


def items_of(rec: ChatRec, ids: Iterable[str]) -> dict[str, Item]:
    """The items that are still in the catalogue."""
    found = rec.rooms().retriever.snapshot.items.get(list(dict.fromkeys(ids)))
    return {item.id: item for item in found}


def _language_model(rec: ChatRec) -> str:
    if rec.model is None:
        return ""
    named = rec.settings.llm
    return named if named not in ("auto", "local") else str(getattr(rec.model, "model_name", "") or "local")
