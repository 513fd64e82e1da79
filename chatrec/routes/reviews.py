"""Items whose reviews speak of what was asked for, by embedding, and rather those whose reviews praise it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chatrec.learned import Learned
from chatrec.routes import ranked
from chatrec.store.index import Snapshot
from chatrec.types import Evidence, Hit, Query

PASSAGES = 3
"""How many reviews of an item are combined."""

DEPTH = 1.5
"""How many passages are looked at for each hit wanted, as several may be of one item."""


PRAISE = 0.03
"""How much cosine an item gains whose reviews all praise what the request wants to be good, and loses where all of them
complain of that. One half of the reviews foretells the other better so; on past dialogues more does harm."""


class Route:
    """Dense retrieval over reviews, late fusion by item as in RA-Rec (Kemper et al., SIGIR'24).

    An item scores the mean of its three best reviews; one with fewer found is filled up with the score of the
    last passage found, so that one enthusiast does not outweigh three. Where the request wants an aspect of
    the catalogue to be good ("great service"), what its reviews say of that counts as well.
    """

    def __init__(self, snapshot: Snapshot, learned: Learned) -> None:
        self._snapshot = snapshot
        self._vectors = snapshot.vectors

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        if query.vector is None:
            return []
        found = self._vectors.search(query.vector, int(k * DEPTH), kind="review", mask=query.mask)
        if not found:
            return []
        floor = found[-1].score
        by_item: dict[str, list[Evidence]] = defaultdict(list)
        for passage in found:
            if len(by_item[passage.owner_id]) < PASSAGES:
                by_item[passage.owner_id].append(Evidence(passage.ref, passage.owner_id, "", passage.score))
        praised = PRAISE * self._praised(query.wishes, list(by_item))
        return ranked(
            "reviews",
            (
                (item_id, (sum(e.score for e in best) + floor * (PASSAGES - len(best))) / PASSAGES + more, tuple(best))
                for (item_id, best), more in zip(by_item.items(), praised.tolist(), strict=True)
            ),
            k,
        )

    def _praised(self, text: str, item_ids: Sequence[str]) -> NDArray[np.float64]:
        """From -1 to 1 for each item; 0 where nothing is known, or no aspect was wanted."""
        praised = self._snapshot.aspects.praised(text)
        if praised is None:
            return np.zeros(len(item_ids))
        return np.asarray([praised[self._snapshot.items.row(item_id)] for item_id in item_ids])
