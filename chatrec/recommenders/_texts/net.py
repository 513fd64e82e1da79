"""The halves of a text-based recommender model in PyTorch: what makes items, what reads histories; and its losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders._histories import Histories, batches, padded, parts_of, windows

if TYPE_CHECKING:
    import torch

Batches: TypeAlias = Callable[[np.random.Generator], Iterable[tuple[NDArray[Any], ...]]]

Net: TypeAlias = Any
"""What `net` gives, a torch.nn.Module; PyTorch does not type what modules hold."""

NOBODY = -1
"""Stands in rows of columns where there is no item."""


def net(items: torch.nn.Module, encoder: torch.nn.Module, features: NDArray[Any]) -> Net:
    """`table(of)` gives what these items are made of, (items, size): `items` of their frozen `features`, and their
    identities if they have some, of which training leaves out a share. Called with a table and rows of places in it,
    (batch, length), the net gives what its `encoder` knows of each user after every place: (batch, length, size)."""
    import torch
    from torch import nn

    class Whole(nn.Module):
        features: torch.Tensor
        identities: nn.Parameter | None

        def __init__(self) -> None:
            super().__init__()
            self.items, self.encoder = items, encoder
            self.register_parameter("identities", None)
            self.left_out = 0.0
            self.register_buffer("features", torch.from_numpy(features), persistent=False)

        def identify(self, size: int, *, left_out: float) -> None:
            """Gives every item an embedding of its own, of zeros: one that nobody used keeps them."""
            self.identities, self.left_out = nn.Parameter(torch.zeros(len(features), size)), left_out

        def table(self, of: torch.Tensor) -> torch.Tensor:
            made: torch.Tensor = self.items(self.features[of])
            if self.identities is None:
                return made
            own = nn.functional.embedding(of, self.identities)
            if self.training and self.left_out:
                own = own * (torch.rand(len(of), 1, device=own.device) >= self.left_out)
            return made + own

        def forward(self, table: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
            there = rows >= 0
            vectors = nn.functional.embedding(rows.clamp(min=0), table) * there[..., None]
            read: torch.Tensor = self.encoder(vectors, there)
            return read

    return Whole()


def local(net: Net, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The items that stand in `rows`, the table of them, and `rows` as places in that."""
    import torch

    told = torch.unique(rows[rows >= 0])
    places = torch.searchsorted(told, rows).masked_fill(rows < 0, NOBODY)
    return told, net.table(told), places


def rows_of(histories: Sequence[NDArray[np.int64]], length: int) -> NDArray[np.int64]:
    """The last `length` columns of each history, from the first place on, and `NOBODY` after them: so short ones stand
    where the beginnings of long ones stood in training."""
    turned = padded([history[-length:][::-1] for history in histories], length, pad=NOBODY)
    return np.ascontiguousarray(turned[:, ::-1])


def latest(states: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """The states, (batch, length, size), at the last place of each of `rows` that holds an item."""
    import torch

    return states[torch.arange(len(rows), device=rows.device), (rows >= 0).sum(dim=1) - 1]


def means_so_far(vectors: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """After every place of histories, (batch, length, size), the mean of the items up to it; `there` says where one
    stands."""
    counts = there.cumsum(dim=1).clamp(min=1)[..., None]
    return (vectors * there[..., None]).cumsum(dim=1) / counts


def projection(dimension: int, size: int, *, dropout: float) -> torch.nn.Module:
    """From vectors of `dimension`, brought to a common scale first, to `size`, through one hidden layer as wide."""
    from torch import nn

    scaled = nn.LayerNorm(dimension)
    return nn.Sequential(scaled, nn.Dropout(dropout), nn.Linear(dimension, size), nn.GELU(), nn.Linear(size, size))


def batches_of(histories: Histories, length: int, batch_size: int, *, ordered: bool) -> Batches:
    """Batches of rows of `length` + 1 columns: what is read, and after each place of it what came next.

    `ordered` is as in `parts_of`.
    """
    parts = parts_of(histories, length + 1, ordered=ordered)

    def epoch(generator: np.random.Generator) -> Iterable[tuple[NDArray[Any], ...]]:
        rows = rows_of(parts(generator), length + 1)
        return batches([rows], batch_size, generator) if len(rows) else iter(())

    return epoch


def drawn(histories: Histories, length: int, batch_size: int, items: int) -> NDArray[np.float32]:
    """How likely each item is to stand in a batch of `batches_of`."""
    parts = windows(histories, length + 1)
    counts = np.zeros(items)
    for part in parts:
        counts[np.unique(part)] += 1
    share = min(batch_size / max(len(parts), 1), 1.0)
    return np.asarray(np.maximum(1.0 - (1.0 - share) ** counts, 1e-6), dtype=np.float32)


def contrast(
    states: torch.Tensor,
    items: torch.Tensor,
    right: torch.Tensor,
    *,
    temperature: float,
    likely: torch.Tensor | None = None,
    wrong: torch.Tensor | None = None,
) -> torch.Tensor:
    """Cross-entropy of the `right` one of `items` for each of `states`, by cosine over `temperature`.

    `likely` says how likely each of the items is to be among those here: they then stand for all there are, one that
    is seldom here for more (importance sampling). `wrong` is one item more for each to be told from.
    """
    import torch
    from torch.nn.functional import cross_entropy, normalize

    states = normalize(states, dim=-1)
    logits = states @ normalize(items, dim=-1).T / temperature
    if likely is not None:
        seldom = likely.log()
        logits = (logits - seldom).scatter_add(1, right[:, None], seldom[right][:, None])
    if wrong is not None:
        more = (states * normalize(wrong, dim=-1)).sum(dim=-1, keepdim=True) / temperature
        logits = torch.cat([logits, more], dim=-1)
    return cross_entropy(logits, right)


def next_items(
    net: Net,
    temperature: float,
    *,
    likely: NDArray[np.float32] | None = None,
    wrong: Callable[[Net, torch.Tensor], torch.Tensor] | None = None,
) -> Callable[[torch.Tensor], torch.Tensor]:
    """The loss of a batch of rows by which every next item is told from the items of the batch, of all domains.

    `likely`, by item, and `wrong`, made for each of the right ones, are as in `contrast`.
    """
    import torch

    known = None if likely is None else torch.from_numpy(likely)

    def loss(rows: torch.Tensor) -> torch.Tensor:
        told, table, places = local(net, rows)
        there = (rows[:, :-1] >= 0) & (rows[:, 1:] >= 0)
        states, right = net(table, places[:, :-1])[there], places[:, 1:][there]
        return contrast(
            states,
            table,
            right,
            temperature=temperature,
            likely=None if known is None else known.to(rows.device)[told],
            wrong=None if wrong is None else wrong(net, told[right]),
        )

    return loss


def scorer(net: Net, length: int, of: NDArray[np.int64]) -> Callable[..., NDArray[np.float64]]:
    """Histories to rows of scores of all items, for looks at held-out users; items not in `of` come last."""
    import torch
    from torch.nn.functional import normalize

    def score(histories: Histories) -> NDArray[np.float64]:
        table = net.table(torch.arange(len(net.features), device=net.features.device))
        rows = torch.from_numpy(rows_of(histories, length)).to(table.device)
        states = latest(net(table, rows), rows)
        cosines = normalize(states, dim=-1) @ normalize(table, dim=-1).T
        scores = np.full(cosines.shape, -np.inf)
        scores[:, of] = cosines.cpu().numpy()[:, of]
        return scores

    return score
