"""In-context learning: what people who talked like this were recommended before."""

from __future__ import annotations

from collections.abc import Iterator

from chatrec.moments import moments, query_of
from chatrec.sentences import shortened
from chatrec.store.index import Snapshot
from chatrec.types import Example, Query

NEAREST = 40
"""Among how many of the nearest moments of past dialogues examples are looked for."""

EXAMPLES = 3

WORDS = 240
"""Characters of what was said."""


def examples_of(snapshot: Snapshot, query: Query, *, k: int = EXAMPLES) -> list[Example]:
    """The nearest past dialogues by embedding, each with what it ended with; none where there are none.

    What was recommended last is taken for what was accepted: people stop asking when they have found something.
    `query` carries its vector.
    """
    return [example for example, _ in zip(_examples(snapshot, query), range(k), strict=False)]


def _examples(snapshot: Snapshot, query: Query) -> Iterator[Example]:
    past = snapshot.past
    if query.vector is None or not past.ids:
        return
    near = snapshot.vectors.search(query.vector, NEAREST, kind="dialogue", mask=past.mask)
    seen: set[str] = set()
    for passage in near:
        dialogue_id = passage.owner_id.rpartition(":")[0]
        dialogue = None if dialogue_id in seen else snapshot.items.dialogue(dialogue_id)
        seen.add(dialogue_id)
        last = list(moments(dialogue))[-1:] if dialogue else []
        if not last or last[0].id != passage.owner_id:
            continue
        titles = tuple(item.title for item in snapshot.items.get(last[0].targets))
        words = " ".join(query_of(last[0]).wishes.split())
        if titles and words:
            yield Example(shortened(words, WORDS), titles)
