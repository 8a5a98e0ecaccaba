"""The strip of a line holds its golden outputs, and docs/canvas.md is enough to write it again."""

import base64
import json
import sys
from typing import Any

import numpy as np
import pytest
from conftest import PROJECT_ROOT

from yomite.ink.line_canvas import (
    LINE_CANVAS_VERSION,
    LINE_HEIGHT,
    MARGIN_PX,
    MAX_WIDTH,
    SPREAD,
    to_line_canvas,
)

GOLDEN = [
    json.loads((PROJECT_ROOT / "tests" / "golden" / name).read_text(encoding="utf-8"))
    for name in ("strips.json", "strips_3.json")
]
CASES = [(golden["version"], case) for golden in GOLDEN for case in golden["cases"]]
BRANCHES = {
    2: {"shrunk", "leveled", "light ink", "rulings", "neighbors", "widest"},
    3: {
        "shrunk", "leveled paper", "leveled board", "light ink", "squared", "rulings", "rulings on squares",
        "neighbors", "all hangs in", "widest",
    },
}  # fmt: skip


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


@pytest.mark.parametrize(
    ("version", "case"), CASES, ids=lambda value: str(value) if isinstance(value, int) else value["name"]
)
def test_strip_is_as_written_down(version: int, case: dict) -> None:
    strip = to_line_canvas(decode(case["gray"], case["height"]), version=version)
    expected = decode(case["strip"], LINE_HEIGHT).astype(int)
    assert strip.shape == expected.shape
    assert np.abs(strip - expected).max() <= 2


def test_constants_are_those_of_the_files() -> None:
    assert [golden["version"] for golden in GOLDEN] == [2, LINE_CANVAS_VERSION]
    assert all((golden["height"], golden["spread"]) == (LINE_HEIGHT, SPREAD) for golden in GOLDEN)
    assert (ported_strip.HEIGHT, ported_strip.MARGIN_PX, ported_strip.MAX_WIDTH) == (
        LINE_HEIGHT, MARGIN_PX, MAX_WIDTH,
    )  # fmt: skip


@pytest.mark.parametrize("version", [2, 3])
def test_a_port_from_the_page_agrees_and_the_cases_take_every_branch(version: int) -> None:
    branches: set[str] = set()
    flat = np.full((12, 300), 255, np.uint8)
    flat[5:7, 4:296] = 0
    pictures = [(decode(case["gray"], case["height"]), case["name"]) for of, case in CASES if of == version]
    for gray, name in [*pictures, (flat, "flat")]:
        ported = np.array(ported_strip.to_strip(gray.tolist(), version, branches))
        strip = to_line_canvas(gray, version=version)
        assert ported.shape == strip.shape, name
        assert np.abs(ported - strip).max() <= 2, name
    assert branches == BRANCHES[version]


@pytest.mark.parametrize("version", [2, 3])
def test_golden_files_are_what_their_script_writes(version: int) -> None:
    written = {case["name"]: case for case in load("golden", "draw_strips").build_cases(version)}
    cases = [case for of, case in CASES if of == version]
    assert list(written) == [case["name"] for case in cases]
    for case in cases:
        gray, expected = (decode(one["gray"], case["height"]) for one in (written[case["name"]], case))
        # Another version of Pillow may draw the edges of a line otherwise.
        assert np.abs(gray - expected.astype(int)).mean() < 2, case["name"]
