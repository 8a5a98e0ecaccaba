"""Objectives: what a step makes small.

The loop knows only `objective(model, batch, rng) -> (loss, counts)`. An objective may be an nn.Module: its
parameters are then optimized and checkpointed with those of the model, and dropped when weights are written.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.checkpoint import read_checkpoint
from yomite.config import ObjectiveConfig
from yomite.errors import ConfigError
from yomite.extensions import find_callable
from yomite.ink.kanjivg import KANJIVG_FILE, read_structures
from yomite.models.character import keep_embedding
from yomite.streams import Stream
from yomite.streams.batch import Batch
from yomite.training.finetune import find_weights
from yomite.training.objectives.auxiliary import AuxiliaryTargets
from yomite.training.objectives.classification import Classification, balance_classes
from yomite.training.objectives.ctc import CTC
from yomite.training.objectives.distillation import Distillation, load_teacher
from yomite.training.objectives.teacher_forcing import TeacherForcing

Objective = Callable[[nn.Module, Batch, torch.Generator], tuple[Tensor, dict[str, Tensor]]]
"""Gives the mean loss of the batch, and counts to be summed over batches, then divided by "samples".

The loss is a mean over samples none of which knows another: then the mean over micro-batches and processes is
that of the whole batch. What is random comes from `rng` or torch's own stream, both seeded for each
micro-batch. (Mixup and models with batch norm do mix the samples of a micro-batch.)
"""

OBJECTIVES: dict[str, Callable[..., Objective]] = {
    "classification": Classification,
    "ctc": CTC,
    "teacher_forcing": TeacherForcing,
}


def build_objective(
    config: ObjectiveConfig, model: nn.Module, charset: Charset, data_root: Path
) -> Objective:
    """The objective that a run describes.

    Args:
        config: The run's objective section.
        model: Freshly built, on the CPU; an objective reads sizes from it and never keeps it.
        charset: The classes.
        data_root: Where KanjiVG is looked for.

    Raises:
        YomiteError: If the model or the teacher does not fit, a table is missing or a name is unknown.
    """
    build = find_callable(config.name, OBJECTIVES, "objective.name")
    wanted = getattr(model, "objective", config.name)
    if config.name in OBJECTIVES and config.name != wanted:
        raise ConfigError(
            f"objective {config.name!r} does not fit {type(model).__name__}; set objective.name={wanted}"
        )
    if build is not Classification:
        try:
            return build(**config.arguments)
        except TypeError as error:
            raise ConfigError(f"objective.arguments {config.arguments}: {error}") from error
    return Classification(
        label_smoothing=config.label_smoothing,
        margin=_check_margin(config.margin, model),
        mixup=config.mixup,
        auxiliary=_build_auxiliary(config, model, charset, data_root),
        distillation=_build_distillation(config, model, charset),
    )


def weigh_classes(
    objective: Objective, config: ObjectiveConfig, stream: Stream, device: torch.device
) -> None:
    """Give each class of a Classification its weight, by how many of the stream's samples are of it.

    Raises:
        ConfigError: If the stream does not say so.
    """
    if not config.balance or not isinstance(objective, Classification):
        return
    shares = getattr(stream, "class_shares", None)
    if shares is None:
        raise ConfigError(
            f"objective.balance {config.balance:g}: {type(stream).__name__} has no class_shares, the share "
            "of its samples for each class; give it one, or set objective.balance=0"
        )
    objective.class_weights = balance_classes(shares, config.balance).to(device)


def _check_margin(margin: float, model: nn.Module) -> float:
    if margin and not hasattr(model.classifier, "scale"):
        raise ConfigError(
            f"objective.margin {margin:g} needs a head that compares angles; "
            "set model.arguments.head=cosine, or objective.margin=0"
        )
    return margin


def _build_auxiliary(
    config: ObjectiveConfig, model: nn.Module, charset: Charset, data_root: Path
) -> AuxiliaryTargets | None:
    weights = config.auxiliary
    if not (weights.strokes or weights.components):
        return None
    structures = read_structures(data_root / KANJIVG_FILE)
    return AuxiliaryTargets(
        _measure_embedding(model), charset, structures, strokes=weights.strokes, components=weights.components
    )


@torch.no_grad()
def _measure_embedding(model: nn.Module) -> int:
    """D: how many numbers the classifier gets, whatever kind of head it is."""
    size = int(model.input_size)  # type: ignore[arg-type]
    was_training = model.training
    with keep_embedding(model.eval()) as embedding:
        model(torch.zeros((1, 1, size, size), dtype=torch.uint8))
    model.train(was_training)
    return embedding[0].shape[1]


def _build_distillation(config: ObjectiveConfig, model: nn.Module, charset: Charset) -> Distillation | None:
    chosen = config.teacher
    if chosen.weights is None:
        return None
    teacher = load_teacher(
        chosen.weights,
        read_checkpoint(find_weights(chosen.weights)),
        charset,
        int(model.input_size),  # type: ignore[arg-type]
        allow_custom=chosen.allow_custom,
    )
    return Distillation(teacher, chosen.share, chosen.temperature)
