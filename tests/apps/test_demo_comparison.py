"""Drawings whose faults we put in ourselves, found again."""

import numpy as np
import pytest

from yomite.apps.demo.comparison import compare_strokes

# 木: across, down, left, right; made for this test.
TREE = [
    np.array([[0.1, 0.35], [0.9, 0.35]], np.float32),
    np.array([[0.5, 0.05], [0.5, 0.95]], np.float32),
    np.array([[0.5, 0.4], [0.3, 0.65], [0.1, 0.8]], np.float32),
    np.array([[0.5, 0.4], [0.7, 0.65], [0.9, 0.8]], np.float32),
]


def faults(found: dict) -> list[tuple[int | None, bool, bool]]:
    return [(one["index"], one["is_reversed"], one["is_out_of_order"]) for one in found["strokes"]]


def test_a_right_drawing_of_any_size_and_place_has_no_fault() -> None:
    rng = np.random.default_rng(0)
    drawn = [stroke * 300 + [40, 900] + rng.normal(0, 4, stroke.shape) for stroke in TREE]
    found = compare_strokes(drawn, TREE)
    assert faults(found) == [(0, False, False), (1, False, False), (2, False, False), (3, False, False)]
    assert found["missing"] == []
    assert max(one["distance"] for one in found["strokes"]) < 0.05


def test_a_reversed_stroke_is_found() -> None:
    found = compare_strokes([TREE[0], TREE[1], TREE[2][::-1], TREE[3]], TREE)
    assert [one["is_reversed"] for one in found["strokes"]] == [False, False, True, False]


@pytest.mark.parametrize("order", [[1, 0, 2, 3], [0, 2, 1, 3], [3, 0, 1, 2]])
def test_the_one_stroke_out_of_order_is_found(order: list[int]) -> None:
    found = compare_strokes([TREE[index] for index in order], TREE)
    assert [one["index"] for one in found["strokes"]] == order
    assert sum(one["is_out_of_order"] for one in found["strokes"]) == 1


def test_missing_and_extra_strokes_are_found() -> None:
    extra = np.array([[0.75, 0.05], [0.85, 0.12]], np.float32)  # the dot that makes 朮 of it
    found = compare_strokes([TREE[0], TREE[1], TREE[3], extra], TREE)
    assert [one["index"] for one in found["strokes"]] == [0, 1, 3, None]
    assert found["missing"] == [2]


def test_a_dot_and_a_single_point_are_no_trouble() -> None:
    dot = np.array([[5.0, 5.0]], np.float32)
    found = compare_strokes([dot], TREE)
    assert len(found["strokes"]) == 1
    assert compare_strokes([dot], [dot])["missing"] == []


def test_distance_is_a_share_of_the_characters_side() -> None:
    shown = [np.array([[0, 0], [0, 2]], np.float32), np.array([[2, 0], [2, 2]], np.float32)]
    bent = [np.array([[0, 0], [0, 2]], np.float32), np.array([[1.6, 0], [1.6, 2]], np.float32)]
    # Laid on by their centers, both strokes are 0.2 off, of a side of 2.
    assert [one["distance"] for one in compare_strokes(bent, shown)["strokes"]] == [0.1, 0.1]
