"""Objectives: what a step makes small.

The loop knows only `objective(model, batch, rng) -> (loss, counts)`. An objective may be an nn.Module: its
parameters are then optimized and checkpointed with those of the model, and dropped when weights are written.

Losses are means over the samples, never over sums of weights, so a step cut into micro-batches or spread
over processes has the gradient of the whole. What may be added to the cross-entropy is one file here each.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.charset import Charset
from yomite.checkpoint import read_checkpoint
from yomite.config import ObjectiveConfig
from yomite.errors import ConfigError
from yomite.extensions import find_callable
from yomite.ink.kanjivg import KANJIVG_FILE, read_structures
from yomite.models.character import keep_embedding
from yomite.streams import Stream
from yomite.streams.batch import NO_CHARACTER, Batch
from yomite.training.finetune import find_weights
from yomite.training.objectives.auxiliary import AuxiliaryTargets
from yomite.training.objectives.ctc import CTC
from yomite.training.objectives.denoising import Denoising
from yomite.training.objectives.distillation import Distillation, load_teacher
from yomite.training.objectives.erasing import Erasing
from yomite.training.objectives.finding import Finding
from yomite.training.objectives.margin import add_margin
from yomite.training.objectives.mixup import mix
from yomite.training.objectives.teacher_forcing import TeacherForcing

Objective = Callable[[nn.Module, Batch, torch.Generator], tuple[Tensor, dict[str, Tensor]]]
"""Gives the mean loss of the batch, and counts to be summed over batches, then divided by "samples".

The loss is a mean over samples none of which knows another: then the mean over micro-batches and processes is
that of the whole batch. What is random comes from `rng` or torch's own stream, both seeded for each
micro-batch. (Mixup and models with batch norm do mix the samples of a micro-batch.)
"""

NONE_WEIGHT = 0.5
"""Of a sample that is no character, as in the paper that `Classification.score` names."""


class Classification(nn.Module):
    """The objective of the character task: `objective(model, batch, rng) -> (loss, counts)`.

    counts: "samples" and "top1" (the right ones; with mixup the larger part of the mixture is right, and what
    is no character is never right), and the summed losses or right answers of what is added.
    """

    def __init__(
        self,
        *,
        label_smoothing: float = 0.0,
        class_weights: Tensor | None = None,
        margin: float = 0.0,
        mixup: float = 0.0,
        auxiliary: AuxiliaryTargets | None = None,
        distillation: Distillation | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            label_smoothing: Share of the target spread over all classes (Szegedy et al., arXiv:1512.00567).
            class_weights: Float (C,), what a sample of each class weighs; None: all alike.
            margin: Angle in radians added to that of the right class; needs a cosine head.
            mixup: Both parameters of the beta distribution of the share; 0: none.
            auxiliary: Further targets that are predicted from the embedding.
            distillation: A teacher to follow.
        """
        super().__init__()
        self.label_smoothing, self.margin, self.mixup = label_smoothing, margin, mixup
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", class_weights, persistent=False)
        self.auxiliary, self.distillation = auxiliary, distillation

    def forward(
        self, model: nn.Module, batch: Batch, rng: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the mean loss of a batch, and counts to be summed and divided by "samples"."""
        images, share, others = batch.images, 1.0, batch.targets
        if self.mixup:
            images, share, order = mix(images, self.mixup, rng)
            others = batch.targets[order]
        parts = [(share, batch.targets)] + ([(1.0 - share, others)] if share < 1.0 else [])
        with keep_embedding(model) if self.auxiliary else nullcontext([]) as embedding:
            logits = model(images).float()
        losses = torch.stack([part * self.score(model, logits, targets) for part, targets in parts]).sum(
            dim=0
        )
        counts = {"top1": (logits.detach().argmax(dim=1) == batch.targets).sum()}
        if self.distillation:
            losses, following = self.distillation(losses, logits, images)
            counts["distance_to_teacher"] = following.detach().sum()
        if self.auxiliary:
            for part, targets in parts:
                added, right = self.auxiliary(embedding[0].float(), targets)
                losses = losses + part * added * (targets != NO_CHARACTER)
                counts = {**right, **counts}  # of the larger part, which comes first
        return losses.mean(), counts | {"samples": torch.tensor(len(batch), device=logits.device)}

    def score(self, model: nn.Module, logits: Tensor, targets: Tensor) -> Tensor:
        """Float logits (N, C), int64 targets (N,) -> the loss of each sample, float (N,).

        Of what is no character the target is every class alike (Hendrycks et al., arXiv:1812.04606).
        """
        is_none = targets == NO_CHARACTER
        alike = NONE_WEIGHT * (logits.logsumexp(dim=1) - logits.mean(dim=1))
        targets = targets.clamp(min=0)
        if self.margin:
            logits = add_margin(logits, targets, model.classifier.scale, self.margin)  # type: ignore
        losses = functional.cross_entropy(
            logits, targets, label_smoothing=self.label_smoothing, reduction="none"
        )
        if self.class_weights is not None:
            losses = losses * self.class_weights[targets]
        return torch.where(is_none, alike, losses)


def balance_classes(class_shares: np.ndarray, power: float) -> Tensor:
    """Weights that make rare classes count as much as frequent ones.

    Args:
        class_shares: Float (C,), which share of the samples is of each class.
        power: 0: every sample counts alike; 1: every class counts alike; between: to that power.

    Returns:
        Float32 (C,), proportional to `class_shares ** -power`, with mean 1 over the samples; 0 for classes
        without samples.
    """
    shares = class_shares / class_shares.sum()
    weights = np.zeros_like(shares)
    weights[shares > 0] = shares[shares > 0] ** -power
    return torch.tensor(weights / (shares * weights).sum(), dtype=torch.float32)


OBJECTIVES: dict[str, Callable[..., Objective]] = {
    "classification": Classification,
    "ctc": CTC,
    "teacher_forcing": TeacherForcing,
    "finding": Finding,
    "denoising": Denoising,
    "erasing": Erasing,
}


def build_objective(
    config: ObjectiveConfig, model: nn.Module, charset: Charset, data_root: Path
) -> Objective:
    """Build the objective that a run describes.

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
            objective = build(**config.arguments)
        except TypeError as error:
            raise ConfigError(f"objective.arguments {config.arguments}: {error}") from error
        if isinstance(objective, CTC):
            objective.check_model(model)
        return objective
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
