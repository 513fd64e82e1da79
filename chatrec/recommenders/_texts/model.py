"""What the recommender models share that know items by their texts: preparing, fine-tuning, serving, saving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders import Columns, Progress, TrainingData
from chatrec.recommenders._histories import Histories, hold_last
from chatrec.recommenders._texts.known import Known, known
from chatrec.recommenders._texts.net import Batches, Net, batches_of, drawn, net, next_items, scorer
from chatrec.recommenders._training import Plan, arrays_of, load, looking, repeatable, save, train
from chatrec.recommenders._transformer import Sight, encoder, run
from chatrec.types import Query

if TYPE_CHECKING:
    import torch

Tuning = Literal["inductive", "transductive"]
"""Whether items are made of their texts alone, or those that were used also have embeddings of their own."""


@dataclass(kw_only=True)
class TextSequenceModel:
    """Items are made of their texts, users of their histories; the two are compared by cosine.

    A recommender model of this family says what items are made of (`features`, `maker`) and may `pretrain`.
    Fine-tuning predicts every next item of every history by cross-entropy over the used items at a `temperature`, where
    the items of a batch of histories stand for all (each weighs by how seldom it is in one). Items that nobody used
    take no part, so that nothing is learned against them. It ends where `patience` looks at held-out last items, one
    an epoch, found none better. Of the embeddings that items have of their own ("transductive") each step leaves out a
    share `left_out`, so that texts go on saying enough of items that have none (as DropoutNet does, Volkovs et al.,
    NIPS'17). Serving needs the items' vectors and the encoder's arrays, no torch.
    """

    scores_cold: ClassVar[bool] = True
    personal: ClassVar[bool] = True

    embedding_size: int = 64
    layers: int = 2
    heads: int = 2
    length: int = 50
    dropout: float = 0.2
    temperature: float = 0.07
    tuning: Tuning = "transductive"
    left_out: float = 0.5
    pretrain_epochs: int = 10
    epochs: int = 60
    patience: int = 12
    learning_rate: float = 3e-3
    reg: float = 0.0
    batch_size: int = 64

    def fit(self, data: TrainingData, *, seed: int = 0, progress: Progress | None = None) -> None:
        """Learns nothing, and then scores nothing, where the data hold no vectors of texts or no history."""
        self._columns = Columns(data.item_ids)
        nothing = np.zeros((len(data.item_ids), self.embedding_size), dtype=np.float32)
        self._hold(nothing, np.zeros(len(nothing), dtype=bool), {})
        found = known(data, seed=seed)
        if found is None:
            return
        self._told = _counting(progress, self.pretrain_epochs + self.epochs)
        with repeatable(seed) as device:
            features = self.features(found, seed=seed)
            module = net(self.maker(found, features, seed=seed), self.reader(), features[found.columns])
            if self.pretrain_epochs:
                self.pretrain(module, found, device, seed=seed)
            if self.tuning == "transductive":
                module.identify(self.embedding_size, left_out=self.left_out)
            if self.epochs:
                self.fine_tune(module, found, device, seed=seed)
            self._export(module, found, features)
        self._told(0, 0)

    def features(self, found: Known, *, seed: int) -> NDArray[Any]:
        """What is frozen of every item, one row each, in the order of `item_ids`."""
        return found.vectors

    def maker(self, found: Known, features: NDArray[Any], *, seed: int) -> torch.nn.Module:
        """The module from features to items: (items, anything) to (items, `embedding_size`)."""
        raise NotImplementedError

    def reader(self, sight: Sight = "past") -> torch.nn.Module:
        """The module from a history's items to what is known of the user: as `_transformer.encoder`."""
        return encoder(
            sight=sight,
            embedding_size=self.embedding_size,
            layers=self.layers,
            heads=self.heads,
            length=self.length,
            dropout=self.dropout,
        )

    def pretrain(self, module: Net, found: Known, device: torch.device, *, seed: int) -> None:
        """Nothing, if a recommender model has no such stage."""

    def fine_tune(self, module: Net, found: Known, device: torch.device, *, seed: int) -> None:
        left, held = hold_last(found.histories, seed=seed)
        used = np.unique(np.concatenate(left))
        loss = next_items(module, self.temperature, likely=self.likely(left, found))
        look = looking(held, scorer(module, self.length, used))
        self.learn(module, self.batches(left, found), loss, self.epochs, device, seed=seed, look=look)

    def learn(
        self,
        module: torch.nn.Module,
        batches: Batches,
        loss: Callable[..., torch.Tensor],
        epochs: int,
        device: torch.device,
        *,
        seed: int,
        look: Callable[[], float] | None = None,
        learning_rate: float | None = None,
    ) -> None:
        """One stage: trains `module` as `train` does, at the recommender model's learning rate if no other is given."""
        rate = learning_rate or self.learning_rate
        plan = Plan(epochs, learning_rate=rate, reg=self.reg, patience=self.patience)
        train(module, batches, loss, plan=plan, device=device, seed=seed, look=look, progress=self._told)

    def batches(self, histories: Histories, found: Known) -> Batches:
        """Batches of these histories, as `batches_of` cuts them."""
        return batches_of(histories, self.length, self.batch_size, ordered=found.ordered)

    def likely(self, histories: Histories, found: Known) -> NDArray[np.float32]:
        """How likely each item is to stand in a batch of these histories."""
        return drawn(histories, self.length, self.batch_size, len(found.columns))

    def read(self, items: NDArray[np.float32]) -> NDArray[np.float64]:
        """What is known of the user whose history is `items`, (places, size), in numpy: what `reader` gives last."""
        there = np.arange(self.length)[None] < len(items)
        vectors = np.pad(items, ((0, self.length - len(items)), (0, 0)))[None]
        read = run(self._arrays, vectors, there, heads=self.heads, prefix="encoder.")
        return np.asarray(read[0, len(items) - 1])

    def _export(self, module: Net, found: Known, features: NDArray[Any]) -> None:
        import torch

        module.to("cpu").eval()
        with torch.inference_mode():
            made = module.items(torch.from_numpy(features)).numpy()
            if module.identities is not None:
                made[found.columns] += module.identities.numpy()
        reader = {name: own for name, own in arrays_of(module).items() if name.startswith("encoder.")}
        self._hold(np.where(found.written[:, None], made, 0).astype(np.float32), found.written, reader)

    def _hold(self, table: NDArray[np.float32], can: NDArray[np.bool_], arrays: dict[str, NDArray[Any]]) -> None:
        """Keeps what serving needs: the items' vectors, which of them are of a text, the arrays that read histories."""
        self._table, self._can, self._arrays = table, can, arrays
        self._lengths = np.maximum(np.linalg.norm(table, axis=1), 1e-12)

    def score(self, query: Query, item_ids: Sequence[str]) -> NDArray[np.float64]:
        """Cosines of the items to the user; NaN for items without a text, and where no liked one has one."""
        history = [column for column in self._columns.known(query.liked) if self._can[column]][-self.length :]
        if not history:
            return np.full(len(item_ids), np.nan)
        user = self.read(self._table[history]).astype(np.float32)
        cosines = self._table @ user / (self._lengths * max(float(np.linalg.norm(user)), 1e-12))
        return self._columns.pick(np.where(self._can, cosines.astype(np.float64), np.nan), item_ids)

    def save(self, folder: Path) -> None:
        about = {"item_ids": self._columns.item_ids, "hyperparameters": asdict(self)}
        save(folder, self._arrays | {"table": self._table, "can": self._can}, about)

    @classmethod
    def load(cls, folder: Path) -> Self:
        arrays, about = load(folder)
        loaded = cls(**about["hyperparameters"])
        loaded._columns = Columns(about["item_ids"])
        loaded._hold(arrays.pop("table"), arrays.pop("can"), arrays)
        return loaded


def _counting(progress: Progress | None, total: int) -> Progress:
    """Tells `progress` of one epoch more, of `total` in all stages, every time it is called."""
    done = count(1)

    def tell(*_: int) -> None:
        if progress:
            progress(min(next(done), total), total)

    return tell
