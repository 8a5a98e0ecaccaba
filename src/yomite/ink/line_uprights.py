"""The uprights of squared paper and of cells: lines across the writing, at an even pitch.

It keeps to the part of numpy that numba compiles, as `yomite.ink.line_canvas` does; docs/canvas.md writes it
down.
"""

from __future__ import annotations

import numpy as np

NUM_STRIPS = 8
"""Uprights are looked for in so many pieces of the height."""

STEEPEST = 0.06
"""Most that printed lines lean, as a share of their length."""

DARK = 0.12
"""Ink from which a pixel may be of an upright."""

FULL = 0.65
"""Share of the rows of a strip in which an upright has ink."""

HELD = 0.7
"""Share of the uprights that end at the rim, or at a ruling, above and below: a stroke ends anywhere."""


def find_uprights(ink: np.ndarray, rulings: np.ndarray) -> np.ndarray:
    """Find lines across the writing that stand at an even pitch, from rim to rim or from ruling to ruling.

    Args:
        ink: Float32 (H, W), 0..1.
        rulings: Bool (H, W), those along the line.

    Returns:
        Bool (H, W).
    """
    height, width = ink.shape
    mask = np.zeros((height, width), np.bool_)
    if height < 24 or width < height // 2:
        return mask
    dark = ink > np.float32(DARK)
    wide = dark.copy()
    wide[:, 1:] |= dark[:, :-1]
    wide[:, :-1] |= dark[:, 1:]
    pad = int(0.5 * STEEPEST * height) + 1
    share = np.zeros((NUM_STRIPS, width + 2 * pad), np.float32)
    plain = np.zeros((NUM_STRIPS, width + 2 * pad), np.float32)
    for k in range(NUM_STRIPS):
        top, bottom = k * height // NUM_STRIPS, (k + 1) * height // NUM_STRIPS
        rows = np.float32(bottom - top)
        share[k, pad : pad + width] = wide[top:bottom].sum(axis=0).astype(np.float32) / rows
        plain[k, pad : pad + width] = dark[top:bottom].sum(axis=0).astype(np.float32) / rows
    # They lean alike: the drift from top to bottom at which columns are fullest.
    best, drift = -1.0, 0
    for turn in range(2 - 2 * pad, 2 * pad - 1):
        total = np.zeros(width, np.float32)
        for k in range(NUM_STRIPS):
            shift = pad + int(np.floor(turn * ((k + 0.5) / NUM_STRIPS - 0.5) + 0.5))
            total += share[k, shift : shift + width]
        total = total * total
        score = np.sum(total * total) * (1.0 - 0.002 * abs(turn))
        if score > best:
            best, drift = score, turn
    # Straight through most of the height, with paper on both sides.
    beside = max(3, height // 12)
    run, longest = np.zeros(width), np.zeros(width)
    flanks, num_full = np.zeros(width), np.zeros(width)
    first_full, last_full = np.full(width, float(NUM_STRIPS)), np.full(width, -1.0)
    thick = np.zeros((4, width))
    for k in range(NUM_STRIPS):
        shift = pad + int(np.floor(drift * ((k + 0.5) / NUM_STRIPS - 0.5) + 0.5))
        here = plain[k, shift : shift + width]
        is_full = share[k, shift : shift + width] >= FULL
        run = np.where(is_full, run + 1.0, 0.0)
        longest = np.maximum(longest, run)
        sides = np.zeros(width)
        sides[beside:] += here[:-beside]
        sides[:-beside] += here[beside:]
        flanks += np.where(is_full, sides, 0.0)
        num_full += np.where(is_full, 1.0, 0.0)
        first_full = np.where(is_full, np.minimum(first_full, float(k)), first_full)
        last_full = np.where(is_full, float(k), last_full)
        for side in range(1, 4):
            thick[side, side:] += here[:-side]
            thick[side, :-side] += here[side:]
    edges = np.zeros(width + 2, np.bool_)
    edges[1:-1] = (longest >= 5.0) & (flanks <= 0.9 * num_full)
    firsts, lasts = np.flatnonzero(edges[1:] & ~edges[:-1]), np.flatnonzero(edges[:-1] & ~edges[1:])
    places = 0.5 * (firsts + lasts - 1.0)
    places = places[lasts - firsts <= max(5, height // 8)]
    if len(places) < 3:
        return mask
    columns = (places + 0.5).astype(np.int64)
    is_held = np.zeros(len(places), np.bool_)
    for i in range(len(places)):
        num_ends = 0
        for strip, rim in ((first_full[columns[i]], 0), (last_full[columns[i]], height - 1)):
            middle = columns[i] + int(np.floor(drift * ((strip + 0.5) / NUM_STRIPS - 0.5) + 0.5))
            left, right = max(middle - 2, 0), min(middle + 3, width)
            top = max(int((strip - 1.0) * height / NUM_STRIPS), 0)
            bottom = int((strip + 2.0) * height / NUM_STRIPS)
            if rulings[top:bottom, left:right].any() or dark[rim, left:right].any():
                num_ends += 1
        is_held[i] = num_ends == 2
    if is_held.sum() < HELD * len(places):
        return mask
    pitch, start = find_pitch(places, longest[columns].min() == NUM_STRIPS, height, width)
    if pitch == 0.0:
        return mask
    half = 1
    while half < 4 and thick[half][columns].mean() >= 1.4 * NUM_STRIPS:
        half += 1
    first, last = int(np.ceil(-start / pitch - 0.2)), int(np.floor((width - 1.0 - start) / pitch + 0.2))
    flat = mask.reshape(-1)
    rows_first = np.arange(height) * width
    lean = drift * ((np.arange(height) + 0.5) / height - 0.5)
    for number in range(first, last + 1):
        place = start + number * pitch
        away = np.abs(places - place)
        if away.min() <= max(1.5, 0.06 * pitch):
            place = places[np.argmin(away)]
        column = min(max(int(place + 0.5), 0), width - 1)
        if longest[max(column - 1, 0) : column + 2].max() < 3.0:
            continue
        middles = np.floor(place + lean + 0.5).astype(np.int64)
        for side in range(-half, half + 1):
            is_inside = (middles + side >= 0) & (middles + side < width)
            flat[(rows_first + middles + side)[is_inside]] = True
    return mask


def find_pitch(places: np.ndarray, is_through: bool, height: int, width: int) -> tuple[float, float]:
    """Find the even pitch at which places stand.

    Args:
        places: Float64 (N,), rising, at least 3.
        is_through: Whether what stands there runs from rim to rim: then three are enough.
        height, width: Of the picture.

    Returns:
        pitch: 0 if there is none: nearly all that are due in the picture must be there, and little else.
        start: One of the places.
    """
    most, best_pitch, best_start = 0, 0.0, 0.0
    for i in range(len(places) - 1):
        pitch, start = places[i + 1] - places[i], places[i]
        numbers = np.zeros(len(places))
        is_on = np.zeros(len(places), np.bool_)
        # A line through the places, fitted to ever more of them.
        for reach in (4.0, 20.0, 1e6):
            if pitch < 0.1 * height or pitch > 2.0 * height:
                break
            numbers = np.floor((places - start) / pitch + 0.5)
            is_on = np.abs(places - start - numbers * pitch) <= max(1.5, 0.06 * pitch)
            is_on &= np.abs(numbers) <= reach
            count = is_on.sum()
            if count < 2:
                break
            mean_number, mean_place = numbers[is_on].sum() / count, places[is_on].sum() / count
            square = ((numbers[is_on] - mean_number) ** 2).sum()
            if square <= 0.0:
                break
            pitch = ((numbers[is_on] - mean_number) * (places[is_on] - mean_place)).sum() / square
            start = mean_place - pitch * mean_number
        if pitch < 0.1 * height or pitch > 2.0 * height or is_on.sum() < 3:
            continue
        due = int((width - 1.0 - start) / pitch) + int(start / pitch) + 1
        on = numbers[is_on]
        count = 1 + int((on[1:] - on[:-1] > 0.5).sum())
        is_pitch = count >= max(0.7 * due, 4.0) or (is_through and count == 3 and due == 3)
        if is_pitch and count >= 0.7 * len(places) and count > most:
            most, best_pitch, best_start = count, pitch, start
        if most == len(places):
            break
    return best_pitch, best_start
