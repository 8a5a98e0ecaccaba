"""Logits read once give the very answers of the reader."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_model import CHARACTERS, PRIOR, STROKES, write_tiny_model

from yomite.charset import are_lookalikes, number_lookalikes
from yomite.errors import DataError
from yomite.evaluation.scores import read_scores, score_set
from yomite.ink.canvas import to_canvas
from yomite.reading.characters import load


def test_lookalikes_share_a_number() -> None:
    groups = np.array(number_lookalikes(CHARACTERS))
    for one, first in enumerate(CHARACTERS):
        for other, second in enumerate(CHARACTERS):
            assert (groups[one] == groups[other]) == are_lookalikes(first, second)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of the tiny model's characters, one of another and one blank."""
    folder = tmp_path_factory.mktemp("own")
    for character in (*CHARACTERS, "永"):
        (folder / character).mkdir()
        strokes = STROKES.get(character, STROKES["十"])
        Image.fromarray(255 - to_canvas(strokes)).save(folder / character / "1.png")
    Image.new("L", (30, 30), 255).save(folder / "口" / "blank.png")
    return folder


def test_scores_are_those_of_the_reader(folder: Path, tmp_path: Path) -> None:
    reader = load(write_tiny_model(tmp_path / "tiny.onnx"))
    scored = score_set(str(folder), reader)
    assert len(scored.labels) == len(CHARACTERS) == 7
    assert scored.notes == [
        "1 of 9 samples left out: the model does not know their characters",
        "1 of 9 samples left out: they could not be read",
    ]
    weighted = scored.logits + 0.7 * np.log(PRIOR).round(4).astype(np.float32)
    best, confidences = read_scores(weighted, 0.5, np.array(number_lookalikes(CHARACTERS)))
    paths = [folder / CHARACTERS[label] / "1.png" for label in scored.labels]
    for path, label, confidence in zip(paths, best, confidences, strict=True):
        result = reader.recognize(path)
        assert result.text == CHARACTERS[label]
        assert math.isclose(result.confidence, confidence, rel_tol=1e-4)


def test_a_set_without_known_characters(folder: Path, tmp_path: Path) -> None:
    reader = load(write_tiny_model(tmp_path / "tiny.onnx"))
    other = tmp_path / "other"
    (other / "永").mkdir(parents=True)
    Image.fromarray(255 - to_canvas(STROKES["十"])).save(other / "永" / "1.png")
    with pytest.raises(DataError, match="no sample of the model's 7 characters"):
        score_set(str(other), reader)
