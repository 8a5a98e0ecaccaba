"""Which gray levels of a color picture show the ink and not the ruling."""

from __future__ import annotations

import numpy as np

_LOOK_PX = 120


def find_look_stride(height: int, width: int) -> int:
    """Return every how many-th row and column of a picture is looked at."""
    return max(1, -(-max(height, width) // _LOOK_PX))


def choose_channel(look: np.ndarray, ink_share: float) -> int:
    """Choose the channel of a color picture in which a colored ruling vanishes.

    A red or a blue ruling is as light as the paper in one of the three channels, and ink of another color is
    not. So the channel is taken in which least of the picture is dark, where the darkest ink stays dark, and
    where what vanishes lies in rows and columns as rulings do. Else the brightness is taken, as for any other
    picture.

    Args:
        look: Uint8 (h, w, 4), red, green, blue and brightness of every `find_look_stride`-th row and column.
        ink_share: The share of the picture, above 0, that ink covers at least: where it covers less, a ruling
            is among what is darkest, and is taken for ink.

    Returns:
        0, 1, 2, or 3 for the brightness.
    """
    look = look.astype(np.float32)
    paper = np.median(look.reshape(-1, 4), axis=0)
    darkness = np.maximum(paper - look, 0.0)
    if paper[3] < 100.0 or float(np.ptp(look[..., :3], axis=2).max()) < 24.0:
        return 3
    is_ink = darkness[..., 3] >= 0.75 * np.quantile(darkness[..., 3], 1.0 - ink_share)
    full = darkness[is_ink].mean(axis=0)
    if full[3] < 24.0:
        return 3
    relative = np.minimum(darkness / np.maximum(full, 1.0), 1.0)
    relative[darkness[..., 3] < 12.0] = 0.0
    amount = relative.sum(axis=(0, 1))
    best = 3
    for channel in range(3):
        if full[channel] >= 0.6 * full[:3].max() and amount[channel] < min(0.85 * amount[3], amount[best]):
            best = channel
    if best == 3 or not _lies_in_lines(relative[..., 3] - relative[..., best] > 0.2):
        return 3
    return best


def _lies_in_lines(vanishing: np.ndarray) -> bool:
    """Whether most of what vanishes lies in rows or columns that hold much of it; vanishing: bool (H, W)."""
    is_line = np.zeros(vanishing.shape, bool)
    for turned, lines in ((vanishing, is_line), (vanishing.T, is_line.T)):
        padded = np.pad(turned, ((1, 1), (0, 0)))
        share = (padded[:-2] | padded[1:-1] | padded[2:]).mean(axis=1)
        lines[share >= 0.4] = True
    return bool((vanishing & is_line).sum() >= 0.6 * vanishing.sum())
