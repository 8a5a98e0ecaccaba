"""Version 2 of the canvas: rulings vanish, strokes do not; its golden outputs."""

import base64
import importlib.util
import json

import numpy as np
import pytest
from conftest import PROJECT_ROOT
from drawings import DRAWINGS, crop_ink, draw_page

from yomite.ink.canvas import INK_SHARES, to_canvas
from yomite.ink.pictures import read_gray

GOLDEN = PROJECT_ROOT / "tests" / "golden"
CASES = {case["name"]: case for case in json.loads((GOLDEN / "canvas_2.json").read_text("utf-8"))["cases"]}
RULED = ("notebook", "two thick lines beside", "squared", "frame", "dashed", "slanting line", "shadow")


def decode(case: dict, field: str) -> np.ndarray:
    shape = (48, 48) if field == "canvas" else (case["height"], case["width"], -1)
    picture = np.frombuffer(base64.b64decode(case[field]), np.uint8).reshape(shape)
    return picture[..., 0] if field == "gray" else picture


def read_input(name: str) -> np.ndarray:
    case = CASES[name]
    return decode(case, "rgb" if "rgb" in case else "gray")


@pytest.mark.parametrize("name", CASES)
def test_canvas_is_as_written_down(name: str) -> None:
    canvas = to_canvas(read_input(name), version=2).astype(int)
    assert np.abs(canvas - decode(CASES[name], "canvas")).max() <= 2


def test_golden_file_is_what_its_script_writes() -> None:
    spec = importlib.util.spec_from_file_location("draw_canvas", GOLDEN / "draw_canvas.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = {case["name"]: case for case in module.build_paper_cases()}
    assert list(written) == list(CASES)
    for name, case in written.items():
        field = "rgb" if "rgb" in case else "gray"
        # Another version of Pillow may draw the edges of a line otherwise.
        assert np.abs(decode(case, field).astype(int) - read_input(name)).mean() < 2, name


@pytest.mark.parametrize("name", [*RULED, "red ruling, black ink"])
def test_what_is_printed_vanishes(name: str) -> None:
    bare = to_canvas(read_input("bare"), version=1).astype(int)
    away = [np.abs(to_canvas(read_input(name), version=version) - bare).mean() for version in (1, 2)]
    assert away[1] < 8 < 20 < away[0]


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_bare_paper_is_seen_as_in_version_1(drawing: str) -> None:
    # Cropped tight, strokes run from rim to rim as rulings do.
    for page in (draw_page(drawing, 120, 5), crop_ink(draw_page(drawing, 120, 5))):
        one, two = (to_canvas(page, version=version).astype(int) for version in (1, 2))
        assert np.abs(one - two).mean() < 3
    np.testing.assert_array_equal(to_canvas(DRAWINGS[drawing]), to_canvas(DRAWINGS[drawing], version=2))


def test_a_box_around_nothing_stays() -> None:
    page = np.full((120, 120), 255, np.uint8)
    page[10:14, 10:110] = page[106:110, 10:110] = 0
    page[10:110, 10:14] = page[10:110, 106:110] = 0
    np.testing.assert_array_equal(to_canvas(page), to_canvas(page, version=2))


@pytest.mark.parametrize(("ink_share", "vanishes"), [(0.0, False), (0.005, False), (0.001, True)])
def test_a_red_box_vanishes_around_little_ink_from_version_4_on(ink_share: float, vanishes: bool) -> None:
    page = np.full((240, 240, 3), 255, np.uint8)
    for ruling in (page[8:11, 8:-8], page[-11:-8, 8:-8], page[8:-8, 8:11], page[8:-8, -11:-8]):
        ruling[:] = (214, 74, 70)
    page[100:122, 120] = page[110, 110:132] = 0
    gray = read_gray(page, ink_share=ink_share)
    assert ink_share in (INK_SHARES[0], INK_SHARES[2], INK_SHARES[3])
    assert (gray[9].min() > 200) == vanishes and gray[110, 115] == 0
