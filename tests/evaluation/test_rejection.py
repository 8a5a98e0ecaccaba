"""The head learns what can be learned, by the slopes of its loss; the threshold costs no more than it may."""

import numpy as np
import pytest

from yomite.evaluation import rejection
from yomite.evaluation.rejection import (
    _differentiate,
    apply_head,
    choose_known_threshold,
    fit_head,
    measure_lost,
)


def test_a_ring_is_told_from_its_middle() -> None:
    """No line divides the two, and the scales differ by a thousand."""
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, 12_000), rng.normal(3, 0.2, 12_000)
    scales = np.repeat([[1, 1000]], 8, axis=0).ravel()  # each number eight times: dropout hides some
    ring = np.tile(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), 8) * scales + 7
    middle = [np.tile(rng.normal(0, 0.5, (num, 2)), 8) * scales + 7 for num in (8000, 4000)]
    head = fit_head([ring.astype(np.float32)], [part.astype(np.float32) for part in middle])
    assert all(values.dtype == np.float32 for values in head.values())
    assert (apply_head(head, ring.astype(np.float32)) > 0).mean() > 0.97
    for part in middle:
        assert (apply_head(head, part.astype(np.float32)) < 0).mean() > 0.97


def test_every_kind_weighs_the_same() -> None:
    """The few of a kind stand where characters stand; by number alone they would be given up."""
    rng = np.random.default_rng(1)
    characters = rng.normal(0, 1, (2000, 1)).astype(np.float32)
    few, many = rng.normal(0, 1, (40, 1)).astype(np.float32), rng.normal(9, 1, (4000, 1)).astype(np.float32)
    known = apply_head(fit_head([characters], [few, many]), np.zeros((1, 1), np.float32))
    # Where both are as dense, the odds are those of their weights: 0.5 to 0.25.
    assert known[0] == pytest.approx(np.log(2), abs=0.25)


def test_gradients_are_the_slopes_of_the_loss() -> None:
    rng = np.random.default_rng(2)
    shapes = ((5, 4), (4,), (4, 1), (1,))
    parameters = [rng.normal(0, 1, shape) for shape in shapes]
    batch, weights = rng.normal(0, 1, (7, 5)), rng.uniform(0.5, 2, 7)
    is_character = np.arange(7) % 2 == 0

    def loss() -> float:
        known = (np.maximum(batch @ parameters[0] + parameters[1], 0) @ parameters[2] + parameters[3])[:, 0]
        return float(np.mean(weights * np.logaddexp(0, np.where(is_character, -known, known))))

    gradients = _differentiate(parameters, batch, is_character, weights)
    for values, gradient in zip(parameters, gradients, strict=True):
        place = tuple(0 for _ in values.shape)
        before = values[place]
        values[place] = before + 1e-5
        above = loss()
        values[place] = before - 1e-5
        slope = (above - loss()) / 2e-5
        values[place] = before
        assert gradient[place] == pytest.approx(slope, rel=1e-3, abs=1e-7)


def test_the_threshold_costs_no_more_than_it_may() -> None:
    rng = np.random.default_rng(3)
    sets = [rng.normal(5, 2, 4000), rng.normal(5, 2, 3000), rng.normal(9, 2, 50)]
    threshold = choose_known_threshold(sets)
    lost = measure_lost(sets, threshold)
    weights = np.array([1, 1, 50 / rejection.ENOUGH])
    assert 0.9 * rejection.MAX_REJECTED < weights @ lost / weights.sum() <= rejection.MAX_REJECTED
    hard = [rng.normal(0, 2, 1000), rng.normal(9, 1, 1000), rng.normal(9, 1, 1000)]
    lost = measure_lost(hard, choose_known_threshold(hard))
    assert lost[0] == pytest.approx(rejection.MAX_REJECTED_OF_A_SET, abs=0.001)
    assert lost[0] <= rejection.MAX_REJECTED_OF_A_SET


def test_a_small_set_has_no_limit_of_its_own() -> None:
    """One of 50 is 2 % already."""
    sets = [np.full(50, -5.0), np.linspace(0, 1, 4000)]
    assert choose_known_threshold([sets[1]]) == pytest.approx(0.015, abs=1e-3)
    assert choose_known_threshold(sets) == -5.0
