"""The range test: where the loss falls, where it grows."""

from pathlib import Path

import numpy as np
import pytest
from tiny_run import configure_run

from yomite.training.rate_finder import draw_curve, find_learning_rate, suggest_learning_rate


def build_curve() -> tuple[np.ndarray, np.ndarray]:
    """A valley around 1e-2."""
    rates = np.geomspace(1e-6, 1.0, 61)
    return rates, 3.0 + np.abs(np.log10(rates) + 2.0)


def test_a_tenth_of_the_best_rate_is_suggested() -> None:
    assert suggest_learning_rate(*build_curve()) == pytest.approx(1e-3)


def test_the_curve_is_where_it_should_be() -> None:
    lines = draw_curve(*build_curve(), width=61, height=9).split("\n")
    grid = [line[10:] for line in lines[1:10]]
    assert lines[1].startswith("       7 |") and lines[9].startswith("       3 |")
    assert grid[0][0] == "o" and grid[8][40] == "o" and grid[4][60] == "o"  # 1e-6, 1e-2, 1
    assert all(row[30] in "|o" for row in grid)  # 1e-3
    ticks = lines[11][10:]
    assert [ticks.index(tick) for tick in ("1e-6", "1e-3", "1e-2", "1e0")] == [0, 30, 40, 60]


def test_the_loss_of_a_run_falls_and_grows(tmp_path: Path) -> None:
    rates, losses = find_learning_rate(configure_run(tmp_path), data_root=tmp_path)
    assert len(rates) == len(losses) > 60
    assert rates[0] == 1e-6 and losses.min() < 0.7 * losses[0]
    assert 1e-4 < suggest_learning_rate(rates, losses) < 0.1
    assert not (tmp_path / "run").exists()
