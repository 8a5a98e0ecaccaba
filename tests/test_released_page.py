"""The released page model is whole, finds the lines of our own page, and scores what its card says."""

import json

import numpy as np
import onnx
import pytest
from conftest import PROJECT_ROOT, RELEASED
from PIL import Image, ImageDraw

import yomite
from yomite.data.sources import open_source
from yomite.evaluation.pages import evaluate_pages
from yomite.shipping.page_card import format_page_card

NAME = "yomite-page"
TOLERANCE = 0.03
"""What figures may be worse than on the card; ONNX Runtime rounds differently elsewhere."""


@pytest.fixture(scope="module")
def card() -> dict:
    path = RELEASED / f"{NAME}.json"
    if not path.is_file():
        pytest.skip("no released page model in this checkout (src/yomite/released)")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reader(card: dict) -> yomite.Recognizer:
    return yomite.load()


def test_files_are_as_the_card_says(card: dict) -> None:
    assert card["sizes"] == {name: (RELEASED / name).stat().st_size for name in card["sizes"]}
    assert card["sizes"][f"{NAME}.onnx"] <= 5_000_000
    assert (RELEASED / f"{NAME}.md").read_text(encoding="utf-8") == format_page_card(card)


def test_the_file_describes_itself(card: dict) -> None:
    fields = {entry.key: entry.value for entry in onnx.load(RELEASED / f"{NAME}.onnx").metadata_props}
    assert fields["task"] == "page" and fields["name"] == NAME and fields["license"] == "CC-BY-SA-4.0"
    assert fields["canvas_version"] == "1"


@pytest.mark.parametrize("turn", range(4))
def test_our_own_page_is_read_however_it_is_turned(reader: yomite.Recognizer, turn: int) -> None:
    with Image.open(PROJECT_ROOT / "examples" / "page.png") as picture:
        given = np.rot90(np.asarray(picture.convert("L")), turn)
    page = reader.read(np.ascontiguousarray(given))
    assert page.text == "日本語\n山川水木\n猫か" and page.turn == 90 * turn


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_its_size_does_not_matter(reader: yomite.Recognizer, scale: float) -> None:
    with Image.open(PROJECT_ROOT / "examples" / "page.png") as picture:
        size = round(picture.width * scale), round(picture.height * scale)
        page = reader.read(picture.convert("L").resize(size))
    assert len(page.lines) == 3 and page.lines[0].text == "日本語"
    box = page.lines[0].characters[0].box
    assert abs(0.5 * (box[0] + box[2]) / scale - 88) < 12 and abs(0.5 * (box[1] + box[3]) / scale - 97) < 12


def draw_nothing(kind: str) -> np.ndarray:
    rng = np.random.default_rng(1)
    if kind == "blank":
        return np.full((800, 600), 250, np.uint8)
    if kind == "clouds":
        layers = [Image.fromarray(rng.normal(size=(s, s)).astype(np.float32)) for s in (4, 9, 20, 45)]
        field = sum(np.asarray(layer.resize((900, 700), Image.Resampling.BICUBIC)) for layer in layers)
        return (255 * (field - field.min()) / np.ptp(field)).astype(np.uint8)  # type: ignore[union-attr]
    if kind == "noise":
        coarse = Image.fromarray(rng.integers(0, 256, (225, 300)).astype(np.uint8))
        return np.asarray(coarse.resize((1200, 900), Image.Resampling.BICUBIC))
    grass = Image.new("L", (900, 700), 120)
    pencil = ImageDraw.Draw(grass)
    for x, y, lean, height in rng.random((4000, 4)).tolist():
        ends = (900 * x, 700 * y, 900 * x + 24 * lean - 12, 700 * y - 30 * height)
        pencil.line(ends, fill=int(40 + 180 * lean), width=1 + int(3 * height))
    return np.asarray(grass)


@pytest.mark.parametrize("kind", ["blank", "clouds", "noise", "grass"])
def test_no_text_is_invented(reader: yomite.Recognizer, kind: str) -> None:
    calls: list[int] = []
    page = reader.read(draw_nothing(kind), progress=lambda done, total: calls.append(done))
    assert page.text == "" and len(calls) <= 24  # and it is given up soon


def test_a_hundred_megapixels_are_read(reader: yomite.Recognizer) -> None:
    page = np.full((10_000, 10_000), 255, np.uint8)
    page[5_000:5_100, 2_000:8_000] = 0
    assert reader.read(page).size == (10_000, 10_000)


def test_scores_are_those_of_the_card(card: dict, reader: yomite.Recognizer, data_root) -> None:
    (score,) = card["scores"]
    report = evaluate_pages(reader.read, open_source(score["data"], data_root), data="x", model="x").to_json()
    found, errors = report["lines"]["all"]["recall"], report["whole"]["all"]["end_to_end"]
    assert found["value"] >= score["lines"]["all"]["recall"]["value"] - TOLERANCE
    assert errors["rate"] <= score["whole"]["all"]["end_to_end"]["rate"] + TOLERANCE
