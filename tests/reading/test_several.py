"""Several characters where one is due, told by a hint."""

import numpy as np
import pytest
from drawings import DRAWINGS, draw_page
from typer.testing import CliRunner

import yomite
from yomite.apps.cli import app
from yomite.reading.several import is_one_stroke, seems_several


@pytest.mark.parametrize("names", [("hi", "hon", "go"), ("yama", "kawa", "ki", "mizu")])
@pytest.mark.parametrize("is_vertical", [False, True])
def test_a_row_of_characters_gets_the_hint(names: tuple[str, ...], is_vertical: bool) -> None:
    row = np.concatenate([draw_page(name) for name in names], axis=0 if is_vertical else 1)
    result = yomite.load().recognize(row)
    assert result.is_rejected and result.seems_several
    assert result.to_dict()["seems_several"] is True


@pytest.mark.parametrize("name", DRAWINGS)
def test_one_character_gets_none(name: str) -> None:
    assert not yomite.load().recognize(draw_page(name)).seems_several


def test_a_long_stroke_is_not_several() -> None:
    canvas = np.zeros((48, 48), np.uint8)
    assert not seems_several(canvas)
    canvas[22:26, 3:45] = 255
    assert not seems_several(canvas)
    canvas[12:36, 3:45] = 0
    canvas[16:32, 4:14] = canvas[16:32, 20:30] = canvas[16:32, 36:44] = 255
    canvas[20:28, 7:11] = canvas[20:28, 23:27] = canvas[20:28, 38:42] = 0
    assert seems_several(canvas) and seems_several(canvas.T)


def test_strokes_far_apart_are_not_one() -> None:
    ink = np.zeros((20, 100), bool)
    ink[8:12] = True
    assert is_one_stroke(ink)
    ink[:, 30:40] = False  # a pen that skips
    assert is_one_stroke(ink)
    ink[:, 5::10] = ink[:, 6::10] = ink[:, 7::10] = ink[:, 8::10] = False
    assert not is_one_stroke(ink)


def test_the_command_line_says_how_to_read_it(tmp_path) -> None:
    from PIL import Image

    path = tmp_path / "row.png"
    Image.fromarray(np.concatenate([draw_page(name) for name in ("hi", "hon", "go")], axis=1)).save(path)
    output = CliRunner().invoke(app, ["recognize", str(path)]).output
    assert "(rejected: probably several characters; type yomite read --line FILE)" in output
