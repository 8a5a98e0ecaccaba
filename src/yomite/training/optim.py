"""The optimizer, its schedule, and the moving average of the weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.swa_utils import AveragedModel

from yomite.config import EmaConfig, OptimizerConfig, ScheduleConfig
from yomite.errors import ModelFileError


def build_optimizer(model: nn.Module, config: OptimizerConfig) -> AdamW:
    """AdamW that decays matrices and kernels, but not norms and biases (all that has one axis)."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=config.learning_rate, betas=config.betas, fused=True)


def learning_rate_at(step: int, peak: float, schedule: ScheduleConfig) -> float:
    """The rate of a step counted from 0: linear warm-up, then half a cosine (arXiv:1608.03983)."""
    if step < schedule.warmup_steps:
        return peak * (step + 1) / schedule.warmup_steps
    progress = (step - schedule.warmup_steps) / (schedule.total_steps - schedule.warmup_steps)
    cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    return peak * (schedule.final_fraction + (1 - schedule.final_fraction) * cosine)


def set_learning_rate(optimizer: Optimizer, learning_rate: float) -> None:
    """The same rate for every group."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def read_optimizer(learner: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """The optimizer's state as flat tensors, `<parameter>.<state>`; its settings are in the config."""
    return {
        f"{name}.{key}": torch.as_tensor(value)
        for name, parameter in learner.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
    }


def fill_optimizer(learner: nn.Module, optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    """The inverse of read_optimizer.

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
    """A moving average of parameters and batch-norm statistics; call update_parameters(model) each step."""

    def average(averaged: Tensor, current: Tensor, num_averaged: Tensor | int) -> Tensor:
        if not averaged.is_floating_point():
            return current  # a counter of batches
        t = torch.as_tensor(num_averaged, dtype=averaged.dtype)  # stays on its device: no waiting for it
        decay = torch.clamp((1 + t) / (10 + t), max=config.decay) if config.warmup else config.decay
        return averaged.lerp(current, 1 - decay)

    return AveragedModel(model, avg_fn=average, use_buffers=True)
