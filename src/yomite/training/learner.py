"""A model and the objective it is trained by, as one module."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.checkpoint import read_checkpoint
from yomite.config import RunConfig
from yomite.data.batches import Batch
from yomite.models import build
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
    if config.init_from and fresh:
        fill_from_weights(model, charset, read_checkpoint(find_weights(config.init_from)))
    return Learner(model, build_objective(config.objective, model, charset, data_root))
