"""What people draw beside their text: arrows, boxes, circles, wires, hatching, scribble; strokes in px."""

from __future__ import annotations

import numpy as np

from yomite.ink.page_plan import PagePlan

Strokes = list[np.ndarray]
"""Float32 (P, 2) each, px of the picture."""


def draw_beside(width: int, height: int, plan: PagePlan, rng: np.random.Generator) -> Strokes:
    """Draw one to six things anywhere on the sheet, some of them across the text."""
    strokes: Strokes = []
    for _ in range(int(rng.integers(1, 7))):
        center = rng.random(2) * np.array([width, height])
        size = plan.em * (0.8 + 7.0 * rng.random() ** 2)
        draw = (_draw_arrow, _draw_shape, _draw_wire, _draw_hatching, _draw_scribble)[int(rng.integers(5))]
        strokes += [(stroke * size + center).astype(np.float32) for stroke in draw(rng)]
    return strokes


def _shake(points: np.ndarray, rng: np.random.Generator, amount: float = 0.01) -> np.ndarray:
    return points + amount * rng.normal(size=points.shape)


def _draw_arrow(rng: np.random.Generator) -> Strokes:
    """Draw a shaft, straight or bent, with a head at its end."""
    angle, bend = 6.2832 * rng.random(), 0.3 * rng.normal() * (rng.random() < 0.5)
    t = np.linspace(-1.0, 1.0, 20)
    shaft = np.stack([t, bend * (1.0 - t * t)], axis=1)
    head = np.array([[0.82, 0.14], [1.0, 0.0], [0.82, -0.14]])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return [_shake(shaft, rng) @ turn, head @ turn]


def _draw_shape(rng: np.random.Generator) -> Strokes:
    """Draw a closed shape of three to seven corners, or round; now and then a second one inside."""
    num = int(rng.integers(3, 8)) if rng.random() < 0.6 else 40
    angles = np.linspace(0.0, 6.2832, num + 1) + 6.2832 * rng.random()
    flat = 0.3 + 0.7 * rng.random()
    shape = np.stack([np.cos(angles), flat * np.sin(angles)], axis=1)
    if rng.random() < 0.5 and num < 40:  # upright box
        shape = np.array([[-1, -flat], [1, -flat], [1, flat], [-1, flat], [-1, -flat]], np.float64)
    strokes = [_shake(shape, rng)]
    if rng.random() < 0.3:
        strokes.append(_shake(0.5 * shape, rng))
    return strokes


def _draw_wire(rng: np.random.Generator) -> Strokes:
    """Draw a line of one to four straight or bent pieces, as in diagrams."""
    corners = np.cumsum(rng.normal(size=(int(rng.integers(2, 6)), 2)), axis=0)
    if rng.random() < 0.6:  # along the axes
        corners = np.repeat(corners, 2, axis=0)
        corners[1:, 1] = corners[:-1, 1]
    t = np.linspace(0.0, len(corners) - 1.0, 12 * len(corners))
    along = [np.interp(t, np.arange(len(corners)), corners[:, axis]) for axis in (0, 1)]
    return [_shake(np.stack(along, axis=1), rng, 0.004)]


def _draw_hatching(rng: np.random.Generator) -> Strokes:
    """Draw parallel strokes."""
    num, step = int(rng.integers(4, 20)), np.array([0.14, 0.04 * rng.normal()])
    stroke = np.stack([np.linspace(-0.3, 0.3, 6), np.linspace(0.6, -0.6, 6)], axis=1)
    return [_shake(stroke + (number - 0.5 * num) * step, rng) for number in range(num)]


def _draw_scribble(rng: np.random.Generator) -> Strokes:
    """Draw a smooth line that crosses itself, as flourishes, signatures and sketches do."""
    t = np.linspace(0.0, 6.2832 * (0.5 + 2.0 * rng.random()), 90)
    waves = rng.normal(size=(2, 4)) / np.array([1.0, 1.5, 2.5, 4.0])
    phases = 6.2832 * rng.random((2, 4))
    place = [
        sum(waves[axis, k] * np.sin((k + 1) * 0.7 * t + phases[axis, k]) for k in range(4)) for axis in (0, 1)
    ]
    drift = 0.25 * t[:, None] * np.array([[1.0, 0.1 * rng.normal()]]) * (rng.random() < 0.5)
    return [0.6 * np.stack(place, axis=1) + drift]
