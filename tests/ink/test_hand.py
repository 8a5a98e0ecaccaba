"""A writer stays himself over all his characters, and writers differ."""

import numpy as np
import pytest

pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')

from yomite.errors import YomiteError
from yomite.ink.hand import HABIT_NAMES, HABITS, NAMED_HANDS, build_hand, draw_habits


@pytest.mark.parametrize("name", NAMED_HANDS)
def test_same_seed_is_the_same_writer(name: str) -> None:
    one, other = build_hand(name, seed=3), build_hand(name, seed=4)
    assert np.array_equal(one.habits, build_hand(name, seed=3).habits)
    assert np.array_equal(one.habits, other.habits) == (name == "print")
    assert one["slant"] == one.habits[HABIT_NAMES.index("slant")]


def test_unknown_hand_names_the_known() -> None:
    with pytest.raises(YomiteError, match="'hurried'; one of: print, neat"):
        build_hand("hurried")


def test_habits_stay_in_their_limits_and_haste_joins() -> None:
    rng = np.random.default_rng(0)
    normal = 3 * rng.normal(size=(200, len(HABITS)))
    low, high = np.array([limits[2:] for limits in HABITS.values()]).T
    for haste in (0.0, 0.5, 1.0):
        habits = np.array([draw_habits(row, haste, 1.5) for row in normal])
        assert (habits >= low).all() and (habits <= high).all()
    middle = np.zeros(len(HABITS))
    assert draw_habits(middle, 0.0, 1.0) == pytest.approx(
        np.array(list(HABITS.values()))[:, 0].clip(low, high)
    )
