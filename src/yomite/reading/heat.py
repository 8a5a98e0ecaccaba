"""Where a model saw a character, as a map over the canvas."""

import numpy as np


def build_heat(features: np.ndarray, class_weights: np.ndarray, size: int) -> np.ndarray:
    """Return what each place adds to a character's logit, negative parts cut off.

    Args:
        features: Float32 (D, H, W).
        class_weights: Float32 (D,), of the character.
        size: Side S of the canvas, in px.

    Returns:
        float32 (S, S), 0..1 with 1 at the strongest place; all 0 where no place speaks for the character.
    """
    contributions = np.tensordot(class_weights, features, axes=1)
    rows, columns = (build_upsampling(n, size) for n in contributions.shape)
    heat = rows @ np.maximum(contributions, 0) @ columns.T
    return heat / heat.max() if heat.max() > 0 else heat


def build_upsampling(num_places: int, size: int) -> np.ndarray:
    """Return the weights, float32 (size, num_places), of the cubic B-spline through evenly spread places.

    Its weights are never negative and sum to 1 in each row, so that a map stays within its range.
    """
    centers = (np.arange(num_places) + 0.5) / num_places
    positions = (np.arange(size) + 0.5) / size
    distance = np.abs(positions[:, None] - centers) * num_places
    near, far = 2 / 3 - distance**2 + distance**3 / 2, np.maximum(2 - distance, 0) ** 3 / 6
    weights = np.where(distance < 1, near, far)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
