"""IDA-SR: reading histories is learned from texts alone, by three tasks, before items get embeddings of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from chatrec.recommenders._texts.known import Known
from chatrec.recommenders._texts.model import TextSequenceModel
from chatrec.recommenders._texts.net import NOBODY, Net, contrast, latest, local, next_items, projection

if TYPE_CHECKING:
    import torch

SEARCH: Mapping[str, Sequence[Any]] = {
    "learning_rate": (1e-3, 3e-3),
    "dropout": (0.2, 0.4),
    "temperature": (0.05, 0.07, 0.1),
    "pretrain_epochs": (5, 15),
    "left_out": (0.0, 0.5),
}
ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "without pre-training": {"pretrain_epochs": 0},
    "without masked items": {"masked_weight": 0.0},
    "without permuted items": {"permuted_weight": 0.0},
    "without identities": {"tuning": "inductive"},
}
TINY: Mapping[str, Any] = {
    "embedding_size": 16,
    "layers": 1,
    "length": 10,
    "dropout": 0.0,
    "temperature": 1.0,
    "pretrain_epochs": 5,
    "epochs": 15,
    "learning_rate": 1e-2,
}


@dataclass(kw_only=True)
class Recommender(TextSequenceModel):
    """ID-agnostic user behaviour pre-training (Mu et al., CCIR'22).

    There: items by text vectors of a language model through a trained projection; a transformer; pre-training on the
    users' own histories, and those of `TrainingData.domains`, which knows no item by its number, with three tasks: the
    next item, items masked in a history that is then read both ways (a share `masked` of them), and the item that
    follows a history whose order is permuted; each tells the right item from the others of the batch. Then
    fine-tuning by next items, with embeddings of items added ("transductive") or by texts alone ("inductive").

    Left out: the language model is not tuned along, which takes a GPU; its vectors are of whole texts, not of words.
    """

    masked: float = 0.2
    masked_weight: float = 1.0
    permuted_weight: float = 1.0
    left_out: float = 0.0
    epochs: int = 30
    patience: int = 5

    def maker(self, found: Known, features: NDArray[Any], *, seed: int) -> torch.nn.Module:
        import torch

        made = projection(features.shape[1], self.embedding_size, dropout=self.dropout)
        made.register_parameter("mask", torch.nn.Parameter(torch.randn(self.embedding_size) * 0.02))
        return made

    def pretrain(self, module: Net, found: Known, device: torch.device, *, seed: int) -> None:
        first = next_items(module, self.temperature)
        others = ((self.masked_weight, self._masked(module)), (self.permuted_weight, self._permuted(module)))

        def loss(rows: torch.Tensor) -> torch.Tensor:
            return first(rows) + sum(weight * task(rows) for weight, task in others if weight)

        batches = self.batches([*found.histories, *found.elsewhere], found)
        self.learn(module, batches, loss, self.pretrain_epochs, device, seed=seed)

    def _masked(self, module: Net) -> Callable[[torch.Tensor], torch.Tensor]:
        """The loss by which items are told that are hidden in a history; the encoder sees what came after, too."""
        import torch

        both_ways = self.reader("all")
        for name, part in [*module.encoder.named_children(), ("positions", module.encoder.positions)]:
            setattr(both_ways, name, part)  # the same weights, only the sight differs

        def loss(rows: torch.Tensor) -> torch.Tensor:
            _, table, places = local(module, rows)
            whole = places[:, :-1]
            there = whole >= 0
            hidden = there & (torch.rand(whole.shape, device=rows.device) < self.masked)
            hidden[:, 0] |= ~hidden.any(dim=1)  # one at least, so that there is something to tell
            read = torch.where(hidden[..., None], module.items.mask, table[whole.clamp(min=0)] * there[..., None])
            return contrast(both_ways(read, there)[hidden], table, whole[hidden], temperature=self.temperature)

        return loss

    def _permuted(self, module: Net) -> Callable[[torch.Tensor], torch.Tensor]:
        """The loss by which the last item is told from the others of the batch, those before it being shuffled."""
        import torch

        def loss(rows: torch.Tensor) -> torch.Tensor:
            _, table, places = local(module, rows)
            ends = (places >= 0).sum(dim=1, keepdim=True) - 1
            later = torch.arange(self.length, device=rows.device) >= ends
            order = torch.rand(later.shape, device=rows.device).masked_fill(later, 2.0).argsort(dim=1)
            before = places[:, :-1].masked_fill(later, NOBODY).gather(1, order)
            states = latest(module(table, before), before)
            return contrast(states, table, places.gather(1, ends)[:, 0], temperature=self.temperature)

        return loss
