"""A hand: one writer's habits.

A hand is a row of numbers (`HABITS`). It is drawn once for a writer and holds for all his characters, so that
slant, proportions, joined strokes and lost hooks agree between them. `yomite.ink.writing` writes with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from yomite.errors import YomiteError

# Habit: how far writers differ in it, around which middle. Columns: middle, deviation, low, high.
HABITS: dict[str, tuple[float, float, float, float]] = {
    "slant": (0.0, 0.12, -0.45, 0.45),  # x shear: leaning verticals
    "slope": (-0.03, 0.07, -0.28, 0.22),  # y shear: horizontals that rise to the right
    "rotation": (0.0, 0.05, -0.22, 0.22),  # radians, of the whole character
    "aspect": (0.0, 0.14, -0.45, 0.45),  # log of height over width
    "bulge_x": (0.0, 0.10, -0.28, 0.28),  # left half wider than the right half, or the reverse
    "bulge_y": (0.0, 0.10, -0.28, 0.28),
    "wave": (0.012, 0.010, 0.0, 0.05),  # smooth warp of the plane
    "component_scale": (0.07, 0.05, 0.0, 0.22),  # how unevenly components are sized
    "component_shift": (0.025, 0.02, 0.0, 0.09),
    "stroke_shift": (0.014, 0.010, 0.0, 0.05),
    "stroke_turn": (0.045, 0.035, 0.0, 0.18),  # radians
    "stroke_scale": (0.06, 0.045, 0.0, 0.22),
    "bow": (0.02, 0.04, -0.12, 0.15),  # straight strokes that bend, the same way for one writer
    "bow_change": (0.025, 0.02, 0.0, 0.09),
    "tremor": (0.006, 0.005, 0.0, 0.03),
    "overshoot": (0.0, 0.04, -0.10, 0.14),  # ends that run on, or stop short
    "hook_loss": (0.25, 0.35, 0.0, 1.0),  # share of hooks not drawn
    "roundness": (1.0, 1.2, 0.0, 6.0),  # smoothing passes: corners become curves
    "coarseness": (-1.0, 1.6, 0.0, 5.0),  # points left out: a mouse, a slow touch screen
    "joining": (-0.15, 0.30, 0.0, 0.95),  # share of strokes joined to the next one in haste
    "reach": (0.30, 0.12, 0.08, 0.8),  # longest gap that is joined
    "shortening": (0.03, 0.05, 0.0, 0.3),  # strokes cut short where they are joined
    "ligature": (0.75, 0.25, 0.2, 1.0),  # width of the joining line
    "dot_growth": (0.0, 0.15, -0.4, 0.5),  # log size of short strokes, voicing marks among them
}
HABIT_NAMES = tuple(HABITS)
_MIDDLE, _DEVIATION, _LOW, _HIGH = np.array(list(HABITS.values())).T.copy()

# What haste = 1 adds to a habit; a writer between calm and haste gets his share of it.
_HASTE = {
    "joining": 0.9,
    "roundness": 2.8,
    "hook_loss": 0.3,
    "shortening": 0.09,
    "slope": -0.05,
    "wave": 0.012,
    "stroke_shift": 0.010,
    "stroke_scale": 0.05,
    "reach": 0.22,
    "component_scale": 0.02,
}
_HASTE_VECTOR = np.array([_HASTE.get(name, 0.0) for name in HABIT_NAMES])

NAMED_HANDS: dict[str, dict[str, float]] = {
    "print": {"haste": 0.0, "spread": 0.0},
    "neat": {"haste": 0.0, "spread": 0.5},
    "ordinary": {"haste": 0.15, "spread": 1.0},
    "hasty": {"haste": 0.6, "spread": 1.0},
    "running": {"haste": 1.0, "spread": 1.0},
    "rough": {"haste": 0.2, "spread": 1.7},
}


@dataclass(frozen=True)
class Hand:
    """One writer's habits.

    Attributes:
        habits: Float64 (len(HABITS),), in the order of `HABIT_NAMES`; the comments there give the units.
    """

    habits: np.ndarray

    def __getitem__(self, name: str) -> float:
        return float(self.habits[HABIT_NAMES.index(name)])


def build_hand(name: str = "ordinary", *, seed: int = 0) -> Hand:
    """Draw one writer of a kind.

    Args:
        name: One of `NAMED_HANDS`.
        seed: Which writer; the same seed is the same writer.

    Raises:
        YomiteError: The kind is unknown.
    """
    if name not in NAMED_HANDS:
        raise YomiteError(f"unknown hand {name!r}; one of: {', '.join(NAMED_HANDS)}")
    kind = NAMED_HANDS[name]
    if kind["spread"] == 0.0:
        habits = np.zeros(len(HABITS))
        habits[HABIT_NAMES.index("ligature")] = 1.0
        return Hand(habits)
    return Hand(
        draw_habits(np.random.default_rng(seed).normal(size=len(HABITS)), kind["haste"], kind["spread"])
    )


@njit(cache=True)
def draw_habits(normal: np.ndarray, haste: float, spread: float) -> np.ndarray:
    """Turn standard normal numbers into habits.

    Args:
        normal: Float64 (len(HABITS),).
        haste: From 0, calm, to 1, running hand.
        spread: How far writers differ; 1 for ordinary people.

    Returns:
        Habits, float64 (len(HABITS),).
    """
    habits = _MIDDLE + _DEVIATION * spread * normal + _HASTE_VECTOR * haste
    return np.minimum(np.maximum(habits, _LOW), _HIGH)
