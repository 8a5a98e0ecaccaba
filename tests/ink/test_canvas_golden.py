"""The canvas holds its golden outputs, and docs/canvas.md is enough to write it again."""

import base64
import importlib.util
import json
import random
from typing import Any

import numpy as np
import pytest
from conftest import PROJECT_ROOT

from yomite.ink.canvas import CANVAS_SIZE, MARGIN, WORK_SIZE, to_canvas

GOLDEN = json.loads((PROJECT_ROOT / "tests" / "golden" / "canvas.json").read_text(encoding="utf-8"))
CASES = GOLDEN["cases"]
GRAY_CASES = [case for case in CASES if "gray" in case]


def load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("loaded", PROJECT_ROOT / "tests" / path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ported_canvas = load("ink/ported_canvas.py")


def decode(text: str, height: int, width: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width)


def read_input(case: dict) -> Any:
    return case["strokes"] if "strokes" in case else decode(case["gray"], case["height"], case["width"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_canvas_is_as_written_down(case: dict) -> None:
    expected = decode(case["canvas"], 48, 48).astype(int)
    difference = np.abs(to_canvas(read_input(case)) - expected)
    # Pillow's line drawing may change between its versions.
    assert difference.mean() <= 4 if "strokes" in case else difference.max() <= 2


def test_constants_are_those_of_the_file() -> None:
    assert (GOLDEN["size"], GOLDEN["margin"]) == (CANVAS_SIZE, MARGIN) == (48, 0.06)
    assert WORK_SIZE == ported_canvas.WORK_SIZE


def test_a_port_from_the_page_agrees_and_the_cases_take_every_branch() -> None:
    branches: set[str] = set()
    for case in GRAY_CASES:
        ported = ported_canvas.to_canvas(read_input(case).tolist(), branches)
        difference = np.abs(np.array(ported) - decode(case["canvas"], 48, 48))
        assert difference.max() <= 2, case["name"]
    assert branches == {
        "dark ink", "light ink", "leveled", "leveling undone", "noise", "crowded", "shrunk", "closer look",
    }  # fmt: skip


def test_a_port_from_the_page_agrees_on_random_pictures() -> None:
    rng = random.Random(0)
    for _ in range(12):
        height, width, low = rng.randint(4, 40), rng.randint(4, 40), rng.randint(0, 255)
        gray = [[rng.randint(min(low, 200), 255) for _ in range(width)] for _ in range(height)]
        row = rng.randrange(height)
        gray[row] = [rng.randint(0, 60) for _ in range(width)]
        ported = ported_canvas.to_canvas(gray, set())
        if ported is not None:
            ours = to_canvas(np.array(gray, np.uint8))
            # A pixel on the edge of a box, or a level on the edge of a threshold, may fall to the other side.
            assert np.abs(ours - np.array(ported)).mean() < 0.5


def test_golden_file_is_what_its_script_writes() -> None:
    written = {case["name"]: case for case in load("golden/draw_canvas.py").build_cases()}
    assert list(written) == [case["name"] for case in CASES]
    for case in GRAY_CASES:
        gray = read_input(written[case["name"]])
        # Another version of Pillow may draw the edges of a line otherwise.
        assert np.abs(gray - read_input(case).astype(int)).mean() < 2, case["name"]
