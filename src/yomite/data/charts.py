"""Charts as SVG text: bars, histograms, curves and maps of characters, for a page or by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

BLUE, GRID, TEXT = "#2f6f9f", "#d9dde1", "#3a4148"
SCRIPT_COLORS = {
    "hiragana": "#2f6f9f",
    "katakana": "#b3541e",
    "kanji": "#4d4d4d",
    "latin": "#6a8f2f",
    "digit": "#8a4f9e",
    "punctuation": "#b08f00",
}

_FONT = "font-family='system-ui, sans-serif' font-size='12'"


def draw_bars(title: str, values: Mapping[str, float], unit: str = "") -> str:
    """Horizontal bars, a line for each value, with the numbers beside them."""
    left, width, step = 130, 360, 22
    top = max(values.values(), default=0) or 1
    rows = []
    for row, (name, value) in enumerate(values.items()):
        y = 34 + row * step
        length = width * value / top
        rows.append(
            f"<text x='{left - 8}' y='{y + 12}' text-anchor='end'>{escape(name)}</text>"
            f"<rect x='{left}' y='{y}' width='{length:.1f}' height='15' rx='2' fill='{BLUE}'/>"
            f"<text x='{left + length + 6:.1f}' y='{y + 12}'>{_number(value)}{escape(unit)}</text>"
        )
    return _wrap(title, left + width + 70, 44 + len(rows) * step, "".join(rows))


def draw_histogram(title: str, values: Sequence[float] | np.ndarray, unit: str, num_bins: int = 24) -> str:
    """How often values fall into equal ranges; under a few different values, a bar for each."""
    values = np.asarray(values, float)
    distinct = np.unique(values)
    if len(distinct) == 1:
        return draw_bars(title, {f"{_number(distinct[0])} {unit}": float(len(values))})
    low, high = float(values.min()), float(values.max())
    counts, edges = np.histogram(values, num_bins, (low, high))
    width, height = 480, 150
    step = width / num_bins
    bars = "".join(
        f"<rect x='{40 + bin_index * step:.1f}' y='{30 + height * (1 - count / counts.max()):.1f}' "
        f"width='{step - 1:.1f}' height='{height * count / counts.max():.1f}' fill='{BLUE}'>"
        f"<title>from {_number(edges[bin_index])} {escape(unit)}: {count}</title></rect>"
        for bin_index, count in enumerate(counts.tolist())
    )
    ticks = "".join(
        f"<text x='{40 + width * share:.0f}' y='{height + 48}' text-anchor='middle'>"
        f"{_number(low + share * (high - low))}</text>"
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    labels = (
        f"<line x1='40' x2='{40 + width}' y1='{30 + height}' y2='{30 + height}' stroke='{GRID}'/>"
        f"<text x='34' y='40' text-anchor='end'>{counts.max()}</text>"
        f"<text x='{40 + width}' y='{height + 66}' text-anchor='end'>{escape(unit)}</text>"
    )
    return _wrap(title, width + 80, height + 74, bars + ticks + labels)


def draw_curve(title: str, counts: Sequence[int]) -> str:
    """Counts from the largest to the smallest, as one falling edge."""
    ordered = np.sort(np.asarray(counts))[::-1]
    width, height = 480, 150
    step = width / len(ordered)
    points = [f"40,{30 + height}"]
    for index, count in enumerate(ordered.tolist()):
        y = 30 + height * (1 - count / ordered[0])
        points += [f"{40 + index * step:.1f},{y:.1f}", f"{40 + (index + 1) * step:.1f},{y:.1f}"]
    points.append(f"{40 + width},{30 + height}")
    body = (
        f"<polygon points='{' '.join(points)}' fill='{BLUE}' fill-opacity='0.85'/>"
        f"<text x='34' y='40' text-anchor='end'>{ordered[0]}</text>"
        f"<text x='34' y='{30 + height}' text-anchor='end'>0</text>"
        f"<text x='40' y='{height + 48}'>1</text>"
        f"<text x='{40 + width}' y='{height + 48}' text-anchor='end'>{len(ordered)} characters</text>"
    )
    return _wrap(title, width + 80, height + 60, body)


def draw_map(
    title: str, places: np.ndarray, characters: Sequence[str], scripts: Sequence[str], notes: Sequence[str]
) -> str:
    """Characters at places of a plane, colored by script; a note shows when one is pointed at.

    Args:
        title: above it.
        places: float (N, 2), any unit.
        characters: what stands there.
        scripts: keys of SCRIPT_COLORS.
        notes: for pointing at.
    """
    side = 760
    low, span = places.min(axis=0), np.maximum(np.ptp(places, axis=0), 1e-9)
    scaled = 20 + (places - low) / span * (side - 40)
    marks = "".join(
        f"<text x='{x:.1f}' y='{y + 34:.1f}' fill='{SCRIPT_COLORS.get(script, TEXT)}'>"
        f"{escape(character)}<title>{escape(note)}</title></text>"
        for (x, y), character, script, note in zip(scaled, characters, scripts, notes, strict=True)
    )
    legend = "".join(
        f"<text x='{20 + 110 * number}' y='{side + 50}' fill='{SCRIPT_COLORS.get(script, TEXT)}'>"
        f"■ {script}</text>"
        for number, script in enumerate(sorted(set(scripts)))
    )
    return _wrap(title, side, side + 60, f"<g text-anchor='middle'>{marks}</g>{legend}")


def _wrap(title: str, width: float, height: float, body: str) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}' width='{width:.0f}' "
        f"height='{height:.0f}' role='img' {_FONT} fill='{TEXT}'>"
        f"<rect width='100%' height='100%' fill='#ffffff'/>"
        f"<text x='4' y='18' font-weight='600' font-size='13'>{escape(title)}</text>{body}</svg>"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.2f}"
