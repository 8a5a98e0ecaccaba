"""Scores of a model on real writing while it learns: counts in, ratios out."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from yomite.config import RunConfig
from yomite.streams.batch import Batch
from yomite.tasks import Task, ValidationSet
from yomite.training.distributed import World


def read_validation(config: RunConfig, task: Task, data_root: Path) -> list[ValidationSet]:
    """Read validation.sources, and the fold that is not learned from, once, and keep their images.

    Raises:
        DataError: If a source is missing, has no character of the charset, or too few samples for the folds.
    """
    size, fold = config.model.input_size, config.data.fold
    sets = [ValidationSet(name, task.read_set(name, data_root, size)) for name in config.validation.sources]
    for name in config.data.real_sources if fold else ():
        held_out = task.read_set(name, data_root, size, fold=fold, seed=config.seed)
        sets.append(ValidationSet(f"{name} (fold {fold})", held_out))
    return sets


@torch.inference_mode()
def score(model: nn.Module, validation: ValidationSet, task: Task, world: World) -> dict[str, float]:
    """Return the task's scores of a model on one set; the model is left in evaluation mode.

    Each process reads its share, every sample is counted once: counts are summed over the processes, then
    divided.
    """
    model.eval()
    whole = validation.batch
    mine = whole[world.rank :: world.size]
    sums: dict[str, Tensor] = {}
    for start in range(0, len(mine), task.batch_size):
        counts = _count(model, mine[start : start + task.batch_size], task, world.device)
        sums = {name: sums[name] + count for name, count in counts.items()} if sums else counts
    if not sums:  # without a share of its own a process still adds its zeros
        sums = {
            name: torch.zeros_like(count)
            for name, count in _count(model, whole[:1], task, world.device).items()
        }
    return task.divide({name: world.sum(count) for name, count in sums.items()})


def _count(model: nn.Module, batch: Batch, task: Task, device: torch.device) -> dict[str, Tensor]:
    batch = batch.to(device)
    batch.images = batch.images.contiguous(memory_format=torch.channels_last)
    return task.count(model, batch)
