"""A later order of cards that are on the table already."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chatrec.types import Recommendation


def settled(
    shown: Sequence[Recommendation], ordered: Sequence[Recommendation], *, touched: Collection[str]
) -> list[Recommendation]:
    """The cards in their new order, those `touched` where they stood; as many as there were, where there are enough."""
    kept = {place: card for place, card in enumerate(shown) if card.item.id in set(touched)}
    ids = {card.item.id for card in kept.values()}
    others = iter([card for card in ordered if card.item.id not in ids])
    places = max(len(shown), max(kept, default=-1) + 1)
    cards = (kept[place] if place in kept else next(others, None) for place in range(places))
    return [card for card in cards if card]
