"""Which columns a character was read from, against all paths written out."""

from itertools import product

import numpy as np
import pytest

from yomite.reading.line_map import build_line_map, share_steps

BLANK = 2


def spell(path: tuple[int, ...]) -> list[tuple[int, list[int]]]:
    """The labels of a path, each with the steps that write it."""
    written: list[tuple[int, list[int]]] = []
    before = BLANK
    for step, label in enumerate(path):
        if label != BLANK and label == before:
            written[-1][1].append(step)
        elif label != BLANK:
            written.append((label, [step]))
        before = label
    return written


@pytest.mark.parametrize("labels", [[0], [0, 1], [1, 1], [0, 1, 0]])
def test_shares_are_those_of_all_paths(labels: list[int]) -> None:
    logits = np.random.default_rng(1).normal(size=(6, 3))
    log_probabilities = (logits - np.logaddexp.reduce(logits, axis=1)[:, None]).astype(np.float32)
    expected, total = np.zeros((len(labels), 6)), 0.0
    for path in product(range(3), repeat=6):
        written = spell(path)
        if [label for label, _ in written] == labels:
            chance = float(np.exp(log_probabilities[range(6), path].sum()))
            total += chance
            for index, (_, steps) in enumerate(written):
                expected[index, steps] += chance
    shares = share_steps(log_probabilities, labels)
    assert shares is not None
    np.testing.assert_allclose(shares, expected / total, atol=1e-6)


def test_a_text_that_no_path_writes_has_no_map() -> None:
    even = np.full((3, 3), -np.log(3), np.float32)
    strip = np.zeros((8, 12), np.uint8)
    assert build_line_map("ああ", [0, 0], even, strip, "horizontal") is not None
    assert build_line_map("あああ", [0, 0, 0], even, strip, "horizontal") is None


def test_the_picture_is_upright_and_colored_where_it_was_read() -> None:
    sure = np.full((6, 3), -20.0, np.float32)
    sure[[0, 2, 3, 5], BLANK] = sure[1, 0] = sure[4, 1] = 0
    strip = np.zeros((8, 24), np.uint8)
    strip[3:5] = 255
    found = build_line_map("あい", [0, 1], sure, strip, "vertical")
    assert found is not None and found.columns.shape == (2, 24)
    assert found.columns[0].argmax() in (5, 6) and found.columns[1].argmax() in (17, 18)
    drawn = found.draw()
    assert drawn.shape == (24, 8, 3) and (drawn[:, 3:5] == 0).all()
    spread = np.ptp(drawn[:, 0].astype(int), axis=1)  # gray where nothing was read
    assert spread[[5, 18]].min() > 60 and spread[[0, 11, 23]].max() < 20
