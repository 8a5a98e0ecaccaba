"""Error rates of lines against an edit distance of our own."""

import pytest

from yomite.errors import ConfigError, DataError, MissingExtraError
from yomite.evaluation import lines
from yomite.evaluation.lines import measure_characters, measure_words, segment_by_script

pytest.importorskip("jiwer", reason='needs the extra: pip install "yomite[lines]"')


def count_edits(one, other) -> int:
    """The edit distance by its definition, row by row."""
    row = list(range(len(other) + 1))
    for left in one:
        before, row[0] = row[0], row[0] + 1
        for place, right in enumerate(other, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (left != right))
    return row[-1]


WRITTEN = ["今日はサッカーをします。", "東京　都", "", "ab cd", "１２３"]
READ = ["今曰はサツカ一をします", "東京都庁", "x", "", "123"]


def test_character_errors_are_edit_distances() -> None:
    errors = measure_characters(WRITTEN, READ)
    pairs = [("".join(one.split()), "".join(other.split())) for one, other in zip(WRITTEN, READ, strict=True)]
    edits = sum(count_edits(*pair) for pair in pairs)
    assert errors.num_substituted + errors.num_deleted + errors.num_inserted == edits
    assert errors.num_units == sum(len(one) for one, _ in pairs)
    assert errors.rate == pytest.approx(edits / errors.num_units)
    assert errors.unit == "characters" and errors.num_substituted >= 6  # full width is not half width


@pytest.mark.parametrize("segmenter", ["scripts", "spaces"])
def test_word_errors_are_edit_distances_of_words(segmenter: str) -> None:
    errors = measure_words(WRITTEN, READ, segmenter)
    divide = lines.SEGMENTERS[segmenter]
    edits = sum(count_edits(divide(one), divide(other)) for one, other in zip(WRITTEN, READ, strict=True))
    assert errors.rate == pytest.approx(edits / sum(len(divide(one)) for one in WRITTEN))
    assert errors.to_json()["unit"] == f"words by {segmenter}"


def test_words_end_where_the_script_changes() -> None:
    assert segment_by_script("今日はサッカー、らーめん3つ OK") == [
        "今日", "は", "サッカー", "、", "らーめん", "3", "つ", "OK",
    ]  # fmt: skip


def test_bad_input_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="2 lines written, 1 read"):
        measure_characters(["a", "b"], ["a"])
    with pytest.raises(DataError, match="no line has anything written"):
        measure_characters(["", " "], ["a", "b"])
    with pytest.raises(ConfigError, match="mecab"):
        measure_words(["a"], ["a"], "mecab")
    monkeypatch.setitem(__import__("sys").modules, "jiwer", None)
    with pytest.raises(MissingExtraError, match=r"yomite\[lines\]"):
        measure_characters(["a"], ["a"])
