"""The strip of a line holds its golden outputs, and docs/canvas.md is enough to write it again."""

import base64
import json
import sys
from typing import Any

import numpy as np
import pytest
from conftest import PROJECT_ROOT

from yomite.ink.line_canvas import LINE_HEIGHT, MARGIN_PX, MAX_WIDTH, SPREAD, to_line_canvas

GOLDEN = json.loads((PROJECT_ROOT / "tests" / "golden" / "strips.json").read_text(encoding="utf-8"))
CASES = GOLDEN["cases"]


def load(folder: str, name: str) -> Any:
    import importlib

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PROJECT_ROOT / "tests" / folder)
        try:
            return importlib.import_module(name)
        finally:
            sys.modules.pop(name, None)


ported_strip = load("ink", "ported_strip")


def decode(text: str, height: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, -1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_strip_is_as_written_down(case: dict) -> None:
    strip = to_line_canvas(decode(case["gray"], case["height"]))
    expected = decode(case["strip"], LINE_HEIGHT).astype(int)
    assert strip.shape == expected.shape
    assert np.abs(strip - expected).max() <= 2


def test_constants_are_those_of_the_file() -> None:
    assert (GOLDEN["height"], GOLDEN["spread"]) == (LINE_HEIGHT, SPREAD)
    assert (ported_strip.HEIGHT, ported_strip.MARGIN_PX, ported_strip.MAX_WIDTH) == (
        LINE_HEIGHT, MARGIN_PX, MAX_WIDTH,
    )  # fmt: skip


def test_a_port_from_the_page_agrees_and_the_cases_take_every_branch() -> None:
    branches: set[str] = set()
    flat = np.full((12, 300), 255, np.uint8)
    flat[5:7, 4:296] = 0
    pictures = [(decode(case["gray"], case["height"]), case["name"]) for case in CASES]
    for gray, name in [*pictures, (flat, "flat")]:
        ported = np.array(ported_strip.to_strip(gray.tolist(), branches))
        strip = to_line_canvas(gray)
        assert ported.shape == strip.shape, name
        assert np.abs(ported - strip).max() <= 2, name
    assert branches == {"shrunk", "leveled", "light ink", "rulings", "neighbors", "widest"}


def test_golden_file_is_what_its_script_writes() -> None:
    written = {case["name"]: case for case in load("golden", "draw_strips").build_cases()}
    assert list(written) == [case["name"] for case in CASES]
    for case in CASES:
        gray, expected = (decode(one["gray"], case["height"]) for one in (written[case["name"]], case))
        # Another version of Pillow may draw the edges of a line otherwise.
        assert np.abs(gray - expected.astype(int)).mean() < 2, case["name"]
