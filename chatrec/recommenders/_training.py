"""The loop that trains every neural recommender model: repeatable, stopped early, on a GPU where there is one.

Nothing here imports PyTorch before something is trained.
"""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chatrec.recommenders import Progress
from chatrec.recommenders._histories import Held, Histories, hold_some

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """How long and how hard to train.

    At most `epochs` passes, with Adam at `learning_rate`, weights decaying by `reg` (AdamW's, apart from the
    gradient) and gradients cut at `clip` (their norm; 0: not cut). Where users are held out, they are looked at every
    `check_every` epochs; after `patience` looks without a better one training stops. The best look's weights stay.
    """

    epochs: int
    learning_rate: float = 1e-3
    reg: float = 0.0
    patience: int = 5
    check_every: int = 1
    clip: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """After how many epochs the weights are those of, the held-out figure then (NaN: none held out), and the losses
    of all epochs run."""

    epochs: int
    best: float
    losses: tuple[float, ...]


@contextmanager
def repeatable(seed: int) -> Iterator[torch.device]:
    """Everything random inside follows `seed`; yields the device to train on. On a CPU the same seed repeats exactly.

    What it changes of PyTorch, which is the whole process's (threads, random state), is put back after.
    """
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    before, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    filling: Any = torch.utils.deterministic
    filled = filling.fill_uninitialized_memory
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        filling.fill_uninitialized_memory = False  # costs a sixth of the time, hides nothing here
        torch.set_num_threads(threads())
        torch.use_deterministic_algorithms(device.type == "cpu")
        try:
            yield device
        finally:
            torch.set_num_threads(before)
            torch.use_deterministic_algorithms(strict)
            filling.fill_uninitialized_memory = filled


def threads() -> int:
    """How many threads train: four at most, and one core is left to others, as threads that wait for one another on a
    busy machine are slower than one alone (3 s an epoch against 10, on two cores beside one other process)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores - 1, 4))


def train(
    module: torch.nn.Module,
    batches: Callable[[np.random.Generator], Iterable[tuple[NDArray[Any], ...]]],
    loss: Callable[..., torch.Tensor],
    *,
    plan: Plan,
    device: torch.device,
    seed: int,
    look: Callable[[], float] | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Trains `module` in place, inside `repeatable`, and leaves it on the CPU, in evaluation mode.

    `batches` yields one epoch's batches, tuples of arrays, drawn with the generator it is given; `loss` is called with
    each batch's tensors on the device and gives the mean loss. `look` gives the figure by which to stop, higher is
    better, of the module in evaluation mode; None: all epochs are run. `progress` is told of each epoch.
    """
    import torch

    module.to(device)
    generator = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(module.parameters(), lr=plan.learning_rate, weight_decay=plan.reg)
    best, kept, at, stale, losses = -math.inf, None, 0, 0, []
    for epoch in range(1, plan.epochs + 1):
        losses.append(_epoch(module, batches(generator), loss, optimiser, plan.clip))
        if progress:
            progress(epoch, plan.epochs)
        if look is None or epoch % plan.check_every:
            continue
        figure = _looked(module, look)
        log.info("epoch %d of %d: loss %.4f, held out %.4f", epoch, plan.epochs, losses[-1], figure)
        stale += 1
        if figure > best:
            best, at, stale = figure, epoch, 0
            kept = {name: value.detach().clone() for name, value in module.state_dict().items()}
        if stale >= plan.patience:
            break
    if kept is not None:
        module.load_state_dict(kept)
    module.to("cpu").eval()
    return Outcome(at or len(losses), best if kept else math.nan, tuple(losses))


def train_twice(
    part: Callable[[Histories, Held | None, int], tuple[torch.nn.Module, Outcome]],
    histories: Histories,
    *,
    epochs: int,
    seed: int,
) -> torch.nn.Module:
    """The module learned from all histories, for as many epochs as proved best with a tenth of them held out.

    `part` makes a module and trains it on histories, with what was held out of them and at most so many epochs. Where
    too few users can be held out all `epochs` are run. For models that know no order, of which much is held out; of a
    sequence only the last item is, and that is not worth a second training.
    """
    left, held = hold_some(histories, seed=seed)
    if held is not None:
        epochs = part(left, held, epochs)[1].epochs
    return part(histories, None, epochs)[0]


def _epoch(
    module: torch.nn.Module,
    batches: Iterable[tuple[NDArray[Any], ...]],
    loss: Callable[..., torch.Tensor],
    optimiser: torch.optim.Optimizer,
    clip: float,
) -> float:
    """One pass: the mean loss of its batches."""
    import torch

    device = next(module.parameters()).device
    module.train()
    total, count = 0.0, 0
    for batch in batches:
        value = loss(*(torch.from_numpy(array).to(device) for array in batch))
        optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        if clip:
            torch.nn.utils.clip_grad_norm_(module.parameters(), clip)
        optimiser.step()
        total, count = total + float(value.detach()), count + 1
    return total / max(count, 1)


def _looked(module: torch.nn.Module, look: Callable[[], float]) -> float:
    import torch

    module.eval()
    with torch.inference_mode():
        return look()


def looking(held: Held | None, score: Callable[[Sequence[NDArray[np.int64]]], Any]) -> Callable[[], float] | None:
    """What `train` takes as `look`: nDCG@10 of the held-out items; `score` gives histories' rows of scores for all
    items, as tensor or array. None where too few users are held out to tell."""
    if held is None:
        return None

    def rows(histories: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
        scores = score(histories)
        return np.asarray(scores.cpu() if hasattr(scores, "cpu") else scores, dtype=np.float64)

    return lambda: held.ndcg(rows)


def arrays_of(module: torch.nn.Module) -> dict[str, NDArray[Any]]:
    """The module's state dict as arrays, for `save`, `restore` and forward passes in numpy."""
    return {name: value.detach().cpu().numpy().copy() for name, value in module.state_dict().items()}


def restore(module: torch.nn.Module, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Puts arrays that `arrays_of` gave back into a module of the same shape."""
    import torch

    module.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})


def save(folder: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Writes arrays and what JSON can hold into `folder`, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    named: dict[str, Any] = dict(arrays)
    np.savez(folder / "arrays.npz", **named)
    (folder / "about.json").write_text(json.dumps(dict(about)), encoding="utf-8")


def load(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """What `save` wrote: the arrays, and the rest."""
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    with np.load(folder / "arrays.npz", allow_pickle=False) as kept:
        return dict(kept), about
