"""The picture of the worst confusions."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_model import STROKES

import yomite
from yomite.data.sources import Sample
from yomite.evaluation.report import Confusion, evaluate
from yomite.reports import sheets
from yomite.reports.confusions import TILE_PX, describe_confusions, draw_canvas, write_confusions
from yomite.reports.sheets import GAP_PX, GRAY

BLANK = np.full((20, 20), 255, np.uint8)


def sample(character: str, picture: object = None) -> Sample:
    return Sample(STROKES["十"] if picture is None else picture, character, "", "made here")


def read_as(text: str, confidence: float) -> yomite.Recognition:
    return yomite.Recognition((yomite.Candidate(text, confidence),), confidence, False)


@pytest.mark.parametrize("has_font", [True, False])
def test_confusions_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_font: bool) -> None:
    if not has_font:
        monkeypatch.setattr(sheets, "_load_font", lambda: None)
    samples = [sample("未"), sample("十", BLANK), sample("A")]
    answers = [read_as("末", 0.5), yomite.PictureError("blank"), read_as("B", 0.2)]
    wrong = evaluate(lambda _: answers, samples, data="wrong", model="m")
    right = evaluate(lambda _: [read_as("未", 0.5)], samples[:1], data="right", model="m")
    write_confusions(tmp_path / "new" / "worst.png", [wrong, right])
    pixels = np.asarray(Image.open(tmp_path / "new" / "worst.png"))
    tiles = pixels[pixels.shape[0] // 4 : pixels.shape[0] // 2]
    third = GAP_PX + 3 * (TILE_PX + GAP_PX)
    for column in range(3):
        left = GAP_PX + column * (TILE_PX + GAP_PX)
        assert (tiles[:, left : left + TILE_PX] < 128).any() and (
            tiles[:, left : left + TILE_PX] == 255
        ).any()
    assert (tiles[:, third:] == GRAY).all()  # three tiles, no fourth


def test_labels() -> None:
    confusion = Confusion(sample("末"), "未", 0.5)
    assert describe_confusions([confusion, confusion]) == "末 > 未 x2"
    assert describe_confusions([Confusion(sample("A"), "", 0.0)], "→") == "A → none"


def test_what_cannot_be_read_is_a_cross() -> None:
    cross = draw_canvas([Confusion(sample("十", BLANK), "", 0.0)])
    assert cross.dtype == np.uint8 and (np.diag(cross) == 255).all() and (np.diag(cross[::-1]) == 255).all()
    assert cross.sum() == 255 * 2 * len(cross)
