"""Fonts, a tiny one made here among them, and the bending of drawn ink."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from yomite.errors import DataError
from yomite.ink.fonts import MASK_SIZE, bend_ink, read_font
from yomite.ink.hand import HABIT_NAMES, build_hand
from yomite.ink.writing import seed_stream


@pytest.fixture(scope="module")
def font(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draws 口 as a wide bar; claims 二, whose outline is empty; has no 三."""
    pen = TTGlyphPen(None)
    blank = pen.glyph()
    for index, point in enumerate([(100, 300), (100, 500), (900, 500), (900, 300)]):
        (pen.lineTo if index else pen.moveTo)(point)
    pen.closePath()
    glyphs = {".notdef": blank, "bar": pen.glyph(), "blank": blank}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord("口"): "bar", ord("二"): "blank"})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Bar", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    path = tmp_path_factory.mktemp("font") / "bar.ttf"
    builder.save(path)
    return path


def test_only_what_a_font_really_draws_is_read(font: Path) -> None:
    ((character, mask),) = read_font(font, "口二三")
    assert character == "口" and mask.shape == (MASK_SIZE, MASK_SIZE) and mask.dtype == np.uint8
    assert np.array_equal(next(read_font(font, ["口"]))[1], mask)


def test_glyph_is_centered_with_its_proportions(font: Path) -> None:
    mask = next(read_font(font, "口"))[1].astype(float)
    down, across = np.mgrid[:MASK_SIZE, :MASK_SIZE] + 0.5
    assert (mask * down).sum() / mask.sum() == pytest.approx(MASK_SIZE / 2, abs=1)
    assert (mask * across).sum() / mask.sum() == pytest.approx(MASK_SIZE / 2, abs=1)
    rows, columns = (np.flatnonzero((mask > 127).any(axis=axis)) for axis in (1, 0))
    assert len(columns) / len(rows) == pytest.approx(4, rel=0.15)  # 800 x 200 units


def test_missing_and_broken_fonts_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not there"):
        list(read_font(tmp_path / "none.ttf", "口"))
    broken = tmp_path / "broken.ttf"
    for content in (b"", b"no font at all", b"\0\1\0\0" + bytes(40)):
        broken.write_bytes(content)
        with pytest.raises(DataError, match="cannot be read"):
            list(read_font(broken, "口"))


def bend(ink: np.ndarray, length_px: float = 64.0, threshold: float = 0.0, **habits: float) -> np.ndarray:
    values = build_hand("print").habits.copy()
    for name, value in habits.items():
        values[HABIT_NAMES.index(name)] = value
    seed_stream(0)
    return bend_ink(ink, values, length_px, threshold, 4.0)


@pytest.fixture
def cross() -> np.ndarray:
    ink = np.zeros((64, 64), np.uint8)
    ink[28:36, 8:56] = ink[8:56, 28:36] = 255
    return ink


def lean(ink: np.ndarray) -> float:
    """dx over dy of the upright's middle line, from its upper to its lower end."""
    across = np.arange(ink.shape[1])
    middles = [(row * across).sum() / row.sum() for row in ink if row.sum() > 2]
    upper, lower = middles[2:10], middles[-10:-2]
    return float((np.mean(lower) - np.mean(upper)) / (len(middles) - 12))


def test_habits_bend_the_plane(cross: np.ndarray) -> None:
    plain = bend(cross)
    assert plain.dtype == np.float32 and plain.min() >= 0 and plain.max() <= 1
    assert plain.sum() == pytest.approx(cross.sum() / 255, rel=0.05)
    assert abs(lean(plain)) < 0.05
    assert lean(bend(cross, slant=0.3)) == pytest.approx(-0.3, abs=0.08)
    higher = bend(cross, aspect=0.4)
    rows, columns = (np.flatnonzero((higher > 0.5).any(axis=axis)) for axis in (1, 0))
    assert len(rows) / len(columns) == pytest.approx(np.exp(0.4), rel=0.06)


def test_length_and_threshold(cross: np.ndarray) -> None:
    assert bend(cross, 128.0).sum() == pytest.approx(4 * bend(cross).sum(), rel=0.05)
    soft = (np.minimum(np.hypot(*np.mgrid[-32:32, -32:32]), 32) * -8 + 255).clip(0, 255).astype(np.uint8)
    assert bend(soft, threshold=0.25).sum() > 1.3 * bend(soft, threshold=0.65).sum()


@pytest.mark.parametrize("name", ["KleeOne-Regular.otf", "Yomogi-Regular.ttf"])
def test_handwriting_fonts_draw_distinct_kanji(name: str, data_root: Path) -> None:
    path = data_root / "fonts" / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    masks = dict(read_font(path, "永日あア〆"))
    assert set(masks) >= set("永日あア")
    assert len({mask.tobytes() for mask in masks.values()}) == len(masks)
    assert all(mask.max() > 128 for mask in masks.values())
