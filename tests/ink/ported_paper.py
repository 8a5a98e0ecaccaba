"""What version 3 of the strip takes off the paper, in plain Python, written from docs/canvas.md."""

import math
import statistics
from collections.abc import Callable

Picture = list[list[int]]
Ink = list[list[float]]
Mask = list[list[bool]]
Close = Callable[[Picture, int], Picture]


def level_line(gray: Picture, close_gaps: Close, branches: set[str]) -> tuple[Picture, bool]:
    """Even the light out; whether it was leveled, and has dark ink."""
    height, width = len(gray), len(gray[0])
    if min(height, width) < 10:
        return gray, False
    negative = [[255 - level for level in row] for row in gray]
    high, low = max(map(max, gray)), min(map(min, gray))
    uneven = measure_unevenness(gray, close_gaps)
    if uneven < min(0.15, 0.25 * (1 - low / max(high, 1))):
        return gray, False
    reach = math.floor(0.35 * height)
    light, board = close_gaps(gray, reach), close_gaps(negative, reach)
    dark_ink = sum(map(sum, light)) - sum(map(sum, gray))
    light_ink = sum(map(sum, board)) - sum(map(sum, negative))
    uneven_board = measure_unevenness(negative, close_gaps)
    if dark_ink * uneven > 1.4 * light_ink * uneven_board:
        if uneven_board < min(0.15, 0.25 * high / 255):
            return gray, False
        branches.add("leveled board")
        gray, light = negative, board
    else:
        branches.add("leveled paper")
    return [
        [math.floor(240 * level / max(near, 1)) for level, near in zip(row, lights, strict=True)]
        for row, lights in zip(gray, light, strict=True)
    ], True


def measure_unevenness(gray: Picture, close_gaps: Close) -> float:
    half = [
        [sum(gray[y + i][x + j] for i in (0, 1) for j in (0, 1)) // 4 for x in range(0, len(gray[0]) - 1, 2)]
        for y in range(0, len(gray) - 1, 2)
    ]
    block = min(4, min(len(half), len(half[0])) // 5)
    lightest = [
        [
            max(half[i * block + y][j * block + x] for y in range(block) for x in range(block))
            for j in range(len(half[0]) // block)
        ]
        for i in range(len(half) // block)
    ]
    paper = close_gaps(lightest, 1)
    high = max(map(max, paper))
    return (high - min(map(min, paper))) / max(high, 1)


def erase_lines(gray: Picture, ink: Ink, branches: set[str]) -> Picture | None:
    """Take printed lines off; None where there are none."""
    length = math.floor(1.5 * len(gray))
    rulings = find_rulings(ink, length, False)
    uprights = find_uprights(ink, rulings)
    is_squared = any(map(any, uprights))
    if is_squared:
        rulings = find_rulings(ink, length, True)
        branches.add("squared")
    if any(map(any, rulings)):
        branches.add("rulings on squares" if is_squared else "rulings")
    elif not is_squared:
        return None
    crossings = [
        [a and b for a, b in zip(*rows, strict=True)] for rows in zip(rulings, uprights, strict=True)
    ]
    wiped = wipe_rulings(gray, rulings, crossings, is_squared)
    return transpose(wipe_rulings(transpose(wiped), transpose(uprights), transpose(crossings), True))


def transpose(rows: list[list]) -> list[list]:
    return [list(column) for column in zip(*rows, strict=True)]


def round_half_up(value: float) -> int:
    return math.floor(value + 0.5)


def find_uprights(ink: Ink, rulings: Mask) -> Mask:
    height, width = len(ink), len(ink[0])
    none = [[False] * width for _ in ink]
    if height < 24 or width < height // 2:
        return none
    dark = [[value > 0.12 for value in row] for row in ink]
    wide = [[any(row[max(x - 1, 0) : x + 2]) for x in range(width)] for row in dark]
    pad = math.floor(0.03 * height) + 1

    def measure(picture: Mask) -> list[Callable[[int], float]]:
        """For each strip the share of its rows that has ink in a column, 0 beyond the rim."""
        strips = []
        for k in range(8):
            rows = picture[k * height // 8 : (k + 1) * height // 8]
            shares = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
            strips.append(lambda x, shares=shares: shares[x] if 0 <= x < width else 0.0)
        return strips

    share, plain = measure(wide), measure(dark)
    best, drift = -1.0, 0
    for turn in range(2 - 2 * pad, 2 * pad - 1):
        shifts = [round_half_up(turn * ((k + 0.5) / 8 - 0.5)) for k in range(8)]
        score = sum(sum(share[k](x + shifts[k]) for k in range(8)) ** 4 for x in range(width))
        score *= 1 - 0.002 * abs(turn)
        if score > best * (1 + 1e-6):
            best, drift = score, turn
    shifts = [round_half_up(drift * ((k + 0.5) / 8 - 0.5)) for k in range(8)]
    is_full = [[share[k](x + shifts[k]) >= 0.65 for x in range(width)] for k in range(8)]
    here = [[plain[k](x + shifts[k]) for x in range(width)] for k in range(8)]
    beside = max(3, height // 12)

    def sides(k: int, x: int, away: int) -> float:
        return sum(here[k][place] for place in (x - away, x + away) if 0 <= place < width)

    longest, is_line = [], []
    for x in range(width):
        full = [k for k in range(8) if is_full[k][x]]
        longest.append(
            max((n for n in range(9) for k in range(9 - n) if set(range(k, k + n)) <= set(full)), default=0)
        )
        is_line.append(longest[x] >= 5 and sum(sides(k, x, beside) for k in full) <= 0.9 * len(full))
    places, x = [], 0
    while x < width:
        first = x
        while x < width and is_line[x]:
            x += 1
        if 0 < x - first <= max(5, height // 8):
            places.append(0.5 * (first + x - 1))
        x += 1
    if len(places) < 3:
        return none
    columns = [round_half_up(place) for place in places]
    num_held = 0
    for x in columns:
        full = [k for k in range(8) if is_full[k][x]]
        ends = 0
        for k, rim in ((full[0], 0), (full[-1], height - 1)):
            middle = x + shifts[k]
            near = slice(max(middle - 2, 0), middle + 3)
            rows = rulings[max(math.trunc((k - 1) * height / 8), 0) : math.trunc((k + 2) * height / 8)]
            ends += any(any(row[near]) for row in rows) or any(dark[rim][near])
        num_held += ends == 2
    if num_held < 0.7 * len(places):
        return none
    pitch, start = find_pitch(places, min(longest[x] for x in columns) == 8, height, width)
    if pitch == 0:
        return none
    half = 1
    while half < 4 and sum(sides(k, x, half) for k in range(8) for x in columns) / len(columns) >= 1.4 * 8:
        half += 1
    mask = none
    for number in range(math.ceil(-start / pitch - 0.2), math.floor((width - 1 - start) / pitch + 0.2) + 1):
        place = start + number * pitch
        nearest = min(places, key=lambda other: abs(other - place))
        if abs(nearest - place) <= max(1.5, 0.06 * pitch):
            place = nearest
        column = min(max(math.trunc(place + 0.5), 0), width - 1)
        if max(longest[max(column - 1, 0) : column + 2]) < 3:
            continue
        for y in range(height):
            middle = round_half_up(place + drift * ((y + 0.5) / height - 0.5))
            for x in range(max(middle - half, 0), min(middle + half + 1, width)):
                mask[y][x] = True
    return mask


def find_pitch(places: list[float], is_through: bool, height: int, width: int) -> tuple[float, float]:
    found, most = (0.0, 0.0), 0
    for i in range(len(places) - 1):
        pitch, start = places[i + 1] - places[i], places[i]
        on: list[tuple[int, float]] = []
        for reach in (4, 20, 1_000_000):
            if not 0.1 * height <= pitch <= 2 * height:
                break
            numbered = [(round_half_up((place - start) / pitch), place) for place in places]
            on = [
                (n, place)
                for n, place in numbered
                if abs(place - start - n * pitch) <= max(1.5, 0.06 * pitch) and abs(n) <= reach
            ]
            if len(on) < 2:
                break
            mean_n, mean_place = (sum(column) / len(on) for column in zip(*on, strict=True))
            square = sum((n - mean_n) ** 2 for n, _ in on)
            if square <= 0:
                break
            pitch = sum((n - mean_n) * (place - mean_place) for n, place in on) / square
            start = mean_place - pitch * mean_n
        if not 0.1 * height <= pitch <= 2 * height or len(on) < 3:
            continue
        due = math.trunc((width - 1 - start) / pitch) + math.trunc(start / pitch) + 1
        count = len({n for n, _ in on})
        is_pitch = count >= max(0.7 * due, 4) or (is_through and count == due == 3)
        if is_pitch and count >= 0.7 * len(places) and count > most:
            most, found = count, (pitch, start)
    return found


def find_rulings(ink: Ink, length: int, is_squared: bool) -> Mask:
    height, width = len(ink), len(ink[0])
    if width <= length or height < 4:
        return [[False] * width for _ in ink]
    if not is_squared:
        return mark_rulings(ink, length, 0.85)
    any_ink = [[min(4 * value, 1) for value in row] for row in ink]
    slope = find_slope(any_ink)
    offsets = [round_half_up(slope * (x - 0.5 * width)) for x in range(width)]
    pad = max(map(abs, offsets))
    straight = [[0.0] * width for _ in range(height + 2 * pad)]
    for x, offset in enumerate(offsets):
        for y in range(height):
            straight[pad - offset + y][x] = ink[y][x]
    masks = [
        mark_rulings(straight, length, 0.85),
        mark_rulings(
            [[min(4 * value, 1) for value in row] for row in straight], min(2 * length, width - 1), 0.8
        ),
    ]
    return [
        [any(mask[pad - offset + y][x] for mask in masks) for x, offset in enumerate(offsets)]
        for y in range(height)
    ]


def find_slope(ink: Ink) -> float:
    height, width = len(ink), len(ink[0])
    wide = max(8, height // 3)
    shares = [[sum(row[k * wide : (k + 1) * wide]) / wide for row in ink] for k in range(width // wide)]
    best, best_slope, level = 0.0, 0.0, 0.0
    for turn in range(-12, 13):
        slope = turn * 0.06 / 12
        shifts = [round_half_up(slope * ((k + 0.5) * wide - 0.5 * width)) for k in range(len(shares))]
        score = 0.0
        for y in range(height):
            rows = zip(shares, shifts, strict=True)
            score += sum(share[y + shift] for share, shift in rows if 0 <= y + shift < height) ** 4
        level = score if turn == 0 else level
        if score > best * (1 + 1e-9):
            best, best_slope = score, slope
    return best_slope if best > 1.3 * level else 0.0


def mark_rulings(ink: Ink, length: int, least: float) -> Mask:
    height, width = len(ink), len(ink[0])
    beside = max(3, height // 12)
    thick = [[max(column) for column in zip(*ink[max(y - 1, 0) : y + 2], strict=True)] for y in range(height)]

    def run(row: list[float]) -> list[float]:
        sums = [0.0]
        for value in row:
            sums.append(sums[-1] + value)
        return [sums[x + length] - sums[x] for x in range(width - length + 1)]

    sparse = [run(row) for row in ink]
    is_ruled = [[False] * width for _ in ink]
    for y in range(height):
        full, solid = run(thick[y]), run([float(value > 0.12) for value in thick[y]])
        for x in range(width - length + 1):
            if full[x] < least * length or solid[x] < 0.97 * length:
                continue
            over = min(sparse[max(y - side, 0)][x] for side in range(2, beside + 1))
            under = min(sparse[min(y + side, height - 1)][x] for side in range(2, beside + 1))
            if over + under <= 0.8 * length:
                is_ruled[y][x : x + length] = [True] * length
    return is_ruled


def wipe_rulings(gray: Picture, mask: Mask, crossings: Mask, goes_through: bool) -> Picture:
    height, width = len(gray), len(gray[0])
    if not any(map(any, mask)):
        return gray
    inside = [
        gray[y][x]
        for y in range(height)
        for x in range(width)
        if all(mask[row][x] for row in range(max(y - 1, 0), min(y + 2, height)))
    ]
    levels = sorted(inside or [gray[y][x] for y in range(height) for x in range(width) if mask[y][x]])
    ruling, paper = levels[len(levels) // 4], statistics.median(level for row in gray for level in row)
    limit = ruling - max(0.5 * (paper - ruling), 8)
    left = [row[:] for row in gray]
    for x in range(width):
        for y in range(height):
            if mask[y][x] and (gray[y][x] >= limit or crossings[y][x]):
                above = next((gray[r][x] for r in range(y - 1, -1, -1) if not mask[r][x]), 255)
                below = next((gray[r][x] for r in range(y + 1, height) if not mask[r][x]), 255)
                left[y][x] = max(gray[y][x], (min if goes_through else max)(above, below))
    return left
