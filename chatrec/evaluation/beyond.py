"""What accuracy does not tell of the lists that are shown: how alike, how much of the catalogue, how well known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chatrec.store.index import Snapshot


def similarity(lists: Sequence[Sequence[str]], snapshot: Snapshot) -> NDArray[np.float64]:
    """Intra-list similarity (Ziegler et al., WWW'05): the mean cosine of a list's pairs, by their descriptions.

    NaN for a list in which fewer than two items have one.
    """
    return np.array([similarity_of(snapshot.vectors.of_items(item_ids)[1]) for item_ids in lists])


def catalog_coverage(lists: Sequence[Sequence[str]], snapshot: Snapshot) -> float:
    """The share of the catalogue's items that stand in some list."""
    return len({item_id for item_ids in lists for item_id in item_ids}) / snapshot.count


def novelty(lists: Sequence[Sequence[str]], snapshot: Snapshot) -> NDArray[np.float64]:
    """The mean self-information of a list's items (Zhou et al., PNAS'10), in bits: the rarer they are, the more.

    An item's share is that of the catalogue's interactions and of the times its dialogues name one. NaN for a list
    of whose items none was ever used or named; nothing can be said of such an item.
    """
    used = np.bincount(snapshot.interactions.indices, minlength=snapshot.count)
    counts = Counter({item_id: int(count) for item_id, count in zip(snapshot.items.ids, used, strict=True) if count})
    for dialogue in snapshot.dialogues():
        for utterance in dialogue.utterances:
            counts.update(item_id for item_id in utterance.items if snapshot.items.row(item_id) is not None)
    total = counts.total()
    bits = {item_id: float(np.log2(total / count)) for item_id, count in counts.items()}
    known = [[bits[item_id] for item_id in item_ids if item_id in bits] for item_ids in lists]
    return np.array([np.mean(each) if each else np.nan for each in known])


def similarity_of(vectors: NDArray[np.float32]) -> float:
    """The mean cosine of the pairs of these vectors; NaN for fewer than two."""
    count = len(vectors)
    if count < 2:
        return float(np.nan)
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosines = units @ units.T
    return float((cosines.sum() - np.trace(cosines)) / (count * (count - 1)))
