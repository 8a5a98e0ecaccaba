"""Samples that are there twice: the same picture, or the same one cut, scaled, shifted or saved again.

Both are told on canvas images, which already undo position, size, polarity and paper. Two canvases that are
equal byte for byte are one picture. Two that correlate beyond MIN_CORRELATION after a slight blur most
probably are: a picture saved as JPEG, darkened, shifted or scaled to 60 % keeps 0.98 to 1.00 with itself.
Among 8,165 scanned cells eight pairs reach 0.999, all of them copies; nine lie between 0.975 and 0.985,
simple drawings such as へ and く. Bare strokes (一 and ー), which are alike by nature, are left aside.
"""

from __future__ import annotations

import numpy as np

MIN_CORRELATION = 0.975
MAX_ASPECT = 4.0
"""A box that is longer than this holds a bare stroke, of which any two look alike."""

_COMPONENTS = 12
_FIT_SAMPLES = 4_000
_CHUNK = 4_096


def find_equal(images: np.ndarray) -> list[list[int]]:
    """Find groups of samples with the same canvas.

    Args:
        images: Uint8 (N, S, S).

    Returns:
        The indices of each group of two or more, rising.
    """
    members: dict[bytes, list[int]] = {}
    for index, image in enumerate(images):
        members.setdefault(image.tobytes(), []).append(index)
    return [group for group in members.values() if len(group) > 1]


def find_near(images: np.ndarray) -> list[tuple[int, int, float]]:
    """Pairs of samples that are most probably one picture, the most alike first; equal ones count too.

    Exact within its definition: the search in fewer dimensions only ever finds too many pairs, and each is
    measured in full.

    Args:
        images: Uint8 (N, S, S), S even.

    Returns:
        (index, later index, correlation) of each pair.
    """
    from scipy.spatial import KDTree

    if len(images) < 2:
        return []
    chunks = range(0, len(images), _CHUNK)
    vectors = np.concatenate([_describe(images[start : start + _CHUNK]) for start in chunks])
    indices = np.flatnonzero(~_is_bare(images))
    sample = vectors[indices[:: max(1, len(indices) // _FIT_SAMPLES)]]
    if len(indices) < 2:
        return []
    # Directions in which the samples differ most; a projection never makes a distance longer.
    directions = np.linalg.svd(sample - sample.mean(axis=0), full_matrices=False)[2][:_COMPONENTS]
    # |a - b|^2 = 2 - 2 a.b for vectors of length 1; a hair more, for float32.
    radius = float(np.sqrt(2.0 - 2.0 * MIN_CORRELATION)) + 1e-4
    tree = KDTree(vectors[indices] @ directions.T)
    pairs = indices[tree.query_pairs(radius, output_type="ndarray")].reshape(-1, 2)
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(pairs), _CHUNK):
        first, second = pairs[start : start + _CHUNK].T
        alike = np.einsum("nd,nd->n", vectors[first], vectors[second])
        kept = alike >= MIN_CORRELATION
        found += zip(
            np.minimum(first, second)[kept].tolist(),
            np.maximum(first, second)[kept].tolist(),
            alike[kept].tolist(),
            strict=True,
        )
    return sorted(found, key=lambda pair: (-pair[2], pair[0], pair[1]))


def _describe(images: np.ndarray) -> np.ndarray:
    """Blurred, halved, without mean and of length 1: float32 (N, S * S / 4)."""
    blurred = images.astype(np.float32)
    for axis in (1, 2):
        for _ in range(2):
            before, after = np.roll(blurred, 1, axis), np.roll(blurred, -1, axis)
            blurred = 0.25 * before + 0.5 * blurred + 0.25 * after
    size = images.shape[1] // 2
    halved = blurred.reshape(len(images), size, 2, size, 2).mean(axis=(2, 4)).reshape(len(images), -1)
    halved -= halved.mean(axis=1, keepdims=True)
    return halved / np.maximum(np.linalg.norm(halved, axis=1, keepdims=True), 1e-6)


def _is_bare(images: np.ndarray) -> np.ndarray:
    """Whether the ink is one long narrow stroke: bool (N,)."""
    is_ink = images > 64
    height, width = is_ink.any(axis=2).sum(axis=1), is_ink.any(axis=1).sum(axis=1)
    return np.maximum(height, width) > MAX_ASPECT * np.maximum(np.minimum(height, width), 1)
