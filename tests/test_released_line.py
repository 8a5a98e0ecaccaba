"""The released line model is whole, reads our own line, and scores what its card says."""

import json
from pathlib import Path

import onnx
import pytest
from conftest import PROJECT_ROOT, RELEASED

import yomite
from yomite.charset import build_charset
from yomite.data.sources import open_source
from yomite.errors import PictureError
from yomite.evaluation.lines import evaluate_lines
from yomite.shipping.line_card import format_line_card

NAME = "yomite-line"
TOLERANCE = 0.01
"""What the error rate may rise above the card; ONNX Runtime rounds differently elsewhere."""


@pytest.fixture(scope="module")
def card() -> dict:
    path = RELEASED / f"{NAME}.json"
    if not path.is_file():
        pytest.skip("no released line model in this checkout (src/yomite/released)")
    return json.loads(path.read_text(encoding="utf-8"))


def test_files_are_as_the_card_says(card: dict) -> None:
    assert card["sizes"] == {name: (RELEASED / name).stat().st_size for name in card["sizes"]}
    assert 0 < card["language_model_size"] <= 5_000_000
    assert card["sizes"][f"{NAME}.onnx"] - card["language_model_size"] <= 10_000_000
    assert sum(card["sizes"].values()) <= 12_000_000
    assert (RELEASED / f"{NAME}.md").read_text(encoding="utf-8") == format_line_card(card)


def test_the_file_describes_itself(card: dict) -> None:
    fields = {entry.key: entry.value for entry in onnx.load(RELEASED / f"{NAME}.onnx").metadata_props}
    assert fields["task"] == "line" and fields["name"] == NAME and fields["license"] == "CC-BY-SA-4.0"
    assert tuple(json.loads(fields["charset"])) == build_charset("line").characters
    assert fields["training_commit"] == card["training"]["commit"] != ""
    assert json.loads(fields["language_weights"])[0] > 0


def test_it_reads_the_example(card: dict) -> None:
    line = yomite.load().read_line(PROJECT_ROOT / "examples" / "line.png")
    assert line.text == "日本語" and line.direction == "horizontal" and not line.is_rejected
    assert [character.text for character in line.characters] == list("日本語")
    lefts = [character.box[0] for character in line.characters]
    assert lefts == sorted(lefts) and line.confidence > 0.8


def test_it_scores_what_the_card_says(card: dict, data_root: Path) -> None:
    for score in card["scores"]:
        reader = yomite.load()
        report = evaluate_lines(
            reader.read_line, open_source(score["data"], data_root), data=score["data"], model=NAME
        )
        assert report.characters.rate <= score["characters"]["rate"] + TOLERANCE
        assert report.calibration.value <= score["calibration"]["value"] + TOLERANCE


def test_blank_paper_is_an_error(card: dict) -> None:
    from PIL import Image

    with pytest.raises(PictureError, match="blank"):
        yomite.load().read_line(Image.new("L", (400, 60), 250))
