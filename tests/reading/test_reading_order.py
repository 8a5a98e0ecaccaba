"""Reading order on boxes set by hand; each list is in the order in which people read."""

import numpy as np
import pytest

from yomite.reading.reading_order import order_lines

H, V = False, True
PAGES = {
    "horizontal lines from the top": [((0, 0, 200, 20), H), ((0, 30, 180, 50), H), ((10, 60, 90, 80), H)],
    "vertical lines from the right": [((80, 0, 100, 200), V), ((50, 0, 70, 200), V), ((20, 0, 40, 90), V)],
    "lines that overlap a little": [((0, 0, 200, 24), H), ((3, 20, 200, 44), H), ((0, 40, 200, 64), H)],
    "two columns of text, each to its end": [
        ((0, 0, 100, 20), H), ((0, 30, 100, 50), H), ((0, 60, 100, 80), H),
        ((150, 2, 250, 22), H), ((150, 31, 250, 51), H), ((150, 63, 250, 83), H),
    ],
    "a heading over two columns": [
        ((0, 0, 250, 24), H),
        ((0, 40, 100, 60), H), ((0, 70, 100, 90), H),
        ((150, 40, 250, 60), H), ((150, 70, 250, 90), H),
    ],
    "a table row by row": [
        ((0, 0, 40, 20), H), ((120, 2, 160, 21), H),
        ((0, 30, 45, 50), H), ((120, 31, 150, 52), H),
        ((0, 60, 30, 80), H), ((120, 60, 165, 80), H),
    ],
    "vertical text in two blocks, the upper first": [
        ((80, 0, 100, 100), V), ((50, 0, 70, 100), V),
        ((80, 150, 100, 250), V), ((50, 150, 70, 250), V),
    ],
    "a horizontal heading over vertical text": [
        ((10, 0, 130, 20), H), ((80, 40, 100, 240), V), ((50, 40, 70, 240), V),
    ],
    "a heading that begins left of all columns and ends over one of them": [
        ((10, 0, 80, 20), H), ((90, 40, 110, 240), V), ((60, 40, 80, 240), V),
    ],
    "notes, and vertical ones beside them": [
        ((0, 0, 100, 20), H), ((0, 30, 100, 50), H), ((160, 0, 180, 60), V), ((130, 0, 150, 60), V),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_lines_are_read_as_people_read_them(name: str) -> None:
    lines = PAGES[name]
    for seed in range(6):
        shuffled = np.random.default_rng(seed).permutation(len(lines))
        boxes = np.array([lines[n][0] for n in shuffled], float)
        order = order_lines(boxes, [lines[n][1] for n in shuffled])
        assert [int(shuffled[n]) for n in order] == list(range(len(lines)))


def test_nothing_and_one_line_have_an_order() -> None:
    assert order_lines(np.zeros((0, 4)), []) == []
    assert order_lines(np.array([[0, 0, 5, 5]]), [False]) == [0]


def test_every_line_comes_once_whatever_lies_on_what() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        low = rng.random((12, 2)) * 100
        boxes = np.concatenate([low, low + 1 + 60 * rng.random((12, 2))], axis=1)
        assert sorted(order_lines(boxes, rng.random(12) < 0.4)) == list(range(12))
