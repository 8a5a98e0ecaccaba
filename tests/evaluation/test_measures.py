"""Shares, intervals, calibration and risk against values counted by hand or drawn another way."""

import numpy as np
import pytest

import yomite
from yomite.evaluation.answers import TOP, Answers, collect_answers
from yomite.evaluation.measures import (
    Share,
    divide_by_confidence,
    expected_calibration_error,
    measure_calibration,
    measure_macro,
    measure_risk,
    measure_share,
    resample,
    risk_at,
)


def answers_of(*answered: tuple[str, str, float]) -> Answers:
    """Answers of (character, text, confidence); "" where it was not read."""
    recognitions = [
        yomite.Recognition((yomite.Candidate(text, confidence),), confidence, False) if text else None
        for _, text, confidence in answered
    ]
    return collect_answers([character for character, _, _ in answered], recognitions)


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    shares = [measure_share(rng.random(400) < 0.9) for _ in range(200)]
    inside = np.mean([share.low <= 0.9 <= share.high for share in shares])
    assert 0.88 < inside <= 1
    widths = [share.high - share.low for share in shares]
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.sqrt(0.9 * 0.1 / 400), rel=0.1)


def test_a_share_is_written_with_half_its_interval() -> None:
    assert str(Share(100, 0.97616, 0.966, 0.984)) == "97.62 ±0.9 %"
    assert str(measure_share([])) == "-"


def test_resampling_draws_rows_together() -> None:
    values = np.arange(50.0)
    low, high = resample((values, -values), lambda one, other: float(np.abs(one + other).max()))
    assert (low, high) == (0, 0)
    low, high = resample((values,), lambda one: float(one.mean()))
    error = values.std() / np.sqrt(50)
    assert (low, high) == pytest.approx((24.5 - 1.96 * error, 24.5 + 1.96 * error), abs=1.5)
    assert np.isnan(resample((np.zeros(0),), lambda one: 0.0)).all()


def test_macro_weighs_characters_alike() -> None:
    answers = answers_of(*[("永", "永", 1)] * 9, ("永", "水", 1), ("水", "永", 1), ("へ", "ヘ", 1))
    share = measure_macro(answers)
    assert share.value == pytest.approx((0.9 + 0 + 1) / 3)
    assert share.low < share.value < share.high
    assert share.num_samples == 12 and measure_share(answers.is_right).value == pytest.approx(10 / 12)


def test_no_samples_have_no_figure() -> None:
    empty = answers_of()
    shares = [measure_macro(empty), measure_calibration(empty), measure_share(empty.strict_ranks < TOP)]
    assert all(np.isnan([share.value, share.low, share.high]).all() for share in shares)
    assert divide_by_confidence(empty) == [] and len(measure_risk(empty)[0]) == 0
    assert np.isnan(risk_at(empty, 0.05))


def test_calibration_is_by_hand() -> None:
    answers = answers_of(*[("永", "永", 0.9)] * 6, *[("永", "水", 0.9)] * 4, ("永", "", 0))
    share, bins = measure_calibration(answers), divide_by_confidence(answers)
    assert share.num_samples == 10 and len(bins) == 10  # what was not read has no confidence
    assert share.value == pytest.approx((6 * 0.1 + 4 * 0.9) / 10)
    assert sum(one.num_samples * one.right for one in bins) == pytest.approx(6)
    assert share.low <= share.value <= share.high


def test_calibration_error_by_hand() -> None:
    confidences = np.array([0.9, 0.2, 0.9, 0.2])
    is_right = np.array([True, False, False, True])
    # Two bins: (0.2, 0.2) with 1 of 2 right, (0.9, 0.9) with 1 of 2 right.
    assert expected_calibration_error(confidences, is_right, num_bins=2) == pytest.approx((0.3 + 0.4) / 2)
    assert expected_calibration_error(np.ones(7), np.ones(7, bool)) == 0
    assert expected_calibration_error(np.ones(7), np.zeros(7, bool)) == 1


def test_calibration_error_of_honest_confidence_is_small() -> None:
    rng = np.random.default_rng(2)
    confidences = rng.uniform(0, 1, 50_000)
    is_right = rng.uniform(0, 1, 50_000) < confidences
    assert expected_calibration_error(confidences, is_right) < 0.01
    assert expected_calibration_error(np.sqrt(confidences), is_right) > 0.1


def test_the_least_confident_are_turned_down_first() -> None:
    answers = answers_of(*[("永", "永", 0.9)] * 90, *[("永", "水", 0.1)] * 8, *[("永", "", 0)] * 2)
    coverage, risk = measure_risk(answers)
    assert coverage[-1] == 1 and risk[-1] == pytest.approx(0.10)
    assert risk_at(answers, 0.0) == pytest.approx(0.10)
    assert risk_at(answers, 0.02) == pytest.approx(8 / 98, abs=1e-3)
    assert risk_at(answers, 0.10) == pytest.approx(0)
    assert np.all(np.diff(coverage) > 0)


def test_order_among_equals_does_not_matter() -> None:
    half = [("永", "永", 0.5), ("永", "水", 0.5)] * 20
    for answered in (half, sorted(half), half[::-1]):
        assert measure_risk(answers_of(*answered))[1] == pytest.approx(0.5)
