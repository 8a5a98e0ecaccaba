"""Fits against brute force, and against samples whose temperature is known because we drew them from it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yomite.shipping.temperature import compute_nll, fit_temperature


def draw_samples(
    seed: int, temperature: float, num_samples: int = 4000, num_classes: int = 12
) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn from softmax(logits / temperature)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (num_samples, num_classes))
    # The maximum of scores with Gumbel noise is a draw from their softmax.
    labels = np.argmax(logits / temperature + rng.gumbel(size=logits.shape), axis=1)
    return logits.astype(np.float32), labels


def plain_nll(logits: np.ndarray, labels: np.ndarray, temperature: float) -> float:
    shares = np.exp(logits.astype(float) / temperature)
    shares /= shares.sum(axis=1, keepdims=True)
    return float(np.mean([-np.log(row[label]) for row, label in zip(shares, labels, strict=True)]))


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_temperature_is_found_again(temperature: float) -> None:
    logits, labels = draw_samples(1, temperature)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.08)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.2, 8))
def test_temperature_beats_every_other(seed: int, temperature: float) -> None:
    logits, labels = draw_samples(seed, temperature, num_samples=150, num_classes=5)
    fitted = fit_temperature(logits, labels)
    best = min(plain_nll(logits, labels, other) for other in np.geomspace(0.02, 50, 300))
    assert compute_nll(logits, labels, fitted) == pytest.approx(plain_nll(logits, labels, fitted), rel=1e-6)
    assert plain_nll(logits, labels, fitted) <= best + 1e-7


def test_weights_count_as_repetitions() -> None:
    logits, labels = draw_samples(3, 1.5, num_samples=300)
    times = np.arange(300) % 4
    repeated = fit_temperature(np.repeat(logits, times, axis=0), np.repeat(labels, times))
    assert fit_temperature(logits, labels, weights=times) == pytest.approx(repeated, rel=1e-5)


def test_a_group_is_as_right_as_its_members_together() -> None:
    logits, labels = draw_samples(4, 1.7, num_samples=400, num_classes=7)
    groups = np.array([0, 1, 0, 3, 0, 5, 5])
    shares = np.exp(logits.astype(float) / 1.3)
    shares /= shares.sum(axis=1, keepdims=True)
    summed = [-np.log(row[groups == groups[label]].sum()) for row, label in zip(shares, labels, strict=True)]
    assert compute_nll(logits, labels, 1.3, groups=groups) == pytest.approx(np.mean(summed), rel=1e-6)
    fitted = fit_temperature(logits, labels, groups=groups)
    best = min(compute_nll(logits, labels, other, groups=groups) for other in np.geomspace(0.1, 20, 200))
    assert compute_nll(logits, labels, fitted, groups=groups) <= best + 1e-7
    assert fitted == pytest.approx(1.7, rel=0.3)  # labels were drawn at this temperature


def test_faultless_samples_have_a_finite_fit() -> None:
    logits = np.eye(6, dtype=np.float32)
    temperature = fit_temperature(logits, np.arange(6))
    assert 0.001 <= temperature < 1
    assert compute_nll(logits, np.arange(6), temperature) < 1e-9
