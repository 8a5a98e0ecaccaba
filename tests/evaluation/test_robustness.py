"""Each disturbance does what its name says, measured on the picture; neutral steps change nothing."""

import numpy as np
import pytest
from PIL import Image
from tiny_model import STROKES, write_tiny_model

from yomite.data.sources import Sample
from yomite.evaluation.robustness import (
    DISTURBANCES,
    SIDE_PX,
    choose_samples,
    measure_robustness,
    to_picture,
)
from yomite.reading.characters import load

BY_NAME = {one.name: one for one in DISTURBANCES}
PICTURE = to_picture(STROKES["十"])


def ink(image: Image.Image) -> np.ndarray:
    return (255 - np.asarray(image, np.float64)) / 255


@pytest.mark.parametrize("disturbance", [one for one in DISTURBANCES if one.name != "contrast"])
def test_the_neutral_step_changes_nothing(disturbance) -> None:
    assert disturbance.neutral in disturbance.steps
    np.testing.assert_array_equal(disturbance.change(PICTURE, disturbance.neutral), PICTURE)


def test_each_does_what_it_says() -> None:
    change = {name: one.change for name, one in BY_NAME.items()}
    assert ink(change["stroke width"](PICTURE, 4)).sum() > 1.2 * ink(PICTURE).sum()
    assert ink(change["stroke width"](PICTURE, -3)).sum() < 0.8 * ink(PICTURE).sum()
    # 十 turned by 45 degrees is a cross: no ink on the horizontal through its middle but in the middle.
    turned = ink(change["rotation"](PICTURE, 45))
    assert (turned[turned.shape[0] // 2] > 0.5).sum() < 0.25 * (ink(PICTURE) > 0.5).any(axis=0).sum()
    assert max(change["scale"](PICTURE, 20).size) == pytest.approx(20 * max(PICTURE.size) / SIDE_PX, abs=1)
    gray = Image.fromarray((0.4 * np.asarray(PICTURE) + 120).astype(np.uint8))  # dark gray on light gray
    for image, full in ((PICTURE, 0.5), (gray, 0.3)):
        columns = [(ink(one) > full).any(axis=0).sum() for one in (image, change["shift"](image, 20))]
        assert columns[1] == pytest.approx(0.8 * columns[0], abs=1)
    assert np.abs(np.diff(ink(change["blur"](PICTURE, 3)))).max() < 0.5 < np.abs(np.diff(ink(PICTURE))).max()
    faded = np.asarray(change["contrast"](PICTURE, 40), np.float64)
    darkest = faded[np.asarray(PICTURE) < 10].mean()
    assert np.median(faded) - darkest == pytest.approx(40, abs=4)


def test_any_picture_becomes_dark_on_light() -> None:
    for picture in (STROKES["十"], np.asarray(PICTURE), 255 - np.asarray(PICTURE)):
        image = np.asarray(to_picture(picture))
        assert np.median(image) > 200 and image.min() < 60
        assert (image[0] > 200).all() and (image[:, 0] > 200).all()


def test_a_reader_is_measured_step_by_step(tmp_path) -> None:
    reader = load(write_tiny_model(tmp_path / "m.onnx"))
    samples = [Sample(strokes, character, "", "") for character, strokes in STROKES.items()]
    samples.append(Sample(np.full((2, 2), 255, np.uint8), "十", "", "too small to be read"))
    curves = measure_robustness(
        lambda pictures: reader.recognize_many(pictures, errors="return"),
        samples,
        [BY_NAME["rotation"], BY_NAME["scale"]],
    )
    assert [curve.disturbance.name for curve in curves] == ["rotation", "scale"]
    for curve in curves:
        assert len(curve.shares) == len(curve.disturbance.steps)
        assert {share.num_samples for share in curve.shares} == {len(STROKES)}
    rotation = dict(zip(curves[0].disturbance.steps, curves[0].shares, strict=True))
    assert rotation[0].value == 1 > rotation[30].value
    assert curves[0].to_json()["lookalike_top1"][0]["num_samples"] == len(STROKES)


def test_samples_are_spread_over_the_source() -> None:
    samples = [Sample(None, "十", "", str(number)) for number in range(100)]
    assert [one.name for one in choose_samples(samples, 3)] == ["0", "50", "99"]
    assert choose_samples(samples, 1000) == samples
