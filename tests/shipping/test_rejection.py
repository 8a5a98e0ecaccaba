"""The threshold of `known` costs no more of real writing than it may."""

import numpy as np
import pytest

from yomite.shipping import rejection
from yomite.shipping.rejection import choose_known_threshold, measure_lost
from yomite.shipping.thresholds import ENOUGH


def test_the_threshold_costs_no_more_than_it_may() -> None:
    rng = np.random.default_rng(3)
    sets = [rng.normal(5, 2, 4000), rng.normal(5, 2, 3000), rng.normal(9, 2, 50)]
    threshold = choose_known_threshold(sets)
    lost = list(measure_lost(dict(zip("abc", sets, strict=True)), threshold).values())
    weights = np.array([1, 1, 50 / ENOUGH])
    assert 0.9 * rejection.MAX_REJECTED < weights @ lost / weights.sum() <= rejection.MAX_REJECTED
    hard = [rng.normal(0, 2, 1000), *(rng.normal(9, 1, 1000) for _ in range(9))]
    lost = measure_lost(dict(enumerate(hard)), choose_known_threshold(hard))
    assert lost[0] == pytest.approx(rejection.MAX_REJECTED_OF_A_SET, abs=0.001)
    assert lost[0] <= rejection.MAX_REJECTED_OF_A_SET


def test_a_small_set_has_no_limit_of_its_own() -> None:
    """One of 50 is 2 % already."""
    sets = [np.full(50, -5.0), np.linspace(0, 1, 4000)]
    assert choose_known_threshold([sets[1]]) == pytest.approx(rejection.MAX_REJECTED, abs=1e-3)
    assert choose_known_threshold(sets) == -5.0
