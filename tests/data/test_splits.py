"""Folds: even, whole, repeatable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yomite.data.splits import assign_folds
from yomite.errors import DataError


@given(
    labels=st.lists(st.sampled_from("永字八法あい"), min_size=5, max_size=80),
    k=st.integers(2, 5),
    seed=st.integers(0, 9),
)
def test_classes_and_folds_are_even(labels: list[str], k: int, seed: int) -> None:
    folds = assign_folds(labels, None, k, seed)
    for character in set(labels):
        counts = np.bincount(folds[np.array(labels) == character], minlength=k)
        assert counts.max() - counts.min() <= 1
    counts = np.bincount(folds, minlength=k)
    assert counts.max() - counts.min() <= 1


@given(
    writers=st.lists(st.sampled_from(["p01", "p02", "p03", "p04", "p05", ""]), min_size=8, max_size=60),
    k=st.integers(2, 3),
)
def test_writers_are_never_split(writers: list[str], k: int) -> None:
    alone = writers.count("")
    if len(set(writers) - {""}) + alone < k:
        return
    folds = assign_folds([number % 4 for number in range(len(writers))], writers, k, 0)
    for writer in set(writers) - {""}:
        assert len(set(folds[np.array(writers) == writer])) == 1
    assert set(folds) == set(range(k))


def test_writers_of_one_size_are_dealt_evenly() -> None:
    """Ten writers, each of every character twice: any deal of two writers a fold is exactly stratified."""
    labels = list("永字八") * 20
    writers = [f"p{number // 6}" for number in range(60)]
    folds = assign_folds(labels, writers, 5, seed=3)
    for character in "永字八":
        assert (np.bincount(folds[np.array(labels) == character]) == 4).all()


def test_characters_of_one_writer_count_more_than_sizes() -> None:
    """Two writers of 永 and two of 字: each fold gets one of both."""
    labels, writers = list("永" * 8 + "字" * 8), ["a"] * 4 + ["b"] * 4 + ["c"] * 4 + ["d"] * 4
    for seed in range(5):
        folds = assign_folds(labels, writers, 2, seed)
        assert folds[0] != folds[4] and folds[8] != folds[12]


def test_the_seed_decides() -> None:
    labels = list("永字八法") * 10
    first = assign_folds(labels, None, 4, seed=0)
    assert (first == assign_folds(labels, None, 4, seed=0)).all()
    assert (first != assign_folds(labels, None, 4, seed=1)).any()


@pytest.mark.parametrize(
    ("labels", "groups", "k", "line"),
    [
        ("永字八", None, 4, "3 samples do not fill 4 folds"),
        ("永字八法", ["a", "a", "b", "b"], 3, "2 writers, too few for 3 folds"),
        ("永字", None, 1, "1 folds; give 2 or more"),
    ],
)
def test_what_cannot_be_dealt_has_one_line(labels: str, groups: list[str] | None, k: int, line: str) -> None:
    with pytest.raises(DataError, match=line):
        assign_folds(list(labels), groups, k, 0)
