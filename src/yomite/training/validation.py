"""Scores of a model on real writing while it learns, and what follows from them for the run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from yomite.config import RunConfig
from yomite.errors import ConfigError
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


class Judge:
    """Follows one score, validation.metric, from validation to validation.

    Attributes:
        metric: validation.metric, or what the task judges by.
        best: The best score so far, None before the first.
        num_stale: Validations in a row since then.
        num_falls: How often the rate of the schedule "plateau" has fallen.
    """

    def __init__(self, config: RunConfig, set_names: Sequence[str], task: Task) -> None:
        """Check that the score will be there.

        Args:
            config: The run.
            set_names: What will be validated on.
            task: Of the model.

        Raises:
            ConfigError: If the metric is not known, or something waits for scores and there are none.
        """
        self.metric = config.validation.metric or task.metric
        self._set_name, _, self._score = self.metric.rpartition("/")
        self._sign = -1 if self._score in task.lower_is_better else 1
        self._patience = config.validation.patience
        self._fall_patience = config.schedule.patience if config.schedule.name == "plateau" else None
        self.best: float | None = None
        self.num_stale, self.num_falls, self._num_stale_since_fall = 0, 0, 0
        if self._score not in task.scores or (
            self._set_name and set_names and self._set_name not in set_names
        ):
            raise ConfigError(
                f"validation.metric {self.metric!r}: it must be one of {', '.join(task.scores)}, "
                f"or SOURCE/score with one of the sources {', '.join(set_names) or '(there are none)'}"
            )
        for key, patience in (
            ("validation.patience", self._patience),
            ("schedule.name plateau", self._fall_patience),
        ):
            if patience and not set_names:
                raise ConfigError(f"{key} waits for scores; name a set in validation.sources")

    @property
    def is_patient(self) -> bool:
        """False when the run should end: no better score for validation.patience validations."""
        return self._patience is None or self.num_stale < self._patience

    def judge(self, scores_by_set: Mapping[str, Mapping[str, float]]) -> bool:
        """Take the scores of a validation, and say whether they are the best so far."""
        chosen = [self._set_name] if self._set_name else list(scores_by_set)
        score = math.fsum(scores_by_set[name][self._score] for name in chosen) / len(chosen)
        if self.best is None or self._sign * score > self._sign * self.best:
            self.best, self.num_stale, self._num_stale_since_fall = score, 0, 0
            return True
        self.num_stale += 1
        self._num_stale_since_fall += 1
        if self._fall_patience and self._num_stale_since_fall >= self._fall_patience:
            self.num_falls += 1
            self._num_stale_since_fall = 0
        return False

    def read_state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {
            "best": self.best,
            "num_stale": self.num_stale,
            "num_falls": self.num_falls,
            "num_stale_since_fall": self._num_stale_since_fall,
        }

    def fill_state(self, state: Mapping[str, Any]) -> None:
        """Invert read_state."""
        self.best, self.num_stale = state["best"], state["num_stale"]
        self.num_falls, self._num_stale_since_fall = state["num_falls"], state["num_stale_since_fall"]
