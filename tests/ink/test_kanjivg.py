"""The SVG path reader against De Casteljau's construction, and files that are not what they seem."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yomite.errors import DataError
from yomite.ink.kanjivg import (
    KANJIVG_FILE,
    POINTS_PER_CURVE,
    Structure,
    read_kanjivg,
    read_kanjivg_archive,
    read_kanjivg_character,
    read_path,
    read_structures,
    read_tegaki,
)

Point = tuple[float, float]

# Two strokes in two components, one outside of both; shapes of our own.
SVG = """<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="109" height="109" viewBox="0 0 109 109">
<g id="kvg:StrokePaths_00000"><g id="kvg:00000">
  <g id="left"><g id="inner"><path d="M10,10c0,10,0,20,0,30"/></g><path d="M20,10L20,90"/></g>
  <path d="M50,54.5h"/>
  <g id="right"><path d="M54.5,109L109,0"/></g>
</g></g>
<g id="kvg:StrokeNumbers_00000"><text transform="matrix(1 0 0 1 36.75 13.50)">1</text></g>
</svg>"""
GOOD_SVG = SVG.replace('M50,54.5h"', 'M50,54.5l10,0"')

TEGAKI = """<?xml version="1.0" encoding="UTF-8"?>
<character><utf8>十</utf8><width>200</width><height>400</height><strokes>
<stroke><point x="20" y="200" timestamp="0"/><point x="180" y="200"/></stroke>
<stroke></stroke>
<stroke><point x="100" y="40"/><point x="100" y="360"/></stroke>
</strokes></character>"""


def mix(a: Point, b: Point, t: float) -> Point:
    return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)


def cast_curve(start: Point, first: Point, second: Point, end: Point) -> list[Point]:
    """De Casteljau: lines between lines, no polynomial; the start itself is left out."""
    points = []
    for step in range(1, POINTS_PER_CURVE):
        t = step / (POINTS_PER_CURVE - 1)
        a, b, c = mix(start, first, t), mix(first, second, t), mix(second, end, t)
        points.append(mix(mix(a, b, t), mix(b, c, t), t))
    return points


def test_absolute_curve() -> None:
    expected = [(10, 20), *cast_curve((10, 20), (30, 40), (50, 0), (60.5, 70))]
    assert read_path("M10,20 C30,40 50,0 60.5,70") == pytest.approx(np.array(expected), abs=1e-4)


@pytest.mark.parametrize(
    ("relative", "absolute"),
    [
        ("M10,20c20,20,40-20,50.5,50", "M10,20C30,40,50,0,60.5,70"),
        ("m10,20c1,2,3,4,5,6", "M10,20C11,22,13,24,15,26"),
        ("M10,20c1,2,3,4,5,6,1,1,2,2,3,0", "M10,20C11,22,13,24,15,26C16,27,17,28,18,26"),
        ("M10,20c1,2,3,4,5,6s3,3,4,4", "M10,20C11,22,13,24,15,26S18,29,19,30"),
        ("M10,20l5,5l-5,0", "M10,20L15,25L10,25"),
        ("m10,20,5,5-5,0", "M10,20L15,25L10,25"),
        ("M10,20,15,25", "M10,20L15,25"),
        ("M10 20l.5.5", "M10,20L10.5,20.5"),
        ("M1e1,2E+1l5e-1-5e-1", "M10,20L10.5,19.5"),
        ("M10,20l1,1m4,4l1,1", "M10,20L11,21M15,25L16,26"),
    ],
)
def test_relative_is_absolute(relative: str, absolute: str) -> None:
    assert read_path(relative) == pytest.approx(read_path(absolute), abs=1e-4)


def test_smooth_curve_mirrors_the_last_control_point() -> None:
    first = cast_curve((0, 0), (10, 0), (20, 10), (30, 30))
    second = cast_curve((30, 30), (40, 50), (60, 60), (70, 40))
    expected = np.array([(0, 0), *first, *second])
    assert read_path("M0,0C10,0,20,10,30,30S60,60,70,40") == pytest.approx(expected, abs=1e-4)
    assert read_path("M0,0c10,0,20,10,30,30s30,30,40,10") == pytest.approx(expected, abs=1e-4)


def test_smooth_curve_behind_a_line_starts_where_it_stands() -> None:
    expected = [(0, 0), (10, 10), *cast_curve((10, 10), (10, 10), (20, 0), (30, 10))]
    assert read_path("M0,0L10,10S20,0,30,10") == pytest.approx(np.array(expected), abs=1e-4)


NUMBERS = st.integers(-1099, 1099).map(lambda tenths: tenths / 10)
POINTS = st.tuples(NUMBERS, NUMBERS)


@given(POINTS, st.lists(st.tuples(POINTS, POINTS, POINTS), min_size=1, max_size=4), st.sampled_from(" ,"))
def test_any_chain_of_curves_in_both_spellings(
    start: Point, curves: list[tuple[Point, Point, Point]], comma: str
) -> None:
    expected, here = [start], start
    absolute = relative = f"M{start[0]}{comma}{start[1]}"
    for points in curves:
        expected += cast_curve(here, *points)
        absolute += "C" + " ".join(f"{x}{comma}{y}" for x, y in points)
        # Numbers may stand without anything between them if a sign tells them apart.
        relative += "c" + "".join(f"{x - here[0]:+.1f}{y - here[1]:+.1f}" for x, y in points)
        here = points[-1]
    assert read_path(absolute) == pytest.approx(np.array(expected), abs=1e-3)
    assert read_path(relative) == pytest.approx(np.array(expected), abs=1e-3)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "  ",
        "M10",
        "10,20",
        "C1,2,3,4,5,6",
        "M1,2C3,4,5",
        "M1,2h5",
        "M1,2a1,1,0,0,0,5,5",
        "M1,2z",
        "M1,x",
        "Mnan,1",
        "M1,1e999",
    ],
)
def test_broken_path_is_an_error(path: str) -> None:
    with pytest.raises(DataError, match="SVG path"):
        read_path(path)


@given(st.text("MmCcSsLlZz0123456789.,-+eE ", max_size=30))
def test_any_text_gives_points_or_an_error(path: str) -> None:
    try:
        points = read_path(path)
    except DataError:
        return
    assert points.ndim == 2 and points.shape[1] == 2 and len(points) and np.isfinite(points).all()


def test_strokes_and_components_of_an_svg() -> None:
    glyph = read_kanjivg(GOOD_SVG, "木", "Kaisho")
    assert (glyph.character, glyph.variant, len(glyph.strokes)) == ("木", "Kaisho", 4)
    assert glyph.strokes[3] == pytest.approx(np.array([[0.5, 1.0], [1.0, 0.0]]))
    left, left_too, alone, right = glyph.components
    assert left == left_too and len({left, alone, right}) == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not well-formed"),
        ("<svg", "not well-formed"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "no strokes"),
        (SVG.replace("path", "line"), "no strokes"),
        (SVG, "SVG path"),
    ],
)
def test_broken_svg_is_an_error(text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        read_kanjivg(text, "木")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "kanjivg.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("kanji/README.txt", "no glyph")
        file.writestr("kanji/06728.svg", GOOD_SVG)
        file.writestr("kanji/06728-Kaisho.svg", GOOD_SVG)
        file.writestr("kanji/04e00.svg", SVG)
    return path


def test_one_character_is_read_and_the_others_are_not(archive: Path) -> None:
    assert read_kanjivg_character(archive, "木").character == "木"  # 04e00.svg is broken, and stays unread
    for missing in ("水", "木水", ""):
        with pytest.raises(DataError, match="draw"):
            read_kanjivg_character(archive, missing)


def test_archive_yields_every_form(archive: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(whole, "w") as file:
        for name in source.namelist():
            if "04e00" not in name:
                file.writestr(name, source.read(name))
    glyphs = list(read_kanjivg_archive(whole))
    assert [(glyph.character, glyph.variant) for glyph in glyphs] == [("木", "Kaisho"), ("木", "")]


def test_missing_damaged_and_empty_archives(tmp_path: Path, archive: Path) -> None:
    with pytest.raises(DataError, match="is not there"):
        list(read_kanjivg_archive(tmp_path / "none.zip"))
    with pytest.raises(DataError, match="is not there"):
        read_kanjivg_character(tmp_path, "木")
    cut = tmp_path / "cut.zip"
    cut.write_bytes(archive.read_bytes()[:300])
    with pytest.raises(DataError, match="not a zip"):
        read_kanjivg_character(cut, "木")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as file:
        file.writestr("note.txt", "nothing")
    with pytest.raises(DataError, match="holds no KanjiVG"):
        list(read_kanjivg_archive(tmp_path / "empty.zip"))


def test_tegaki_points_become_shares_of_the_box() -> None:
    (glyph,) = read_tegaki(TEGAKI)
    assert glyph.character == "十" and glyph.components == (0, 0)
    assert glyph.strokes[0] == pytest.approx(np.array([[0.1, 0.5], [0.9, 0.5]]))
    assert glyph.strokes[1] == pytest.approx(np.array([[0.5, 0.1], [0.5, 0.9]]))


def test_tegaki_collection() -> None:
    inner = TEGAKI.partition("?>")[2]
    nothing_drawn = "<character><utf8>一</utf8><strokes></strokes></character>"
    text = f"<character-collection><set>{inner}</set>{nothing_drawn}{inner}</character-collection>"
    assert [glyph.character for glyph in read_tegaki(text)] == ["十", "十"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not well-formed"),
        (TEGAKI[:200], "not well-formed"),
        ("<svg/>", "begins with <svg>"),
        (TEGAKI.replace('y="200"', 'y="high"'), "not two numbers"),
        (TEGAKI.replace('y="200"', ""), "not two numbers"),
        (TEGAKI.replace('y="200"', 'y="nan"'), "NaN or infinite"),
        (TEGAKI.replace("<width>200", "<width>wide"), "not two numbers"),
    ],
)
def test_broken_tegaki_is_an_error(text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        list(read_tegaki(text))


@pytest.mark.parametrize(
    ("character", "num_strokes"),
    [("永", 5), ("日", 4), ("鬱", 29), ("口", 3), ("あ", 3), ("〆", 2), ("A", 3)],
)
def test_stroke_counts_of_the_dictionary(character: str, num_strokes: int, data_root: Path) -> None:
    glyph = read_kanjivg_character(data_root / KANJIVG_FILE, character)
    assert len(glyph.strokes) == num_strokes == len(glyph.components)
    points = np.concatenate(glyph.strokes)
    assert points.min() >= 0 and points.max() <= 1


def test_structures_count_strokes_and_name_parts_at_every_depth(tmp_path: Path) -> None:
    nested = GOOD_SVG.replace('<g id="kvg:00000">', '<g id="kvg:00000" kvg:element="語">')
    nested = nested.replace('id="left"', 'id="left" kvg:element="吾"').replace(
        'id="inner"', 'id="inner" kvg:element="五"'
    )
    archive = tmp_path / "kanjivg.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("kanji/08a9e.svg", nested)
        file.writestr("kanji/08a9e-Kaisho.svg", "not read")
    assert read_structures(archive) == {"語": Structure(4, frozenset("吾五"))}


def test_structures_of_kanjivg(data_root: Path) -> None:
    structures = read_structures(data_root / KANJIVG_FILE)
    assert structures["永"].num_strokes == 5 and structures["あ"].num_strokes == 3
    assert {"言", "口"} <= structures["語"].components and "語" not in structures["語"].components
