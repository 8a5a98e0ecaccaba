"""The report on a reader of lines, from lines whose errors are counted by hand."""

import numpy as np
import pytest

from yomite.data.samples import Sample
from yomite.errors import DataError, PictureError
from yomite.evaluation.lines import MISSING, evaluate_lines
from yomite.reading.results import Line, LineCharacter


def read_as(text: str, confidence: float = 0.9, *, is_rejected: bool = False) -> Line:
    characters = tuple(LineCharacter(one, (0.0, 0.0, 1.0, 1.0), confidence, ()) for one in text)
    return Line(characters, confidence, confidence, "horizontal", is_rejected)


SAMPLES = [
    Sample(0, "今日は、晴れ", "a", "0", "horizontal"),
    Sample(1, "ＡＢ 12", "b", "1", "vertical"),
    Sample(2, "山", "b", "2", "vertical"),
]
RESULTS = [read_as("今日わ、晴"), read_as("AB12", 0.8), None]


def read(picture: int) -> Line:
    result = RESULTS[picture]
    if result is None:
        raise PictureError("the picture is blank")
    return result


def test_errors_are_those_counted_by_hand() -> None:
    report = evaluate_lines(read, SAMPLES, data="three", model="fake")
    assert report.characters.num_units == 6 + 4 + 1
    assert report.characters.rate == pytest.approx(3 / 11)  # は read as わ, れ missing, 山 not read
    assert report.characters.num_exact == 1
    assert report.without_punctuation.rate == pytest.approx(3 / 10)
    assert report.directions["vertical"].rate == pytest.approx(1 / 5)
    assert report.writers["a"].rate == pytest.approx(2 / 6)
    assert report.num_unread == 1 and report.rejected.value == pytest.approx(1 / 3)
    assert ("は", "わ", 1) in report.confusions and ("山", MISSING, 1) in report.confusions


def test_calibration_compares_confidence_with_what_is_right() -> None:
    sure = [Sample(0, "あい", "a", "0", "horizontal")] * 40
    report = evaluate_lines(lambda _: read_as("あう", 0.5), sure, data="half", model="fake")
    assert report.calibration.value == pytest.approx(0, abs=0.1)
    report = evaluate_lines(lambda _: read_as("ええ", 0.9), sure, data="wrong", model="fake")
    assert report.calibration.value == pytest.approx(0.9)


def test_a_report_prints_and_is_plain_data() -> None:
    report = evaluate_lines(read, SAMPLES, data="three", model="fake")
    plain = report.to_json()
    assert plain["characters"]["rate"] == pytest.approx(3 / 11, abs=1e-4)
    assert isinstance(plain["directions"]["horizontal"], dict) and np.isfinite(plain["median_ms"])
    assert "27.27 %" in report.format() and "は as わ 1" in report.format()


def test_characters_that_the_reader_cannot_answer_are_told() -> None:
    report = evaluate_lines(read, SAMPLES, data="three", model="fake", charset="今日は、晴れAB1")
    assert report.notes == ["2 of 11 characters count as wrong: the model does not know them"]  # 2 and 山
    assert report.notes[0] in report.format()
    assert evaluate_lines(read, SAMPLES, data="three", model="fake").notes == []
    with pytest.raises(DataError, match="fake knows no character"):
        evaluate_lines(read, SAMPLES, data="three", model="fake", charset="空")


def test_a_set_without_lines_is_refused() -> None:
    with pytest.raises(DataError, match=r"lines\.jsonl"):
        evaluate_lines(read, [], data="none", model="fake")
