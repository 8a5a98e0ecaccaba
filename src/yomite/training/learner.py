"""A model and its objective as one module, the optimizer that moves it, and the average of its weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.swa_utils import AveragedModel

from yomite.charset import Charset
from yomite.checkpoint import read_checkpoint
from yomite.config import EmaConfig, OptimizerConfig, RunConfig, ScheduleConfig
from yomite.errors import ConfigError, ModelFileError
from yomite.models import build
from yomite.streams import STREAMS
from yomite.streams.batch import Batch
from yomite.tasks import name_task
from yomite.training.finetune import fill_from_weights, find_weights
from yomite.training.muon import Muon, find_orthogonal
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
        """Return the mean loss of a batch, and its counts."""
        return self.objective(self.model, batch, rng)

    def freeze(self, rates: Mapping[str, float]) -> None:
        """Take no gradients of the parts of the model whose share of the rate is 0."""
        frozen = tuple(f"model.{beginning}" for beginning, rate in rates.items() if rate == 0)
        for name, parameter in self.named_parameters():
            if name.startswith(frozen):
                parameter.requires_grad_(False)

    def train(self, mode: bool = True) -> Learner:
        """As of any module, but that frozen batch norms keep their statistics."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, _BatchNorm) and module.affine and not module.weight.requires_grad:
                module.eval()
        return self


def build_learner(config: RunConfig, charset: Charset, data_root: Path, *, fresh: bool = True) -> Learner:
    """Build the model and the objective that a run describes, in the state of its first step.

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
            f"model {config.model.name!r} is for {task}s, data.stream {stream!r} has "
            f"{STREAMS[stream].task}s; give a stream of your own, as data.stream=package.module:callable"
        )
    if config.init_from and fresh:
        num_known = fill_from_weights(model, charset, read_checkpoint(find_weights(config.init_from)))
        num_new = len(charset) - num_known
        if num_new and config.optimizer.rates.get("classifier") == 0:
            raise ConfigError(
                f"{num_new} of {len(charset)} characters are new to {config.init_from}, and a frozen "
                "classifier cannot learn them; let everything learn, and for longer: optimizer.rates={} "
                "optimizer.name=adamw optimizer.learning_rate=3e-4 schedule.total_steps=1000"
            )
    learner = Learner(model, build_objective(config.objective, model, charset, data_root))
    learner.freeze(config.optimizer.rates)
    return learner


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


def build_optimizer(learner: nn.Module, config: OptimizerConfig) -> Optimizer:
    """AdamW, Muon or SGD; matrices and kernels decay, norms and biases (all that has one axis) do not."""
    parameters = [parameter for parameter in learner.parameters() if parameter.requires_grad]
    orthogonal = find_orthogonal(learner) if config.name == "muon" else set()
    kernels = [p for p in parameters if p.ndim > 1]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in kernels if p not in orthogonal], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if config.name == "muon":
        inner = [p for p in kernels if p in orthogonal]
        groups.append({"params": inner, "weight_decay": config.weight_decay, "orthogonal": True})
    groups = _split_rates(learner, groups, config.rates)
    if config.name == "muon":
        return Muon(groups, lr=config.learning_rate, betas=config.betas)
    if config.name == "sgd":
        nesterov = config.nesterov and config.momentum > 0
        return SGD(groups, lr=config.learning_rate, momentum=config.momentum, nesterov=nesterov, fused=True)
    return AdamW(groups, lr=config.learning_rate, betas=config.betas, fused=True)


def _split_rates(
    learner: nn.Module, groups: list[dict[str, Any]], rates: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Give the parts that have a rate of their own groups of their own.

    Raises:
        ConfigError: If no parameter of the model has such a name.
    """
    if not rates:
        return groups
    rate_of: dict[Tensor, float] = {}
    for beginning, rate in rates.items():
        named = [p for name, p in learner.named_parameters() if name.startswith(f"model.{beginning}")]
        if not named:
            raise ConfigError(f"optimizer.rates: no parameter of the model begins with {beginning!r}")
        rate_of |= dict.fromkeys(named, rate)
    return [
        {**group, "params": params, "rate": rate}
        for group in groups
        for rate in sorted({1.0, *rate_of.values()})
        if (params := [p for p in group["params"] if rate_of.get(p, 1.0) == rate])
    ]


def learning_rate_at(step: int, peak: float, schedule: ScheduleConfig, num_falls: int = 0) -> float:
    """Return the rate of one step, a pure function, so that a run goes on anywhere.

    A linear warm-up to the peak, then:

    - cosine: half a cosine down to final_fraction of the peak (arXiv:1608.03983).
    - constant: the peak.
    - one_cycle: the warm-up is half a cosine up from initial_fraction; then as cosine (arXiv:1708.07120).
    - step: times factor at each of the milestones.
    - plateau: times factor whenever validation has got no better, down to final_fraction.

    Args:
        step: Counted from 0.
        peak: optimizer.learning_rate.
        schedule: The run's schedule section.
        num_falls: For plateau, how often the rate has fallen.
    """
    warmup, rest = schedule.warmup_steps, schedule.total_steps - schedule.warmup_steps
    if step < warmup:
        if schedule.name == "one_cycle":
            return peak * _move(schedule.initial_fraction, 1.0, step / warmup)
        return peak * (step + 1) / warmup
    if schedule.name in ("cosine", "one_cycle"):
        return peak * _move(1.0, schedule.final_fraction, min((step - warmup) / rest, 1.0))
    if schedule.name == "step":
        return peak * schedule.factor ** sum(step >= milestone for milestone in schedule.milestones)
    if schedule.name == "plateau":
        return peak * max(schedule.factor**num_falls, schedule.final_fraction)
    return peak


def _move(start: float, end: float, progress: float) -> float:
    """Half a cosine from start to end."""
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * progress))


def set_learning_rate(optimizer: Optimizer, learning_rate: float) -> None:
    """Set the same rate for every group, but for the share of it that a part of the model has."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group.get("rate", 1.0)


def read_optimizer(learner: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """Read the optimizer's state as flat tensors, `<parameter>.<state>`; its settings are in the config."""
    return {
        f"{name}.{key}": torch.as_tensor(value)
        for name, parameter in learner.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
        if value is not None  # SGD without momentum
    }


def fill_optimizer(learner: nn.Module, optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    """Invert read_optimizer.

    Raises:
        ModelFileError: If the state is that of other parameters.
    """
    names = [name for name, _ in learner.named_parameters()]
    foreign = [key for key in tensors if key.rpartition(".")[0] not in names]
    if foreign:
        raise ModelFileError(
            f"the optimizer's state {foreign[0]!r} belongs to no parameter of this run; "
            "give out=FOLDER to begin a new run"
        )
    for name, parameter in learner.named_parameters():
        prefix = f"{name}."
        state = {
            key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)
        }
        # The memory format must be the parameter's: the fused kernel walks both in the order of memory.
        optimizer.state[parameter] = {
            key: torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape
            else tensor.to(parameter.device)
            for key, tensor in state.items()
        }  # fmt: skip


def build_ema(model: nn.Module, config: EmaConfig) -> AveragedModel:
    """Begin an average of parameters and batch-norm statistics; call update_parameters(model) each step."""

    def average(averaged: Tensor, current: Tensor, num_averaged: Tensor | int) -> Tensor:
        if not averaged.is_floating_point():
            return current  # a counter of batches
        t = torch.as_tensor(num_averaged, dtype=averaged.dtype)  # stays on its device: no waiting for it
        decay = torch.clamp((1 + t) / (10 + t), max=config.decay) if config.warmup else config.decay
        return averaged.lerp(current, 1 - decay)

    return AveragedModel(model, avg_fn=average, use_buffers=True)
