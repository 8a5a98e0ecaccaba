"""Charts as SVG text, drawn by matplotlib.

Text stays text, in the reader's own font, so that it can be searched and needs no font of ours. As files the
charts are dark on white; `yomite.reports.html` gives them the colors of the page around them.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

BLUE, GRID, TEXT, PAPER = "#2f6f9f", "#d9dde3", "#5b656e", "#ffffff"
SCRIPT_COLORS = {
    "hiragana": BLUE,
    "katakana": "#b3541e",
    "kanji": TEXT,
    "latin": "#6a8f2f",
    "digit": "#8a4f9e",
    "punctuation": "#b08f00",
}

FONTS = "system-ui, 'Noto Sans CJK JP', 'Noto Sans JP', 'Hiragino Sans', 'Yu Gothic'"
"""What a page is set in: Japanese forms of kanji, whatever the language of the system."""

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "yomite",  # the same chart is the same text
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib
    "font.size": 11,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "axes.edgecolor": GRID,
    "axes.labelcolor": TEXT,
    "axes.titlecolor": TEXT,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "legend.frameon": False,
    "text.color": TEXT,
    "xtick.color": TEXT,
    "xtick.major.pad": 6,
    "xtick.major.size": 0,
    "ytick.color": TEXT,
    "ytick.major.size": 0,
}


def draw_shares(
    x: Sequence[float],
    y: Sequence[float],
    *,
    x_label: str,
    y_label: str,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    band: tuple[Sequence[float], Sequence[float]] | None = None,
    is_reliability: bool = False,
    are_steps: bool = False,
) -> str:
    """Draw shares, 0..1, as a line over another share.

    Args:
        x: Where the points stand, 0..1.
        y: Their values.
        x_label: Under the axis.
        y_label: Beside the axis.
        x_range: Ends of the axis; None for those of the points.
        y_range: The same.
        band: Lower and upper ends of intervals.
        is_reliability: Points instead of a line, and a dashed diagonal where x equals y.
        are_steps: x are steps of any unit, drawn one beside the other whatever their distance.
    """

    def plot(axes: Axes) -> None:
        places = range(len(x)) if are_steps else x
        if is_reliability:
            axes.plot(places, y, "o", color=BLUE)
            axes.axline((0, 0), slope=1, color=TEXT, linewidth=1, dashes=(4, 4))
        else:
            axes.plot(places, y, ".-" if len(x) < 30 else "-", color=BLUE, linewidth=2)
        if band:
            axes.fill_between(places, *band, color=BLUE, alpha=0.15, linewidth=0)
        axes.yaxis.set_major_formatter(_to_percent)
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        if are_steps:
            axes.set_xticks(places, [f"{value:g}" for value in x])
        else:
            axes.xaxis.set_major_formatter(_to_percent)
            axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.set(xlabel=x_label, ylabel=y_label, xlim=x_range, ylim=y_range)
        axes.grid(axis="y")

    return _draw(plot, y_label)


def draw_bars(title: str, values: Mapping[str, float]) -> str:
    """Draw horizontal bars, a line for each value, with the numbers beside them."""

    def plot(axes: Axes) -> None:
        bars = axes.barh(list(values), list(values.values()), color=BLUE, height=0.7)
        axes.bar_label(bars, fmt="{:,.0f}", padding=6)
        axes.invert_yaxis()
        axes.tick_params(bottom=False, labelbottom=False)
        axes.spines["bottom"].set_visible(False)
        axes.margins(x=0.15)
        axes.set_title(title)

    return _draw(plot, title, (560, 46 + 26 * len(values)))


def draw_histogram(title: str, values: Sequence[float] | np.ndarray, unit: str, num_bins: int = 24) -> str:
    """Draw how often values fall into equal ranges; a single bar where they are all equal."""
    values = np.asarray(values, float)
    if np.ptp(values) == 0:
        return draw_bars(title, {f"{values[0]:g} {unit}": len(values)})
    counts, edges = np.histogram(values, num_bins)

    def plot(axes: Axes) -> None:
        bars = axes.bar(edges[:-1], counts, np.diff(edges) * 0.95, align="edge", color=BLUE)
        for index, bar in enumerate(bars):
            bar.set_gid(f"note-{index}")
        axes.set(title=title, xlabel=unit, xlim=(edges[0], edges[-1]))
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        axes.grid(axis="y")

    notes = [
        f"{low:.3g} to {high:.3g} {unit}: {count}"
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    return _draw(plot, title, (560, 230), notes)


def draw_counts(title: str, counts: Sequence[int]) -> str:
    """Draw counts from the largest to the smallest, as one falling edge."""

    def plot(axes: Axes) -> None:
        axes.stairs(sorted(counts, reverse=True), np.arange(len(counts) + 1) + 0.5, fill=True, color=BLUE)
        axes.set(title=title, xlabel="characters", ylim=(0, None), xlim=(0.5, len(counts) + 0.5))
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        axes.grid(axis="y")

    return _draw(plot, title, (560, 230))


def draw_map(
    title: str, places: np.ndarray, characters: Sequence[str], scripts: Sequence[str], notes: Sequence[str]
) -> str:
    """Draw characters at places of a plane, colored by script; a note shows when one is pointed at.

    Args:
        title: Above the map.
        places: Float (N, 2), in any unit.
        characters: What stands there.
        scripts: Of each character, a key of SCRIPT_COLORS.
        notes: For pointing at.
    """
    color_by_script = {script: SCRIPT_COLORS.get(script, TEXT) for script in sorted(set(scripts))}

    def plot(axes: Axes) -> None:
        for index, (place, character, script) in enumerate(zip(places, characters, scripts, strict=True)):
            color = color_by_script[script]
            text = axes.text(
                place[0], place[1], character, gid=f"note-{index}", color=color, ha="center", va="center"
            )
            text.set_in_layout(False)  # measuring each takes seconds
        axes.set(title=title, xlim=_widen(places[:, 0]), ylim=_widen(places[:, 1]))
        axes.set_axis_off()
        handles = [Patch(color=color, label=script) for script, color in color_by_script.items()]
        axes.figure.legend(handles=handles, loc="outside lower left", ncols=len(handles))

    return _draw(plot, title, (760, 820), notes)


def _to_percent(share: float, _: float) -> str:
    return f"{100 * share:g} %"


def _widen(values: np.ndarray) -> tuple[float, float]:
    room = 0.03 * max(float(np.ptp(values)), 1e-9)
    return float(values.min()) - room, float(values.max()) + room


def _draw(
    plot: Callable[[Axes], None],
    label: str,
    size_px: tuple[int, int] = (380, 260),
    notes: Sequence[str] = (),
) -> str:
    """Return an `<svg>` element; artists with the gid note-N show the note when they are pointed at."""
    file = io.StringIO()
    with style.context(["default", _STYLE]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the font that measures need not have every character
        figure = Figure(figsize=(size_px[0] / 72, size_px[1] / 72), layout="constrained")
        plot(figure.add_subplot())
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
    svg = re.sub(
        '<g id="note-([0-9]+)">', lambda found: f"<g><title>{escape(notes[int(found[1])])}</title>", svg
    )
    svg = re.sub(' id="[^"]*_[0-9]+"', "", svg)  # several charts on a page would share them
    return svg.replace("'DejaVu Sans'", FONTS)
