"""Areas that were worked out by hand."""

import math

import numpy as np
import pytest

from yomite.evaluation.polygons import measure_area, measure_overlap, measure_overlaps

SQUARE = [(0, 0), (4, 0), (4, 4), (0, 4)]
BRACKET = [(0, 0), (6, 0), (6, 1), (1, 1), (1, 5), (6, 5), (6, 6), (0, 6)]  # open to the right: 6 + 4 + 6


def test_areas() -> None:
    assert measure_area(SQUARE) == measure_area(SQUARE[::-1]) == 16
    assert measure_area(BRACKET) == 16
    assert measure_area([]) == measure_area(SQUARE[:2]) == 0


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (SQUARE, 16),
        ([(2, 2), (9, 2), (9, 9), (2, 9)], 4),
        ([(4, 0), (8, 0), (8, 4), (4, 4)], 0),  # touches
        ([(9, 9), (10, 9), (10, 10), (9, 10)], 0),
        ([(2, -1), (5, 2), (2, 5), (-1, 2)], 16 - 4 / 2),  # a diamond: without four corners
        ([(1, 1), (2, 1), (2, 3), (1, 3)], 2),  # inside
        (BRACKET, 4 + 3),  # its top, and of the upright what is below
        ([], 0),
        ([(0, 0), (4, 4), (2, 2)], 0),  # no area
    ],
)
def test_overlaps(other: list, shared: float) -> None:
    for one, two in ((SQUARE, other), (other, SQUARE), (SQUARE[::-1], other), (SQUARE, other[::-1])):
        assert measure_overlap(one, two) == pytest.approx(shared, abs=1e-9)


def test_a_bend_is_no_part_of_a_polygon() -> None:
    assert measure_overlap(BRACKET, [(2, 2), (6, 2), (6, 4), (2, 4)]) == pytest.approx(0, abs=1e-9)
    assert measure_overlap(BRACKET, BRACKET) == pytest.approx(16)


def test_turning_the_page_changes_no_overlap() -> None:
    angle = math.radians(33)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    turned = [(np.array(polygon) @ turn).tolist() for polygon in (SQUARE, BRACKET)]
    assert measure_overlap(*turned) == pytest.approx(7)


def test_many_at_once() -> None:
    assert measure_overlaps([SQUARE], [SQUARE, BRACKET]).tolist() == [[16, 7]]
    assert measure_overlaps([], [SQUARE]).shape == (0, 1) and measure_overlaps([SQUARE], []).shape == (1, 0)
