"""The strip of a line in plain Python, written from docs/canvas.md: what a port looks like."""

import math
from collections.abc import Callable

import ported_paper

HEIGHT, SPREAD, MARGIN_PX, WORK_HEIGHT, MAX_WIDTH = 40, 0.2, 8, 80, 4096

Picture = list[list[int]]
Ink = list[list[float]]
Place = tuple[list[float], float, int, int]
"""The middle m0, m1, m2, the spread, left and right."""


def to_strip(gray: Picture, version: int, branches: set[str]) -> Picture | None:
    """Gray levels to the strip, None without ink; notes the branches that it takes."""
    if len(gray) > WORK_HEIGHT:
        branches.add("shrunk")
        width = max(1, round(len(gray[0]) * WORK_HEIGHT / len(gray)))
        rows = [shrink_row(row, width) for row in gray]
        gray = transpose([shrink_row(column, WORK_HEIGHT) for column in transpose(rows)])
    ink = (find_ink if version == 3 else find_ink_2)(gray, branches)
    if ink is None or add_up(ink) < 4:
        return None
    height, width = len(ink), len(ink[0])
    own = ink
    for spreads in (0.7, 1.7) if version == 3 else (1.7,):
        middle, spread, _, _ = find_line(own)
        course = [find_middle(middle, (2 * x + 1) / width - 1) for x in range(width)]
        own = remove_neighbors(ink, [y - spreads * spread for y in course])
        own = remove_neighbors(own[::-1], [height - 1 - (y + spreads * spread) for y in course])[::-1]
        if spreads < 1 and add_up(own) < 0.3 * add_up(ink):
            branches.add("all hangs in")
            own = ink
    if add_up(own) < add_up(ink) - 1:
        branches.add("neighbors")
    return place(own, find_line(own), branches) if add_up(own) >= 4 else None


def find_ink(gray: Picture, branches: set[str]) -> Ink | None:
    leveled, is_leveled = ported_paper.level_line(gray, close_gaps, branches)
    if not is_leveled:
        leveled = darken_ink(gray, branches)
    ink = measure_ink(leveled)
    bare = None if ink is None else ported_paper.erase_lines(leveled, ink, branches)
    left = None if bare is None else measure_ink(bare)
    return ink if left is None or ink is None or add_up(left) <= 0.1 * add_up(ink) else left


def find_ink_2(gray: Picture, branches: set[str]) -> Ink | None:
    ink = measure_ink(darken_ink(level_light(gray, branches), branches))
    if ink is None:
        return None
    ruled = remove_rulings(ink)
    if add_up(ruled) < add_up(ink) - 1:
        branches.add("rulings")
    return ruled if add_up(ruled) > 0.1 * add_up(ink) else ink


def level_light(gray: Picture, branches: set[str]) -> Picture:
    height, width = len(gray), len(gray[0])
    if min(height, width) < 40:
        return gray
    blocks = [
        [
            [gray[y][x] for y in range(i * 8, i * 8 + 8, 2) for x in range(j * 8, j * 8 + 8, 2)]
            for j in range(width // 8)
        ]
        for i in range(height // 8)
    ]
    paper = close_gaps([[max(block) for block in row] for row in blocks], 1)
    board = close_gaps([[255 - min(block) for block in row] for row in blocks], 1)
    high, low = max(map(max, paper)), min(map(min, paper))
    black, lightest_ink = min(map(min, gray)), 255 - min(map(min, board))
    if high - low < 0.15 * high or low - black < 0.3 * (high - black):
        return gray
    if lightest_ink - black < 0.5 * (high - low):
        return gray
    branches.add("leveled")
    light = close_gaps(gray, math.floor(0.35 * height))
    return [
        [math.floor(240 * level / max(near, 1)) for level, near in zip(row, lights, strict=True)]
        for row, lights in zip(gray, light, strict=True)
    ]


def close_gaps(values: Picture, reach: int) -> Picture:
    for find in (max, min):
        for _ in range(2):  # rows, then columns; and both once more
            values = transpose([slide(row, reach, find) for row in values])
    return values


def slide(row: list[int], reach: int, find: Callable[..., int]) -> list[int]:
    """The largest values near each place, places beyond both ends too; the smallest ones without those."""
    if find is max:
        return [max(row[max(0, i - reach) : i + reach + 1]) for i in range(-reach, len(row) + reach)]
    return [min(row[i : i + 2 * reach + 1]) for i in range(len(row) - 2 * reach)]


def shrink_row(row: list[int], num: int) -> list[int]:
    sums, counts, n = [0] * num, [0] * num, len(row)
    for j, value in enumerate(row):
        i = max(0, math.ceil((j + 0.5) * num / n) - 1)
        sums[i], counts[i] = sums[i] + value, counts[i] + 1
    return [math.floor(total / count + 0.5) for total, count in zip(sums, counts, strict=True)]


def transpose(rows: list[list]) -> list[list]:
    return [list(column) for column in zip(*rows, strict=True)]


def add_up(ink: Ink) -> float:
    return sum(map(sum, ink))


def limit(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def find_threshold(counts: list[int]) -> int:
    total = sum(counts)
    mean = sum(v * count for v, count in enumerate(counts)) / total
    best, below, moment, found = -1.0, 0, 0.0, 0
    for v, count in enumerate(counts):
        below, moment = below + count, moment + v * count
        score = (moment - below * mean) ** 2 / max(below * (total - below), 1)
        if score > best * (1 + 1e-12):
            best, found = score, v
    return found


def interpolate(x: float, centers: list[float], values: list[float]) -> float:
    if x <= centers[0]:
        return values[0]
    for i in range(1, len(centers)):
        if x <= centers[i]:
            share = (x - centers[i - 1]) / (centers[i] - centers[i - 1])
            return values[i - 1] + share * (values[i] - values[i - 1])
    return values[-1]


def darken_ink(gray: Picture, branches: set[str]) -> Picture:
    height, width = len(gray), len(gray[0])
    counts = [0] * 256
    for row in gray:
        for level in row:
            counts[level] += 1
    t = find_threshold(counts)
    rim = sum(level <= t for level in gray[0] + gray[-1]) / (2 * width)
    if 0.65 * sum(counts[: t + 1]) / (height * width) + 0.35 * rim > 0.5:
        branches.add("light ink")
        gray = [[255 - level for level in row] for row in gray]
    return gray


def measure_ink(gray: Picture) -> Ink | None:
    height, width = len(gray), len(gray[0])
    n, half = max(1, math.floor(width / height + 0.5)), max(1, height // 2)
    edges = [i * width // n for i in range(n + 1)]
    centers = [(i + 0.5) * width / n for i in range(n)]
    papers = []
    for first_row in (0, height - half):
        cells = [
            sorted(v for row in gray[first_row : first_row + half] for v in row[edges[i] : edges[i + 1]])
            for i in range(n)
        ]
        papers.append([cell[math.floor(0.75 * (len(cell) - 1))] for cell in cells])
    uppers, lowers = ([interpolate(x, centers, paper) for x in range(width)] for paper in papers)
    depth = []
    for y, row in enumerate(gray):
        share = limit(2 * (y + 0.5) / height - 0.5, 0, 1)
        depth.append(
            [
                limit(uppers[x] + (lowers[x] - uppers[x]) * share - level, 0, 255)
                for x, level in enumerate(row)
            ]
        )
    levels = [math.floor(value) for row in depth for value in row]
    t = find_threshold([levels.count(v) for v in range(256)])
    paper, writing = [v for v in levels if v <= t], [v for v in levels if v > t]
    if not writing:
        return None
    bare, full = sum(paper) / len(paper), sum(writing) / len(writing)
    noise = math.sqrt(sum((v - bare) ** 2 for v in paper) / len(paper))
    if full - bare < 8 or full - bare < 2.5 * noise:
        return None
    low = bare + min(2 * noise + 2, 0.6 * (full - bare))
    fulls, prior = [], 0.02 * half**2
    for i in range(n):
        inked = [v for row in depth for v in row[edges[i] : edges[i + 1]] if v > t + 0.5]
        fulls.append(max((sum(inked) + prior * full) / (len(inked) + prior), low + 0.4 * (full - low)))
    across = [interpolate(x, centers, fulls) for x in range(width)]
    return [[limit((v - low) / (across[x] - low), 0, 1) for x, v in enumerate(row)] for row in depth]


def remove_rulings(ink: Ink) -> Ink:
    height, width = len(ink), len(ink[0])
    length = math.floor(1.5 * height)
    if width <= length or height < 4:
        return ink
    beside = max(3, height // 12)
    thick = [
        [max(ink[max(y - 1, 0)][x], ink[y][x], ink[min(y + 1, height - 1)][x]) for x in range(width)]
        for y in range(height)
    ]
    is_ruled = [[False] * width for _ in range(height)]
    for y in range(height):
        outer = [ink[max(y - beside, 0)], ink[min(y + beside, height - 1)]]
        for first in range(width - length + 1):
            window = slice(first, first + length)
            if (
                sum(thick[y][window]) >= 0.85 * length
                and sum(sum(row[window]) for row in outer) <= 0.8 * length
            ):
                is_ruled[y][window] = [True] * length
    left = [row[:] for row in ink]
    for x in range(width):
        for y in range(height):
            if is_ruled[y][x]:
                above = next((ink[r][x] for r in range(y - 1, -1, -1) if not is_ruled[r][x]), 0.0)
                below = next((ink[r][x] for r in range(y + 1, height) if not is_ruled[r][x]), 0.0)
                left[y][x] = min(ink[y][x], above, below)
    return left


def find_middle(middle: list[float], t: float) -> float:
    return middle[0] + middle[1] * t + middle[2] * t * t


def find_line(ink: Ink) -> Place:
    height, width = len(ink), len(ink[0])
    n = max(1, width // 4)
    stretches = [
        [sum(ink[y][min(4 * k + i, width - 1)] for i in range(4)) for y in range(height)] for k in range(n)
    ]
    ts = [(2 * k + 1) / n - 1 for k in range(n)]
    rows = [sum(stretch[y] for stretch in stretches) for y in range(height)]
    down, start = 0.0, 0
    for y, amount in enumerate(rows):
        down += amount
        if down >= 0.5 * sum(rows):
            start = y
            break
    middle, reach, spread = [start + 0.5, 0.0, 0.0], float(height), 0.3 * height
    amounts: list[float] = []
    for turn in range(9):
        amounts, moments, squares = [], [], []
        for t, stretch in zip(ts, stretches, strict=True):
            course = find_middle(middle, t)
            top, bottom = (int(limit(math.floor(course + way + 0.5), 0, height)) for way in (-reach, reach))
            inside = [(y + 0.5, stretch[y]) for y in range(top, bottom)]
            amounts.append(sum(a for _, a in inside))
            moments.append(sum(a * y for y, a in inside))
            squares.append(sum(a * y * y for y, a in inside))
        total = sum(amounts)
        if total <= 0 or turn == 8:
            break
        stiff = total * (2 * spread / width) ** 2
        m1, m2, m3, m4 = (sum(a * t**p for a, t in zip(amounts, ts, strict=True)) for p in (1, 2, 3, 4))
        wanted = [sum(b * t**p for b, t in zip(moments, ts, strict=True)) for p in (0, 1, 2)]
        if width < 3 * spread:
            middle = [wanted[0] / total, 0.0, 0.0]
        else:
            middle = solve([[total, m1, m2], [m1, m2 + 8 * stiff, m3], [m2, m3, m4 + 32 * stiff]], wanted)
        around = 0.0
        for t, a, b, c in zip(ts, amounts, moments, squares, strict=True):
            course = find_middle(middle, t)
            around += c - 2 * course * b + course * course * a
        spread = math.sqrt(max(around / total, 0.25))
        reach = (2.5 if turn in (0, 7) else 2.2) * spread
    total, running = sum(amounts), 0.0
    speck = min(0.001 * total, 0.15 * spread)
    sums = [running := running + a for a in amounts]
    left = min(4 * next(k for k, s in enumerate(sums) if s > speck), width - 1)
    right = 4 * (1 + next(k for k, s in enumerate(sums) if s >= total - speck)) + width - 4 * n
    return middle, spread, left, max(min(right, width), left + 1)


def solve(matrix: list[list[float]], wanted: list[float]) -> list[float]:
    rows = [[*row, value] for row, value in zip(matrix, wanted, strict=True)]
    for i in range(3):
        pivot = max(range(i, 3), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(3):
            if r != i:
                share = rows[r][i] / rows[i][i]
                rows[r] = [one - share * other for one, other in zip(rows[r], rows[i], strict=True)]
    return [rows[i][3] / rows[i][i] for i in range(3)]


def remove_neighbors(ink: Ink, low: list[float]) -> Ink:
    height, width = len(ink), len(ink[0])
    hangs = [[False] * width for _ in range(height)]
    hangs[0] = [value > 0.25 for value in ink[0]]
    for y in range(1, height):
        for x in range(width):
            hangs[y][x] = ink[y][x] > 0.25 and any(hangs[y - 1][max(x - 1, 0) : x + 2])
    belongs = [[False] * width for _ in range(height)]
    for y in range(height - 1, -1, -1):
        for x in range(width):
            leads = y < height - 1 and any(belongs[y + 1][max(x - 1, 0) : x + 2])
            belongs[y][x] = hangs[y][x] and (y >= low[x] or leads)
    left = [row[:] for row in ink]
    for y in range(height):
        for x in range(width):
            if hangs[y][x] and not belongs[y][x]:
                for row, column in ((y, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                    if row < height and 0 <= column < width and not belongs[row][column]:
                        left[row][column] = 0.0
    return left


def average(values: list[float], low: float, high: float, first: int, last: int) -> float:
    """The mean of what lies between low and high, nothing being outside first..last."""
    begin, end = max(low, first), min(high, last)
    total, index = 0.0, math.floor(begin)
    while index < end:
        total += values[index] * max(0.0, min(index + 1, end) - max(index, begin))
        index += 1
    return total / (high - low)


def place(ink: Ink, found: Place, branches: set[str]) -> Picture:
    middle, spread, left, right = found
    height, width = len(ink), len(ink[0])
    scale = SPREAD * HEIGHT / spread
    if scale > (MAX_WIDTH - 2 * MARGIN_PX) / (right - left):
        branches.add("widest")
        scale = (MAX_WIDTH - 2 * MARGIN_PX) / (right - left)
    reach = max(0.5 / scale, 0.5)
    columns = []
    for x, column in enumerate(transpose(ink)):
        course = find_middle(middle, (2 * x + 1) / width - 1)
        places = [course + (i + 0.5 - HEIGHT / 2) / scale for i in range(HEIGHT)]
        columns.append([average(column, p - reach, p + reach, 0, height) for p in places])
    num = max(1, math.floor((right - left) * scale + 0.5)) + 2 * MARGIN_PX
    places = [left + (j + 0.5 - MARGIN_PX) / scale for j in range(num)]
    strip = [[average(row, q - reach, q + reach, left, right) for q in places] for row in transpose(columns)]
    brightness = sum(v * v for row in strip for v in row) / max(add_up(strip), 1e-6)
    gain = limit(0.8 / max(brightness, 0.01), 1, 4)
    return [[math.floor(min(v * 255 * gain + 0.5, 255)) for v in row] for row in strip]
