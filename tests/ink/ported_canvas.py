"""The canvas in plain Python, written from docs/canvas.md: what a port to another language looks like."""

import math

SIZE, MARGIN, WORK_SIZE = 48, 0.06, 160

Picture = list[list[int]]
Ink = list[list[float]]


def to_canvas(gray: Picture, branches: set[str]) -> Picture | None:
    """Gray levels to the square, None without ink; notes the branches that it takes."""
    small = shrink(gray)
    ink = measure_ink(small, branches)
    if ink is None:
        return None
    if len(small) != len(gray) or len(small[0]) != len(gray[0]):
        branches.add("shrunk")
        top, bottom, left, right = find_box(ink)
        longer = max(bottom - top, right - left)
        if longer < 0.7 * max(len(small), len(small[0])):
            branches.add("closer look")
            scale = max(len(gray), len(gray[0])) / max(len(small), len(small[0]))
            pad = 2 + 0.08 * longer
            first_row, first_column = (max(0, math.floor((low - pad) * scale)) for low in (top, left))
            last_row, last_column = (math.ceil((high + pad) * scale) for high in (bottom, right))
            piece = [row[first_column:last_column] for row in gray[first_row:last_row]]
            ink = measure_ink(shrink(piece), branches) or ink
    return place_ink(ink)


def shrink(gray: Picture) -> Picture:
    longer = max(len(gray), len(gray[0]))
    if longer <= WORK_SIZE:
        return gray
    height, width = (max(1, round(side * WORK_SIZE / longer)) for side in (len(gray), len(gray[0])))
    rows = [shrink_row(row, width) for row in gray]
    return transpose([shrink_row(column, height) for column in transpose(rows)])


def shrink_row(row: list[int], size: int) -> list[int]:
    scale = len(row) / size
    shrunk = []
    for i in range(size):
        inside = [level for j, level in enumerate(row) if i * scale < j + 0.5 <= (i + 1) * scale]
        shrunk.append(math.floor(sum(inside) / len(inside) + 0.5))
    return shrunk


def transpose(rows: list[list]) -> list[list]:
    return [list(column) for column in zip(*rows, strict=True)]


class Classes:
    """Step 3.1 to 3.3: ink and paper in a histogram."""

    def __init__(self, gray: Picture) -> None:
        height, width = len(gray), len(gray[0])
        self.count = [0] * 256
        for row in gray:
            for level in row:
                self.count[level] += 1
        self.total = height * width
        self.mean = sum(level * number for level, number in enumerate(self.count)) / self.total
        best, below, moment = -1.0, 0, 0
        for level in range(256):
            below += self.count[level]
            moment += level * self.count[level]
            variance = (moment - below * self.mean) ** 2 / max(below * (self.total - below), 1)
            if variance > best:
                best, threshold, dark = variance, level, below
        self.is_uniform = dark in (0, self.total)
        if self.is_uniform:
            return
        border = [*gray[0], *gray[-1], *(row[0] for row in gray), *(row[-1] for row in gray)]
        rim = sum(level <= threshold for level in border) / (2 * (height + width))
        self.is_dark_ink = 0.65 * dark / self.total + 0.35 * rim <= 0.5
        levels = range(256)
        darker = [self.count[level] if level <= threshold else 0 for level in levels]
        lighter = [self.count[level] if level > threshold else 0 for level in levels]
        ink, paper = (darker, lighter) if self.is_dark_ink else (lighter, darker)
        self.paper, self.paper_deviation = moments(paper)
        self.full, ink_deviation = moments(ink)
        spread = self.paper_deviation + ink_deviation
        self.is_clear = abs(self.paper - self.full) >= 1.7 * spread
        self.clarity = abs(self.paper - self.full) / max(spread, 1e-6)


def moments(count: list[int]) -> tuple[float, float]:
    total = sum(count)
    mean = sum(level * number for level, number in enumerate(count)) / total
    return mean, math.sqrt(sum(number * (level - mean) ** 2 for level, number in enumerate(count)) / total)


def measure_ink(gray: Picture, branches: set[str]) -> Ink | None:
    found = Classes(gray)
    if found.is_uniform:
        return None
    is_even = found.is_clear and found.paper_deviation < 10
    if not is_even and min(len(gray), len(gray[0])) >= 16:
        leveled = level_light(gray)
        again = Classes(leveled)
        if again.is_uniform or again.clarity < found.clarity:
            branches.add("leveling undone")
        else:
            branches.add("leveled")
            gray, found = leveled, again
    branches.add("dark ink" if found.is_dark_ink else "light ink")
    paper, deviation, full = found.paper, found.paper_deviation, found.full
    if not found.is_clear:
        branches.add("noise")
        middle, all_deviation = moments(found.count)
        sign = 1 if found.is_dark_ink else -1
        far = [
            number if sign * (middle - level) > 3 * all_deviation else 0
            for level, number in enumerate(found.count)
        ]
        if sum(far):
            paper, deviation, full = middle, all_deviation, moments(far)[0]
        elif abs(paper - full) < 100:
            return None
        else:
            branches.add("crowded")
    if abs(paper - full) < 8:
        return None
    bare = min(2 * deviation + 2, 0.6 * abs(paper - full))
    edge = paper - bare if found.is_dark_ink else paper + bare
    table = [min(max((edge - level) / (edge - full), 0.0), 1.0) for level in range(256)]
    return [[table[level] for level in row] for row in gray]


def level_light(gray: Picture) -> Picture:
    height, width = len(gray), len(gray[0])
    stride = max(1, min(height, width) // 24)

    def terms(row: int, column: int) -> list[float]:
        y, x = 2 * row / (height - 1) - 1, 2 * column / (width - 1) - 1
        return [1.0, y, x, y * y, y * x, x * x]

    points = [
        (terms(row, column), gray[row][column])
        for row in range(0, height, stride)
        for column in range(0, width, stride)
    ]
    weights = [1] * len(points)
    fit = [0.0] * 6
    for _ in range(5):
        used = [point for point, weight in zip(points, weights, strict=True) if weight]
        normal = [[sum(t[i] * t[j] for t, _ in used) + 1e-3 * (i == j) for j in range(6)] for i in range(6)]
        fit = solve(normal, [sum(t[i] * level for t, level in used) for i in range(6)])
        away = [abs(level - sum(c * t for c, t in zip(fit, term, strict=True))) for term, level in points]
        squares = sum(weight * gap * gap for weight, gap in zip(weights, away, strict=True))
        limit = math.sqrt(squares / sum(weights))
        weights = [int(gap < 1.2 * limit + 2) for gap in away]
    leveled = []
    for row in range(height):
        surfaces = [
            sum(c * t for c, t in zip(fit, terms(row, column), strict=True)) for column in range(width)
        ]
        leveled.append(
            [
                math.floor(min(max(level + 128 - surface, 0.0), 255.0))
                for level, surface in zip(gray[row], surfaces, strict=True)
            ]
        )
    return leveled


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss-Jordan elimination with pivots."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = max(range(i, len(rows)), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(len(rows)):
            if k != i:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[-1] for row in rows]


def find_box(ink: Ink) -> tuple[int, int, int, int]:
    def find_span(sums: list[float]) -> tuple[int, int]:
        total = sum(sums)
        running = [sum(sums[: index + 1]) for index in range(len(sums))]
        first = next(index for index, value in enumerate(running) if value > 0.003 * total)
        last = next(index for index, value in enumerate(running) if value >= total - 0.003 * total)
        return first, last + 1

    return (*find_span([sum(row) for row in ink]), *find_span([sum(column) for column in transpose(ink)]))


def place_ink(ink: Ink) -> Picture:
    top, bottom, left, right = find_box(ink)
    step = max(bottom - top, right - left) / (SIZE * (1 - 2 * MARGIN))
    reach = max(step, 1.0) / 2

    def weigh(low: int, high: int, num_source: int) -> list[list[tuple[int, float]]]:
        """For each target pixel, the source pixels that it covers and their weights."""
        weights = []
        for i in range(SIZE):
            middle = (low + high) / 2 + (i - (SIZE - 1) / 2) * step
            shared = [
                (r, (min(middle + reach, r + 1) - max(middle - reach, r)) / (2 * reach))
                for r in range(num_source)
            ]
            weights.append([(r, weight) for r, weight in shared if weight > 0])
        return weights

    by_row, by_column = weigh(top, bottom, len(ink)), weigh(left, right, len(ink[0]))
    canvas = [
        [sum(wr * wc * ink[r][c] for r, wr in rows for c, wc in columns) for columns in by_column]
        for rows in by_row
    ]
    pixels = [pixel for row in canvas for pixel in row]
    brightness = sum(pixel * pixel for pixel in pixels) / max(sum(pixels), 1e-6)
    gain = min(max(0.8 / max(brightness, 0.01), 1.0), 4.0)
    return [[math.floor(min(pixel * 255 * gain + 0.5, 255.0)) for pixel in row] for row in canvas]
