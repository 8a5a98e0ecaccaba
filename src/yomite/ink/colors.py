"""Which gray levels of a color picture show the ink and not the ruling."""

from __future__ import annotations

import numpy as np
from PIL import Image

_LOOK_PX = 120


def merge_colors(picture: np.ndarray) -> np.ndarray:
    """Turn a color picture into gray levels, by the channel in which a colored ruling vanishes.

    A red or a blue ruling is as light as the paper in one of the three channels, and ink of another color is
    not. So the channel is taken in which least of the picture is dark, where the darkest ink stays dark, and
    where what vanishes lies in rows and columns as rulings do. Else the brightness is taken, as for any other
    picture.

    Args:
        picture: Uint8 (H, W, 3), RGB.

    Returns:
        Uint8 (H, W).
    """
    gray = np.asarray(Image.fromarray(np.ascontiguousarray(picture)).convert("L"))
    stride = max(1, -(-max(gray.shape) // _LOOK_PX))
    look = np.dstack([picture[::stride, ::stride], gray[::stride, ::stride]]).astype(np.float32)
    paper = np.median(look.reshape(-1, 4), axis=0)
    darkness = np.maximum(paper - look, 0.0)
    if paper[3] < 100.0 or float(np.ptp(look[..., :3], axis=2).max()) < 24.0:
        return gray
    is_ink = darkness[..., 3] >= 0.75 * np.quantile(darkness[..., 3], 0.995)
    full = darkness[is_ink].mean(axis=0)
    if full[3] < 24.0:
        return gray
    relative = np.minimum(darkness / np.maximum(full, 1.0), 1.0)
    relative[darkness[..., 3] < 12.0] = 0.0
    amount = relative.sum(axis=(0, 1))
    best = 3
    for channel in range(3):
        if full[channel] >= 0.6 * full[:3].max() and amount[channel] < min(0.85 * amount[3], amount[best]):
            best = channel
    if best == 3 or not _lies_in_lines(relative[..., 3] - relative[..., best] > 0.2):
        return gray
    return np.ascontiguousarray(picture[..., best])


def _lies_in_lines(vanishing: np.ndarray) -> bool:
    """Whether most of what vanishes lies in rows or columns that hold much of it; vanishing: bool (H, W)."""
    is_line = np.zeros(vanishing.shape, bool)
    for turned, lines in ((vanishing, is_line), (vanishing.T, is_line.T)):
        padded = np.pad(turned, ((1, 1), (0, 0)))
        share = (padded[:-2] | padded[1:-1] | padded[2:]).mean(axis=1)
        lines[share >= 0.4] = True
    return bool((vanishing & is_line).sum() >= 0.6 * vanishing.sum())
