"""Shares, intervals, calibration and risk against values counted by hand or drawn another way."""

import numpy as np
import pytest

from yomite.charset import build_charset
from yomite.errors import PictureError
from yomite.evaluation.answers import (
    Answer,
    level_of,
    measure_calibration,
    measure_macro,
    measure_risk,
    measure_share,
    resample,
    risk_at,
    to_answer,
)
from yomite.reading.results import Candidate, Recognition


def answer(character: str, text: str, confidence: float = 1.0) -> Answer:
    return Answer(character, (text,) if text else (), confidence, False)


def test_an_answer_is_what_was_recognized() -> None:
    recognition = Recognition((Candidate("ヘ", 0.6), Candidate("く", 0.2)), 0.7, True)
    assert to_answer("へ", recognition) == Answer("へ", ("ヘ", "く"), 0.7, True)
    assert to_answer("へ", recognition).is_right and not to_answer("へ", recognition).is_strict
    missing = to_answer("へ", PictureError("blank"))
    assert missing.texts == () and not missing.is_right


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    shares = [measure_share(rng.random(400) < 0.9) for _ in range(200)]
    inside = np.mean([share.low <= 0.9 <= share.high for share in shares])
    assert 0.88 < inside <= 1
    widths = [share.high - share.low for share in shares]
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.sqrt(0.9 * 0.1 / 400), rel=0.1)


def test_resampling_draws_rows_together() -> None:
    values = np.arange(50.0)
    low, high = resample((values, -values), lambda one, other: float(np.abs(one + other).max()))
    assert (low, high) == (0, 0)
    low, high = resample((values,), lambda one: float(one.mean()))
    error = values.std() / np.sqrt(50)
    assert (low, high) == pytest.approx((24.5 - 1.96 * error, 24.5 + 1.96 * error), abs=1.5)
    assert np.isnan(resample((np.zeros(0),), lambda one: 0.0)).all()


def test_macro_weighs_characters_alike() -> None:
    answers = [answer("永", "永")] * 9 + [answer("永", "水"), answer("水", "永"), answer("へ", "ヘ")]
    share = measure_macro(answers)
    assert share.value == pytest.approx((0.9 + 0 + 1) / 3)
    assert share.low < share.value < share.high


def test_calibration_is_by_hand() -> None:
    answers = [answer("永", "永", 0.9)] * 6 + [answer("永", "水", 0.9)] * 4 + [answer("永", "", 0.0)]
    share, bins = measure_calibration(answers)
    assert share.num_samples == 10 and len(bins) == 10  # what was not read has no confidence
    assert share.value == pytest.approx((6 * 0.1 + 4 * 0.9) / 10)
    assert sum(one.num_samples * one.right for one in bins) == pytest.approx(6)
    assert share.low <= share.value <= share.high


def test_the_least_confident_are_turned_down_first() -> None:
    answers = [answer("永", "永", 0.9)] * 90 + [answer("永", "水", 0.1)] * 8 + [answer("永", "")] * 2
    coverage, risk = measure_risk(answers)
    assert coverage[-1] == 1 and risk[-1] == pytest.approx(0.10)
    assert risk_at(answers, 0.0) == pytest.approx(0.10)
    assert risk_at(answers, 0.02) == pytest.approx(8 / 98, abs=1e-3)
    assert risk_at(answers, 0.10) == pytest.approx(0)
    assert np.all(np.diff(coverage) > 0)


def test_order_among_equals_does_not_matter() -> None:
    half = [answer("永", "永", 0.5), answer("永", "水", 0.5)] * 20
    for answers in (half, sorted(half, key=lambda one: one.is_right), half[::-1]):
        assert measure_risk(answers)[1] == pytest.approx(0.5)


def test_levels_are_the_first_that_has_a_character() -> None:
    assert [level_of(one) for one in "あアー永亀唖弌A。々"] == [
        "kana", "kana", "kana", "kyoiku", "joyo", "jis1", "jis2", "other", "other", "other",
    ]  # fmt: skip
    for level in ("kyoiku", "jis2"):
        assert {level_of(one) for one in build_charset(level).characters} <= {level, "joyo", "kyoiku"}
