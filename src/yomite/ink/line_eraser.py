"""Printed rulings across a line of writing: the uprights of squared paper, of cells and of frames."""

from __future__ import annotations

import numpy as np

NUM_STRIPS = 8
STEEPEST = 0.06
DARK = 0.12


def remove_grid(ink: np.ndarray) -> np.ndarray:
    height, width = ink.shape
    if height < 24 or width < height // 2:
        return ink
    dark = ink > np.float32(DARK)
    wide = dark.copy()
    wide[:, 1:] |= dark[:, :-1]
    wide[:, :-1] |= dark[:, 1:]
    reach = int(0.5 * STEEPEST * height) + 1
    share = np.zeros((NUM_STRIPS, width + 2 * reach), np.float32)
    plain = np.zeros((NUM_STRIPS, width + 2 * reach), np.float32)
    for k in range(NUM_STRIPS):
        top, bottom = k * height // NUM_STRIPS, (k + 1) * height // NUM_STRIPS
        rows = np.float32(bottom - top)
        share[k, reach : reach + width] = wide[top:bottom].sum(axis=0).astype(np.float32) / rows
        plain[k, reach : reach + width] = dark[top:bottom].sum(axis=0).astype(np.float32) / rows
    # The slope at which columns are fullest.
    best, drift = -1.0, 0
    for turn in range(-2 * reach + 2, 2 * reach - 1):
        total = np.zeros(width, np.float32)
        for k in range(NUM_STRIPS):
            shift = reach + int(np.floor(turn * ((k + 0.5) / NUM_STRIPS - 0.5) + 0.5))
            total += share[k, shift : shift + width]
        total = total * total
        score = np.sum(total * total) * (1.0 - 0.002 * abs(turn))
        if score > best:
            best, drift = score, turn
    beside = max(3, height // 12)
    run, longest = np.zeros(width), np.zeros(width)
    flank, amount = np.zeros(width), np.zeros(width)
    for k in range(NUM_STRIPS):
        shift = reach + int(np.floor(drift * ((k + 0.5) / NUM_STRIPS - 0.5) + 0.5))
        here = share[k, shift : shift + width]
        thin = plain[k, shift : shift + width]
        hit = here >= 0.75
        run = np.where(hit, run + 1.0, 0.0)
        longest = np.maximum(longest, run)
        sides = np.zeros(width)
        sides[beside:] += thin[:-beside]
        sides[:-beside] += thin[beside:]
        flank += np.where(hit, sides, 0.0)
        amount += np.where(hit, 1.0, 0.0)
    is_line = (longest >= 5.0) & (flank <= 0.9 * amount)
    # Runs of columns become one line each.
    edges = np.zeros(width + 2, np.bool_)
    edges[1:-1] = is_line
    firsts = np.flatnonzero(edges[1:] & ~edges[:-1])
    lasts = np.flatnonzero(edges[:-1] & ~edges[1:])
    places = 0.5 * (firsts + lasts - 1.0)
    places = places[lasts - firsts <= max(5, height // 8)]
    if len(places) < 3:
        return ink
    pitch, start, num = find_pitch(places, longest[places.astype(np.int64)], height, width)
    if num < 3:
        return ink
    mask = np.zeros((height, width), np.bool_)
    first, last = int(np.ceil((0.0 - start) / pitch - 0.2)), int(np.floor((width - 1.0 - start) / pitch + 0.2))
    half = 2
    for number in range(first, last + 1):
        place = start + number * pitch
        near = np.abs(places - place)
        index = np.argmin(near)
        if near[index] <= max(1.5, 0.06 * pitch):
            place = places[index]
        column = min(max(int(place + 0.5), 0), width - 1)
        if longest[max(column - 1, 0) : column + 2].max() < 3.0:
            continue
        for k in range(NUM_STRIPS):
            top, bottom = k * height // NUM_STRIPS, (k + 1) * height // NUM_STRIPS
            moved = int(np.floor(drift * ((k + 0.5) / NUM_STRIPS - 0.5) + 0.5))
            mask[top:bottom, max(column + moved - half, 0) : max(column + moved + half + 1, 0)] = True
    return wipe(ink, mask)


def find_pitch(places: np.ndarray, runs: np.ndarray, height: int, width: int) -> tuple[float, float, int]:
    """Find the even steps at which most of the places lie: pitch, first place, how many; 0 if there are none."""
    best, best_pitch, best_start = 0, 1.0, 0.0
    for i in range(len(places) - 1):
        pitch, start = places[i + 1] - places[i], places[i]
        if pitch < 0.1 * height or pitch > 2.0 * height:
            continue
        on = np.zeros(len(places), np.bool_)
        numbers = np.zeros(len(places))
        for reach in (4.0, 20.0, 1000.0):
            numbers = np.floor((places - start) / pitch + 0.5)
            on = (np.abs(places - start - numbers * pitch) <= max(1.5, 0.06 * pitch)) & (np.abs(numbers) <= reach)
            count = on.sum()
            if count < 2:
                break
            mean_n, mean_p = numbers[on].sum() / count, places[on].sum() / count
            square = ((numbers[on] - mean_n) ** 2).sum()
            if square <= 0.0:
                break
            pitch = ((numbers[on] - mean_n) * (places[on] - mean_p)).sum() / square
            start = mean_p - pitch * mean_n
            if pitch < 0.1 * height:
                break
        if pitch < 0.1 * height:
            continue
        # Of the places that are due in the picture, nearly all must be there, and little else.
        due = int((width - 1.0 - start) / pitch) + int(start / pitch) + 1
        count = 1 + int((np.diff(numbers[on]) > 0.5).sum())
        is_grid = count >= max(0.7 * due, 4.0) or (count == due == 3 and runs.min() == NUM_STRIPS)
        if is_grid and count >= 0.7 * len(places) and count > best:
            best, best_pitch, best_start = count, pitch, start
    return best_pitch, best_start, best


def wipe(ink: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Wipe what is masked, but for strokes that cross it from side to side."""
    height, width = ink.shape
    before, after = ink.copy(), ink.copy()
    before[:, 0] = np.where(mask[:, 0], np.float32(0.0), ink[:, 0])
    after[:, width - 1] = np.where(mask[:, width - 1], np.float32(0.0), ink[:, width - 1])
    for column in np.flatnonzero(mask.any(axis=0)):
        if column > 0:
            before[:, column] = np.where(mask[:, column], before[:, column - 1], ink[:, column])
    for column in np.flatnonzero(mask.any(axis=0))[::-1]:
        if column < width - 1:
            after[:, column] = np.where(mask[:, column], after[:, column + 1], ink[:, column])
    return np.where(mask, np.minimum(ink, np.minimum(before, after)), ink)
