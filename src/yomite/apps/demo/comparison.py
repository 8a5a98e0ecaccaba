"""A drawing beside the strokes of its character: which stroke is which, in order and direction or not."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from yomite.ink.strokes import Stroke, resample_stroke

_NUM_POINTS = 24
_REACH = 0.25
"""Mean distance, as a share of the character's longer side, beyond which two strokes are not the same."""


def compare_strokes(drawn: Sequence[Stroke], shown: Sequence[Stroke]) -> dict[str, Any]:
    """Find each drawn stroke among those of the character.

    Both are laid on each other by their boxes first, so place and size do not matter; then strokes are paired
    so that the sum of their distances is least.

    Args:
        drawn: The strokes of a person, in any unit, y down.
        shown: The strokes of the character in the unit square, in writing order.

    Returns:
        strokes: One entry for each drawn stroke: `points` [[x, y], ...] laid on the character; `index` of
            its stroke in the character, None where there is none; `distance` from it, the mean over its
            length as a share of the character's longer side; `is_reversed`, drawn from its end;
            `is_out_of_order`, it does not follow the strokes that the others of the drawing are.
        missing: Indices of the character's strokes that were not drawn.
    """
    laid = _lay_on(drawn, shown)
    drawn_points = np.stack([_spread(stroke) for stroke in laid])
    shown_points = np.stack([_spread(stroke) for stroke in shown])
    forward = _measure(drawn_points, shown_points)
    backward = _measure(drawn_points[:, ::-1], shown_points)
    side = max(float(np.ptp(np.concatenate(shown), axis=0).max()), 1e-6)
    distances = np.minimum(forward, backward) / side
    index_by_drawn = _pair(distances)
    in_order = _longest_rise([index for _, index in sorted(index_by_drawn.items())])
    strokes = [
        {
            "points": stroke.round(4).tolist(),
            "index": index,
            "distance": None if index is None else round(float(distances[number, index]), 4),
            # Beside a dot or a ring the two directions are about equal: then nothing is said.
            "is_reversed": index is not None and bool(backward[number, index] < 0.7 * forward[number, index]),
            "is_out_of_order": index is not None and index not in in_order,
        }
        for number, stroke in enumerate(laid)
        for index in (index_by_drawn.get(number),)
    ]
    missing = sorted(set(range(len(shown))) - set(index_by_drawn.values()))
    return {"strokes": strokes, "missing": missing}


def _lay_on(drawn: Sequence[Stroke], shown: Sequence[Stroke]) -> list[Stroke]:
    low, high = _box(drawn)
    target_low, target_high = _box(shown)
    extent = max(float((high - low).max()), 1e-9)
    scale = float((target_high - target_low).max()) / extent
    return [(stroke - 0.5 * (low + high)) * scale + 0.5 * (target_low + target_high) for stroke in drawn]


def _box(strokes: Sequence[Stroke]) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate(strokes).astype(np.float64)
    return points.min(axis=0), points.max(axis=0)


def _spread(stroke: Stroke) -> np.ndarray:
    """float64 (_NUM_POINTS, 2): points at equal distance along a stroke; a dot many times."""
    length = float(np.hypot(*np.diff(stroke, axis=0).T).sum()) if len(stroke) > 1 else 0.0
    points = resample_stroke(stroke, length / (_NUM_POINTS - 1)) if length else stroke[:1]
    wanted = np.linspace(0, len(points) - 1, _NUM_POINTS)
    return np.stack([np.interp(wanted, np.arange(len(points)), points[:, axis]) for axis in (0, 1)], axis=1)


def _measure(drawn: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Mean distances, (D, S), of (D, P, 2) and (S, P, 2) point by point."""
    return np.linalg.norm(drawn[:, None] - shown[None], axis=-1).mean(axis=-1)


def _pair(distances: np.ndarray) -> dict[int, int]:
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(np.minimum(distances, 2 * _REACH))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {row: column for row, column in pairs if distances[row, column] <= _REACH}


def _longest_rise(indices: list[int]) -> set[int]:
    """Return the members of a longest rising subsequence; indices are distinct."""
    best: list[list[int]] = []
    for position, index in enumerate(indices):
        before = [run for run in best[:position] if run[-1] < index]
        best.append([*max(before, key=len, default=[]), index])
    return set(max(best, key=len, default=[]))
