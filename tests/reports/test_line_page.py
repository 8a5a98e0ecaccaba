"""The page of a line model: every figure, and the places of what was read wrong."""

import re

import numpy as np
import pytest
from PIL import Image

from yomite.data.samples import Sample
from yomite.errors import PictureError
from yomite.evaluation.lines import LineReport, evaluate_lines
from yomite.reading.results import Line, LineCharacter
from yomite.reports.line_page import write_line_evaluation
from yomite.reports.line_pictures import WRONG, cut_out, draw_boxes

PAPER = np.full((20, 60), 255, np.uint8)
PAPER[5:15, 22:38] = 0


def read(picture: np.ndarray) -> Line:
    if picture.mean() > 254:
        raise PictureError("the picture is blank")
    boxes = [(2.0, 5.0, 18.0, 15.0), (22.0, 5.0, 38.0, 15.0), (40.0, 5.0, 50.0, 15.0)]
    characters = tuple(LineCharacter(one, box, 0.9, ()) for one, box in zip("山<谷", boxes, strict=True))
    return Line(characters, 0.9, 0.8, "horizontal", False)


@pytest.fixture(scope="module")
def report() -> LineReport:
    samples = [
        Sample(PAPER, "山川谷。", "a", "first.png", "horizontal"),
        Sample(np.full_like(PAPER, 255), "谷", "b&b", "blank.png", "horizontal"),
    ]
    return evaluate_lines(read, samples, data="two", model="fake", segmenter="spaces")


def test_the_page_shows_what_was_measured(report: LineReport) -> None:
    page = write_line_evaluation([report], title="lines", notes=["a command"])
    text = re.sub("<[^>]*>", "|", page)
    assert "60.00" in text and "words by spaces" in text  # 3 of 5 characters
    for title in ("By direction", "By script", "By writer", "Reliability", "Risk and coverage"):
        assert title in page
    assert "川 → &lt;" in page and "b&amp;b" in page and "not read" in page
    assert page.count("data:image/png") == 4  # two cut out, two lines


def test_places_are_those_in_the_picture(report: LineReport) -> None:
    line, blank = report.lines
    assert line.find_box(1) == (22, 5, 38, 15)
    left, _, right, _ = line.find_box(3) or (0, 0, 0, 0)  # 。 was missed: behind the last one
    assert left == 45 and right > 50
    assert blank.find_box(0) is None
    part = cut_out(PAPER, line.find_box(1) or (0, 0, 0, 0))
    assert part.shape[0] == 56 and (part < 60).all(axis=2).mean() > 0.2  # mostly the black box
    drawn = draw_boxes(PAPER, line)
    is_red = (drawn == WRONG).all(axis=2)
    assert (
        is_red.any() and not is_red[:, : drawn.shape[1] // 3].any() and not is_red[:, -20:].any()
    )  # only the second is wrong


def test_a_box_at_the_rim_can_be_cut_out() -> None:
    for box in ((-30.0, -5.0, -20.0, 5.0), (50.0, 10.0, 500.0, 30.0), (10.0, 10.0, 10.0, 10.0)):
        assert min(Image.fromarray(cut_out(PAPER, box)).size) > 0


def test_turning_down_the_unsure_lowers_the_rate(report: LineReport) -> None:
    assert report.risk_at(0.5) == pytest.approx(2 / 4) and report.risk_at(0.0) == pytest.approx(3 / 5)
    plain = report.to_full_json()
    assert plain["risk_coverage"]["coverage"] == [0.5, 1.0]
    assert plain["lines"][1] == {
        "name": "blank.png", "written": "谷", "read": None, "confidence": None, "num_edits": 1,
    }  # fmt: skip
