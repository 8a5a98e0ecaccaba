"""The strictest threshold that costs no more than it may, by brute force and by repetition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yomite.shipping.thresholds import ENOUGH, choose_threshold, round_down, weigh_samples

VALUES = st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_threshold_is_the_highest_that_loses_few(drawn: list[float], max_lost: float) -> None:
    values = np.array(drawn)
    threshold = choose_threshold(values, max_lost)
    assert np.mean(values < threshold) <= max_lost
    higher = values[values > threshold]
    assert not len(higher) or np.mean(values < higher.min()) > max_lost


def test_threshold_counts_weights_as_repetitions() -> None:
    rng = np.random.default_rng(8)
    values, times = rng.uniform(0, 1, 90), np.arange(90) % 3 + 1
    assert choose_threshold(values, 0.13, times) == choose_threshold(np.repeat(values, times), 0.13)


def test_sets_weigh_the_same_but_for_small_ones() -> None:
    weights = weigh_samples([2 * ENOUGH, ENOUGH, ENOUGH // 4])
    sums = [part.sum() for part in np.split(weights, [2 * ENOUGH, 3 * ENOUGH])]
    assert sums == pytest.approx([1, 1, 0.25]) and len(set(weights.tolist())) == 2


def test_thresholds_are_rounded_down() -> None:
    assert round_down(0.99999) == 0.9999 and round_down(-5.00001) == -5.0001 and round_down(0.5) == 0.5
