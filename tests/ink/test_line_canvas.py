"""The line canvas: straight, of one size, without neighbors and rulings, whatever the paper."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from yomite.errors import PictureError
from yomite.ink.line_canvas import (
    LINE_CANVAS_VERSION,
    LINE_HEIGHT,
    MARGIN_PX,
    MAX_WIDTH,
    SPREAD,
    find_line,
    to_line_canvas,
)
from yomite.ink.line_canvas_2 import remove_rulings
from yomite.ink.line_eraser import find_rulings
from yomite.ink.line_ink import measure_line_ink, remove_neighbors
from yomite.ink.line_uprights import find_uprights


def draw_boxes(
    num: int = 9, side: int = 30, height: int = 60, *, slope: float = 0.0, bend: float = 0.0
) -> np.ndarray:
    """Draw squares with a bar in each, none as high as its neighbor, dark on light: uint8 (height, W)."""
    width = num * (side + 6) + 20
    gray = np.full((height, width), 230, np.uint8)
    for number in range(num):
        left = 10 + number * (side + 6)
        t = 2 * (left + side / 2) / width - 1
        top = round(
            height / 2
            - side / 2
            + (number % 3 - 1) * side / 8
            + slope * (left - width / 2)
            + bend * (t * t - 0.5)
        )
        cell = gray[max(0, top) : top + side, left : left + side]
        cell[:3], cell[-3:], cell[:, :3], cell[:, -3:] = 30, 30, 30, 30
        cell[len(cell) // 2 - 1 : len(cell) // 2 + 2] = 30
    return gray


def measure_spread(strip: np.ndarray) -> tuple[float, float]:
    """The mean row of the ink, and its standard deviation."""
    profile = strip.sum(axis=1, dtype=np.float64)
    rows = np.arange(len(profile)) + 0.5
    middle = (profile * rows).sum() / profile.sum()
    return middle, np.sqrt((profile * (rows - middle) ** 2).sum() / profile.sum())


@pytest.mark.parametrize("side", [18, 30, 44])
def test_the_ink_is_spread_alike_whatever_its_size(side: int) -> None:
    strip = to_line_canvas(draw_boxes(side=side))
    middle, spread = measure_spread(strip)
    assert strip.shape[0] == LINE_HEIGHT and strip.dtype == np.uint8
    assert abs(middle - LINE_HEIGHT / 2) < 1
    assert abs(spread - SPREAD * LINE_HEIGHT) < 1


@pytest.mark.parametrize(("slope", "bend"), [(0.08, 0.0), (-0.08, 0.0), (0.0, 14.0), (0.05, -10.0)])
def test_skewed_and_curved_lines_are_laid_straight(slope: float, bend: float) -> None:
    plain, bent = to_line_canvas(draw_boxes()), to_line_canvas(draw_boxes(height=110, slope=slope, bend=bend))
    assert abs(measure_spread(bent)[1] - measure_spread(plain)[1]) < 1.2
    assert abs(bent.shape[1] - plain.shape[1]) < 0.12 * plain.shape[1]


def test_light_on_dark_is_read_as_dark_on_light() -> None:
    gray = draw_boxes()
    assert np.abs(to_line_canvas(gray).astype(int) - to_line_canvas(255 - gray)).max() <= 2


def test_a_vertical_line_lies_on_its_side() -> None:
    gray = draw_boxes()
    upright = np.ascontiguousarray(gray.T)
    assert np.array_equal(to_line_canvas(upright, is_vertical=True), to_line_canvas(gray))


def test_a_shadow_does_not_matter() -> None:
    gray = draw_boxes()
    shade = np.linspace(1.0, 0.55, gray.shape[1])
    shaded = (gray * shade).astype(np.uint8)
    plain, other = to_line_canvas(gray), to_line_canvas(shaded)
    assert abs(plain.shape[1] - other.shape[1]) <= 0.06 * plain.shape[1]
    width = min(plain.shape[1], other.shape[1])
    assert np.corrcoef(plain[:, :width].ravel(), other[:, :width].ravel())[0, 1] > 0.8


def test_two_pens_are_equally_bright() -> None:
    gray = draw_boxes()
    gray[:, : gray.shape[1] // 2] = 230 - (230 - gray[:, : gray.shape[1] // 2]) // 2
    strip = to_line_canvas(gray)
    half = strip.shape[1] // 2
    faint, strong = strip[:, :half].astype(int), strip[:, half:].astype(int)
    assert np.percentile(faint, 97) > 0.8 * np.percentile(strong, 97)


def test_a_ruling_is_taken_out_and_what_crosses_it_stays() -> None:
    ink = np.zeros((40, 200), np.float32)
    ink[30:32] = 1.0
    ink[10:36, 50:53] = 1.0
    clean = remove_rulings(ink, 60, 0.85)
    assert clean[30:32, 100:].max() == 0.0
    assert clean[10:36, 51].min() == 1.0
    dash = np.zeros((40, 200), np.float32)
    dash[20:22, 30:70] = 1.0
    assert np.array_equal(remove_rulings(dash, 60, 0.85), dash)


def compare(strip: np.ndarray, other: np.ndarray) -> float:
    """Return how much two strips are alike, 0 where they differ in width."""
    width = min(strip.shape[1], other.shape[1])
    if max(strip.shape[1], other.shape[1]) > 1.06 * width:
        return 0.0
    return float(np.corrcoef(strip[:, :width].ravel(), other[:, :width].ravel())[0, 1])


def cast_shadow(gray: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[: gray.shape[0], : gray.shape[1]]
    return (gray * np.where(columns + 0.5 * rows > 0.6 * gray.shape[1], 0.35, 1.0)).astype(np.uint8)


def rule_squares(gray: np.ndarray, pitch: int, level: int) -> np.ndarray:
    squared = gray.copy()
    squared[:, pitch // 2 :: pitch] = np.minimum(squared[:, pitch // 2 :: pitch], level)
    squared[pitch // 3 :: pitch] = np.minimum(squared[pitch // 3 :: pitch], level)
    return squared


def rule_cells(gray: np.ndarray, pitch: int, level: int) -> np.ndarray:
    celled = gray.copy()
    celled[[4, -5]] = np.minimum(celled[[4, -5]], level)
    celled[4:-5, 7::pitch] = np.minimum(celled[4:-5, 7::pitch], level)
    return celled


@pytest.mark.parametrize(
    "paper",
    [
        pytest.param(cast_shadow, id="the edge of a shadow"),
        pytest.param(lambda gray: 255 - cast_shadow(gray), id="a bright half, dark ink"),
        pytest.param(lambda gray: 255 - cast_shadow(255 - (255 - gray) // 2), id="a shadow on light ink"),
        pytest.param(lambda gray: rule_squares(gray, 14, 90), id="squared"),
        pytest.param(lambda gray: rule_squares(gray, 33, 150), id="widely squared"),
        pytest.param(lambda gray: rule_cells(gray, 41, 120), id="cells"),
    ],
)
def test_writing_on_any_paper_is_the_writing(paper: Callable[[np.ndarray], np.ndarray]) -> None:
    rng = np.random.default_rng(3)
    plain = 255 - (255 - draw_boxes(height=70)) // 2  # not as dark as the darkest ruling
    gray = paper(np.clip(plain + rng.normal(0, 1, plain.shape), 0, 255).astype(np.uint8))
    assert compare(to_line_canvas(gray), to_line_canvas(plain)) > 0.75
    assert compare(to_line_canvas(gray, version=2), to_line_canvas(plain)) < 0.75


def test_a_clean_crop_is_the_same_in_every_version() -> None:
    for gray in (draw_boxes(), draw_boxes(height=110, slope=0.08), 255 - draw_boxes()):
        strips = [to_line_canvas(gray, version=version) for version in (1, 2, LINE_CANVAS_VERSION)]
        assert np.array_equal(strips[0], strips[1]) and np.array_equal(strips[1], strips[2])


@pytest.mark.parametrize(
    "strokes",
    [
        pytest.param([(4, 36, 12, 14), (18, 20, 2, 24)], id="crosses"),
        pytest.param([(5, 35, 3, 5), (5, 35, 21, 23), (5, 7, 3, 23), (33, 35, 3, 23)], id="boxes"),
        pytest.param([(3, 37, 12, 15)], id="ones"),
        pytest.param([(19, 22, 2, 23)], id="dashes"),
        pytest.param([(4, 34, 4, 6), (4, 34, 12, 14), (4, 34, 20, 22)], id="threes"),
    ],
)
def test_strokes_in_a_row_are_no_printed_lines(strokes: list[tuple[int, int, int, int]]) -> None:
    ink = np.zeros((40, 26 * 8), np.float32)
    for cell in range(8):
        for top, bottom, left, right in strokes:
            ink[top:bottom, 26 * cell + left : 26 * cell + right] = 1.0
    rulings = find_rulings(ink, 60, False)
    assert not rulings.any() and not find_uprights(ink, rulings).any()


def test_tall_neighbors_do_not_change_the_size() -> None:
    gray = draw_boxes(side=20, height=60)
    crowded = gray.copy()
    for first in range(8, 240, 12):
        crowded[:12, first : first + 4] = crowded[-12:, first + 3 : first + 8] = 30
    assert compare(to_line_canvas(crowded), to_line_canvas(gray)) > 0.9
    assert compare(to_line_canvas(crowded, version=2), to_line_canvas(gray)) < 0.9


def test_only_what_hangs_in_from_the_rim_is_a_neighbor() -> None:
    ink = np.zeros((40, 60), np.float32)
    ink[0:5, 10:13] = 1.0  # hangs in
    ink[0:25, 30:33] = 1.0  # reaches the line
    ink[3:8, 50:53] = 1.0  # does not touch the rim
    clean = remove_neighbors(ink, np.full(60, 12.0))
    assert clean[:, 10:13].max() == 0.0
    assert np.array_equal(clean[:, 28:], ink[:, 28:])


def test_neighbors_do_not_change_the_size() -> None:
    gray = draw_boxes(height=70)
    crowded = gray.copy()
    crowded[:6, 20:60] = 40
    crowded[-6:, 150:200] = 40
    plain, other = to_line_canvas(gray), to_line_canvas(crowded)
    assert abs(plain.shape[1] - other.shape[1]) <= 0.06 * plain.shape[1]


def test_the_compiled_strip_is_the_strip() -> None:
    from yomite.streams.lines import to_strip

    rng = np.random.default_rng(0)
    plain = draw_boxes(height=78)
    for gray in (plain, draw_boxes(height=78, slope=0.06), cast_shadow(plain), rule_squares(plain, 15, 120)):
        noisy = np.clip(gray + rng.normal(0, 6, gray.shape), 0, 255).astype(np.uint8)
        compiled = to_strip(noisy, is_vertical=False, height=LINE_HEIGHT)
        assert np.abs(compiled.astype(int) - to_line_canvas(noisy)).max() <= 1


@pytest.mark.parametrize(
    "gray",
    [
        np.full((40, 200), 255, np.uint8),
        np.full((4, 4), 9, np.uint8),
        np.random.default_rng(1).normal(128, 4, (40, 300)).astype(np.uint8),
    ],
)
def test_blank_paper_is_refused(gray: np.ndarray) -> None:
    with pytest.raises(PictureError, match="blank"):
        to_line_canvas(gray)


def test_any_shape_gives_a_strip_of_bounded_width() -> None:
    rng = np.random.default_rng(2)
    for shape in [(4, 4), (4, 3000), (3000, 4), (5, 20000), (900, 1200), (300, 20)]:
        gray = np.where(rng.random(shape) < 0.2, 20, 240).astype(np.uint8)
        strip = to_line_canvas(Image.fromarray(gray))
        assert strip.shape[0] == LINE_HEIGHT and 2 * MARGIN_PX < strip.shape[1] <= MAX_WIDTH


def test_the_course_of_a_line_is_found() -> None:
    ink, has_ink = measure_line_ink(draw_boxes(height=110, slope=0.08))
    assert has_ink
    middle, spread, left, right = find_line(ink)
    width = ink.shape[1]
    assert abs(middle[1] - 0.08 * width / 2) < 2.0
    assert 8 < spread < 13 and left < 14 and right > width - 20
