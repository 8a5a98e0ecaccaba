"""Texts of lines: cut as lines break, none of the judged lines, what is held back apart."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from yomite.charset import build_charset
from yomite.texts.fragments import WRITERS
from yomite.texts.pool import MAX_CHARACTERS, TextPool, is_held_back, read_counted_texts, unify_marks

CHARACTERS = build_charset("line").characters
SENTENCES = [f"これは{number}番目の文です。" for number in range(400)]


def draw(pool: TextPool, count: int, seed: int = 0) -> list[str]:
    return [pool(np.random.default_rng((seed, number))) for number in range(count)]


def test_texts_can_be_written_and_fit() -> None:
    known = set(CHARACTERS)
    for text in draw(TextPool(SENTENCES, SENTENCES, CHARACTERS), 500):
        assert 1 <= len(text) <= MAX_CHARACTERS
        assert {character for character in text if not character.isspace()} <= known, text


def test_a_text_is_a_function_of_its_random_stream() -> None:
    pool = TextPool(SENTENCES, SENTENCES, CHARACTERS)
    assert draw(pool, 50) == draw(pool, 50)
    assert draw(pool, 50) != draw(pool, 50, seed=1)


def test_judged_lines_are_never_drawn() -> None:
    judged = ["牛乳", "番目の文で"]
    for text in draw(TextPool(["牛乳", *SENTENCES], [], CHARACTERS, judged), 800):
        bare = "".join(text.split())
        assert bare != "牛乳" and "番目の文で" not in bare


@pytest.mark.parametrize("write", [write for _, write in WRITERS], ids=lambda write: write.__name__)
def test_fragments_hold_nothing_that_cannot_be_written(write) -> None:
    known = set(CHARACTERS)
    for seed in range(300):
        text = unify_marks(write(np.random.default_rng(seed)))
        assert text.strip()
        assert {character for character in text if not character.isspace()} <= known, text


def test_sentences_are_held_back_by_their_hash() -> None:
    held_back = [text for text in SENTENCES if is_held_back(text)]
    assert 1 <= len(held_back) <= 30
    assert all(is_held_back(f" {text} ") for text in held_back)


def test_marks_that_are_written_alike_are_one() -> None:
    assert unify_marks("(ＡＢ１２)!?5～10％") == "（AB12）！？5〜10%"


def test_counted_texts_are_not_held_back_nor_judged(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "dev" / "lines").mkdir(parents=True)
    texts = [f"これは{number}番目の文です" for number in range(200)]
    with gzip.open(tmp_path / "text" / "sentences.txt.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(texts))
    judged = next(text for text in texts if not is_held_back(text))
    lines = tmp_path / "dev" / "lines" / "lines.jsonl"
    lines.write_text(json.dumps({"path": "a.png", "text": judged}), encoding="utf-8")
    read = read_counted_texts(tmp_path)
    kept = [unify_marks(text) for text in texts if not is_held_back(text) and text != judged]
    assert read[: len(kept)] == kept
    fragments = read[len(kept) :]
    assert 0.3 * len(kept) < len(fragments) < 0.4 * len(kept) + 1
    assert not any(character.isspace() for text in fragments for character in text)
    assert read_counted_texts(tmp_path) == read
    assert read_counted_texts(tmp_path / "dev") == []
