import pickle
from pathlib import Path

import numpy as np
import pytest
from tiny_ink import build_ink_model
from tiny_model import write_tiny_model

import yomite
from yomite.errors import ModelFileError
from yomite.ink.ink_view import VIEW_SIZE
from yomite.reading.ink_file import LazyInkFinder, open_ink_file


def draw_page(ruling: int = 255) -> np.ndarray:
    page = np.full((140, 140), 255, np.uint8)
    page[40:100, 68:73] = page[68:73, 40:100] = 0
    page[[8, 132]] = page[:, [8, 132]] = ruling
    return page


@pytest.fixture
def ink_path(tmp_path: Path) -> Path:
    path = tmp_path / "ink.onnx"
    path.write_bytes(build_ink_model())
    return path


@pytest.mark.parametrize("version", [3, 4])
def test_a_reader_with_a_finder_does_not_see_the_paper(ink_path: Path, tmp_path: Path, version: int) -> None:
    path = write_tiny_model(tmp_path / "m.onnx", canvas_version=str(version))
    reader = yomite.load(path, ink=ink_path)
    bare, framed = reader.to_canvas(draw_page()), reader.to_canvas(draw_page(90))
    assert reader.canvas_version == version and np.abs(bare.astype(int) - framed).max() <= 40
    assert reader.recognize(draw_page(90)).text == reader.recognize(draw_page()).text
    again = pickle.loads(pickle.dumps(reader))
    assert np.array_equal(again.to_canvas(draw_page(90)), framed)


def test_no_finder_is_opened_for_strokes_or_older_canvases(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.onnx"
    new = yomite.load(write_tiny_model(tmp_path / "3.onnx", canvas_version="3"), ink=nowhere)
    new.recognize([[(0, 0), (9, 9)]])
    old = yomite.load(write_tiny_model(tmp_path / "2.onnx", canvas_version="2"), ink=nowhere)
    old.recognize(draw_page(90))
    with pytest.raises(ModelFileError, match=r"nowhere\.onnx: no such file"):
        new.recognize(draw_page())


def test_an_installation_without_a_finder_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yomite.reading.ink_file.released_models", dict)
    with pytest.raises(ModelFileError, match="no ink finder"):
        LazyInkFinder()(np.zeros((VIEW_SIZE, VIEW_SIZE), np.uint8))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (build_ink_model(task="page"), "task"),
        (build_ink_model(size=32), "cannot be run on a view"),
        (b"no file", "no ONNX file"),
    ],
)
def test_a_file_that_does_not_do_is_one_line(content: bytes, says: str) -> None:
    with pytest.raises(ModelFileError, match=says) as caught:
        open_ink_file(content)
    assert "\n" not in str(caught.value)
