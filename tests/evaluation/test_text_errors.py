"""Error rates of lines against jiwer, against an edit distance of our own, and by hand."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yomite.errors import ConfigError, DataError
from yomite.evaluation import text_errors
from yomite.evaluation.text_errors import (
    align_units,
    measure_characters,
    measure_groups,
    measure_scripts,
    measure_words,
    normalize_text,
    segment_by_script,
)


def count_edits(one, other) -> int:
    """The edit distance by its definition, row by row."""
    row = list(range(len(other) + 1))
    for left in one:
        before, row[0] = row[0], row[0] + 1
        for place, right in enumerate(other, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (left != right))
    return row[-1]


WRITTEN = ["今日はサッカーをします。", "東京　都", "", "ab cd", "１２３", "5 ℃です!"]
READ = ["今曰はサツカ一をします", "東京都庁", "x", "", "123", "5℃です！"]


def test_texts_are_compared_in_nfkc_without_white_space() -> None:
    assert normalize_text(" １２　３\tｶﾞ。\n") == "123ガ。"
    assert normalize_text("「a-b」、c・d!?ー", with_punctuation=False) == "abcdー"


@pytest.mark.parametrize("with_punctuation", [True, False])
def test_character_errors_are_edit_distances(with_punctuation: bool) -> None:
    errors = measure_characters(WRITTEN, READ, with_punctuation=with_punctuation)
    pairs = [
        [normalize_text(text, with_punctuation=with_punctuation) for text in pair]
        for pair in zip(WRITTEN, READ, strict=True)
    ]
    edits = sum(count_edits(*pair) for pair in pairs)
    assert errors.num_substituted + errors.num_deleted + errors.num_inserted == edits
    assert errors.num_units == sum(len(one) for one, _ in pairs)
    assert errors.rate == pytest.approx(edits / errors.num_units)
    assert errors.unit == "characters"
    assert (errors.num_lines, errors.num_exact) == (6, 2)  # 123 and 5°Cです!
    assert errors.num_deleted == 4 + with_punctuation and errors.num_inserted == 2


texts = st.lists(
    st.tuples(st.text("あい漢字ー。１ a", min_size=1, max_size=8), st.text("あい漢字ー。１ a", max_size=8)),
    min_size=1,
    max_size=5,
).filter(lambda pairs: all(one.strip() for one, _ in pairs))


@given(texts)
def test_rates_are_those_of_jiwer(pairs: list[tuple[str, str]]) -> None:
    jiwer = pytest.importorskip("jiwer", reason='needs the extra: pip install "yomite[dev]"')
    written, read = ([normalize_text(text) for text in texts] for texts in zip(*pairs, strict=True))
    assert measure_characters(*zip(*pairs, strict=True)).rate == pytest.approx(jiwer.cer(written, read))
    words = [[" ".join(segment_by_script(text)) for text in texts] for texts in (written, read)]
    assert measure_words(written, read).rate == pytest.approx(jiwer.wer(*words))


@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_pairs_are_both_texts_with_the_fewest_edits(one: str, other: str) -> None:
    pairs = align_units(one, other)
    assert ("".join(left for left, _ in pairs), "".join(right for _, right in pairs)) == (one, other)
    assert sum(left != right for left, right in pairs) == count_edits(one, other)


@pytest.mark.parametrize("segmenter", ["scripts", "spaces"])
def test_word_errors_are_edit_distances_of_words(segmenter: str) -> None:
    errors = measure_words(WRITTEN, READ, segmenter)
    divide = text_errors.SEGMENTERS[segmenter]
    lines = [
        [divide(text.translate(str.maketrans("　１２３！", " 123!")).replace("℃", "°C")) for text in pair]
        for pair in zip(WRITTEN, READ, strict=True)
    ]
    edits = sum(count_edits(*line) for line in lines)
    assert errors.rate == pytest.approx(edits / sum(len(one) for one, _ in lines))
    assert errors.to_json()["unit"] == f"words by {segmenter}"


def test_words_end_where_the_script_changes() -> None:
    assert segment_by_script("今日はサッカー、らーめん3つ OK") == [
        "今日", "は", "サッカー", "、", "らーめん", "3", "つ", "OK",
    ]  # fmt: skip


def test_groups_have_their_own_lines() -> None:
    groups = measure_groups(["ab", "cd", "ef"], ["ab", "xd", "f"], ["horizontal", "vertical", "vertical"])
    assert list(groups) == ["horizontal", "vertical"]
    assert (groups["horizontal"].rate, groups["horizontal"].num_exact) == (0, 1)
    vertical = groups["vertical"]
    assert vertical.rate == pytest.approx(0.5) and vertical.num_lines == 2
    assert (vertical.num_substituted, vertical.num_deleted, vertical.num_inserted) == (1, 1, 0)


def test_scripts_have_their_own_characters() -> None:
    scripts = measure_scripts(["永のア", "水に"], ["氷のア2", "に"])
    assert set(scripts) == {"kanji", "hiragana", "katakana", "digit"}
    kanji, digit = scripts["kanji"], scripts["digit"]
    assert (kanji.num_units, kanji.num_substituted, kanji.num_deleted) == (2, 1, 1)
    assert (digit.num_units, digit.num_inserted, digit.num_lines) == (0, 1, 1)
    assert scripts["hiragana"].rate == scripts["katakana"].rate == 0


def test_the_interval_is_over_lines() -> None:
    """Lines that are all right or all wrong differ more than their characters would."""
    rng = np.random.default_rng(0)
    read = ["あ" * 20 if is_right else "い" * 20 for is_right in rng.random(200) < 0.9]
    errors = measure_characters(["あ" * 20] * 200, read)
    width = 2 * 1.96 * np.sqrt(errors.rate * (1 - errors.rate) / 200)
    assert errors.high - errors.low == pytest.approx(width, rel=0.15)
    assert errors.low < errors.rate < errors.high
    assert errors.to_json()["low"] == pytest.approx(errors.low, abs=1e-5)


def test_bad_input_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="2 lines written, 1 read"):
        measure_characters(["a", "b"], ["a"])
    with pytest.raises(DataError, match="no line has anything written"):
        measure_characters(["", " "], ["a", "b"])
    with pytest.raises(ConfigError, match="mecab"):
        measure_words(["a"], ["a"], "mecab")
    monkeypatch.setitem(sys.modules, "jiwer", None)
    assert measure_characters(["a"], ["b"]).rate == 1  # needs no package of theirs
