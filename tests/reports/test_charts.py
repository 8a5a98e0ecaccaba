"""Charts are drawn to scale, say what they show, and are the same text each time."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason='needs the extra: pip install "yomite[reports]"')

from yomite.reports import charts
from yomite.reports.charts import draw_bars, draw_counts, draw_histogram, draw_map, draw_shares


def read_texts(svg: str) -> list[str]:
    """What is written on a chart."""
    root = ElementTree.fromstring(svg)
    return [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]


def read_line(svg: str) -> np.ndarray:
    """The points of the blue line, float (N, 2), y down."""
    path = re.search(rf'<path d="([^"]*)"[^>]*stroke: {charts.BLUE}; stroke-width: 2', svg)
    assert path
    return np.array(re.findall(r"[-\d.]+", path[1]), float).reshape(-1, 2)


def draw_line(**options) -> str:
    return draw_shares([0, 0.5, 1], [0.2, 0.4, 0.6], x_label="<x>", y_label="y & z", **options)


def test_lines_are_drawn_to_scale() -> None:
    svg = draw_line(x_range=(0, 1), y_range=(0, 1))
    x, y = read_line(svg).T
    assert np.ptp(np.diff(x)) < 0.2 and np.ptp(np.diff(y)) < 0.2 and y[0] > y[-1] and x[0] < x[-1]
    texts = read_texts(svg)
    assert {"<x>", "y & z", "0 %", "20 %", "100 %"} <= set(texts) and "<x>" not in svg


def test_ticks_are_round() -> None:
    texts = read_texts(draw_line(x_range=(0.93, 1.0), y_range=(0, 0.02)))
    assert {"94 %", "96 %", "98 %", "100 %"} <= set(texts)
    assert {"0 %", "0.5 %", "1 %", "1.5 %", "2 %"} <= set(texts)


def test_steps_stand_one_beside_the_other() -> None:
    band = [0.4, 0.9, 0.4], [0.6, 1, 0.6]
    svg = draw_shares([-4, 0, 100], [0.5, 1, 0.5], x_label="px", y_label="y", band=band, are_steps=True)
    x, _ = read_line(svg).T
    assert np.ptp(np.diff(x)) < 0.2 and {"-4", "0", "100"} <= set(read_texts(svg))


def test_reliability_has_points_and_a_diagonal() -> None:
    svg = draw_shares([0.5, 0.9], [0.4, 1], x_label="x", y_label="y", is_reliability=True)
    assert (
        "stroke-dasharray" in svg
        and svg.count("<use") >= 2
        and f"stroke: {charts.BLUE}; stroke-width: 2" not in svg
    )


def test_bars_are_as_long_as_their_values() -> None:
    svg = draw_bars("samples", {"kanji": 4000, "hiragana": 1000})
    bars = re.findall(rf'<path d="([^"]*)"[^>]*style="fill: {charts.BLUE}', svg)
    long, short = (np.ptp(np.array(re.findall(r"[-\d.]+", bar), float).reshape(-1, 2)[:, 0]) for bar in bars)
    assert long == pytest.approx(4 * short, rel=1e-3)
    assert set(read_texts(svg)) == {"samples", "kanji", "hiragana", "4,000", "1,000"}


def test_histogram_counts_every_value() -> None:
    values = np.random.default_rng(0).normal(20, 4, 500)
    svg = draw_histogram("ink", values, "% of the box")
    notes = re.findall(r"<title>[-\d.e+]+ to [-\d.e+]+ % of the box: (\d+)</title>", svg)
    assert len(notes) == 24 and sum(map(int, notes)) == 500
    assert {"300 px", "5"} <= set(read_texts(draw_histogram("size", [300] * 5, "px")))


def test_counts_fall() -> None:
    svg = draw_counts("samples of each character", [1, 5, 3])
    (edge,) = re.findall(rf'<path d="([^"]*)"[^>]*style="fill: {charts.BLUE}', svg)
    tops = np.array(re.findall(r"[-\d.]+", edge), float).reshape(-1, 2)[:, 1]
    assert len(set(tops.round(1))) == 4  # three counts and the ground
    assert tops.min() == tops[:3].min()


def test_the_map_tells_each_sample_when_pointed_at() -> None:
    places = np.array([[0, 0], [1, 1], [0, 1]])
    svg = draw_map("map", places, ["永", "<", "い"], ["kanji", "punctuation", "hiragana"], ["a<b", "2", "3"])
    assert {"永", "<", "い", "map", "kanji", "punctuation", "hiragana"} == set(read_texts(svg))
    assert "<title>a&lt;b</title>" in svg and svg.count("<title>") == 3


def test_a_chart_is_the_same_text_each_time_and_shares_no_names_with_others() -> None:
    first, again, other = draw_bars("a", {"x": 1}), draw_bars("a", {"x": 1}), draw_line(y_range=(0, 1))
    assert first == again
    assert not set(re.findall(r'id="([^"]*)"', first)) & set(re.findall(r'id="([^"]*)"', other))
    assert not [name for name in re.findall(r'id="([^"]*)"', other) if other.count(f'id="{name}"') > 1]
