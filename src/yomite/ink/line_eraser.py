"""Printed rulings across a line of writing: the uprights of squared paper, of cells and of frames."""

from __future__ import annotations

import numpy as np

NUM_STRIPS = 8
STEEPEST = 0.06
DARK = 0.12


def find_grid(ink: np.ndarray) -> np.ndarray:
    height, width = ink.shape
    mask = np.zeros((height, width), np.bool_)
    if height < 24 or width < height // 2:
        return mask
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
        return mask
    pitch, start, num = find_pitch(places, longest[places.astype(np.int64)], height, width)
    if num < 3:
        return mask
    first, last = int(np.ceil((0.0 - start) / pitch - 0.2)), int(np.floor((width - 1.0 - start) / pitch + 0.2))
    # How far the lines reach to each side, in px.
    half = 0
    for side in (1, 2, 3):
        amount_here, num_here = 0.0, 0
        for k in range(NUM_STRIPS):
            shift = reach + int(np.floor(drift * ((k + 0.5) / NUM_STRIPS - 0.5) + 0.5))
            for place in places:
                amount_here += plain[k, shift + max(int(place + 0.5) - side, 0)] + plain[k, shift + min(int(place + 0.5) + side, width - 1)]
                num_here += 2
        if amount_here < 0.4 * num_here:
            break
        half = side
    half += 1
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
    return mask


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


def wipe_rows(gray: np.ndarray, mask: np.ndarray, crossing: np.ndarray) -> np.ndarray:
    """Wipe masked pixels of a gray picture with dark ink; what has ink above and below stays."""
    height, width = gray.shape
    if not mask.any():
        return gray
    above, under = gray.copy(), gray.copy()
    above[0] = np.where(mask[0], np.uint8(255), gray[0])
    under[height - 1] = np.where(mask[height - 1], np.uint8(255), gray[height - 1])
    for row in range(1, height):
        if mask[row].any():
            above[row] = np.where(mask[row], above[row - 1], gray[row])
        last = height - 1 - row
        if mask[last].any():
            under[last] = np.where(mask[last], under[last + 1], gray[last])
    # At the rim there is paper on one side only.
    lightest = np.where(above == 255, under, np.where(under == 255, above, np.maximum(above, under)))
    flat = gray.reshape(-1)
    ruled = np.sort(flat[mask.reshape(-1)])
    level, paper = float(ruled[len(ruled) // 4]), float(np.median(flat))
    limit = level - max(DARKER * (paper - level), 8.0)
    is_kept = (gray < limit) & ~crossing
    return np.where(mask & ~is_kept, np.maximum(gray, lightest), gray)


DARKER = 0.5


def find_rows(ink: np.ndarray, length: int, least: float, is_grid: bool) -> np.ndarray:
    """Take out rulings along the rows, at one slope."""
    height, width = ink.shape
    if width <= length or height < 4:
        return np.zeros((height, width), np.bool_)
    slope = 0.0
    if is_grid:
        slope = find_slope(np.minimum(ink * np.float32(4.0), np.float32(1.0)))
    if abs(slope) * length <= 1.0:
        return mark_level(ink, length, least, is_grid)
    offsets = np.floor(slope * (np.arange(width) - 0.5 * width) + 0.5).astype(np.int64)
    pad = int(np.abs(offsets).max())
    sheared = np.zeros((height + 2 * pad, width), np.float32)
    for column in range(width):
        first = pad - offsets[column]
        sheared[first : first + height, column] = ink[:, column]
    found = mark_level(sheared, length, least, is_grid)
    mask = np.zeros((height, width), np.bool_)
    for column in range(width):
        first = pad - offsets[column]
        mask[:, column] = found[first : first + height, column]
    return mask


def mark_level(ink: np.ndarray, length: int, least: float, is_grid: bool) -> np.ndarray:
    # A ruling may climb by a row: the strongest of three.
    thick = ink.copy()
    thick[1:] = np.maximum(thick[1:], ink[:-1])
    thick[:-1] = np.maximum(thick[:-1], ink[1:])
    mask = mark_rows(thick, ink, length, least)
    if is_grid:
        cover, wide = np.minimum(ink * np.float32(4.0), np.float32(1.0)), np.minimum(thick * np.float32(4.0), np.float32(1.0))
        mask |= mark_rows(wide, cover, min(2 * length, ink.shape[1] - 1), GRID)
    return mask


GRID = 0.8


def find_slope(cover: np.ndarray) -> float:
    height, width = cover.shape
    wide = max(8, height // 3)
    num = width // wide
    pad = int(0.5 * STEEPEST * width) + 2
    rows = height + 2 * pad
    share = np.zeros((num, rows))
    for k in range(num):
        share[k, pad : pad + height] = cover[:, k * wide : (k + 1) * wide].sum(axis=1) / wide
    flat = share.reshape(-1)
    places = (np.arange(num) + 0.5) * wide - 0.5 * width
    base = (np.arange(num) * rows + pad).reshape(num, 1) + np.arange(height).reshape(1, height)
    best, best_slope, level = 0.0, 0.0, 0.0
    for turn in range(-12, 13):
        slope = turn * STEEPEST / 12.0
        shift = np.floor(slope * places + 0.5).astype(np.int64).reshape(num, 1)
        total = flat[(base + shift).reshape(-1)].reshape(num, height).sum(axis=0) / num
        total = total * total
        score = np.sum(total * total)
        if turn == 0:
            level = score
        if score > best:
            best, best_slope = score, slope
    return best_slope if best > 1.3 * level else 0.0




def mark_rows(thick: np.ndarray, cover: np.ndarray, length: int, least: float) -> np.ndarray:
    height, width = cover.shape
    num, beside = width - length + 1, max(3, height // 12)
    sums, plain = np.zeros((height, width + 1)), np.zeros((height, width + 1))
    for row in range(height):
        sums[row, 1:] = np.cumsum(thick[row])
        plain[row, 1:] = np.cumsum(cover[row])
    run, plain_run = sums[:, length:] - sums[:, :num], plain[:, length:] - plain[:, :num]
    is_ruled = np.zeros((height, width), np.bool_)
    marks = np.zeros(width + 1)
    for row in range(height):
        starts = run[row] >= least * length
        if starts.any():
            # A ruling is thin: a row through dense writing has as much ink on both sides.
            above, under = plain_run[max(row - 2, 0)].copy(), plain_run[min(row + 2, height - 1)].copy()
            for side in range(3, beside + 1):
                above = np.minimum(above, plain_run[max(row - side, 0)])
                under = np.minimum(under, plain_run[min(row + side, height - 1)])
            starts &= above + under <= 0.8 * length
            marks[:] = 0.0
            marks[:num] += starts
            marks[length : length + num] -= starts
            is_ruled[row] = np.cumsum(marks)[:width] > 0.5
    return is_ruled
