"""Lines out of maps that were drawn by hand."""

import numpy as np
import pytest

from yomite.reading.crops import cut_out
from yomite.reading.found_lines import FoundLine, find_lines, label_bands

STRIDE = 4


def draw_maps(height: int = 60, width: int = 100) -> np.ndarray:
    maps = np.zeros((3, height, width), np.float32)
    maps[0], maps[1] = -8.0, -8.0
    return maps


def draw_band(maps: np.ndarray, place: tuple[slice, slice], half_px: float, down: bool = False) -> None:
    maps[0][place], maps[1][place], maps[2][place] = 8.0, (8.0 if down else -8.0), np.log2(half_px)


def test_pieces_are_numbered_as_scipy_numbers_them() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    rng = np.random.default_rng(0)
    for share in (0.0, 0.1, 0.4, 0.5, 0.7, 1.0):
        is_core = rng.random((37, 53)) < share
        labels, count = label_bands(is_core)
        wanted, num = ndimage.label(is_core, np.ones((3, 3)))
        assert count == num and ((labels > 0) == is_core).all()
        assert len(set(zip(labels[is_core].tolist(), wanted[is_core].tolist(), strict=True))) == num


def test_a_band_becomes_a_line_of_its_length_and_height() -> None:
    maps = draw_maps()
    draw_band(maps, (slice(10, 13), slice(5, 80)), 12.0)
    draw_band(maps, (slice(20, 58), slice(90, 93)), 10.0, down=True)
    first, second = sorted(find_lines(maps, STRIDE), key=lambda line: line.direction)
    assert (first.direction, second.direction) == ("horizontal", "vertical")
    assert np.allclose(first.polygon, [[20, 31.6], [320, 31.6], [320, 60.4], [20, 60.4]], atol=0.5)
    assert np.allclose(second.polygon, [[354, 80], [378, 80], [378, 232], [354, 232]], atol=0.5)
    assert first.confidence > 0.99 and first.vertical < 0.01 and second.vertical > 0.99


def test_a_slanted_line_keeps_its_slope_and_a_bent_one_its_bend() -> None:
    maps = draw_maps()
    for column in range(5, 95):
        row = 20 + round(0.1 * column)
        draw_band(maps, (slice(row, row + 3), slice(column, column + 1)), 8.0)
    (line,) = find_lines(maps, STRIDE)
    way = line.course[-1] - line.course[0]
    assert way[1] / way[0] == pytest.approx(0.1, abs=0.01) and len(line.polygon) == 4
    maps = draw_maps()
    for column in range(5, 95):
        row = 20 + round(12 * ((column - 50) / 45) ** 2)
        draw_band(maps, (slice(row, row + 3), slice(column, column + 1)), 8.0)
    (line,) = find_lines(maps, STRIDE)
    assert len(line.polygon) > 4
    assert line.course[0, 1] - line.course[len(line.course) // 2, 1] == pytest.approx(48, abs=8)


def test_bands_that_touch_are_taken_apart() -> None:
    maps = draw_maps()
    draw_band(maps, (slice(10, 13), slice(5, 90)), 10.0)
    draw_band(maps, (slice(17, 20), slice(5, 90)), 10.0)
    maps[0][13:17, 30:40] = 0.5  # a bridge that is not sure
    lines = sorted(find_lines(maps, STRIDE), key=lambda line: line.course[0, 1])
    assert [round(float(line.course[:, 1].mean())) for line in lines] == [46, 74]
    assert all(line.course[-1, 0] - line.course[0, 0] > 330 for line in lines)


@pytest.mark.parametrize("down", [False, True])
def test_pieces_that_continue_each_other_are_one_line(down: bool) -> None:
    maps = draw_maps(120, 120)
    for row, begin, end in ((10, 5, 40), (11, 47, 90), (40, 5, 40), (40, 60, 90), (70, 5, 40), (76, 45, 90)):
        place = (slice(row, row + 3), slice(begin, end))  # 28 px apart; 80 px; one lower than the other
        draw_band(maps, place[::-1] if down else place, 12.0, down)
    lines = find_lines(maps, STRIDE)
    along = 1 if down else 0
    spans = sorted((round(line.course[0, along]), round(line.course[-1, along])) for line in lines)
    assert spans == [(20, 160), (20, 160), (20, 360), (180, 360), (240, 360)]


def test_specks_and_faint_bands_are_no_lines() -> None:
    maps = draw_maps()
    draw_band(maps, (slice(5, 6), slice(5, 7)), 8.0)
    draw_band(maps, (slice(20, 23), slice(5, 60)), 8.0)
    maps[0][20:23, 5:60] = 0.2
    assert find_lines(maps, STRIDE) == []


def test_maps_beyond_all_bounds_give_no_warning_and_no_nan() -> None:
    maps = np.full((3, 8, 8), 3e38, np.float32)
    with np.errstate(all="raise"):
        for line in find_lines(maps, STRIDE):
            assert np.isfinite(line.polygon).all()


@pytest.mark.parametrize("degrees", [0.0, 0.3, 6.0, -12.0])
@pytest.mark.parametrize("direction", ["horizontal", "vertical"])
def test_a_crop_is_straight_and_knows_its_place_on_the_page(degrees: float, direction: str) -> None:
    """A square drawn at a known place of a slanted line is where the crop's box says."""
    angle = np.deg2rad(degrees + (90.0 if direction == "vertical" else 0.0))
    start, way = np.array([260.0, 140.0]), np.array([np.cos(angle), np.sin(angle)])
    course = np.stack([start, start + 120.0 * way])
    gray = np.full((400, 500), 230, np.uint8)
    x, y = (start + 60.0 * way).round().astype(int)
    gray[y - 4 : y + 5, x - 4 : x + 5] = 10
    crop = cut_out(gray, FoundLine(direction, course, 15.0, 1.0, float(direction == "vertical")))
    rows, columns = np.nonzero(crop.picture < 120)
    found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    middle = 0.5 * (np.array(found[:2]) + np.array(found[2:]))
    along = 1 if direction == "vertical" else 0
    assert abs(middle[along] - 0.5 * crop.picture.shape[1 - along]) < 2.5  # halfway
    left, top, right, bottom = crop.to_page(found)
    assert abs(0.5 * (left + right) - (x + 0.5)) < 2.0 and abs(0.5 * (top + bottom) - (y + 0.5)) < 2.0


def test_a_line_at_the_rim_of_a_page_gives_a_crop_within_it() -> None:
    gray = np.full((40, 60), 255, np.uint8)
    for angle in (0.0, 0.2):
        course = np.array([[-5.0, 2.0], [70.0, 2.0 + 75.0 * angle]])
        crop = cut_out(gray, FoundLine("horizontal", course, 10.0, 1.0, 0.0))
        assert min(crop.picture.shape) >= 1 and crop.picture.dtype == np.uint8
