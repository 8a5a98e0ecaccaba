"""Mixup: two samples laid over each other, both of their characters right in part (arXiv:1710.09412)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def mix(images: Tensor, alpha: float, rng: torch.Generator) -> tuple[Tensor, float, Tensor]:
    """Lay another image of the batch over each image.

    Args:
        images: Uint8 (N, 1, S, S).
        alpha: Both parameters of the beta distribution that the share is drawn from; small: mostly one image.
        rng: Of the step, on the device of the images.

    Returns:
        The mixtures, uint8 like all a model sees; the share of the first image, 0.5 to 1, the same for the
        whole batch; and for each image the index of the other.
    """
    seed = int(torch.randint(2**31, (), generator=rng, device=rng.device))
    share = float(np.random.default_rng(seed).beta(alpha, alpha))  # torch draws no beta from a generator
    share = max(share, 1.0 - share)
    order = torch.randperm(len(images), generator=rng, device=rng.device).to(images.device)
    mixed = torch.lerp(images[order].float(), images.float(), share)
    return mixed.round().to(torch.uint8), share, order
