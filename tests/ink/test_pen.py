"""Lines against a distance field in numpy; paper against its formula."""

import numpy as np
import pytest

pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')

from drawings import DRAWINGS

from yomite.errors import YomiteError
from yomite.ink.canvas import measure_ink
from yomite.ink.hand import build_hand
from yomite.ink.pen import (
    PEN_NAMES,
    PEN_RANGES,
    PENS,
    TRAIT_NAMES,
    TRAITS,
    build_pen,
    draw_lines,
    draw_traits,
    lay_on_paper,
)
from yomite.ink.strokes import Glyph
from yomite.ink.writing import flatten_glyph, seed_stream, write_glyph


def make_traits(**traits: float) -> np.ndarray:
    """An even round line of 0.05 on plain paper, but for these traits."""
    values = {"width": 0.05, "contrast": 200.0, "paper": 250.0} | traits
    return np.array([values.get(name, 0.0) for name in TRAITS], dtype=np.float64)


def write_drawing(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    strokes = tuple(np.array(stroke, np.float32) / 100 for stroke in DRAWINGS[name])
    return write_glyph(*flatten_glyph(Glyph("?", strokes, (0,) * len(strokes))), build_hand("print").habits)


def distance_field(written: np.ndarray, starts: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Distance of each pixel's middle from the nearest pen-down segment, in px."""
    down, across = np.mgrid[: shape[0], : shape[1]] + 0.5
    pixels = np.stack([across, down], axis=-1)
    best = np.full(shape, np.inf)
    for i in range(len(written) - 1):
        if starts[i + 1]:
            continue
        a, b = written[i].astype(float), written[i + 1].astype(float)
        t = np.clip((pixels - a) @ (b - a) / max((b - a) @ (b - a), 1e-12), 0, 1)
        best = np.minimum(best, np.hypot(*np.moveaxis(pixels - a - t[..., None] * (b - a), -1, 0)))
    return best


@pytest.mark.parametrize("name", ["ei", "a-hiragana", "hi"])
@pytest.mark.parametrize("width", [0.03, 0.08])
def test_even_line_covers_what_lies_within_half_its_width(name: str, width: float) -> None:
    written, starts, pressure = write_drawing(name)
    coverage = draw_lines(written, starts, pressure, make_traits(width=width), 80.0, 5.0)
    extent = np.ptp(written, axis=0).max()
    line_px = min(width, 0.26 / np.sqrt(starts.sum() + 1)) * 80
    placed = (written - written.min(axis=0)) * (80 / extent) + 5 + line_px / 2 + 1
    expected = np.clip(line_px / 2 + 0.5 - distance_field(placed, starts, coverage.shape), 0, 1)
    assert coverage == pytest.approx(expected, abs=1e-3)


def test_box_holds_all_ink_with_its_pad() -> None:
    written, starts, pressure = write_drawing("ei")
    for pad_px in (0.0, 7.0):
        coverage = draw_lines(written, starts, pressure, make_traits(), 60.0, pad_px)
        rows, columns = (np.flatnonzero(coverage.max(axis=axis) > 0.5) for axis in (1, 0))
        for first, last, side in (
            (rows[0], rows[-1], coverage.shape[0]),
            (columns[0], columns[-1], coverage.shape[1]),
        ):
            assert first >= pad_px and side - 1 - last >= pad_px
        assert max(coverage.shape) == pytest.approx(60 + 3 + 2 * pad_px, abs=3)


def test_wider_pressed_and_tapered_lines() -> None:
    line = np.stack([np.linspace(0, 1, 30), np.full(30, 0.5)], axis=1).astype(np.float32)
    starts = np.arange(30) == 0
    even = np.ones(30, np.float32)

    def widths(pen_down: np.ndarray = even, **traits: float) -> np.ndarray:
        seed_stream(0)
        return draw_lines(line, starts, pen_down, make_traits(**traits), 100.0, 4.0).sum(axis=0)[12:-12]

    assert widths(width=0.05).mean() == pytest.approx(5, abs=0.3)
    assert widths(width=0.1).mean() == pytest.approx(10, abs=0.3)
    assert widths(even / 2, width=0.1).mean() == pytest.approx(5, abs=0.3)
    tapered = widths(width=0.1, taper=0.9)
    assert tapered[:20].mean() > 1.5 * tapered[-10:].mean()
    assert np.ptp(widths(width=0.1, pressure=0.6)) > 1 > np.ptp(widths(width=0.1))


def test_single_point_is_a_dot() -> None:
    dot = draw_lines(
        np.full((1, 2), 0.5, np.float32),
        np.ones(1, bool),
        np.ones(1, np.float32),
        make_traits(width=0.1),
        80.0,
        3.0,
    )
    assert dot.sum() == pytest.approx(np.pi * 4**2, rel=0.1)


def test_plain_paper_is_its_formula() -> None:
    coverage = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    picture = lay_on_paper(coverage.copy(), make_traits(paper=240.0, contrast=180.0))
    assert np.abs(picture - (240 - 180 * coverage)).max() <= 0.51
    inverted = lay_on_paper(coverage.copy(), make_traits(paper=240.0, contrast=180.0, inversion=1.0))
    assert np.abs(inverted - (15 + 180 * coverage)).max() <= 0.51
    # Ink cannot be darker than black.
    assert lay_on_paper(np.ones((5, 5), np.float32), make_traits(paper=100.0, contrast=255.0)).max() == 0


def test_noise_light_blur_and_grain() -> None:
    seed_stream(0)
    bare, full = np.zeros((100, 100), np.float32), np.ones((100, 100), np.float32)
    noisy = lay_on_paper(bare.copy(), make_traits(noise=6.0, paper=200.0)).astype(float)
    assert noisy.std() == pytest.approx(6, rel=0.1) and noisy.mean() == pytest.approx(200, abs=1)
    lit = lay_on_paper(bare.copy(), make_traits(light=40.0, paper=200.0)).astype(float)
    assert 36 < np.ptp(lit) < 60 and lit.mean() == pytest.approx(200, abs=1)
    grain = lay_on_paper(full.copy(), make_traits(grain=0.8)).astype(float)
    assert grain.mean() == pytest.approx(50 + 200 * 0.8 / 3, rel=0.05)  # the mean of a square is a third
    spot = bare.copy()
    spot[50, 50] = 1.0
    blurred = 250 - lay_on_paper(spot, make_traits(blur=1.0)).astype(float)
    assert blurred[49:52, 49:52] == pytest.approx(200 * np.outer([1, 2, 1], [1, 2, 1]) / 16, abs=1)
    assert blurred.sum() == pytest.approx(200, abs=9)


def test_scraps_lie_at_the_rim() -> None:
    found = 0
    for seed in range(20):
        seed_stream(seed)
        picture = lay_on_paper(np.zeros((60, 60), np.float32), make_traits(scraps=1.0))
        found += bool((picture < 250).any())
        assert (picture[6:-6, 6:-6] == 250).all()
    assert found == 20


@pytest.mark.parametrize("name", PEN_NAMES)
def test_pens_of_a_kind_lie_in_its_ranges_and_write_readably(name: str) -> None:
    low, high = PEN_RANGES[PEN_NAMES.index(name)].T
    assert np.array_equal(build_pen(name, seed=2).traits, build_pen(name, seed=2).traits)
    assert not np.array_equal(build_pen(name, seed=2).traits, build_pen(name, seed=3).traits)
    written, starts, pressure = write_drawing("ei")
    for seed in range(8):
        traits = build_pen(name, seed=seed).traits
        assert (traits >= low - 1e-9).all() and (traits <= high + 1e-9).all()
        seed_stream(seed)
        coverage = draw_lines(written, starts, pressure, traits, 80.0, 4.0)
        picture = lay_on_paper(coverage.copy(), traits)
        ink, has_ink = measure_ink(picture)
        assert has_ink and np.corrcoef(ink.ravel(), coverage.ravel())[0, 1] > 0.6


def test_width_is_even_on_a_log_scale() -> None:
    low, high = PENS["touch"]["width"]
    uniform = np.full(len(TRAITS), 0.5)
    width = draw_traits(uniform, PEN_RANGES[PEN_NAMES.index("touch")])[TRAIT_NAMES.index("width")]
    assert width == pytest.approx(np.sqrt(low * high))


def test_unknown_pen_names_the_known() -> None:
    with pytest.raises(YomiteError, match="'quill'; one of: touch, ballpoint"):
        build_pen("quill")
