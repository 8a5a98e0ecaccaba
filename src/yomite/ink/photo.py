"""Photo: what light, a camera, a screen and a file do to a picture of paper.

`photograph` takes a gray picture and the row of numbers of `yomite.ink.paper.PAPER_TRAITS`; its parts can be
called alone. All of them keep the shape, so that boxes stay true. The random stream is numba's.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_SHADOW, _FOLD, _MOIRE, _COARSE, _BLOCKS = range(17, 22)

_COSINES = np.array(
    [[np.cos((2 * j + 1) * k * np.pi / 16) * (0.5 if k else 0.125**0.5) for j in range(8)] for k in range(8)]
)
"""float64 (8, 8): the discrete cosine transform, frequency x position."""


@njit(cache=True)
def photograph(gray: np.ndarray, traits: np.ndarray) -> None:
    """Treat a picture as a paper's traits say.

    Args:
        gray: Uint8 (H, W); changed in place.
        traits: Float64 (len(PAPER_TRAITS),), of `yomite.ink.paper`.
    """
    if traits[_SHADOW] > 0.02:
        cast_shadow(gray, traits[_SHADOW])
    if abs(traits[_FOLD]) > 0.02:
        fold_sheet(gray, traits[_FOLD])
    if traits[_MOIRE] > 1.0:
        show_on_screen(gray, traits[_MOIRE])
    if traits[_COARSE] > 1.2:
        coarsen(gray, traits[_COARSE])
    if traits[_BLOCKS] > 2.0:
        round_blocks(gray, traits[_BLOCKS])


@njit(cache=True)
def cast_shadow(gray: np.ndarray, depth: float) -> None:
    """Cast a shadow with a straight, soft edge somewhere over the picture.

    Args:
        gray: Uint8 (H, W); changed in place.
        depth: How much of the light it takes away, 0..1.
    """
    rows, columns = gray.shape
    angle = 6.2832 * np.random.random()
    across, down = np.cos(angle), np.sin(angle)
    extent = float(min(max(rows, columns), 2 * min(rows, columns)))
    x, y = columns * np.random.random(), rows * np.random.random()  # a point on the edge
    softness = extent * (0.01 + 0.3 * np.random.random() ** 2)
    for row in range(rows):
        for column in range(columns):
            away = (column - x) * across + (row - y) * down
            share = min(max(0.5 + 0.5 * away / softness, 0.0), 1.0)
            gray[row, column] = np.uint8(gray[row, column] * (1.0 - depth * share) + 0.5)


@njit(cache=True)
def fold_sheet(gray: np.ndarray, depth: float) -> None:
    """Fold the sheet and open it again: a thin crease, and light that falls off on one side of it.

    Args:
        gray: Uint8 (H, W); changed in place.
        depth: How much of the light it takes away (adds, if negative), -1..1.
    """
    rows, columns = gray.shape
    angle = 0.2 * np.random.normal() + (1.5708 if np.random.random() < 0.5 else 0.0)
    across, down = np.cos(angle), np.sin(angle)
    extent = float(min(max(rows, columns), 2 * min(rows, columns)))
    x, y = columns * np.random.random(), rows * np.random.random()  # a point on the crease
    crease = 0.6 + 1.2 * np.random.random()
    fall = extent * (0.05 + 0.4 * np.random.random())
    for row in range(rows):
        for column in range(columns):
            away = (column - x) * across + (row - y) * down
            taken = 0.7 * depth * max(1.0 - abs(away) / crease, 0.0)
            if away > 0.0:
                taken += 0.6 * depth * np.exp(-away / fall)
            gray[row, column] = np.uint8(min(max(gray[row, column] * (1.0 - taken) + 0.5, 0.0), 255.0))


@njit(cache=True)
def show_on_screen(gray: np.ndarray, amplitude: float) -> None:
    """Show the picture on a screen whose grid of pixels beats with that of the camera.

    Args:
        gray: Uint8 (H, W); changed in place.
        amplitude: In gray levels.
    """
    rows, columns = gray.shape
    fine = 0.6 + 2.2 * np.random.random()
    turn = 0.3 * np.random.normal()
    slow_x, slow_y = 0.12 * np.random.normal(), 0.12 * np.random.normal()
    phase_a, phase_b = 6.2832 * np.random.random(), 6.2832 * np.random.random()
    fine_x, fine_y = fine * np.cos(turn), fine * np.sin(turn)
    for row in range(rows):
        for column in range(columns):
            wave = (
                0.5
                * np.sin(fine_x * column + fine_y * row + phase_a)
                * np.sin(fine_x * row - fine_y * column + phase_b)
            )
            wave += 0.7 * np.sin(slow_x * column + slow_y * row + phase_b)
            gray[row, column] = np.uint8(min(max(gray[row, column] + amplitude * wave + 0.5, 0.0), 255.0))


@njit(cache=True)
def coarsen(gray: np.ndarray, factor: float) -> None:
    """Take the picture with fewer pixels and enlarge it again, linearly.

    Args:
        gray: Uint8 (H, W); changed in place.
        factor: Px that one coarse px covers, from 1.
    """
    rows, columns = gray.shape
    small = shrink(gray, factor)
    num_rows, num_columns = small.shape
    tall, wide = rows / num_rows, columns / num_columns
    for row in range(rows):
        y = min(max((row + 0.5) / tall - 0.5, 0.0), num_rows - 1.001)
        j, v = int(y), np.float32(y - int(y))
        for column in range(columns):
            x = min(max((column + 0.5) / wide - 0.5, 0.0), num_columns - 1.001)
            i, u = int(x), np.float32(x - int(x))
            above = small[j, i] + u * (small[j, i + 1] - small[j, i])
            below = small[j + 1, i] + u * (small[j + 1, i + 1] - small[j + 1, i])
            gray[row, column] = np.uint8(above + v * (below - above) + np.float32(0.5))


@njit(cache=True)
def shrink(gray: np.ndarray, factor: float) -> np.ndarray:
    """Return the means of blocks of pixels, float32 (h, w), at least 2 x 2.

    Args:
        gray: Uint8 (H, W).
        factor: Px that one of the result covers, from 1.
    """
    rows, columns = gray.shape
    num_rows, num_columns = max(int(rows / factor), 2), max(int(columns / factor), 2)
    tall, wide = rows / num_rows, columns / num_columns
    small = np.zeros((num_rows, num_columns), np.float32)
    for j in range(num_rows):
        top, bottom = int(j * tall), max(int((j + 1) * tall), int(j * tall) + 1)
        for i in range(num_columns):
            left, right = int(i * wide), max(int((i + 1) * wide), int(i * wide) + 1)
            total = 0
            for row in range(top, bottom):
                for column in range(left, right):
                    total += gray[row, column]
            small[j, i] = total / ((bottom - top) * (right - left))
    return small


@njit(cache=True)
def round_blocks(gray: np.ndarray, step: float) -> None:
    """Round the picture as JPEG does: the frequencies of each block of 8 x 8 px, fine ones more coarsely.

    Args:
        gray: Uint8 (H, W); changed in place. The last rows and columns that fill no block stay.
        step: Of rounding at the lowest frequency, in gray levels; the highest gets 8 times as much.
    """
    rows, columns = gray.shape
    work, mixed = np.empty((8, 8)), np.empty((8, 8))
    for top in range(0, rows - 7, 8):
        for left in range(0, columns - 7, 8):
            for j in range(8):
                for i in range(8):
                    work[j, i] = gray[top + j, left + i] - 128.0
            mixed = np.dot(np.dot(_COSINES, work), _COSINES.T)
            for j in range(8):
                for i in range(8):
                    size = step * (1.0 + 0.5 * (i + j))
                    mixed[j, i] = size * np.rint(mixed[j, i] / size)
            work = np.dot(np.dot(_COSINES.T, mixed), _COSINES)
            for j in range(8):
                for i in range(8):
                    gray[top + j, left + i] = np.uint8(min(max(work[j, i] + 128.5, 0.0), 255.0))
