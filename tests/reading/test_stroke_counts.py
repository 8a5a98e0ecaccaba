"""A number of strokes speaks for the characters that are written with so many, and a picture has none."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tiny_model import CHARACTERS, SIZE, STROKES, write_tiny_model

import yomite
from yomite.errors import PictureError
from yomite.ink.canvas import to_canvas
from yomite.reading.stroke_counts import MAX_COUNT, to_drawing, weigh_stroke_counts

COUNTS = [[1], [2], [3], [2], [1], [2], [2]]


def test_chances_of_all_counts_add_up_to_one() -> None:
    weighed = weigh_stroke_counts([[1], [3, 4], [12], []])
    assert weighed.shape == (MAX_COUNT + 1, 4)
    assert weighed.dtype == np.float32
    assert np.exp(weighed[1:]).sum(axis=0) == pytest.approx(1, abs=1e-3)
    assert not weighed[0].any()  # a picture


def test_the_right_count_is_likeliest_and_joining_likelier_than_breaking() -> None:
    weighed = weigh_stroke_counts([[8]])[:, 0]
    assert weighed.argsort()[-2:].tolist() == [8, 0]  # row 0 is none of them
    assert weighed[7] > weighed[9] > weighed[12]
    assert weighed[6] > weighed[10]


def test_two_ways_to_write_share_what_one_has() -> None:
    both, three, four = weigh_stroke_counts([[3, 4], [3], [4]]).T
    assert np.exp(both[1:]) == pytest.approx((np.exp(three[1:]) + np.exp(four[1:])) / 2, rel=1e-5)


def test_an_unknown_character_is_weighed_as_the_others_are_together() -> None:
    one, twelve, unknown = weigh_stroke_counts([[1], [12], []]).T
    assert np.exp(unknown[1:]) == pytest.approx((np.exp(one[1:]) + np.exp(twelve[1:])) / 2, rel=1e-5)


def test_more_strokes_than_any_count_says_nothing_new() -> None:
    few, many = weigh_stroke_counts([[MAX_COUNT], [MAX_COUNT + 30]]).T
    assert (few == many).all()


def test_strokes_are_counted_and_pictures_are_not() -> None:
    make_canvas = partial(to_canvas, size=SIZE, version=2)
    strokes = STROKES["十"]
    drawing = to_drawing([*strokes, []], make_canvas)  # an empty one is no stroke
    assert drawing.num_strokes == 2
    assert (drawing.canvas == make_canvas(strokes)).all()
    picture = np.full((60, 60), 255, np.uint8)
    picture[28:32, 10:50] = 0
    assert to_drawing(picture, make_canvas).num_strokes == 0
    with pytest.raises(PictureError, match="the strokes are empty"):
        to_drawing([[]], make_canvas)


def test_the_count_decides_between_equal_shapes(tmp_path: Path) -> None:
    """口 has three strokes; the same lines drawn in two are ロ here."""
    plain = yomite.load(write_tiny_model(tmp_path / "plain.onnx", prior_weight="0"))
    counted = yomite.load(
        write_tiny_model(tmp_path / "counted.onnx", prior_weight="0", stroke_counts=json.dumps(COUNTS))
    )
    three = STROKES["口"]
    two = [three[0], [*three[1], *reversed(three[2])]]
    for strokes, text in ((three, "口"), (two, "ロ")):
        shares = {one.text: one.probability for one in plain.recognize(strokes).candidates}
        assert shares["口"] == pytest.approx(shares["ロ"], rel=1e-5)
        assert counted.recognize(strokes).text == text
        assert counted.recognize_many([strokes, strokes])[1].text == text
        assert counted.recognize(strokes, among=["口", "ロ"]).text == text


def test_pictures_are_read_as_before(tmp_path: Path) -> None:
    plain = yomite.load(write_tiny_model(tmp_path / "plain.onnx"))
    counted = yomite.load(write_tiny_model(tmp_path / "counted.onnx", stroke_counts=json.dumps(COUNTS)))
    canvases = [255 - to_canvas(STROKES[character], SIZE) for character in CHARACTERS]
    assert counted.recognize_many(canvases) == plain.recognize_many(canvases)
