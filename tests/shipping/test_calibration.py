"""Weight, temperature and threshold against the reader itself and against choices made by hand."""

import json

import numpy as np
import pytest
from tiny_model import CHARACTERS, PRIOR

from yomite.charset import are_lookalikes, number_lookalikes
from yomite.evaluation.scores import ScoredSet, read_scores
from yomite.shipping.calibration import (
    WeightScore,
    calibrate,
    choose_prior_weight,
    fit_calibration,
    format_weight_scores,
    score_prior_weights,
)


def make_set(name: str, num: int, seed: int, noise: float = 1.5) -> ScoredSet:
    """Logits that favor the truth, over the tiny model's characters."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(len(CHARACTERS), num, p=PRIOR / PRIOR.sum())
    logits = rng.normal(0, noise, (num, len(CHARACTERS))).astype(np.float32)
    logits[np.arange(num), labels] += 3
    return ScoredSet(name, np.zeros((num, 1, 4, 4), np.uint8), logits, labels)


def weigh(weight: float, nll: float, *lookalike: float) -> WeightScore:
    mean = sum(lookalike) / len(lookalike)
    return WeightScore(weight, 1.0, nll, lookalike, lookalike, mean, mean)


@pytest.mark.parametrize(
    ("scores", "weight", "why"),
    [
        ([weigh(0, 0.5, 0.90, 0.99), weigh(0.1, 0.4, 0.92, 0.99)], 0.1, "better"),
        ([weigh(0, 0.5, 0.90, 0.99), weigh(0.1, 0.4, 0.95, 0.987)], 0, "harms the second set"),
        ([weigh(0, 0.5, 0.90, 0.99), weigh(0.1, 0.4, 0.95, 0.9882)], 0.1, "harms it by less than allowed"),
        ([weigh(0, 0.5, 0.9, 0.9), weigh(0.1, 0.4, 0.9, 0.9001), weigh(0.2, 0.6, 0.9, 0.9009)], 0.1, "a tie"),
    ],
)
def test_the_weight_is_the_best_that_harms_no_set(scores: list[WeightScore], weight: float, why: str) -> None:
    assert choose_prior_weight(scores, [1000, 1000]) == weight, why


def test_one_sample_of_a_small_set_does_not_decide() -> None:
    scores = [weigh(0, 0.5, 0.90, 1.0), weigh(0.1, 0.4, 0.95, 0.98)]
    assert choose_prior_weight(scores, [1000, 50]) == 0.1
    assert choose_prior_weight(scores, [1000, 51]) == 0  # there it is more than one


def test_weights_are_scored_by_hand() -> None:
    log_prior = np.log(PRIOR / PRIOR.sum())
    sets = [make_set("one", 500, 1), make_set("two", 100, 2)]
    score = score_prior_weights(sets, CHARACTERS, log_prior, grid=(0.0, 0.5))[1]
    for index, one in enumerate(sets):
        best = [CHARACTERS[label] for label in (one.logits + 0.5 * log_prior).argmax(1)]
        truth = [CHARACTERS[label] for label in one.labels]
        pairs = list(zip(best, truth, strict=True))
        assert score.strict[index] == pytest.approx(np.mean([a == b for a, b in pairs]))
        assert score.lookalike[index] == pytest.approx(np.mean([are_lookalikes(a, b) for a, b in pairs]))
    first, second = score.lookalike  # 500 samples count in full, 100 as a quarter of that
    assert score.mean_lookalike == pytest.approx((first + 0.25 * second) / 1.25)
    table = format_weight_scores([score], ["one", "two"], 0.5)
    assert "0.50*" in table and f"{100 * first:.2f}" in table


def test_rejection_costs_one_percent_of_what_is_right() -> None:
    sets = [make_set("one", 900, 3), make_set("two", 900, 4, noise=2)]
    fit = fit_calibration(sets, CHARACTERS, np.zeros(len(CHARACTERS)))
    lost = right = 0
    for one in sets:
        groups = np.array(number_lookalikes(CHARACTERS))
        best, confidences = read_scores(one.logits, fit.temperature, groups)
        is_right = groups[best] == groups[one.labels]
        right += is_right.sum()
        lost += (is_right & (confidences < fit.rejection_threshold)).sum()
    assert 0.008 < lost / right <= 0.01


def test_where_nothing_is_right_nothing_is_rejected() -> None:
    logits = np.zeros((50, len(CHARACTERS)), np.float32)
    logits[:, CHARACTERS.index("十")] = 3
    labels = np.full(50, CHARACTERS.index("一"))
    wrong = ScoredSet("wrong", np.zeros((50, 1, 4, 4), np.uint8), logits, labels)
    assert fit_calibration([wrong], CHARACTERS, np.zeros(len(CHARACTERS))).rejection_threshold == 0


def test_the_file_says_what_was_fitted() -> None:
    log_prior = np.log(PRIOR / PRIOR.sum())
    sets = [make_set("one", 500, 5)]
    chosen = calibrate(sets, CHARACTERS, log_prior)
    assert len(chosen.weight_scores) == 11
    given = calibrate(sets, CHARACTERS, log_prior, 0.3)
    metadata = {key: json.loads(value) for key, value in given.to_metadata().items()}
    assert metadata["prior_weight"] == 0.3 and not given.weight_scores
    assert metadata["temperature"]["text"] == fit_calibration(sets, CHARACTERS, 0.3 * log_prior).temperature
    assert metadata["temperature"]["uniform"] == fit_calibration(sets, CHARACTERS, 0 * log_prior).temperature
    bare = calibrate(sets, CHARACTERS, None)
    assert bare.prior_weight == 0 and bare.fits["text"] == bare.fits["uniform"]
    assert any("0.00" in line for line in chosen.format())
