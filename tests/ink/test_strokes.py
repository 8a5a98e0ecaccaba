"""Strokes from outside are checked; resampling and simplifying keep the shape."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from yomite.errors import PictureError
from yomite.ink.strokes import MAX_POINTS, is_strokes, resample_stroke, simplify_stroke, to_strokes

COORDINATES = st.floats(allow_nan=True, allow_infinity=True)
POLYLINES = arrays(
    np.float32, st.tuples(st.integers(2, 30), st.just(2)), elements=st.floats(-100, 100, width=32)
)


def distance_to_polyline(point: np.ndarray, polyline: np.ndarray) -> float:
    """Smallest distance of a point to the segments, one after the other."""
    best = math.inf
    for start, end in pairwise(polyline):
        direction = (end - start).astype(float)
        squared = float(direction @ direction)
        t = min(max(float((point - start) @ direction) / squared, 0.0), 1.0) if squared else 0.0
        best = min(best, math.dist(point, start + t * direction))
    return best


def test_strokes_are_lists_and_pictures_are_not() -> None:
    assert is_strokes([[(0, 0), (1, 1)]]) and is_strokes(((0, 0),)) and is_strokes([])
    assert not any(map(is_strokes, ("a.png", b"", bytearray(), np.zeros((4, 4)), None)))


def test_any_unit_and_nesting_is_taken() -> None:
    strokes = to_strokes([[(0, 0), (300, 20)], [], np.array([[1.5, 2.5]]), ((7, 8), [9, 10])])
    assert [stroke.tolist() for stroke in strokes] == [[[0, 0], [300, 20]], [[1.5, 2.5]], [[7, 8], [9, 10]]]
    assert {stroke.dtype for stroke in strokes} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("strokes", "complaint"),
    [
        ([], "empty"),
        ([[], []], "empty"),
        ([[(0, 0), (math.nan, 1)]], "stroke 0 holds NaN"),
        ([[(0, 0)], [(math.inf, 1)]], "stroke 1 holds NaN or infinite"),
        ([[(0, 1e12)]], "beyond 1e9"),
        ([[(0, 0, 0)]], "shape (1, 3)"),
        ([(0, 0), (1, 1)], "shape (2,)"),
        ([[(0, 0), (1,)]], "not a list of (x, y) points"),
        ([["ab"]], "not a list of (x, y) points"),
        ([None], "shape ()"),
        ([[(0, 0)] * (MAX_POINTS + 1)], f"at most {MAX_POINTS}"),
    ],
)
def test_what_is_wrong_is_said(strokes: Any, complaint: str) -> None:
    with pytest.raises(PictureError) as caught:
        to_strokes(strokes)
    assert complaint in str(caught.value) and "\n" not in str(caught.value)


@given(st.lists(st.lists(st.tuples(COORDINATES, COORDINATES), max_size=4), max_size=4))
def test_finite_points_or_an_error(value: list[list[tuple[float, float]]]) -> None:
    points = [number for stroke in value for point in stroke for number in point]
    is_fine = bool(points) and all(math.isfinite(number) and abs(number) <= 1e9 for number in points)
    if is_fine:
        assert np.isfinite(np.concatenate(to_strokes(value))).all()
    else:
        with pytest.raises(PictureError):
            to_strokes(value)


@given(POLYLINES, st.floats(0.5, 50))
def test_resampled_points_lie_on_the_stroke_at_equal_distance_along_it(
    stroke: np.ndarray, spacing: float
) -> None:
    length = sum(math.dist(a, b) for a, b in pairwise(stroke))
    points = resample_stroke(stroke, spacing)
    assert points.dtype == np.float32
    if length == 0:
        assert points.tolist() == stroke[:1].tolist()
        return
    assert len(points) == max(2, round(length / spacing) + 1)
    assert points[[0, -1]] == pytest.approx(stroke[[0, -1]], abs=1e-3)
    assert max(distance_to_polyline(point, stroke) for point in points) < 1e-3
    # A chord is never longer than the way along the stroke.
    gaps = np.hypot(*np.diff(points, axis=0).T)
    assert gaps.max() <= length / (len(points) - 1) + 1e-3


def test_straight_line_is_resampled_evenly() -> None:
    line = np.array([[0, 0], [1, 0], [10, 0]], np.float32)
    assert resample_stroke(line, 2.5)[:, 0].tolist() == [0, 2.5, 5, 7.5, 10]


@given(POLYLINES, st.floats(0.1, 30))
def test_simplified_stroke_stays_within_tolerance(stroke: np.ndarray, tolerance: float) -> None:
    simple = simplify_stroke(stroke, tolerance)
    assert simple[0].tolist() == stroke[0].tolist() and simple[-1].tolist() == stroke[-1].tolist()
    assert {tuple(point) for point in simple.tolist()} <= {tuple(point) for point in stroke.tolist()}
    # The distance is taken to the line through the ends; past an end, a point may lie farther.
    if len(stroke) == 3:
        middle, chord = stroke[1] - stroke[0], stroke[2] - stroke[0]
        area = abs(float(np.float64(chord[0]) * middle[1] - np.float64(chord[1]) * middle[0]))
        length = math.hypot(*chord.tolist())
        distance = area / length if length else math.hypot(*middle.tolist())
        if abs(distance - tolerance) > 1e-3:
            assert (len(simple) == 3) == (distance > tolerance)


def test_points_on_a_line_are_left_out_and_corners_stay() -> None:
    corner = np.array([[0, 0], [1, 0], [2, 0], [2, 1], [2, 2]], np.float32)
    assert simplify_stroke(corner, 0.01).tolist() == [[0, 0], [2, 0], [2, 2]]
