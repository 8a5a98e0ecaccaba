"""Figures of a report as SVG text, without a plotting library, readable in light and dark pages alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 380, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 24, 12, 42
COLORS = ("#1f6fb2", "#d1495b", "#3a8f5c", "#b7791f", "#7a5aa6", "#4a5568")


@dataclass(frozen=True)
class Series:
    """A line of a chart.

    Attributes:
        name: For the legend; "" for none.
        x: Where the points stand.
        y: Their values.
        low: Lower ends of intervals; None for none.
        high: Upper ends.
        sizes: Radius of each point, px; None for a line with small points.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    sizes: Sequence[float] | None = None


def draw_chart(
    series: Sequence[Series],
    *,
    x_label: str,
    y_label: str,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    has_diagonal: bool = False,
    is_evenly_spaced: bool = False,
) -> str:
    """Lines or points over two axes of shares, in percent, as an `<svg>` element.

    Args:
        series: At least one, each with at least one point.
        x_label: Under the axis.
        y_label: Beside the axis.
        x_range: Ends of the axis; None for those of the points.
        y_range: The same.
        has_diagonal: A dashed line from corner to corner: where x equals y.
        is_evenly_spaced: The x of the first series are steps, one beside the other, whatever their distance.
    """
    steps = list(series[0].x) if is_evenly_spaced else None
    if steps is not None:
        series = [Series(one.name, range(len(one.x)), one.y, one.low, one.high, one.sizes) for one in series]
        x_range = (-0.5, len(steps) - 0.5)
    x_range = x_range or _span([value for one in series for value in one.x])
    y_range = y_range or _span([value for one in series for value in one.y])

    def across(value: float) -> float:
        share = (value - x_range[0]) / (x_range[1] - x_range[0])
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def down(value: float) -> float:
        share = (min(max(value, y_range[0]), y_range[1]) - y_range[0]) / (y_range[1] - y_range[0])
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)

    parts = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(y_label)}">']
    for tick in find_ticks(*y_range):
        y = down(tick)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(_write(_LEFT - 6, y + 4, _format_share(tick, y_range), anchor="end"))
    x_ticks = [(tick, _format_share(tick, x_range)) for tick in find_ticks(*x_range)]
    if steps is not None:
        x_ticks = [(place, f"{value:g}") for place, value in enumerate(steps)]
    parts += [_write(across(place), HEIGHT - _BOTTOM + 16, text) for place, text in x_ticks]
    if has_diagonal:
        low, high = max(x_range[0], y_range[0]), min(x_range[1], y_range[1])
        ends = f'x1="{across(low)}" y1="{down(low)}" x2="{across(high)}" y2="{down(high)}"'
        parts.append(f'<line class="diagonal" {ends}/>')
    colors = [COLORS[number % len(COLORS)] for number in range(len(series))]
    for one, color in zip(series, colors, strict=True):
        parts += _draw_series(one, color, across, down)
    parts.append(_write((_LEFT + WIDTH) / 2, HEIGHT - 8, x_label))
    place = f'transform="translate(11 {(HEIGHT - _BOTTOM) / 2}) rotate(-90)"'
    parts.append(f'<text {place} text-anchor="middle">{escape(y_label)}</text></svg>')
    legend = "".join(
        f'<span><i style="background:{color}"></i>{escape(one.name)}</span>'
        for one, color in zip(series, colors, strict=True)
        if one.name
    )
    return "".join(parts) + (f'<div class="legend">{legend}</div>' if legend else "")


def _write(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


Scale = Callable[[float], float]
"""From a value to its place in px."""


def _draw_series(one: Series, color: str, across: Scale, down: Scale) -> list[str]:
    parts = []
    if one.low is not None and one.high is not None:
        edge = [f"{across(x)},{down(y)}" for x, y in zip(one.x, one.high, strict=True)]
        edge += [f"{across(x)},{down(y)}" for x, y in reversed(list(zip(one.x, one.low, strict=True)))]
        parts.append(f'<polygon points="{" ".join(edge)}" fill="{color}" opacity="0.15"/>')
    if one.sizes is None:
        points = " ".join(f"{across(x)},{down(y)}" for x, y in zip(one.x, one.y, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
    sizes = one.sizes or ([2.5] * len(one.x) if len(one.x) < 30 else [])
    for x, y, size in zip(one.x, one.y, sizes, strict=False):
        parts.append(f'<circle cx="{across(x)}" cy="{down(y)}" r="{size:.1f}" fill="{color}"/>')
    return parts


def find_ticks(low: float, high: float, num: int = 5) -> list[float]:
    """Round numbers between two ends, about so many."""
    rough = (high - low) / num
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = np.ceil(low / step - 1e-9)
    return [round(float(n * step), 10) for n in np.arange(first, np.floor(high / step + 1e-9) + 1)]


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _format_share(value: float, span: tuple[float, float]) -> str:
    digits = 0 if span[1] - span[0] > 0.05 else 1
    return f"{100 * value + 0.0:.{digits}f} %"
