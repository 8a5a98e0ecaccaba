"""An angular margin: the right class must win by an angle (ArcFace: Deng et al., arXiv:1801.07698)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def add_margin(logits: Tensor, targets: Tensor, scale: Tensor | float, margin: float) -> Tensor:
    """Add an angle to that of the right class.

    Args:
        logits: Float (N, C) of a cosine head: scale * cos(angle between the embedding and the class).
        targets: Int64 (N,).
        scale: What the head multiplies cosines with.
        margin: In radians. Beyond 180 degrees the logit goes on falling as a straight line.

    Returns:
        The logits, those of the targets replaced by scale * cos(angle + margin).
    """
    right = targets[:, None]
    cosine = (logits.gather(1, right) / scale).clamp(-1.0, 1.0)
    sine = (1.0 - cosine.square()).clamp_min(1e-12).sqrt()  # the root has no slope at 0
    turned = cosine * math.cos(margin) - sine * math.sin(margin)
    fallen = cosine - margin * math.sin(margin)
    harder = torch.where(cosine > -math.cos(margin), turned, fallen)
    return logits.scatter(1, right, scale * harder)
