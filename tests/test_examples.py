"""The examples do what they say: the pictures are the drawings, and the released model reads them."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
DRAWINGS: dict[str, dict[str, Any]] = json.loads((EXAMPLES / "drawings.json").read_text(encoding="utf-8"))
# As taught in school, and counted by hand, not from drawings.json.
NUM_STROKES = dict(zip("永あア木日本語猫山川水か", (5, 3, 2, 4, 4, 5, 14, 11, 3, 3, 4, 3), strict=True))


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawing_has_the_strokes_of_its_character(name: str) -> None:
    drawing = DRAWINGS[name]
    assert len(drawing["strokes"]) == NUM_STROKES[drawing["character"]]
    points = np.concatenate([np.array(stroke) for stroke in drawing["strokes"]])
    assert points.min() >= 0
    assert points.max() <= 100


def test_committed_pictures_are_the_drawings(tmp_path: Path) -> None:
    runpy.run_path(str(EXAMPLES / "draw_examples.py"))["main"](tmp_path)
    assert {path.name for path in EXAMPLES.glob("*.png")} == {
        f"{name}.png" for name in (*DRAWINGS, "line", "page")
    }
    for path in tmp_path.glob("*.png"):
        drawn, committed = Image.open(path), Image.open(EXAMPLES / path.name)
        assert (drawn.mode, drawn.size) == (committed.mode, committed.size), path.name
        difference = np.abs(np.asarray(drawn, dtype=float) - np.asarray(committed, dtype=float))
        assert difference.mean() < 1.0, path.name  # Pillow versions may round an edge differently


@pytest.mark.parametrize("prior", ["text", "uniform"])
def test_released_model_reads_every_picture_and_drawing(released_model: Path, prior: str) -> None:
    import yomite
    from yomite.charset import are_lookalikes

    reader = yomite.load(prior=prior)
    for name, drawing in DRAWINGS.items():
        for picture in (EXAMPLES / f"{name}.png", drawing["strokes"]):
            read = reader.recognize(picture).text
            assert are_lookalikes(read, drawing["character"]), f"{name} was read as {read}"


def test_recognize_strokes_prints_the_character(released_model: Path, tmp_path: Path) -> None:
    script = EXAMPLES / "recognize_strokes.py"
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("川 [('川', ")
