"""What `yomite render` draws: one writer a seed, characters in their places, the sheet in its order."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')

from drawings import DRAWINGS
from PIL import Image
from typer.testing import CliRunner

from yomite.apps.cli import app
from yomite.errors import DataError, YomiteError
from yomite.ink.hand import NAMED_HANDS, build_hand
from yomite.ink.kanjivg import KANJIVG_FILE
from yomite.ink.pen import PEN_NAMES, build_pen
from yomite.ink.render import render_character, render_glyph, render_sheet
from yomite.ink.strokes import Glyph

DRAWN = {"永": "ei", "日": "hi", "木": "ki"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose KanjiVG holds three drawings of our own, and a comma."""
    root = tmp_path_factory.mktemp("data")
    (root / KANJIVG_FILE).parent.mkdir()
    with zipfile.ZipFile(root / KANJIVG_FILE, "w") as archive:
        strokes = {character: DRAWINGS[name] for character, name in DRAWN.items()} | {
            "、": [[[15, 80], [25, 92]]]
        }
        for character, drawing in strokes.items():
            paths = "".join(
                '<path d="M' + "L".join(f"{x * 1.09},{y * 1.09}" for x, y in stroke) + '"/>'
                for stroke in drawing
            )
            svg = f'<svg xmlns="http://www.w3.org/2000/svg"><g><g>{paths}</g></g></svg>'
            archive.writestr(f"kanji/{ord(character):05x}.svg", svg)
        archive.writestr("kanji/04e00.svg", "broken: it must not be opened")
    return root


def find_ink(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dark = picture < int(picture.max()) - 60
    return np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))


@pytest.mark.parametrize("size_px", [16, 96, 256])
@pytest.mark.parametrize("pen", PEN_NAMES)
def test_every_pen_draws_a_square_of_any_size(root: Path, pen: str, size_px: int) -> None:
    for hand in NAMED_HANDS:
        picture = render_character("永", hand=hand, pen=pen, size_px=size_px, seed=3, data_root=root)
        assert picture.shape == (size_px, size_px) and picture.dtype == np.uint8
        assert np.ptp(picture) > 25


def test_same_seed_same_picture_and_other_seed_another(root: Path) -> None:
    one, again, other = (render_character("永", seed=seed, data_root=root) for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_characters_keep_place_and_size(root: Path) -> None:
    """A printed comma is small and lies in the lower left, dark on light."""
    comma = render_character("、", hand="print", pen="touch", data_root=root)
    rows, columns = find_ink(comma)
    assert rows.min() > 128 and columns.max() < 128 and len(rows) < 70 and len(columns) < 70
    rows, columns = find_ink(render_character("日", hand="print", pen="touch", data_root=root))
    assert 150 < len(rows) < 240 and abs(rows.mean() - 128) < 15 and abs(columns.mean() - 128) < 15


def test_width_of_the_line_agrees_between_characters() -> None:
    """A short stroke is as thick as a long one, as long as it is not as thick as long."""
    pen = build_pen("ballpoint", seed=0)
    hand = build_hand("print")
    thick = []
    for length in (0.15, 0.8):
        stroke = np.array([[0.5 - length / 2, 0.5], [0.5 + length / 2, 0.5]], np.float32)
        picture = render_glyph(Glyph("一", (stroke,), (0,)), hand, pen, 256, 0)
        thick.append((picture[:, 128] < int(picture.max()) - 60).sum())
    assert thick[0] == pytest.approx(thick[1], abs=3)


def test_a_hand_beyond_the_square_is_drawn_smaller() -> None:
    stroke = np.array([[-0.8, -0.8], [1.8, 1.8], [1.8, -0.8]], np.float32)
    picture = render_glyph(Glyph("?", (stroke,), (0,)), build_hand("print"), build_pen("brush"), 64, 0)
    rows, columns = find_ink(picture)
    assert len(rows) > 45 and rows.min() >= 0 and columns.max() <= 63


def test_sheet_has_a_row_a_hand_and_a_column_a_pen(root: Path) -> None:
    sheet = render_sheet("永日", size_px=48, seed=5, data_root=root)
    assert sheet.shape == (48 * len(NAMED_HANDS), 48 * 2 * len(PEN_NAMES))
    tile = render_character("日", hand="hasty", pen="pencil", size_px=48, seed=5, data_root=root)
    row, column = list(NAMED_HANDS).index("hasty"), 2 * PEN_NAMES.index("pencil") + 1
    assert np.array_equal(sheet[48 * row :, 48 * column :][:48, :48], tile)


def test_what_cannot_be_drawn_is_told(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"does not draw '水' \(U\+6C34\)"):
        render_character("水", data_root=root)
    with pytest.raises(DataError, match="is not there; put KanjiVG"):
        render_character("永", data_root=tmp_path)
    with pytest.raises(YomiteError, match="unknown pen"):
        render_character("永", pen="quill", data_root=root)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["render", *arguments])
    return result.exit_code, result.output


def test_command_draws_a_text_by_one_writer(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "text.png"
    options = [
        "--hand",
        "hasty",
        "--pen",
        "brush",
        "--size-px",
        "64",
        "--seed",
        "2",
        "--data-root",
        str(root),
    ]
    assert run("永日", *options, "--out", str(out)) == (0, f"{out}\n")
    expected = [
        render_character(character, hand="hasty", pen="brush", size_px=64, seed=2, data_root=root)
        for character in "永日"
    ]
    assert np.array_equal(np.asarray(Image.open(out)), np.hstack(expected))
    assert run("永", "--sheet", "--size-px", "32", "--data-root", str(root), "--out", str(out))[0] == 0
    assert Image.open(out).size == (32 * len(PEN_NAMES), 32 * len(NAMED_HANDS))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["水"], "does not draw '水'"),
        ([""], "TEXT is empty"),
        (["永", "--hand", "hurried"], "unknown hand 'hurried'"),
        (["永", "--out", "ei.txt"], "is no picture format"),
        (["永", "--data-root", "/nowhere"], "/nowhere is not there"),
    ],
)
def test_command_ends_with_one_line_and_2(
    root: Path, tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    defaults = ["--data-root", str(root), "--out", str(tmp_path / "a.png")]
    code, output = run(*defaults, *arguments)
    assert code == 2 and complaint in output and len(output.splitlines()) == 1


def test_real_kanjivg(data_root: Path) -> None:
    assert render_character("鬱", hand="running", pen="brush", data_root=data_root).shape == (256, 256)
