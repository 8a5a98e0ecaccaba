"""How a hand writes a glyph: the same strokes, as this writer would make them.

The habits hold for all of a writer's characters (`yomite.ink.hand`). What changes from one character to the
next, such as the tremor of a single stroke, comes from the random stream.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yomite.ink.strokes import Glyph, resample_stroke

POINT_SPACING = 0.03
"""Distance between the points of a glyph before a hand writes it, in units of the unit square."""

MAX_WRITTEN_POINTS = 4096


def flatten_glyph(glyph: Glyph) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay a glyph out for `write_glyph`.

    Returns:
        points: Float32 (P, 2), evenly spaced along each stroke.
        offsets: Int32 (S + 1,), where each stroke begins.
        components: Int32 (S,), numbered from 0.
    """
    strokes = [resample_stroke(stroke, POINT_SPACING) for stroke in glyph.strokes]
    offsets = np.cumsum([0, *map(len, strokes)]).astype(np.int32)
    components = np.unique(np.array(glyph.components), return_inverse=True)[1].astype(np.int32)
    return np.concatenate(strokes), offsets, components


@njit(cache=True)
def seed_stream(seed: int) -> None:
    """Start the random stream that `write_glyph` and the pens take from; it is numba's own, not numpy's.

    Args:
        seed: From 0 to 2**32 - 1.
    """
    np.random.seed(seed)


@njit(cache=True)
def write_glyph(
    points: np.ndarray, offsets: np.ndarray, components: np.ndarray, habits: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Write a glyph as this hand would; the random stream is numba's (seed it first).

    Args:
        points, offsets, components: As `flatten_glyph` lays them out.
        habits: Float64 (len(HABITS),), in the order of `yomite.ink.hand.HABIT_NAMES`.

    Returns:
        written: Float32 (Q, 2), in the glyph's unit, not limited to the unit square.
        starts: Bool (Q,), True where the pen was set down anew.
        pressure: Float32 (Q,), 1 for an ordinary line; less where strokes are joined in the air.
    """
    (slant, slope, rotation, aspect, bulge_x, bulge_y, wave, component_scale, component_shift,
     stroke_shift, stroke_turn, stroke_scale, bow, bow_change, tremor, overshoot, hook_loss, roundness,
     coarseness, joining, reach, shortening, ligature, dot_growth) = habits  # fmt: skip
    num_strokes = len(offsets) - 1
    num_components = components.max() + 1
    # A character of few strokes leaves its writer more freedom than a crowded one; he takes more or less.
    freedom = min(2.0, max(1.0, 2.3 - 0.15 * num_strokes))
    if num_strokes <= 5:
        freedom *= 0.7 + 0.8 * np.random.random()
    wave *= freedom
    stroke_shift *= freedom
    stroke_turn *= freedom
    stroke_scale *= freedom
    bow_change *= freedom
    x = points[:, 0].astype(np.float64)
    y = points[:, 1].astype(np.float64)

    # Components grow, shrink and move as wholes.
    if num_components > 1 and component_scale > 0.0:
        for component in range(num_components):
            center_x, center_y, count = 0.0, 0.0, 0
            for stroke in range(num_strokes):
                if components[stroke] == component:
                    for i in range(offsets[stroke], offsets[stroke + 1]):
                        center_x += x[i]
                        center_y += y[i]
                        count += 1
            center_x /= max(count, 1)
            center_y /= max(count, 1)
            scale_x = np.exp(np.random.normal() * component_scale)
            scale_y = np.exp(np.random.normal() * component_scale)
            shift_x = np.random.normal() * component_shift
            shift_y = np.random.normal() * component_shift
            for stroke in range(num_strokes):
                if components[stroke] == component:
                    for i in range(offsets[stroke], offsets[stroke + 1]):
                        x[i] = center_x + (x[i] - center_x) * scale_x + shift_x
                        y[i] = center_y + (y[i] - center_y) * scale_y + shift_y

    written = np.empty((MAX_WRITTEN_POINTS, 2), np.float32)
    starts = np.zeros(MAX_WRITTEN_POINTS, np.bool_)
    pressure = np.ones(MAX_WRITTEN_POINTS, np.float32)
    size = 0
    line_start = 0
    passes = int(roundness + np.random.random())
    stride = 1 + int(coarseness + np.random.random())

    for stroke in range(num_strokes):
        first, last = offsets[stroke], offsets[stroke + 1]
        # A hook is a short tail behind a sharp turn; some writers leave it out.
        if last - first > 5 and np.random.random() < hook_loss:
            length = 0.0
            for i in range(last - 2, first + 1, -1):
                length += np.hypot(x[i + 1] - x[i], y[i + 1] - y[i])
                if length > 0.14:
                    break
                ahead_x, ahead_y = x[last - 1] - x[i], y[last - 1] - y[i]
                back = max(first, i - 3)
                behind_x, behind_y = x[i] - x[back], y[i] - y[back]
                norm = np.hypot(ahead_x, ahead_y) * np.hypot(behind_x, behind_y)
                if norm > 0.0 and (ahead_x * behind_x + ahead_y * behind_y) / norm < 0.3 and i - first > 3:
                    last = i + 1
                    break
        count = last - first
        length = 0.0
        for i in range(first, last - 1):
            length += np.hypot(x[i + 1] - x[i], y[i + 1] - y[i])
        middle_x, middle_y = x[first:last].mean(), y[first:last].mean()
        turn = np.random.normal() * stroke_turn
        grow = np.exp(np.random.normal() * stroke_scale)
        if length < 0.2:
            grow *= np.exp(dot_growth)
            turn *= 2.0
        # A small ring (the mark of ぱ) shrinks in many hands until it fills: a dot, where ば has two ticks.
        gap = np.hypot(x[last - 1] - x[first], y[last - 1] - y[first])
        if length < 0.6 and gap < 0.25 * length and num_strokes > 1 and stroke_scale > 0.0:
            grow *= np.exp(0.2 - 1.1 * np.random.random())
        cosine, sine = np.cos(turn) * grow, np.sin(turn) * grow
        shift_x, shift_y = np.random.normal() * stroke_shift, np.random.normal() * stroke_shift
        bend = (bow + np.random.normal() * bow_change) * length
        chord_x, chord_y = x[last - 1] - x[first], y[last - 1] - y[first]
        chord = max(np.hypot(chord_x, chord_y), 1e-6)
        # Bent strokes and loops keep their shape: only what is nearly straight bows.
        bend *= max(0.0, chord / max(length, 1e-6) * 2.0 - 1.0)
        normal_x, normal_y = -chord_y / chord, chord_x / chord
        phase, frequency = np.random.random() * 6.2832, 1.0 + 2.5 * np.random.random()
        phase_fine = np.random.random() * 6.2832

        # Joined to the stroke before, if the gap is short enough for this hand.
        begin_x = middle_x + (x[first] - middle_x) * cosine - (y[first] - middle_y) * sine + shift_x
        begin_y = middle_y + (x[first] - middle_x) * sine + (y[first] - middle_y) * cosine + shift_y
        is_joined = False
        if stroke > 0 and joining > 0.0:
            gap = np.hypot(begin_x - written[size - 1, 0], begin_y - written[size - 1, 1])
            is_joined = np.random.random() < joining * max(0.0, 1.25 - gap / reach)
        cut_begin = 0.0
        if is_joined:
            cut_begin = shortening * np.random.random() * 2.0
            gap_x, gap_y = written[size - 1, 0], written[size - 1, 1]
            steps = int(np.hypot(begin_x - gap_x, begin_y - gap_y) / POINT_SPACING)
            sag = 0.15 * np.random.normal() * np.hypot(begin_x - gap_x, begin_y - gap_y)
            for k in range(1, steps + 1):
                if size >= MAX_WRITTEN_POINTS - 1:
                    break
                t = k / (steps + 1)
                arc = 4.0 * t * (1.0 - t) * sag
                written[size, 0] = gap_x + (begin_x - gap_x) * t + arc * normal_x
                written[size, 1] = gap_y + (begin_y - gap_y) * t + arc * normal_y
                pressure[size] = ligature
                starts[size] = False
                size += 1
        else:
            _finish_line(written, pressure, line_start, size, passes)
            line_start = size
        cut_end = shortening * np.random.random() if joining > 0.0 else 0.0
        skip = int(cut_begin * count)
        stop = max(skip + 2, count - int(cut_end * count)) if count > 2 else count
        if count <= 2:
            skip = 0
        for k in range(skip, min(stop, count)):
            if size >= MAX_WRITTEN_POINTS - 1:
                break
            # Corners survive coarse sampling only by luck, as on a slow touch screen.
            if stride > 1 and k % stride != 0 and k != count - 1 and k != skip:
                continue
            t = k / max(count - 1, 1)
            i = first + k
            along = 4.0 * t * (1.0 - t) * bend + tremor * (
                np.sin(phase + frequency * 6.2832 * t)
                + 0.35 * np.sin(phase_fine + 5.0 * frequency * 6.2832 * t)
            )
            dx, dy = x[i] - middle_x, y[i] - middle_y
            written[size, 0] = middle_x + dx * cosine - dy * sine + shift_x + along * normal_x
            written[size, 1] = middle_y + dx * sine + dy * cosine + shift_y + along * normal_y
            pressure[size] = 1.0
            starts[size] = k == skip and not is_joined
            size += 1
        # Ends run on or stop short.
        if size - line_start > 2 and length > 0.1:
            run = overshoot * np.random.random() * 2.0 * min(length, 0.6)
            dx = written[size - 1, 0] - written[size - 2, 0]
            dy = written[size - 1, 1] - written[size - 2, 1]
            step = max(np.hypot(dx, dy), 1e-6)
            run = max(run, -0.8 * step)
            written[size - 1, 0] += dx / step * run
            written[size - 1, 1] += dy / step * run
    _finish_line(written, pressure, line_start, size, passes)

    # The whole character: uneven halves, waves, slant, slope, rotation, aspect.
    written, starts, pressure = written[:size], starts[:size], pressure[:size]
    phase_x, phase_y = np.random.random() * 6.2832, np.random.random() * 6.2832
    swell_x = bulge_x + 0.03 * np.random.normal() * (wave > 0.0)
    swell_y = bulge_y + 0.03 * np.random.normal() * (wave > 0.0)
    cosine, sine = np.cos(rotation), np.sin(rotation)
    high, wide = np.exp(0.5 * aspect), np.exp(-0.5 * aspect)
    for i in range(size):
        px, py = float(written[i, 0]) - 0.5, float(written[i, 1]) - 0.5
        qx = px + swell_x * (0.25 - px * px) + wave * np.sin(phase_x + 5.0 * py + 2.0 * px)
        qy = py + swell_y * (0.25 - py * py) + wave * np.sin(phase_y + 5.0 * px + 2.0 * py)
        qx, qy = qx * wide, qy * high
        qx, qy = qx - slant * qy, qy + slope * qx
        written[i, 0] = cosine * qx - sine * qy + 0.5
        written[i, 1] = sine * qx + cosine * qy + 0.5
    return written, starts, pressure


@njit(cache=True)
def _finish_line(written: np.ndarray, pressure: np.ndarray, first: int, last: int, passes: int) -> None:
    """Round the corners of one pen-down line in place; its ends stay."""
    if last - first < 3:
        return
    for _ in range(passes):
        before_x, before_y = written[first, 0], written[first, 1]
        for i in range(first + 1, last - 1):
            here_x, here_y = written[i, 0], written[i, 1]
            written[i, 0] = 0.25 * before_x + 0.5 * here_x + 0.25 * written[i + 1, 0]
            written[i, 1] = 0.25 * before_y + 0.5 * here_y + 0.25 * written[i + 1, 1]
            before_x, before_y = here_x, here_y
