"""What is asked about items, from what the catalogue says of them."""

from __future__ import annotations

from collections.abc import Iterator

from chatrec import replies
from chatrec.answering import Answer, about_item, compare, why
from chatrec.dialogue.state import setting_of
from chatrec.drafts import Draft
from chatrec.rooms import Rooms
from chatrec.turn.telling import say
from chatrec.types import Event, Query, StageEvent


def answer(rooms: Rooms, query: Query, message: str, draft: Draft) -> Iterator[Event]:
    """What is asked about items, from what the catalogue says of them."""
    yield StageEvent("writing")
    with draft.timed("writing"):
        schema = rooms.retriever.snapshot.schema
        items = [item for item_id in draft.state.about if (item := rooms.item(item_id))]
        if draft.state.intent == "compare" and len(items) > 1:
            given = compare(items[:3], schema=schema, first=rooms.reader.parser.named(message))
        elif draft.state.intent == "why" and items:
            aspects, embed = rooms.retriever.snapshot.aspects.of, rooms.retriever.embed
            given = why(items[0], query=query, schema=schema, aspects=aspects, embed=embed)
        elif items:
            question = rooms.reader.question(message, setting_of(draft.state, rooms.item))
            facets = rooms.reader.parser.asked_of(question, items[0])
            given = about_item(
                question,
                items[0],
                schema=schema,
                embed=rooms.retriever.embed,
                facets=facets,
                aspects=rooms.retriever.snapshot.aspects.of(items[0].id),
            )
        else:
            given = Answer(replies.fixed("which", ""), ())
    draft.about = given.claims
    yield from say(rooms, draft, given.text)
