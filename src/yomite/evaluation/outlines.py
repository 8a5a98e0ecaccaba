"""Outlines that we drew by hand: Hangul syllables, shapes and objects, none of them a character of the sets.

Lines are points, y down; each outline has a unit of its own (`fit_square` brings them to one size).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Strokes = list[np.ndarray]


def line(*points: tuple[float, float]) -> np.ndarray:
    """Draw a stroke through points."""
    return np.array(points, float)


def arc(
    x: float, y: float, width: float, height: float, start: float = 0, stop: float = 360, num: int = 24
) -> np.ndarray:
    """Draw a part of an ellipse about (x, y), from angle to angle in degrees, clockwise from the right."""
    angle = np.radians(np.linspace(start, stop, num))
    return np.stack([x + width * np.cos(angle), y + height * np.sin(angle)], axis=1)


def polygon(num_corners: int, step: int = 1) -> np.ndarray:
    """Draw a closed polygon with a corner on top; step 2 joins every second corner, a star."""
    angle = np.radians(-90 + 360 / num_corners * step * np.arange(num_corners + 1))
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def join(*strokes: np.ndarray) -> np.ndarray:
    """One stroke of several."""
    return np.concatenate(strokes)


_ROUND = np.linspace(0, 2 * np.pi, 9)[:-1]

_CONSONANTS: dict[str, Strokes] = {
    "ㄱ": [line((0, 0), (1, 0), (0.9, 1))],
    "ㄴ": [line((0, 0), (0, 1), (1, 1))],
    "ㄷ": [line((0, 0), (1, 0)), line((0, 0), (0, 1), (1, 1))],
    "ㄹ": [
        line((0, 0), (1, 0), (1, 0.5)),
        line((0, 0.5), (1, 0.5)),
        line((0, 0.5), (0, 1), (1, 1)),
    ],
    "ㅁ": [line((0, 0), (0, 1)), line((0, 0), (1, 0), (1, 1)), line((0, 1), (1, 1))],
    "ㅂ": [
        line((0, 0), (0, 1)),
        line((1, 0), (1, 1)),
        line((0, 0.5), (1, 0.5)),
        line((0, 1), (1, 1)),
    ],
    "ㅅ": [line((0.55, 0), (0.4, 0.5), (0, 1)), line((0.5, 0.4), (1, 1))],
    "ㅇ": [arc(0.5, 0.5, 0.5, 0.5, -90, 270)],
    "ㅈ": [line((0, 0), (1, 0), (0.5, 0.5), (0, 1)), line((0.5, 0.5), (1, 1))],
    "ㅊ": [
        line((0.35, 0), (0.65, 0)),
        line((0, 0.25), (1, 0.25), (0.5, 0.6), (0, 1)),
        line((0.5, 0.6), (1, 1)),
    ],
    "ㅋ": [line((0, 0), (1, 0), (0.9, 1)), line((0, 0.45), (0.95, 0.45))],
    "ㅌ": [line((0, 0), (1, 0)), line((0, 0.5), (1, 0.5)), line((0, 0), (0, 1), (1, 1))],
    "ㅍ": [
        line((0, 0), (1, 0)),
        line((0.3, 0), (0.3, 1)),
        line((0.7, 0), (0.7, 1)),
        line((0, 1), (1, 1)),
    ],
    "ㅎ": [
        line((0.4, 0), (0.6, 0)),
        line((0, 0.25), (1, 0.25)),
        arc(0.5, 0.7, 0.35, 0.3, -90, 270),
    ],
}
_BESIDE: dict[str, Strokes] = {
    "ㅏ": [line((0.3, 0), (0.3, 1)), line((0.3, 0.5), (1, 0.5))],
    "ㅑ": [line((0.3, 0), (0.3, 1)), line((0.3, 0.35), (1, 0.35)), line((0.3, 0.65), (1, 0.65))],
    "ㅓ": [line((0, 0.5), (0.7, 0.5)), line((0.7, 0), (0.7, 1))],
    "ㅕ": [line((0, 0.35), (0.7, 0.35)), line((0, 0.65), (0.7, 0.65)), line((0.7, 0), (0.7, 1))],
    "ㅣ": [line((0.5, 0), (0.5, 1))],
    "ㅐ": [line((0.1, 0), (0.1, 1)), line((0.1, 0.5), (0.8, 0.5)), line((0.8, 0), (0.8, 1))],
    "ㅔ": [line((0, 0.5), (0.4, 0.5)), line((0.4, 0), (0.4, 1)), line((0.9, 0), (0.9, 1))],
}
_BELOW: dict[str, Strokes] = {
    "ㅗ": [line((0.5, 0), (0.5, 1)), line((0, 1), (1, 1))],
    "ㅛ": [line((0.3, 0), (0.3, 1)), line((0.7, 0), (0.7, 1)), line((0, 1), (1, 1))],
    "ㅜ": [line((0, 0), (1, 0)), line((0.5, 0), (0.5, 1))],
    "ㅠ": [line((0, 0), (1, 0)), line((0.3, 0), (0.3, 1)), line((0.7, 0), (0.7, 1))],
    "ㅡ": [line((0, 0.5), (1, 0.5))],
}


def outline_hangul(rng: np.random.Generator) -> Strokes:
    """Draw a syllable: a consonant, a vowel beside or below it, in two of three a last consonant."""
    initial = _CONSONANTS[str(rng.choice(list(_CONSONANTS)))]
    vowel = str(rng.choice([*_BESIDE, *_BELOW]))
    has_last = rng.random() < 0.65
    last = _CONSONANTS[str(rng.choice(list(_CONSONANTS)))]
    height = 0.58 if has_last else 1.0
    if vowel in _BELOW:
        strokes = _put(initial, 0.15, 0, 0.7, 0.5 * height)
        strokes += _put(_BELOW[vowel], 0, 0.62 * height, 1, 0.36 * height)
    else:
        strokes = _put(initial, 0, 0.08 * height, 0.5, 0.75 * height)
        strokes += _put(_BESIDE[vowel], 0.62, 0, 0.36, height)
    return strokes + (_put(last, 0.18, 0.68, 0.66, 0.32) if has_last else [])


def _put(strokes: Strokes, x: float, y: float, width: float, height: float) -> Strokes:
    return [stroke * np.array([width, height]) + np.array([x, y]) for stroke in strokes]


def _outline_heart() -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 40)
    down = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([16 * np.sin(t) ** 3, down], axis=1)


def _outline_wave() -> np.ndarray:
    x = np.linspace(0, 17, 50)
    return np.stack([x, 3 * np.sin(x)], axis=1)


# No circle, square, cross or line: drawn alone, each is a character (〇 口 十 一).
SHAPES: dict[str, Callable[[], Strokes]] = {
    "triangle": lambda: [polygon(3)],
    "diamond": lambda: [polygon(4) * [0.8, 1]],
    "pentagon": lambda: [polygon(5)],
    "hexagon": lambda: [polygon(6)],
    "star": lambda: [polygon(5, step=2)],
    "hollow star": lambda: [polygon(10) * np.where(np.arange(11) % 2, 0.42, 1)[:, None]],
    "heart": lambda: [_outline_heart()],
    "arrow": lambda: [line((-1, 0), (1, 0)), line((0.5, -0.4), (1, 0), (0.5, 0.4))],
    "double circle": lambda: [arc(0, 0, 1, 1), arc(0, 0, 0.5, 0.5)],
    "crescent": lambda: [join(arc(0, 0, 1, 1, 60, 300), arc(0.45, 0, 0.9, 0.8, 285, 75))],
    "cube": lambda: [
        line((-1, -0.4), (0.4, -0.4), (0.4, 1), (-1, 1), (-1, -0.4)),
        line((-1, -0.4), (-0.4, -1), (1, -1), (0.4, -0.4)),
        line((1, -1), (1, 0.4), (0.4, 1)),
    ],
    "cylinder": lambda: [
        arc(0, -0.8, 0.8, 0.25),
        line((-0.8, -0.8), (-0.8, 0.8)),
        line((0.8, -0.8), (0.8, 0.8)),
        arc(0, 0.8, 0.8, 0.25, 0, 180),
    ],
    "wave": lambda: [_outline_wave()],
    "lightning": lambda: [
        line((0.3, -1), (-0.5, 0.1), (0, 0.1), (-0.3, 1), (0.6, -0.2), (0.1, -0.2), (0.3, -1))
    ],
    "diamond in a square": lambda: [
        line((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)),
        0.9 * polygon(4),
    ],
    "ring of dots": lambda: [arc(np.cos(a), np.sin(a), 0.08, 0.08, num=8) for a in _ROUND],
}

OBJECTS: dict[str, Callable[[], Strokes]] = {
    "house": lambda: [
        line((-0.8, -0.1), (-0.8, 1), (0.8, 1), (0.8, -0.1)),
        line((-1, -0.1), (0, -1), (1, -0.1), (-1, -0.1)),
        line((-0.2, 1), (-0.2, 0.4), (0.2, 0.4), (0.2, 1)),
        line((0.35, 0.1), (0.6, 0.1), (0.6, 0.35), (0.35, 0.35), (0.35, 0.1)),
    ],
    "face": lambda: [
        arc(0, 0, 1, 1),
        arc(-0.35, -0.3, 0.1, 0.12, num=10),
        arc(0.35, -0.3, 0.1, 0.12, num=10),
        arc(0, 0.1, 0.5, 0.45, 20, 160),
    ],
    "man": lambda: [
        arc(0, -0.75, 0.25, 0.25),
        line((0, -0.5), (0, 0.3)),
        line((-0.5, -0.2), (0, -0.35), (0.5, -0.2)),
        line((-0.4, 1), (0, 0.3), (0.4, 1)),
    ],
    "tree": lambda: [
        line((-0.15, 1), (-0.12, 0.2)),
        line((0.15, 1), (0.12, 0.2)),
        join(
            *(
                arc(0.55 * np.cos(a), -0.35 + 0.4 * np.sin(a), 0.4, 0.35, d - 70, d + 70, 8)
                for d in range(130, 470, 55)
                for a in [np.radians(d)]
            )
        ),
    ],
    "flower": lambda: [
        arc(0, -0.4, 0.18, 0.18),
        *(arc(0.38 * np.cos(a), -0.4 + 0.38 * np.sin(a), 0.2, 0.2, num=14) for a in 1.2566 * np.arange(5)),
        line((0, 0.1), (0.05, 1)),
        arc(0.25, 0.6, 0.22, 0.1),
    ],
    "sun": lambda: [
        arc(0, 0, 0.5, 0.5),
        *(line((0.65 * np.cos(a), 0.65 * np.sin(a)), (np.cos(a), np.sin(a))) for a in _ROUND),
    ],
    "car": lambda: [
        line(
            (-1, 0.3), (-1, -0.05), (-0.6, -0.1), (-0.35, -0.5), (0.35, -0.5), (0.6, -0.1), (1, 0), (1, 0.3)
        ),
        line((1, 0.3), (-1, 0.3)),
        arc(-0.55, 0.35, 0.2, 0.2),
        arc(0.55, 0.35, 0.2, 0.2),
        line((0, -0.5), (0, -0.1)),
        line((-0.6, -0.1), (0.6, -0.1)),
    ],
    "cup": lambda: [
        line((-0.6, -0.7), (-0.5, 0.8), (0.4, 0.8), (0.5, -0.7)),
        arc(-0.05, -0.7, 0.55, 0.15),
        arc(0.5, 0, 0.35, 0.35, -80, 80),
    ],
    "fish": lambda: [
        join(
            arc(-0.1, 0.6, 1.1, 1, -140, -35), line((1, 0.45), (1, -0.45)), arc(-0.1, -0.6, 1.1, 1, 35, 140)
        ),
        arc(-0.6, -0.1, 0.07, 0.07, num=8),
    ],
    "cat": lambda: [
        arc(0, 0.2, 0.8, 0.7),
        line((-0.7, -0.1), (-0.65, -0.9), (-0.25, -0.42)),
        line((0.7, -0.1), (0.65, -0.9), (0.25, -0.42)),
        arc(-0.3, 0.05, 0.08, 0.1, num=8),
        arc(0.3, 0.05, 0.08, 0.1, num=8),
        line((-0.1, 0.35), (0.1, 0.35), (0, 0.45), (-0.1, 0.35)),
        *(line((0.3 * s, 0.4 + 0.1 * d), (s, 0.3 + 0.3 * d)) for s in (-1, 1) for d in (0, 1)),
    ],
    "boat": lambda: [
        line((-1, 0.4), (-0.6, 0.9), (0.6, 0.9), (1, 0.4), (-1, 0.4)),
        line((0, 0.4), (0, -1)),
        line((0.05, -0.95), (0.7, 0.25), (0.05, 0.25)),
    ],
    "umbrella": lambda: [
        arc(0, 0, 1, 0.9, 180, 360),
        join(*(arc(x, 0, 0.25, 0.15, 180, 360, 8) for x in (-0.75, -0.25, 0.25, 0.75))),
        join(line((0, -0.1), (0, 0.8)), arc(0.15, 0.8, 0.15, 0.2, 180, 20, 8)),
    ],
    "glasses": lambda: [
        arc(-0.5, 0, 0.38, 0.35),
        arc(0.5, 0, 0.38, 0.35),
        arc(0, 0, 0.14, 0.12, 200, 340, 8),
        line((-0.88, -0.05), (-1.1, -0.3)),
        line((0.88, -0.05), (1.1, -0.3)),
    ],
    "clock": lambda: [
        arc(0, 0, 1, 1),
        line((0.35, -0.6), (0, 0), (0.5, 0.1)),
        *(line((0.8 * np.cos(a), 0.8 * np.sin(a)), (0.93 * np.cos(a), 0.93 * np.sin(a))) for a in _ROUND),
    ],
    "envelope": lambda: [
        line((-1, -0.6), (1, -0.6), (1, 0.6), (-1, 0.6), (-1, -0.6)),
        line((-1, -0.6), (0, 0.15), (1, -0.6)),
    ],
    "bicycle": lambda: [
        arc(-0.6, 0.4, 0.4, 0.4),
        arc(0.6, 0.4, 0.4, 0.4),
        line((-0.6, 0.4), (-0.2, -0.3), (0.4, -0.3), (0, 0.4), (-0.6, 0.4)),
        line((-0.2, -0.3), (0, 0.4)),
        line((0.6, 0.4), (0.35, -0.6), (0.55, -0.65)),
        line((-0.35, -0.4), (-0.05, -0.4)),
    ],
    "apple": lambda: [
        join(arc(-0.35, 0.1, 0.5, 0.6, 300, 90, 16), arc(0.35, 0.1, 0.5, 0.6, 90, -120, 16)),
        line((0, -0.4), (0.05, -0.8)),
        arc(0.25, -0.75, 0.22, 0.1),
    ],
    "key": lambda: [
        arc(-0.65, 0, 0.35, 0.35),
        line((-0.3, 0), (1, 0)),
        line((0.7, 0), (0.7, 0.3)),
        line((0.9, 0), (0.9, 0.25)),
    ],
    "lamp": lambda: [
        join(
            line((-0.2, 0.5), (-0.25, 0.2)), arc(0, -0.3, 0.6, 0.6, 140, 400), line((0.25, 0.2), (0.2, 0.5))
        ),
        *(line((-x, y), (x, y)) for x, y in ((0.2, 0.5), (0.2, 0.65), (0.12, 0.8))),
    ],
}
