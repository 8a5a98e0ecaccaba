"""Counts by hand, and against a plain computation on random answers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import yomite
from yomite.charset import are_lookalikes
from yomite.evaluation.metrics import TOP, Counts, count, to_ratios

ALPHABET = "へヘ一ー口ロ日曰永水氷あぁ"


def read_as(texts: str, is_rejected: bool = False) -> yomite.Recognition:
    return yomite.Recognition(tuple(yomite.Candidate(text, 0.1) for text in texts), 0.5, is_rejected)


def test_counts_by_hand() -> None:
    characters = ["永", "へ", "口", "水", "ゐ"]
    answers = [
        read_as("永水氷"),  # right
        read_as("ヘへ一"),  # a look-alike, the strict one second
        read_as("日ロ口", is_rejected=True),  # wrong, a look-alike second, the strict one third
        yomite.PictureError("blank"),  # not read
        read_as("あぁ永"),  # outside the charset
    ]
    counts = count(characters, answers, charset="永へ口水")
    assert counts.strict_hits.tolist() == [1, 2, 3, 3, 3]
    assert counts.lookalike_hits.tolist() == [2, 3, 3, 3, 3]
    assert (counts.num_samples, counts.num_outside_charset, counts.num_unreadable) == (5, 1, 1)
    assert (counts.num_rejected, counts.num_rejected_right) == (1, 0)
    ratios = to_ratios(counts)
    assert ratios["strict_top1"] == pytest.approx(0.2)
    assert ratios["lookalike_top1"] == pytest.approx(0.4)
    assert ratios["strict_top5"] == ratios["lookalike_top5"] == pytest.approx(0.6)


def test_macro_weighs_characters_not_samples() -> None:
    counts = count("永永永水", [read_as("永"), read_as("永"), read_as("永"), read_as("氷")])
    assert to_ratios(counts)["lookalike_top1"] == pytest.approx(0.75)
    assert to_ratios(counts)["macro"] == pytest.approx(0.5)


def test_no_samples_have_no_ratio() -> None:
    assert all(math.isnan(ratio) for ratio in to_ratios(Counts()).values())


answers = st.lists(
    st.tuples(st.sampled_from(ALPHABET), st.permutations(ALPHABET).map(lambda texts: "".join(texts[:6]))),
    max_size=30,
)


@settings(max_examples=50, deadline=None)
@given(answers=answers, cut=st.integers(0, 30))
def test_counts_add_up_and_follow_the_definition(answers: list[tuple[str, str]], cut: int) -> None:
    characters = [character for character, _ in answers]
    recognitions = [read_as(texts) for _, texts in answers]
    whole = count(characters, recognitions, charset=ALPHABET[3:])
    parts = [
        count(characters[half], recognitions[half], charset=ALPHABET[3:])
        for half in (slice(cut), slice(cut, None))
    ]
    joined = sum(parts, Counts())
    assert to_ratios(joined) == pytest.approx(to_ratios(whole), nan_ok=True)
    assert joined.by_character == whole.by_character
    assert joined.num_outside_charset == whole.num_outside_charset
    for k in range(1, TOP + 1):
        strict = [character in texts[:k] for character, texts in answers]
        alike = [any(are_lookalikes(character, text) for text in texts[:k]) for character, texts in answers]
        assert whole.strict_hits[k - 1] == np.sum(strict)
        assert whole.lookalike_hits[k - 1] == np.sum(alike)
