"""A model and the objective it is trained by, as one module."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from yomite.charset import Charset
from yomite.checkpoint import read_checkpoint
from yomite.config import RunConfig
from yomite.errors import ConfigError
from yomite.models import build
from yomite.streams import STREAMS
from yomite.streams.batch import Batch
from yomite.tasks import name_task
from yomite.training.finetune import fill_from_weights, find_weights
from yomite.training.objectives import Objective, build_objective


class Learner(nn.Module):
    """What the optimizer moves, and what a checkpoint holds.

    Its tensors are `model.<name>` and, where the objective is a module of its own, `objective.<name>`. The
    objective is dropped when weights are written.
    """

    def __init__(self, model: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.model = model
        self.objective = objective

    def forward(self, batch: Batch, rng: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The mean loss of a batch, and its counts."""
        return self.objective(self.model, batch, rng)


def build_learner(config: RunConfig, charset: Charset, data_root: Path, *, fresh: bool = True) -> Learner:
    """The model and the objective that a run describes, in the state of its first step.

    Args:
        config: The run.
        charset: Its classes.
        data_root: Where the data sets are.
        fresh: False leaves init_from alone, for a run that goes on from a checkpoint.

    Raises:
        YomiteError: If the model, the objective or the weights to begin from are not as they must be.
    """
    torch.manual_seed(config.seed)
    model = build(config.model.name, len(charset), config.model.input_size, **config.model.arguments)
    stream, task = config.data.stream, name_task(model)
    if stream in STREAMS and STREAMS[stream].task != task:
        raise ConfigError(
            f"model {config.model.name!r} reads {task}s, data.stream {stream!r} has {STREAMS[stream].task}s; "
            "give a stream of your own, as data.stream=package.module:callable"
        )
    if config.init_from and fresh:
        fill_from_weights(model, charset, read_checkpoint(find_weights(config.init_from)))
    return Learner(model, build_objective(config.objective, model, charset, data_root))


def check_split(config: RunConfig, num_processes: int, model: nn.Module) -> None:
    """Raise ConfigError if a step does not split into equal micro-batches, or into too small ones."""
    num_parts = num_processes * config.accumulate
    parts = f"{num_processes} processes x accumulate {config.accumulate}"
    if config.batch_size % num_parts:
        raise ConfigError(
            f"batch_size {config.batch_size} does not split over {parts}; give a multiple of {num_parts}"
        )
    has_norms = any(isinstance(module, _BatchNorm) for module in model.modules())
    if config.batch_size == num_parts and has_norms:
        raise ConfigError(
            f"batch_size {config.batch_size} over {parts} leaves one sample a micro-batch, and batch norm "
            f"needs two; give {2 * num_parts} or more"
        )
