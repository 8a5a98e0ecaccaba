"""Pictures out, answers in: what a program answers is scored as if it had been read here."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_model import STROKES

from yomite.data.sources import Sample
from yomite.errors import DataError
from yomite.evaluation.protocol import match_answers, name_folder, read_answers, write_pictures
from yomite.reading.results import Recognition

GRAY = np.arange(400, dtype=np.uint8).reshape(20, 20)
SAMPLES = [Sample(STROKES["十"], "十", "", "a"), Sample(GRAY, "口", "", "b"), Sample(GRAY.T, "一", "", "c")]


def write_lines(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return path


def test_pictures_tell_nothing_but_what_they_show(tmp_path: Path) -> None:
    listing = list(write_pictures(SAMPLES, "dev/touch screen", tmp_path))
    assert [line["path"] for line in listing] == [f"dev-touch-screen/{n:06d}.png" for n in range(3)]
    assert "strokes" in listing[0] and "strokes" not in listing[1]
    np.testing.assert_allclose(listing[0]["strokes"][0], STROKES["十"][0])
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / listing[1]["path"])), GRAY)
    drawn = np.asarray(Image.open(tmp_path / listing[0]["path"]))
    assert drawn[0, 0] == 255 and drawn[drawn.shape[0] // 2, drawn.shape[1] // 2] < 60
    assert not any("十" in str(line) for line in listing)


def test_answers_find_their_pictures(tmp_path: Path) -> None:
    candidates = [{"text": "十", "probability": 0.8}, {"text": "メ", "probability": 0.1}]
    path = write_lines(
        tmp_path / "mine.jsonl",
        {"reader": "mine", "learned_from": "a book", "charset": ["十", "メ"]},
        {"path": "/far/away/dev-x/000002.png", "candidates": candidates, "confidence": 0.9},
        {"path": "dev-x\\000000.png", "candidates": ["一"], "is_rejected": True},
        {"path": "dev-x/000001.png", "error": "blank"},
    )
    answers = read_answers(path)
    assert (answers.reader, answers.learned_from, answers.charset) == ("mine", "a book", {"十", "メ"})
    first, missing, last = match_answers(answers, SAMPLES, "dev/x")
    assert missing is None and answers.num_errors == 1
    assert isinstance(first, Recognition) and first.is_rejected and first.text == "一"
    assert isinstance(last, Recognition) and last.confidence == 0.9
    assert [one.text for one in last.candidates] == ["十", "メ"]


def test_a_text_may_hold_any_line_break(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"path": "x/000000.png", "candidates": ["\u2028"]})
    assert read_answers(path).by_place[("x", 0)].text == "\u2028"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"path": "x/000000.png"', "line 2"),
        ('{"path": "x/000000.png"}', "candidates"),
        ('{"path": "x/0.png", "candidates": ["a"]}', "does not end as the listing's"),
        ('{"path": "x/000000.png", "candidates": []}', "no candidates"),
        ('{"path": "x/000000.png", "candidates": [{"text": "a", "probability": 7}]}', "0 to 1"),
        ('{"path": "x/000000.png", "candidates": [3]}', "line 2"),
        ('{"path": "x/000000.png", "candidates": ["a"], "confidence": -1}', "0 to 1"),
        ('{"path": "x/000009.png", "candidates": ["a"]}', "second time"),
        ("[1]", "not an object"),
        ("x" * 2_000_000, "line 2"),
    ],
)
def test_a_bad_line_is_told_by_its_number(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(f'{{"path": "x/000009.png", "candidates": ["a"]}}\n{line}\n', encoding="utf-8")
    with pytest.raises(DataError, match="line 2") as caught:
        read_answers(path)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_files_and_sets_that_do_not_fit_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="absent"):
        read_answers(tmp_path / "absent.jsonl")
    (tmp_path / "sjis.jsonl").write_bytes("{}十".encode("shift-jis"))
    with pytest.raises(DataError, match="UTF-8"):
        read_answers(tmp_path / "sjis.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DataError, match="no answers"):
        read_answers(tmp_path / "empty.jsonl")
    answers = read_answers(write_lines(tmp_path / "a.jsonl", {"path": "x/000007.png", "candidates": ["a"]}))
    with pytest.raises(DataError, match="yomite benchmark"):
        match_answers(answers, SAMPLES, "dev/y")
    with pytest.raises(DataError, match="3 pictures, but an answer is about number 7"):
        match_answers(answers, SAMPLES, "x")
    assert name_folder("cells/hiragana-sheets:p07,p08") == "cells-hiragana-sheets-p07-p08"
