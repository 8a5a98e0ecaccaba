"""Following a teacher: its soft answers beside the right ones (Hinton et al., arXiv:1503.02531).

The teacher sees the very images that the student sees, mixed and distorted (Beyer et al., arXiv:2106.05237).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint, load_model
from yomite.errors import ConfigError


class Distillation(nn.Module):
    """Mixes the losses of the right answers with the distance from the teacher's."""

    def __init__(self, teacher: nn.Module, weight: float, temperature: float) -> None:
        """Freezes the teacher.

        Args:
            teacher: Gives logits (N, C) for the student's images.
            weight: Share of the teacher in the loss, 0..1.
            temperature: Both sides' logits are divided by it; the loss is multiplied by its square, so that
                gradients keep their size.
        """
        super().__init__()
        # In a list the teacher is no part of this module: it is neither optimized nor saved.
        frozen = teacher.eval().requires_grad_(False)
        self._teacher = [frozen.to(memory_format=torch.channels_last)]  # type: ignore[call-overload]
        self.weight, self.temperature = weight, temperature

    def forward(self, losses: Tensor, logits: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """Losses (N,) of the right answers, logits (N, C), images -> losses and distances, float (N,)."""
        teacher = self._teacher[0].to(images.device)
        with torch.no_grad():
            wanted = functional.log_softmax(teacher(images).float() / self.temperature, dim=1)
        found = functional.log_softmax(logits / self.temperature, dim=1)
        distances = functional.kl_div(found, wanted, reduction="none", log_target=True).sum(dim=1)
        distances = distances * self.temperature**2
        return (1.0 - self.weight) * losses + self.weight * distances, distances


def load_teacher(
    name: str, checkpoint: Checkpoint, charset: Charset, input_size: int, *, allow_custom: bool = False
) -> nn.Module:
    """Return the teacher's model, if it answers the student's question.

    Args:
        name: What the user calls it, for the message.
        checkpoint: Of the teacher.
        charset: The student's.
        input_size: The student's canvas in px.
        allow_custom: Runs the code that the checkpoint names, if its model is not built in.

    Raises:
        ConfigError: If the teacher knows other characters, or the same in another order, or sees a canvas of
            another size.
        ModelFileError: If its model cannot be built.
    """
    if checkpoint.characters != charset.characters:
        missing = len(set(charset.characters) - set(checkpoint.characters))
        left_over = len(set(checkpoint.characters) - set(charset.characters))
        differ = f"{missing} of ours are missing and {left_over} are not ours"
        if not missing and not left_over:
            differ = "the same characters in another order"
        raise ConfigError(
            f"objective.teacher: {name} is a teacher of another charset ({len(checkpoint.characters)} "
            f"characters; {differ}); give a teacher that was trained with charset {charset.name!r}, or set "
            "charset to the teacher's"
        )
    if checkpoint.model["input_size"] != input_size:
        raise ConfigError(
            f"objective.teacher: {name} sees {checkpoint.model['input_size']} px, this model "
            f"{input_size} px; set model.input_size={checkpoint.model['input_size']}, or give another teacher"
        )
    return load_model(checkpoint, allow_custom=allow_custom)
